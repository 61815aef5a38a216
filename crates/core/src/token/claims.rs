//! What a verified token says.

use std::fmt;
use std::slice;
use std::time::{Duration, SystemTime};

use crate::json::Json;

use super::header::TokenType;
use super::jws::Members;
use super::profile::{require_rfc9068_claims, token_use};
use super::{ExpectedToken, TokenError, TokenProfile, TokenUse};

/// The longest subject, in bytes: OpenID Connect Core 1.0 section 2 has 255 characters.
pub(super) const MAX_SUBJECT_BYTES: usize = 255;

/// The last second of the year 9999. Also keeps a time in milliseconds, which would be thousands
/// of years ahead, from being taken for one in seconds.
const LAST_SECOND: u64 = 253_402_300_799;

/// What a verified token says.
///
/// To hold claims is to know that their token was verified:
/// [`UnverifiedToken::verify`](super::UnverifiedToken::verify) is the only thing that makes them.
/// They cannot be written down, defaulted or deserialized:
///
/// ```compile_fail,E0451
/// # use gatepost_core::token::Claims;
/// fn forge(known: Claims) -> Claims { Claims { subject: "admin".to_owned(), ..known } }
/// ```
/// ```compile_fail,E0599
/// let claims = gatepost_core::token::Claims::default();
/// ```
/// ```compile_fail,E0277
/// let claims: gatepost_core::token::Claims = serde_json::from_str("{}")?;
/// # Ok::<(), serde_json::Error>(())
/// ```
///
/// # What has been compared
///
/// - **Time.** `exp` is there and ahead, `nbf`, if there, is behind; each by the clock given and
///   within the leeway. Times are whole seconds: a time of another type is an error and not an
///   absence (CVE-2026-25537), and so are the fractions that RFC 7519 section 2 permits.
/// - **Use.** `token_use` is one that is accepted. A token without it is an access token if its
///   header has the type `at+jwt` (RFC 9068). What any other is, and what is asked of an access
///   token, the issuer's [`TokenProfile`] says; if that is the usual one, the token is refused,
///   whatever its audience: no one can tell whether it is an access token or an ID token, which
///   the client may show to anyone.
/// - **Audience.** If there is an `aud`, it decides: one member of an access token's must be ours,
///   and every member of an ID token's (OpenID Connect Core 1.0 section 3.1.3.7). The access
///   tokens of Amazon Cognito have none, and there `client_id` must be ours. Nowhere else is it
///   looked at: a token without `token_use` must have an `aud`, and so must one of an issuer
///   whose profile is RFC 9068.
/// - **Required claims.** Each [`RequiredClaim`](super::RequiredClaim) of the issuer has a value
///   that will do.
/// - **Shape.** `sub` is a text of 1 to 255 bytes without control characters, the groups are a
///   list of texts that are not empty (a single text might be one name or several), and the other
///   claims that have a method here are texts; `client_id`, `jti` and `origin_jti`, which name
///   something, are not empty. `null` is not an absence.
///
/// ECDSA signatures can be changed into others that verify too, so the text of a token identifies
/// nothing; `jti` does.
pub struct Claims {
    issuer: String,
    subject: String,
    token_use: TokenUse,
    groups: Vec<String>,
    expires_at: SystemTime,
    /// The claims that are not above, as they were written.
    // INVARIANT: those that have a method here are strings.
    others: Members,
}

impl Claims {
    /// INVARIANT: the signature of `claims` has been verified by a key of the expected issuer.
    pub(super) fn read(
        issuer: String,
        mut claims: Members,
        token_type: TokenType,
        expected: &ExpectedToken,
        now: SystemTime,
    ) -> Result<Self, TokenError> {
        let expires_at = compare_times(&claims, expected.leeway(), now)?;
        let token_use = token_use(&claims, token_type, expected)?;
        compare_audience(&claims, token_use, expected)?;
        if token_use == TokenUse::Access && expected.profile() == TokenProfile::Rfc9068 {
            require_rfc9068_claims(&claims)?;
        }
        for required in expected.required_claims() {
            required.compare(&claims)?;
        }
        claims.name("jti", TokenError::JtiMalformed)?;
        claims.name("origin_jti", TokenError::OriginJtiMalformed)?;
        for (name, reason) in [
            ("cognito:username", TokenError::UsernameMalformed),
            ("scope", TokenError::ScopeMalformed),
            ("username", TokenError::UsernameMalformed),
        ] {
            claims.text(name, reason)?;
        }
        Ok(Self {
            groups: take_groups(&mut claims, expected.groups_claim())?,
            subject: take_subject(&mut claims)?,
            issuer,
            token_use,
            expires_at,
            others: claims,
        })
    }

    /// Who issued the token: `iss`.
    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    /// Whom the token is about: `sub`. 1 to 255 bytes without control characters.
    pub fn sub(&self) -> &str {
        &self.subject
    }

    /// What the token is for.
    pub fn token_use(&self) -> TokenUse {
        self.token_use
    }

    /// The groups of the subject, each once, in the order of the token. None if the claim is
    /// absent, as in Amazon Cognito's tokens for users without groups.
    pub fn groups(&self) -> &[String] {
        &self.groups
    }

    /// When the token ends: `exp`, without leeway.
    pub fn expires_at(&self) -> SystemTime {
        self.expires_at
    }

    /// The client the token was issued to: `client_id`.
    pub fn client_id(&self) -> Option<&str> {
        self.text("client_id")
    }

    /// The name the user signed in with: `username` in access tokens of Amazon Cognito,
    /// `cognito:username` in its ID tokens.
    pub fn username(&self) -> Option<&str> {
        match self.token_use {
            TokenUse::Access => self.text("username"),
            TokenUse::Id => self.text("cognito:username"),
        }
    }

    /// The parts of `scope` (RFC 6749 section 3.3).
    pub fn scopes(&self) -> impl Iterator<Item = &str> {
        self.text("scope").unwrap_or_default().split(' ').filter(|scope| !scope.is_empty())
    }

    /// The name of this token among those of its issuer.
    pub fn jti(&self) -> Option<&str> {
        self.text("jti")
    }

    /// The name of the sign-in that this token and its refreshed successors come from (Amazon
    /// Cognito).
    pub fn origin_jti(&self) -> Option<&str> {
        self.text("origin_jti")
    }

    /// Whether a client got this token for itself (the client-credentials grant) and not for a
    /// user: an access token whose subject is the client, without a user name in it.
    ///
    /// So Amazon Cognito writes them, and RFC 9068 section 2.2. An issuer that lets users choose a
    /// subject must keep them from choosing a client id (RFC 9068 section 5).
    pub fn is_machine(&self) -> bool {
        self.token_use == TokenUse::Access
            && self.client_id() == Some(self.sub())
            && !self.others.has("username")
            && !self.others.has("cognito:username")
    }

    /// The claim `name`, if it is a string.
    pub fn text(&self, name: &str) -> Option<&str> {
        match name {
            "iss" => Some(&self.issuer),
            "sub" => Some(&self.subject),
            _ => self.others.get(name)?.as_str(),
        }
    }
}

/// Claims are personal data, so none is shown.
impl fmt::Debug for Claims {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Claims").finish_non_exhaustive()
    }
}

/// RFC 7519 sections 4.1.4 to 4.1.6. Gives the time of expiry.
fn compare_times(
    claims: &Members,
    leeway: Duration,
    now: SystemTime,
) -> Result<SystemTime, TokenError> {
    let expires_at = date(claims, "exp", TokenError::ExpiryMalformed)?;
    let not_before = date(claims, "nbf", TokenError::NotBeforeMalformed)?;
    date(claims, "iat", TokenError::IssuedAtMalformed)?;

    let expires_at = expires_at.ok_or(TokenError::ExpiryMissing)?;
    if expires_at.checked_add(leeway).is_none_or(|end| end <= now) {
        return Err(TokenError::Expired);
    }
    if not_before.is_some_and(|start| now.checked_add(leeway).is_none_or(|now| now < start)) {
        return Err(TokenError::NotYetValid);
    }
    Ok(expires_at)
}

fn date(
    claims: &Members,
    name: &str,
    malformed: TokenError,
) -> Result<Option<SystemTime>, TokenError> {
    let Some(value) = claims.get(name) else { return Ok(None) };
    let Json::Number(number) = value else { return Err(malformed) };
    let seconds = number.as_u64().filter(|seconds| *seconds <= LAST_SECOND).ok_or(malformed)?;
    let date = SystemTime::UNIX_EPOCH.checked_add(Duration::from_secs(seconds));
    date.ok_or(malformed).map(Some)
}

fn compare_audience(
    claims: &Members,
    token_use: TokenUse,
    expected: &ExpectedToken,
) -> Result<(), TokenError> {
    let client = claims.name("client_id", TokenError::ClientIdMalformed)?;
    let audience = match claims.get("aud") {
        Some(one @ Json::String(_)) => slice::from_ref(one),
        Some(Json::Array(many)) => many,
        Some(_) => return Err(TokenError::AudienceMalformed),
        None => {
            let is_cognito = claims.has("token_use") && expected.profile() != TokenProfile::Rfc9068;
            return compare_client(client, is_cognito, token_use, expected);
        }
    };
    let mut ours = 0;
    for value in audience {
        let name = value.as_str().ok_or(TokenError::AudienceMalformed)?;
        ours += usize::from(expected.names_audience(name));
    }
    let enough = match token_use {
        TokenUse::Access => ours > 0,
        TokenUse::Id => ours > 0 && ours == audience.len(),
    };
    if enough { Ok(()) } else { Err(TokenError::AudienceMismatch) }
}

/// The audience of a token without `aud`: its client, if it is an access token of Amazon Cognito.
fn compare_client(
    client: Option<&str>,
    is_cognito: bool,
    token_use: TokenUse,
    expected: &ExpectedToken,
) -> Result<(), TokenError> {
    match client {
        Some(client) if is_cognito && token_use == TokenUse::Access => {
            let ours = expected.names_audience(client);
            if ours { Ok(()) } else { Err(TokenError::ClientIdMismatch) }
        }
        _ => Err(TokenError::AudienceMissing),
    }
}

fn take_subject(claims: &mut Members) -> Result<String, TokenError> {
    match claims.take("sub") {
        None => Err(TokenError::SubjectMissing),
        Some(Json::String(subject))
            if (1..=MAX_SUBJECT_BYTES).contains(&subject.len())
                && !subject.chars().any(char::is_control) =>
        {
            Ok(subject)
        }
        Some(_) => Err(TokenError::SubjectMalformed),
    }
}

/// How many there can be follows from the size of a token, which also bounds the search for
/// repeats.
fn take_groups(claims: &mut Members, name: &str) -> Result<Vec<String>, TokenError> {
    let Some(listed) = claims.take(name) else { return Ok(Vec::new()) };
    let Json::Array(listed) = listed else { return Err(TokenError::GroupsMalformed) };
    let mut groups: Vec<String> = Vec::with_capacity(listed.len());
    for group in listed {
        let Json::String(group) = group else { return Err(TokenError::GroupsMalformed) };
        if group.is_empty() {
            return Err(TokenError::GroupsMalformed);
        }
        if !groups.contains(&group) {
            groups.push(group);
        }
    }
    Ok(groups)
}

#[cfg(test)]
mod tests {
    use base64::Engine;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;

    use super::super::Leeway;
    use super::*;

    const NOW: u64 = 1_000_000;

    fn at(second: u64) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_secs(second)
    }

    fn expected() -> ExpectedToken {
        let both = [TokenUse::Access, TokenUse::Id];
        ExpectedToken::new("issuer", ["ours", "also"]).unwrap().with_token_use(both).unwrap()
    }

    /// Reads an access token of Amazon Cognito with these claims instead or besides.
    fn read(changes: &str) -> Result<Claims, TokenError> {
        read_with(changes, &expected(), at(NOW))
    }

    fn read_with(
        changes: &str,
        expected: &ExpectedToken,
        now: SystemTime,
    ) -> Result<Claims, TokenError> {
        let mut payload = serde_json::json!({
            "sub": "user", "token_use": "access", "client_id": "ours", "exp": NOW + 60
        });
        let changes: serde_json::Map<_, _> = serde_json::from_str(changes).unwrap();
        for (name, value) in changes {
            payload[name] = value;
        }
        let claims = Members::of_payload(&URL_SAFE_NO_PAD.encode(payload.to_string()))?;
        Claims::read("issuer".to_owned(), claims, TokenType::Unspecified, expected, now)
    }

    #[test]
    fn a_token_lives_from_its_first_second_to_before_its_last() {
        let half = Duration::from_millis(500);
        let cases = [
            (100, 200, 0, at(100) - half, Some(TokenError::NotYetValid)),
            (100, 200, 0, at(100), None),
            (100, 200, 0, at(200) - half, None),
            (100, 200, 0, at(200), Some(TokenError::Expired)),
            (100, 200, 30, at(70) - half, Some(TokenError::NotYetValid)),
            (100, 200, 30, at(70), None),
            (100, 200, 30, at(230) - half, None),
            (100, 200, 30, at(230), Some(TokenError::Expired)),
            (300, 200, 0, at(250), Some(TokenError::Expired)),
            (0, LAST_SECOND, 300, at(LAST_SECOND), None),
            (0, LAST_SECOND, 0, SystemTime::UNIX_EPOCH - half, Some(TokenError::NotYetValid)),
        ];
        for (nbf, exp, leeway, now, want) in cases {
            let leeway = Leeway::try_from(Duration::from_secs(leeway)).unwrap();
            let expected = expected().with_leeway(leeway);
            let claims = format!(r#"{{"nbf":{nbf},"exp":{exp}}}"#);
            let got = read_with(&claims, &expected, now);
            assert_eq!(got.err(), want, "nbf {nbf}, exp {exp}, {leeway:?}, now {now:?}");
        }
    }

    #[test]
    fn times_are_whole_seconds_and_no_other_value_is_an_absence() {
        let values = [
            "null",
            "true",
            r#""1060000""#,
            "[1060000]",
            "{}",
            "-1",
            "-0",
            "1060000.0",
            "1060000.5",
            "1.06e6",
            "253402300800",
            "18446744073709551615",
            "18446744073709551616",
            "1e300",
        ];
        for value in values {
            for (name, want) in [
                ("exp", TokenError::ExpiryMalformed),
                ("nbf", TokenError::NotBeforeMalformed),
                ("iat", TokenError::IssuedAtMalformed),
            ] {
                let got = read(&format!(r#"{{"{name}":{value}}}"#));
                assert_eq!(got.err(), Some(want), "{name} {value}");
            }
        }
    }

    #[test]
    fn groups_keep_their_order_and_lose_their_repeats() {
        let claims = read(r#"{"cognito:groups":["b","a","b","B","a"]}"#).unwrap();
        assert_eq!(claims.groups(), ["b", "a", "B"]);
        assert!(read("{}").unwrap().groups().is_empty());
        assert!(read(r#"{"cognito:groups":[]}"#).unwrap().groups().is_empty());
    }

    #[test]
    fn a_machine_is_its_own_subject_and_has_no_user_name() {
        let machine = r#"{"sub":"ours","client_id":"ours","scope":"a b  c"}"#;
        let claims = read(machine).unwrap();
        assert!(claims.is_machine());
        assert_eq!(claims.scopes().collect::<Vec<_>>(), ["a", "b", "c"]);
        for other in [
            "{}",
            r#"{"sub":"ours","username":"ours"}"#,
            r#"{"sub":"ours","cognito:username":"ours"}"#,
            r#"{"sub":"ours","token_use":"id","aud":"ours"}"#,
            r#"{"sub":"also"}"#,
        ] {
            assert!(!read(other).unwrap().is_machine(), "{other}");
        }
    }

    #[test]
    fn texts_are_found_by_name_and_other_values_are_not() {
        let claims = read(r#"{"email":"a@example.com","level":7,"gone":null}"#).unwrap();
        assert_eq!(claims.text("iss"), Some("issuer"));
        assert_eq!(claims.text("sub"), Some("user"));
        assert_eq!(claims.text("email"), Some("a@example.com"));
        for name in ["level", "gone", "exp", "cognito:groups", "never"] {
            assert_eq!(claims.text(name), None, "{name}");
        }
    }

    #[test]
    fn nothing_of_the_claims_is_shown() {
        assert_eq!(format!("{:?}", read("{}").unwrap()), "Claims { .. }");
    }
}
