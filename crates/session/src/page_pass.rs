//! The page pass: which pages its bearer may open, signed, for a function at the edge to decide by.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use aws_lc_rs::hmac;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use gatepost_core::policy::PageRules;
use serde::{Deserialize, Serialize};

use crate::config::Origin;
use crate::keys::SessionKeys;

/// The longest value of the cookie, in bytes: with name and attributes a little less than browsers keep.
pub(crate) const MAX_BYTES: usize = 3_800;

const PREFIX: &str = "gatepost-page-pass-v1.";

/// What is signed.
#[derive(Serialize)]
struct Payload<'a> {
    k: &'a str,
    h: &'a str,
    e: u64,
    r: &'a PageRules,
}

/// What is read of one that was made before.
#[derive(Deserialize)]
struct Heading {
    k: String,
    h: String,
    e: u64,
}

/// Makes the pass for `rules` at `origin`, good until `expires_at`, to the second.
///
/// # Errors
///
/// [`PagePassError`] if it would be too long. None is made with fewer rules: one that is left out may
/// be a Deny.
pub(crate) fn mint(
    keys: &SessionKeys,
    origin: &Origin,
    rules: &PageRules,
    expires_at: SystemTime,
) -> Result<String, PagePassError> {
    let key = keys.current().ok_or(PagePassError::Crypto)?;
    let expires_at = expires_at.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
    let payload = Payload { k: key.id(), h: origin.host(), e: expires_at, r: rules };
    let payload = serde_json::to_vec(&payload).map_err(|_| PagePassError::Crypto)?;
    let payload = URL_SAFE_NO_PAD.encode(payload);
    let signature = hmac::sign(&key.page_key(), [PREFIX, &payload].concat().as_bytes());
    let pass = format!("{payload}.{}", URL_SAFE_NO_PAD.encode(signature));
    if pass.len() > MAX_BYTES {
        return Err(PagePassError::TooLong { bytes: pass.len() });
    }
    Ok(pass)
}

/// Until when `pass` is good, if we made it for `origin` with a key that is still known.
pub(crate) fn good_until(keys: &SessionKeys, origin: &Origin, pass: &str) -> Option<SystemTime> {
    let (payload, signature) = pass.split_once('.')?;
    let heading: Heading = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).ok()?).ok()?;
    let key = keys.get(&heading.k)?.page_key();
    let signature = URL_SAFE_NO_PAD.decode(signature).ok()?;
    hmac::verify(&key, [PREFIX, payload].concat().as_bytes(), &signature).ok()?;
    let expires_at = UNIX_EPOCH.checked_add(Duration::from_secs(heading.e))?;
    (heading.h == origin.host()).then_some(expires_at)
}

/// Why there is no pass.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub(crate) enum PagePassError {
    /// The cryptographic library failed.
    #[error("the cryptographic library failed")]
    Crypto,

    /// Too many rules, or too long ones.
    #[error("the page pass would be {bytes} bytes, over the limit of {MAX_BYTES} bytes")]
    TooLong {
        /// Of the cookie's value.
        bytes: usize,
    },
}

#[cfg(test)]
mod tests {
    use gatepost_core::policy::{Context, PolicyDocument};
    use serde_json::Value;

    use super::*;
    use crate::config::tests::config;
    use crate::keys::tests::{NEW, OLD, keys};

    fn rules(statements: &Value) -> PageRules {
        let text = serde_json::json!({"Version": "2012-10-17", "Statement": statements});
        let document = PolicyDocument::parse(text.to_string().as_bytes()).unwrap();
        PageRules::build([&document], &Context::new())
    }

    fn pages(pages: &[String]) -> PageRules {
        rules(&serde_json::json!([
            {"Effect": "Allow", "Action": "gatepost:ViewPage", "Resource": pages}
        ]))
    }

    fn origin() -> Origin {
        config(&[]).unwrap().origin
    }

    fn at(seconds: u64) -> SystemTime {
        UNIX_EPOCH + Duration::from_secs(seconds)
    }

    /// Computed by others: `openssl dgst -sha256 -mac hmac` with the page key, over the text.
    #[test]
    fn a_pass_is_what_the_edge_expects() {
        let vector: Value = serde_json::from_str(include_str!("../tests/pass.json")).unwrap();
        let keys = SessionKeys::parse(&format!("[{}]", vector["session_key"])).unwrap();
        let rules = rules(&vector["statements"]);
        let pass = mint(&keys, &origin(), &rules, at(1_780_000_300)).unwrap();
        assert_eq!(pass, vector["pass"].as_str().unwrap());
        let page_key = vector["page_key"].as_str().unwrap();
        let derived =
            hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, &[1; 32]), b"gatepost-page-key-v1");
        assert_eq!(URL_SAFE_NO_PAD.encode(derived), page_key);
    }

    #[test]
    fn it_is_known_again_for_this_host_and_unchanged_only() {
        let pass = mint(&keys(&[OLD]), &origin(), &pages(&["page/a".to_owned()]), at(90)).unwrap();
        let both = keys(&[NEW, OLD]);
        assert_eq!(good_until(&both, &origin(), &pass), Some(at(90)));
        assert_eq!(good_until(&keys(&[NEW]), &origin(), &pass), None, "its key is gone");
        let elsewhere =
            config(&[("GATEPOST_SESSION_ORIGIN", "https://other.example")]).unwrap().origin;
        assert_eq!(good_until(&both, &elsewhere, &pass), None);
        for index in 0..pass.len() {
            let mut bytes = pass.clone().into_bytes();
            bytes[index] = if bytes[index] == b'A' { b'B' } else { b'A' };
            let other = String::from_utf8(bytes).unwrap();
            assert_eq!(good_until(&both, &origin(), &other), None, "{index}");
        }
        for other in ["", ".", "e30.", "bnVsbA.AAAA"] {
            assert_eq!(good_until(&both, &origin(), other), None, "{other}");
        }
    }

    #[test]
    fn a_pass_that_is_too_long_is_not_made() {
        let mint = |count: usize| {
            let pages: Vec<_> = (0..count).map(|index| format!("page/{index:04}")).collect();
            mint(&keys(&[NEW]), &origin(), &self::pages(&pages), at(90))
        };
        let longest = (1..1_000).take_while(|count| mint(*count).is_ok()).last().unwrap();
        assert!(mint(longest).unwrap().len() > MAX_BYTES - 20);
        let error = mint(longest + 1).unwrap_err().to_string();
        assert!(error.ends_with("over the limit of 3800 bytes"), "{error}");
    }
}
