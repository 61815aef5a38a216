//! The session keys, and what is derived from each: a key to seal cookies with, and one to sign page
//! passes with, which is all that the edge learns.

use std::fmt;

use aws_lc_rs::hmac;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use gatepost_core::json::Json;

/// How many there can be at once: one to make cookies with, and those of which some may be left.
pub const MAX_KEYS: usize = 4;

const KEY_BYTES: usize = 32;

/// What sets the keys that are derived apart from each other.
const PAGE_KEY: &[u8] = b"gatepost-page-key-v1";
const SEAL_KEY: &[u8] = b"gatepost-seal-key-v1";

/// The keys of the session function, the current one first. Never empty; no two have one id.
pub struct SessionKeys(Vec<SessionKey>);

/// One key with its name.
pub struct SessionKey {
    // INVARIANT: 1 to 64 letters, digits, `.`, `_` and `-`.
    id: String,
    key: hmac::Key,
}

impl SessionKeys {
    /// Reads `[{"id": "2026-11", "key": "32 bytes in base64url"}, …]`.
    ///
    /// # Errors
    ///
    /// [`SessionKeysError`], which repeats nothing of the text.
    pub fn parse(text: &str) -> Result<Self, SessionKeysError> {
        let json = Json::parse(text.as_bytes()).map_err(|_| SessionKeysError::Form)?;
        let entries = json.as_array().ok_or(SessionKeysError::Form)?;
        if !(1..=MAX_KEYS).contains(&entries.len()) {
            return Err(SessionKeysError::Number { keys: entries.len() });
        }
        let mut keys: Vec<SessionKey> = Vec::new();
        for (index, entry) in entries.iter().enumerate() {
            let key = SessionKey::read(entry).ok_or(SessionKeysError::Key { index })?;
            if keys.iter().any(|other| other.id == key.id) {
                return Err(SessionKeysError::Repeated { index });
            }
            keys.push(key);
        }
        Ok(Self(keys))
    }

    /// What the edge is told of them: the keys that page passes are signed with, in base64url, by the
    /// names of the session keys that they follow from.
    pub fn page_keys(&self) -> impl Iterator<Item = (&str, String)> {
        self.0.iter().map(|key| (key.id(), URL_SAFE_NO_PAD.encode(key.page_key_bytes())))
    }

    /// The key that new cookies are made with.
    pub(crate) fn current(&self) -> Option<&SessionKey> {
        self.0.first()
    }

    /// The key of that name.
    pub(crate) fn get(&self, id: &str) -> Option<&SessionKey> {
        self.0.iter().find(|key| key.id == id)
    }
}

impl SessionKey {
    fn read(entry: &Json) -> Option<Self> {
        let members = entry.as_object()?;
        let (id, key) = (entry.get("id")?.as_str()?, entry.get("key")?.as_str()?);
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
        if members.len() != 2 || !(1..=64).contains(&id.len()) || !id.bytes().all(plain) {
            return None;
        }
        let key = URL_SAFE_NO_PAD.decode(key).ok().filter(|key| key.len() == KEY_BYTES)?;
        Some(Self { id: id.to_owned(), key: hmac::Key::new(hmac::HMAC_SHA256, &key) })
    }

    /// What it is called in cookies.
    pub(crate) fn id(&self) -> &str {
        &self.id
    }

    /// The key that page passes are signed with.
    pub(crate) fn page_key(&self) -> hmac::Key {
        hmac::Key::new(hmac::HMAC_SHA256, self.page_key_bytes().as_ref())
    }

    fn page_key_bytes(&self) -> hmac::Tag {
        hmac::sign(&self.key, PAGE_KEY)
    }

    /// The key that cookies are sealed with, 32 bytes.
    pub(crate) fn seal_key(&self) -> hmac::Tag {
        hmac::sign(&self.key, SEAL_KEY)
    }
}

/// How many there are, and no more.
impl fmt::Debug for SessionKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SessionKeys({})", self.0.len())
    }
}

/// The name only.
impl fmt::Debug for SessionKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SessionKey").field("id", &self.id).finish_non_exhaustive()
    }
}

/// Why a text holds no session keys. Read after the name of a setting.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum SessionKeysError {
    /// No JSON array.
    #[error("must be a JSON array of `{{\"id\", \"key\"}}`")]
    Form,

    /// An entry is no key.
    #[error(
        "at `/{index}` must have an `id` of 1 to 64 letters, digits, `.`, `_` and `-`, and a `key` of 32 bytes in base64url"
    )]
    Key {
        /// Counted from 0.
        index: usize,
    },

    /// None, or too many.
    #[error("must have 1 to {MAX_KEYS} keys, the current one first, and has {keys}")]
    Number {
        /// How many there are.
        keys: usize,
    },

    /// Two keys of one name.
    #[error("at `/{index}` has the `id` of another key")]
    Repeated {
        /// Counted from 0.
        index: usize,
    },
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    pub(crate) const OLD: &str =
        r#"{"id":"old","key":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"}"#;
    pub(crate) const NEW: &str =
        r#"{"id":"new","key":"AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE"}"#;

    pub(crate) fn keys(entries: &[&str]) -> SessionKeys {
        SessionKeys::parse(&format!("[{}]", entries.join(","))).unwrap()
    }

    #[test]
    fn the_first_key_is_the_current_one_and_the_others_are_known() {
        let keys = keys(&[NEW, OLD]);
        assert_eq!(keys.current().unwrap().id(), "new");
        assert!(keys.get("old").is_some());
        assert!(keys.get("other").is_none());
        assert_eq!(
            format!("{keys:?} {:?}", keys.current()),
            "SessionKeys(2) Some(SessionKey { id: \"new\", .. })"
        );
    }

    #[test]
    fn the_edge_is_told_a_key_of_each_by_its_name() {
        let vector: serde_json::Value =
            serde_json::from_str(include_str!("../tests/pass.json")).unwrap();
        let keys = SessionKeys::parse(&format!("[{},{OLD}]", vector["session_key"])).unwrap();
        let told: Vec<_> = keys.page_keys().collect();
        let id = vector["session_key"]["id"].as_str().unwrap();
        assert_eq!(told[0], (id, vector["page_key"].as_str().unwrap().to_owned()));
        assert_eq!((told.len(), told[1].0), (2, "old"));
    }

    #[test]
    fn every_fault_is_told_without_the_text() {
        let number = SessionKeysError::Number { keys: 0 };
        let key = SessionKeysError::Key { index: 0 };
        for (text, want) in [
            ("", SessionKeysError::Form),
            ("{}", SessionKeysError::Form),
            ("[]", number),
            (r#"[{"id":"a"}]"#, key),
            (r#"[{"id":"a b","key":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"}]"#, key),
            (r#"[{"id":"a","key":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"}]"#, key),
            (r#"[{"id":"a","key":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="}]"#, key),
            (r#"[{"id":"a","key":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA","x":1}]"#, key),
        ] {
            assert_eq!(SessionKeys::parse(text).unwrap_err(), want, "{text}");
        }
        let twice = SessionKeys::parse(&format!("[{NEW},{NEW}]"));
        assert_eq!(twice.unwrap_err(), SessionKeysError::Repeated { index: 1 });
    }
}
