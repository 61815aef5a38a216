//! How a token says what it is for: the claim `token_use`, the type in its header, or not at all.

use std::fmt;
use std::str::FromStr;

use super::header::TokenType;
use super::jws::Members;
use super::{ExpectedToken, TokenError, TokenUse};

/// How the tokens of one issuer say what they are for.
///
/// An ID token is made for a client, which may show it to anyone; taken for an access token, it
/// would open what it was never meant for. So a use is told by a mark, and where an issuer makes
/// none, what its tokens are must be said here.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum TokenProfile {
    /// `marked`: by the claim `token_use`, as Amazon Cognito writes it, or by the type `at+jwt`
    /// (RFC 9068) in the header. A token with neither is refused.
    #[default]
    Marked,
    /// `rfc9068`: access tokens are of the type `at+jwt` and have every claim that RFC 9068
    /// section 2.2 requires. Any other token is an ID token.
    Rfc9068,
    /// `unmarked-access`: as `marked`, but a token with neither mark is an access token. What
    /// keeps the issuer's ID tokens out is then the audience: list API identifiers, not client ids.
    UnmarkedAccess,
    /// `unmarked-id`: as `marked`, but a token with neither mark is an ID token, as OpenID Connect
    /// has them.
    UnmarkedId,
}

impl TokenProfile {
    /// Every profile there is.
    pub const ALL: [Self; 4] =
        [Self::Marked, Self::Rfc9068, Self::UnmarkedAccess, Self::UnmarkedId];

    /// As it is written in settings.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Marked => "marked",
            Self::Rfc9068 => "rfc9068",
            Self::UnmarkedAccess => "unmarked-access",
            Self::UnmarkedId => "unmarked-id",
        }
    }

    /// The use that the profile says something about. Where it is not accepted, the profile has no
    /// purpose.
    pub fn purpose(self) -> Option<TokenUse> {
        match self {
            Self::Marked => None,
            Self::Rfc9068 | Self::UnmarkedAccess => Some(TokenUse::Access),
            Self::UnmarkedId => Some(TokenUse::Id),
        }
    }
}

impl fmt::Display for TokenProfile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for TokenProfile {
    type Err = TokenProfileError;

    fn from_str(text: &str) -> Result<Self, TokenProfileError> {
        Self::ALL.into_iter().find(|known| known.as_str() == text).ok_or(TokenProfileError)
    }
}

/// A text is not the name of a [`TokenProfile`].
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("a token profile is `marked`, `rfc9068`, `unmarked-access` or `unmarked-id`")]
pub struct TokenProfileError;

/// What a token is for, if that is accepted.
pub(super) fn token_use(
    claims: &Members,
    token_type: TokenType,
    expected: &ExpectedToken,
) -> Result<TokenUse, TokenError> {
    let claimed = claims.text("token_use", TokenError::TokenUseMalformed)?.map(str::parse);
    let token_use = match (claimed, token_type) {
        (Some(Ok(TokenUse::Access)) | None, TokenType::AccessToken) => TokenUse::Access,
        (Some(_), TokenType::AccessToken) => return Err(TokenError::TokenUseContradiction),
        (Some(Ok(TokenUse::Access)), TokenType::Unspecified) => match expected.profile() {
            TokenProfile::Rfc9068 => return Err(TokenError::TypeNotAccessToken),
            TokenProfile::Marked | TokenProfile::UnmarkedAccess | TokenProfile::UnmarkedId => {
                TokenUse::Access
            }
        },
        (Some(Ok(TokenUse::Id)), TokenType::Unspecified) => TokenUse::Id,
        (Some(Err(_)), TokenType::Unspecified) => return Err(TokenError::TokenUseMismatch),
        (None, TokenType::Unspecified) => match expected.profile() {
            TokenProfile::Marked => return Err(TokenError::TokenUseMissing),
            TokenProfile::Rfc9068 if !expected.token_use().contains(&TokenUse::Id) => {
                return Err(TokenError::TypeNotAccessToken);
            }
            TokenProfile::UnmarkedAccess => TokenUse::Access,
            TokenProfile::Rfc9068 | TokenProfile::UnmarkedId => TokenUse::Id,
        },
    };
    let accepted = expected.token_use().contains(&token_use);
    if accepted { Ok(token_use) } else { Err(TokenError::TokenUseMismatch) }
}

/// The claims that RFC 9068 section 2.2 requires besides those that every token must have: `iss`,
/// `exp`, `sub`, and `aud` where no `client_id` stands in for it.
pub(super) fn require_rfc9068_claims(claims: &Members) -> Result<(), TokenError> {
    let required = [
        ("client_id", TokenError::ClientIdMissing),
        ("iat", TokenError::IssuedAtMissing),
        ("jti", TokenError::JtiMissing),
    ];
    match required.into_iter().find(|(name, _)| !claims.has(name)) {
        None => Ok(()),
        Some((_, reason)) => Err(reason),
    }
}

#[cfg(test)]
mod tests {
    use base64::Engine;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;

    use super::*;

    #[test]
    fn profiles_read_back_and_others_do_not() {
        for profile in TokenProfile::ALL {
            assert_eq!(profile.to_string().parse(), Ok(profile));
        }
        for text in ["", "cognito", "RFC9068", "unmarked", "marked "] {
            assert_eq!(text.parse::<TokenProfile>(), Err(TokenProfileError));
        }
    }

    /// Every way of marking a token, under every profile, where both uses are accepted.
    #[test]
    fn each_profile_has_one_answer_for_every_mark() {
        use TokenType::{AccessToken, Unspecified};
        type Answer = Result<TokenUse, TokenError>;
        const ACCESS: Answer = Ok(TokenUse::Access);
        const ID: Answer = Ok(TokenUse::Id);
        const CONTRADICTION: Answer = Err(TokenError::TokenUseContradiction);
        const MISMATCH: Answer = Err(TokenError::TokenUseMismatch);
        const MISSING: Answer = Err(TokenError::TokenUseMissing);
        const OTHER_TYPE: Answer = Err(TokenError::TypeNotAccessToken);
        let cases = [
            // Marked, Rfc9068, UnmarkedAccess, UnmarkedId
            (r#"{"token_use":"access"}"#, Unspecified, [ACCESS, OTHER_TYPE, ACCESS, ACCESS]),
            (r#"{"token_use":"access"}"#, AccessToken, [ACCESS; 4]),
            (r#"{"token_use":"id"}"#, Unspecified, [ID; 4]),
            (r#"{"token_use":"id"}"#, AccessToken, [CONTRADICTION; 4]),
            (r#"{"token_use":"refresh"}"#, Unspecified, [MISMATCH; 4]),
            (r#"{"token_use":"refresh"}"#, AccessToken, [CONTRADICTION; 4]),
            (r#"{"token_use":null}"#, Unspecified, [Err(TokenError::TokenUseMalformed); 4]),
            ("{}", Unspecified, [MISSING, ID, ACCESS, ID]),
            ("{}", AccessToken, [ACCESS; 4]),
        ];
        for (claims, token_type, wants) in cases {
            for (profile, want) in TokenProfile::ALL.into_iter().zip(wants) {
                let members = Members::of_payload(&URL_SAFE_NO_PAD.encode(claims)).ok().unwrap();
                let both = [TokenUse::Access, TokenUse::Id];
                let expected = ExpectedToken::new("issuer", ["ours"]).unwrap();
                let expected = expected.with_token_use(both).unwrap().with_profile(profile);
                let got = token_use(&members, token_type, &expected);
                assert_eq!(got, want, "{claims} {token_type:?} {profile}");
            }
        }
    }

    #[test]
    fn a_use_that_is_not_accepted_is_refused_under_every_profile() {
        let members = Members::of_payload("e30").ok().unwrap();
        for (profile, other, want) in [
            (TokenProfile::Marked, TokenUse::Id, TokenError::TokenUseMissing),
            (TokenProfile::Rfc9068, TokenUse::Access, TokenError::TypeNotAccessToken),
            (TokenProfile::UnmarkedAccess, TokenUse::Id, TokenError::TokenUseMismatch),
            (TokenProfile::UnmarkedId, TokenUse::Access, TokenError::TokenUseMismatch),
        ] {
            let expected = ExpectedToken::new("issuer", ["ours"]).unwrap();
            let expected = expected.with_token_use([other]).unwrap().with_profile(profile);
            let got = token_use(&members, TokenType::Unspecified, &expected);
            assert_eq!(got, Err(want), "{profile}");
        }
    }
}
