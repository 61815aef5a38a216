//! A login under way: what the browser keeps, sealed, between leaving for the provider and coming back.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use form_urlencoded::Serializer;
use gatepost_core::secret::Secret;
use serde::{Deserialize, Serialize};

use crate::config::{Client, Origin};
use crate::keys::SessionKeys;
use crate::local_path::LocalPath;
use crate::random;
use crate::seal::{Purpose, SealError, open, seal};

/// How long someone may take to sign in: as long as the cookie lives.
const LIFETIME: Duration = Duration::from_mins(10);

/// One attempt to sign in.
pub(crate) struct Login {
    kept: Kept,
}

/// What is sealed. Short names: the cookie has other things to carry.
#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Kept {
    /// The state: whoever comes back with it began here.
    s: String,
    /// The nonce: the ID token was made for this attempt.
    n: String,
    /// The PKCE verifier: the code was given for this attempt.
    v: String,
    /// Where to go then.
    p: String,
    /// When it ends, in seconds since 1970.
    e: u64,
}

impl Login {
    /// Begins an attempt that leads to `next`.
    ///
    /// # Errors
    ///
    /// [`SealError`] if the cryptographic library fails.
    pub(crate) fn begin(next: &LocalPath, now: SystemTime) -> Result<Self, SealError> {
        let kept = Kept {
            s: random::text()?,
            n: random::text()?,
            v: random::text()?,
            p: next.as_str().to_owned(),
            e: seconds(now + LIFETIME),
        };
        Ok(Self { kept })
    }

    /// The value of the cookie.
    ///
    /// # Errors
    ///
    /// [`SealError`] if the cryptographic library fails.
    pub(crate) fn seal(&self, keys: &SessionKeys) -> Result<String, SealError> {
        let text = serde_json::to_vec(&self.kept).map_err(|_| SealError)?;
        seal(keys, Purpose::Login, b"", Secret::new(&text))
    }

    /// The attempt that one of `cookies` holds, if it is the one that `state` belongs to and has not
    /// ended.
    pub(crate) fn find<'a>(
        cookies: impl Iterator<Item = &'a str>,
        keys: &SessionKeys,
        state: &str,
        now: SystemTime,
    ) -> Option<Self> {
        cookies
            .filter_map(|cookie| open(keys, Purpose::Login, b"", cookie))
            .filter_map(|text| serde_json::from_slice::<Kept>(text.expose()).ok())
            .find(|kept| is_same(&kept.s, state) && seconds(now) < kept.e)
            .map(|kept| Self { kept })
    }

    /// Where the browser is sent: the provider's page, with everything it needs to know.
    pub(crate) fn authorization_url(
        &self,
        endpoint: &str,
        client: &Client,
        origin: &Origin,
    ) -> String {
        let challenge = URL_SAFE_NO_PAD.encode(digest(&SHA256, self.kept.v.as_bytes()));
        let query = Serializer::new(String::new())
            .append_pair("response_type", "code")
            .append_pair("client_id", &client.id)
            .append_pair("redirect_uri", &redirect_uri(origin))
            .append_pair("scope", &client.scopes)
            .append_pair("state", &self.kept.s)
            .append_pair("nonce", &self.kept.n)
            .append_pair("code_challenge", &challenge)
            .append_pair("code_challenge_method", "S256")
            .finish();
        let separator = if endpoint.contains('?') { '&' } else { '?' };
        format!("{endpoint}{separator}{query}")
    }

    /// Whether an ID token with that `nonce` was made for this attempt.
    pub(crate) fn is_answered_by(&self, nonce: Option<&str>) -> bool {
        nonce.is_some_and(|nonce| is_same(&self.kept.n, nonce))
    }

    /// The PKCE verifier.
    pub(crate) fn verifier(&self) -> Secret<&str> {
        Secret::new(&self.kept.v)
    }

    /// Where to go when it is done. Read again: what was sealed by another version may have had
    /// other rules.
    pub(crate) fn next(&self) -> LocalPath {
        LocalPath::of(&self.kept.p)
    }
}

/// Where the provider sends the browser back to.
pub(crate) fn redirect_uri(origin: &Origin) -> String {
    origin.at("/auth/callback")
}

fn is_same(one: &str, other: &str) -> bool {
    verify_slices_are_equal(one.as_bytes(), other.as_bytes()).is_ok()
}

fn seconds(time: SystemTime) -> u64 {
    time.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keys::tests::{NEW, OLD, keys};

    const NOW: SystemTime = UNIX_EPOCH;

    fn login() -> Login {
        Login::begin(&LocalPath::of("/movies"), NOW).unwrap()
    }

    #[test]
    fn an_attempt_is_found_by_its_state_among_whatever_cookies_there_are() {
        let keys = keys(&[NEW]);
        let (one, other) = (login(), login());
        let cookies = [one.seal(&keys).unwrap(), other.seal(&keys).unwrap(), "rubbish".to_owned()];
        let cookies = || cookies.iter().map(String::as_str);
        for login in [&one, &other] {
            let found = Login::find(cookies(), &keys, &login.kept.s, NOW).unwrap();
            assert_eq!(found.kept.v, login.kept.v);
            assert_eq!(found.next().as_str(), "/movies");
        }
        for state in ["", "x", &one.kept.n, one.kept.s.get(..42).unwrap()] {
            assert!(Login::find(cookies(), &keys, state, NOW).is_none(), "{state}");
        }
    }

    #[test]
    fn an_attempt_ends_after_ten_minutes_and_with_its_key() {
        let sealed_with = keys(&[OLD]);
        let login = login();
        let cookie = login.seal(&sealed_with).unwrap();
        let find = |keys: &SessionKeys, seconds| {
            let now = NOW + Duration::from_secs(seconds);
            Login::find([cookie.as_str()].into_iter(), keys, &login.kept.s, now).is_some()
        };
        assert!(find(&keys(&[NEW, OLD]), 599));
        assert!(!find(&keys(&[NEW, OLD]), 600));
        assert!(!find(&keys(&[NEW]), 0));
    }

    #[test]
    fn the_provider_is_told_what_rfc_7636_and_openid_connect_ask_for() {
        let kept = Kept {
            s: "state".to_owned(),
            n: "nonce".to_owned(),
            // The example of RFC 7636, appendix B.
            v: "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk".to_owned(),
            p: "/".to_owned(),
            e: 0,
        };
        let config = crate::config::tests::config(&[]).unwrap();
        let url = |endpoint| {
            let login = Login {
                kept: Kept {
                    s: kept.s.clone(),
                    n: kept.n.clone(),
                    v: kept.v.clone(),
                    p: kept.p.clone(),
                    e: 0,
                },
            };
            login.authorization_url(endpoint, &config.client, &config.origin)
        };
        let query = "response_type=code&client_id=client-1\
            &redirect_uri=https%3A%2F%2Fwww.example%2Fauth%2Fcallback&scope=openid&state=state&nonce=nonce\
            &code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM&code_challenge_method=S256";
        assert_eq!(url("https://id.example/a"), format!("https://id.example/a?{query}"));
        assert_eq!(url("https://id.example/a?p=1"), format!("https://id.example/a?p=1&{query}"));
    }

    #[test]
    fn the_nonce_is_this_attempts() {
        let login = login();
        assert!(login.is_answered_by(Some(&login.kept.n.clone())));
        for nonce in [None, Some(""), Some("x"), Some(login.kept.s.as_str())] {
            assert!(!login.is_answered_by(nonce), "{nonce:?}");
        }
    }
}
