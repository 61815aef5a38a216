//! The id of a session: what a browser's cookie holds where the tokens are kept in a table.
//!
//! An id is 32 random bytes, written in base64url without padding. From it follows, and only from it,
//! where its row is and what the row's access token is sealed with:
//!
//! - the row's key is the SHA-256 of the id, so that who reads the table can make no cookie;
//! - the access token is sealed with AES-256-GCM under HMAC-SHA256 of a label with the id as key, and
//!   bound to the row's key: who reads the table can open none, nor pass one row's for another's, and
//!   whoever is shown the cookie needs no other secret to open it.
//!
//! Nonces are random. A key seals one session's tokens, which are a few thousand in its life, and far
//! from the 2^32 at which a nonce might come again.

use std::fmt;

use aws_lc_rs::aead::{AES_256_GCM, Aad, NONCE_LEN, Nonce, RandomizedNonceKey};
use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::{hmac, rand};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use gatepost_core::secret::Secret;

/// How long an id is, in bytes.
const ID_BYTES: usize = 32;

/// What sets the key of access tokens apart from whatever else may follow from an id.
const ACCESS_KEY: &[u8] = b"gatepost-session-access-v1";

/// The id of a session. It is a credential, so it is not shown.
#[derive(Clone, Copy, Eq, PartialEq)]
pub struct SessionId([u8; ID_BYTES]);

/// Where the row of a session is: the SHA-256 of its id. No secret; in base64url in the table.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct SessionRowKey([u8; ID_BYTES]);

impl SessionId {
    /// A new one, which nobody can guess.
    ///
    /// # Errors
    ///
    /// [`SessionCryptoError`] if there is no randomness to be had.
    pub fn random() -> Result<Self, SessionCryptoError> {
        let mut bytes = [0; ID_BYTES];
        rand::fill(&mut bytes).map_err(|_| SessionCryptoError)?;
        Ok(Self(bytes))
    }

    /// Reads the value of a cookie. Each id has one spelling, of 43 characters; nothing else is one.
    pub fn parse(text: Secret<&str>) -> Option<Self> {
        let mut bytes = [0; ID_BYTES];
        let length = URL_SAFE_NO_PAD.decode_slice(text.expose(), &mut bytes).ok()?;
        (length == ID_BYTES).then_some(Self(bytes))
    }

    /// The value of the cookie.
    pub fn to_text(self) -> Secret<String> {
        Secret::new(URL_SAFE_NO_PAD.encode(self.0))
    }

    /// Its bytes, for what else is to be bound to it.
    pub fn bytes(&self) -> Secret<&[u8]> {
        Secret::new(&self.0)
    }

    /// Where its row is.
    pub fn key(self) -> SessionRowKey {
        let mut key = [0; ID_BYTES];
        // SHA-256 has as many bytes.
        key.iter_mut().zip(digest(&SHA256, &self.0).as_ref()).for_each(|(to, from)| *to = *from);
        SessionRowKey(key)
    }

    /// Seals an access token for this session's row: nonce, ciphertext, tag.
    ///
    /// # Errors
    ///
    /// [`SessionCryptoError`] if the cryptographic library fails.
    pub fn seal(self, token: Secret<&str>) -> Result<Vec<u8>, SessionCryptoError> {
        let mut sealed = token.expose().as_bytes().to_vec();
        let cipher = self.cipher().ok_or(SessionCryptoError)?;
        let nonce = cipher
            .seal_in_place_append_tag(Aad::from(self.key().0), &mut sealed)
            .map_err(|_| SessionCryptoError)?;
        Ok([&nonce.as_ref()[..], &sealed].concat())
    }

    /// The access token that was sealed for this session's row; nothing if it was not.
    pub fn open(self, sealed: &[u8]) -> Option<Secret<String>> {
        let (nonce, sealed) = sealed.split_at_checked(NONCE_LEN)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
        let mut text = sealed.to_vec();
        let aad = Aad::from(self.key().0);
        let length = self.cipher()?.open_in_place(nonce, aad, &mut text).ok()?.len();
        text.truncate(length);
        String::from_utf8(text).ok().map(Secret::new)
    }

    fn cipher(self) -> Option<RandomizedNonceKey> {
        let key = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, &self.0), ACCESS_KEY);
        RandomizedNonceKey::new(&AES_256_GCM, key.as_ref()).ok()
    }
}

impl fmt::Debug for SessionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SessionId")
    }
}

/// As the table has it.
impl fmt::Display for SessionRowKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&URL_SAFE_NO_PAD.encode(self.0))
    }
}

/// The cryptographic library failed.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("the cryptographic library failed")]
pub struct SessionCryptoError;

#[cfg(test)]
mod tests {
    use super::*;

    /// The bytes 0 to 31.
    const TEXT: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8";

    fn id(text: &str) -> SessionId {
        SessionId::parse(Secret::new(text)).unwrap()
    }

    fn other() -> SessionId {
        id("AQECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8")
    }

    #[test]
    fn an_id_has_one_spelling() {
        assert_eq!(*id(TEXT).to_text().expose(), TEXT);
        let longer = format!("{TEXT}A");
        let (shorter, padded) = (TEXT.get(..42).unwrap(), format!("{TEXT}="));
        // The last character has two bits to spare; only zeros are their canonical spelling.
        let unclean = TEXT.replace("Hh8", "Hh9");
        let plain = TEXT.replace("Hh8", "H+8");
        let spaced = format!(" {TEXT}");
        for text in
            ["", "x", shorter, &longer, &padded, &unclean, &plain, &spaced, &"A".repeat(9_999)]
        {
            assert!(SessionId::parse(Secret::new(text)).is_none(), "{text}");
        }
    }

    #[test]
    fn no_two_ids_are_the_same() {
        let (one, other) = (SessionId::random().unwrap(), SessionId::random().unwrap());
        assert_ne!(one.to_text().expose(), other.to_text().expose());
        assert_eq!(id(one.to_text().expose()), one);
    }

    /// Computed by Python's `hashlib`, `hmac` and `cryptography`, with a nonce of zeros.
    #[test]
    fn key_and_sealed_token_are_what_others_compute() {
        let id = id(TEXT);
        assert_eq!(id.key().to_string(), "Yw3NKWbEM2aRElRIu7JbT_QSpJxzLbLIq8G4WBvXEN0");
        let sealed = "0000000000000000000000006635f202c26bbd3377499a837f20070128a61f0102";
        let opened = id.open(&hex::decode(sealed).unwrap());
        assert_eq!(opened.unwrap().expose(), "token");
    }

    #[test]
    fn a_token_is_opened_by_its_session_only() {
        let id = id(TEXT);
        let sealed = id.seal(Secret::new("token")).unwrap();
        assert_eq!(id.open(&sealed).unwrap().expose(), "token");
        assert_ne!(sealed, id.seal(Secret::new("token")).unwrap(), "each has a nonce of its own");
        assert!(other().open(&sealed).is_none());
        for index in 0..sealed.len() {
            let mut changed = sealed.clone();
            changed[index] ^= 1;
            assert!(id.open(&changed).is_none(), "{index}");
            assert!(id.open(&sealed[..index]).is_none(), "{index}");
        }
    }

    #[test]
    fn an_id_is_not_shown() {
        assert_eq!(format!("{:?}", Some(id(TEXT))), "Some(SessionId)");
    }
}
