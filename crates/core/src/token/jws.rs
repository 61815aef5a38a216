//! The compact serialization of a JWS (RFC 7515 section 7.1), taken apart strictly.
//!
//! One octet sequence has one accepted text: base64url is read without padding, without other
//! characters and with its unused bits zero, so that no second text verifies as the same token.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::json::{Json, JsonError};

use super::{TokenError, UnverifiedToken};

/// The three parts of a compact JWS, still encoded.
pub(super) struct CompactJws<'a> {
    /// What is signed: the first two parts and the dot between them.
    pub(super) signing_input: &'a str,
    pub(super) header: &'a str,
    pub(super) payload: &'a str,
    pub(super) signature: &'a str,
}

impl<'a> CompactJws<'a> {
    pub(super) fn parse(token: &'a str) -> Result<Self, TokenError> {
        if token.len() > UnverifiedToken::MAX_BYTES {
            return Err(TokenError::TooLong);
        }
        let parts = token.rsplit_once('.').and_then(|(signing_input, signature)| {
            let (header, payload) = signing_input.split_once('.')?;
            Some(Self { signing_input, header, payload, signature })
        });
        parts.filter(|jws| !jws.payload.contains('.')).ok_or(TokenError::NotThreeParts)
    }
}

/// The members of a header or a payload, each name once.
pub(super) struct Members(Vec<(String, Json)>);

impl Members {
    pub(super) fn of_header(encoded: &str) -> Result<Self, TokenError> {
        let text = decode(encoded).ok_or(TokenError::HeaderNotBase64url)?;
        match Json::parse(&text) {
            Ok(Json::Object(members)) => Ok(Self(members)),
            Ok(_) => Err(TokenError::HeaderNotObject),
            Err(JsonError::RepeatedMembers(_)) => Err(TokenError::HeaderRepeatsMember),
            Err(JsonError::Syntax { .. }) => Err(TokenError::HeaderNotJson),
        }
    }

    pub(super) fn of_payload(encoded: &str) -> Result<Self, TokenError> {
        let text = decode(encoded).ok_or(TokenError::PayloadNotBase64url)?;
        match Json::parse(&text) {
            Ok(Json::Object(members)) => Ok(Self(members)),
            Ok(_) => Err(TokenError::PayloadNotObject),
            Err(JsonError::RepeatedMembers(_)) => Err(TokenError::PayloadRepeatsMember),
            Err(JsonError::Syntax { .. }) => Err(TokenError::PayloadNotJson),
        }
    }

    /// `null` is a value: only a member that is not there is `None`.
    pub(super) fn get(&self, name: &str) -> Option<&Json> {
        self.0.iter().find_map(|(key, value)| (key == name).then_some(value))
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.get(name).is_some()
    }

    /// Removes a member, to have its text without a copy. The order of the others is not kept.
    pub(super) fn take(&mut self, name: &str) -> Option<Json> {
        let place = self.0.iter().position(|(key, _)| key == name)?;
        Some(self.0.swap_remove(place).1)
    }

    /// As [`Members::text`], of a member that names something: an empty text names nothing.
    pub(super) fn name<E>(&self, name: &str, otherwise: E) -> Result<Option<&str>, E> {
        match self.get(name) {
            Some(Json::String(text)) if text.is_empty() => Err(otherwise),
            _ => self.text(name, otherwise),
        }
    }

    /// The text of a member that may be absent, but not anything else than a string.
    pub(super) fn text<E>(&self, name: &str, otherwise: E) -> Result<Option<&str>, E> {
        match self.get(name) {
            None => Ok(None),
            Some(Json::String(text)) => Ok(Some(text)),
            Some(_) => Err(otherwise),
        }
    }
}

/// Strict base64url (RFC 7515 section 2), or nothing.
pub(super) fn decode(text: &str) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(text).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_one_text_stands_for_an_octet_sequence() {
        assert_eq!(decode("-_8"), Some(vec![0xfb, 0xff]));
        for text in ["-_8=", "-_9", "+/8", "-_8\n", " -_8", "-_ 8", "-_8.", "-", "-_8A=", "-_8é"] {
            assert_eq!(decode(text), None, "{text:?}");
        }
    }

    #[test]
    fn three_parts_and_no_other_number() {
        let jws = CompactJws::parse("a.b.c").ok().unwrap();
        assert_eq!((jws.header, jws.payload, jws.signature), ("a", "b", "c"));
        assert_eq!(jws.signing_input, "a.b");
        for token in ["", ".", "a", "a.b", "a.b.c.d", "a.b.c.", ".a.b.c", "a..b.c", "a.b.c.d.e"] {
            assert_eq!(CompactJws::parse(token).err(), Some(TokenError::NotThreeParts), "{token}");
        }
    }

    #[test]
    fn the_size_is_looked_at_before_anything_else() {
        let most = ".".repeat(UnverifiedToken::MAX_BYTES);
        assert_eq!(CompactJws::parse(&most).err(), Some(TokenError::NotThreeParts));
        let more = ".".repeat(UnverifiedToken::MAX_BYTES + 1);
        assert_eq!(CompactJws::parse(&more).err(), Some(TokenError::TooLong));
    }

    #[test]
    fn null_is_a_member_like_any_other() {
        let mut members = Members::of_payload("eyJhIjpudWxsfQ").ok().unwrap();
        assert!(members.has("a") && !members.has("b"));
        assert_eq!(members.text("a", ()), Err(()));
        assert_eq!(members.text("b", ()), Ok(None));
        assert_eq!(members.take("a"), Some(Json::Null));
        assert_eq!(members.take("a"), None);
    }
}
