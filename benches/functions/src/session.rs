//! A session whose token is in a table, as `crates/store/src/session_id.rs` has it.

use anyhow::anyhow;
use aws_lc_rs::aead::{AES_256_GCM, Aad, RandomizedNonceKey};
use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::hmac::{HMAC_SHA256, Key, sign};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::{Value, json};

pub struct Session {
    id: [u8; 32],
}

impl Session {
    pub fn new() -> Self {
        Self { id: [7; 32] }
    }

    /// The value of its cookie.
    pub fn cookie(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.id)
    }

    /// Its row, with a token sealed by its id.
    pub fn row(&self, token: &str) -> anyhow::Result<Value> {
        let failed = |_| anyhow!("the token could not be sealed");
        let place = digest(&SHA256, &self.id);
        let key = sign(&Key::new(HMAC_SHA256, &self.id), b"gatepost-session-access-v1");
        let mut sealed = token.as_bytes().to_vec();
        let nonce = RandomizedNonceKey::new(&AES_256_GCM, key.as_ref())
            .and_then(|key| key.seal_in_place_append_tag(Aad::from(place), &mut sealed))
            .map_err(failed)?;
        Ok(json!({
            "session": { "S": URL_SAFE_NO_PAD.encode(place) },
            "access_token": { "B": STANDARD.encode([nonce.as_ref().as_slice(), &sealed].concat()) },
            "sub": { "S": "8a7d8f0c-2f0b-4d0a-9f57-0a7e4f1f4c9e" },
            "created_at": { "N": "1795651200" },
            "renewed_at": { "N": "1795651200" },
            "revision": { "N": "1" },
            "expires_at": { "N": "4102444800" },
        }))
    }
}
