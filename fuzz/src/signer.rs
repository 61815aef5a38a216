//! An issuer whose key and tokens are the same in every run.

use std::time::{Duration, SystemTime};

use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

/// Who issues.
pub const ISSUER: &str = "https://issuer.example";
/// Whom the tokens are for.
pub const CLIENT: &str = "client-1";
/// The time of everything: 2026-01-01T00:00:00Z, in seconds.
pub const NOW: u64 = 1_767_225_600;

/// Signs with one Ed25519 key, whose signatures are a function of the message.
pub struct Signer {
    key: Ed25519KeyPair,
}

impl Default for Signer {
    fn default() -> Self {
        Self { key: Ed25519KeyPair::from_seed_unchecked(&[7; 32]).unwrap() }
    }
}

impl Signer {
    /// The time of everything.
    pub fn now() -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_secs(NOW)
    }

    /// The issuer's key set.
    pub fn jwks(&self) -> Value {
        let x = URL_SAFE_NO_PAD.encode(self.key.public_key().as_ref());
        json!({"keys": [{"kty": "OKP", "crv": "Ed25519", "alg": "EdDSA", "kid": "key-1", "x": x}]})
    }

    /// A token of these claims.
    pub fn sign(&self, claims: &Value) -> String {
        let header = URL_SAFE_NO_PAD.encode(r#"{"alg":"EdDSA","kid":"key-1"}"#);
        let claims = URL_SAFE_NO_PAD.encode(claims.to_string());
        let input = format!("{header}.{claims}");
        let signature = URL_SAFE_NO_PAD.encode(self.key.sign(input.as_bytes()));
        format!("{input}.{signature}")
    }

    /// The token of a user who is in the group `movies-group`, for ten minutes.
    pub fn token(&self) -> String {
        self.sign(&json!({
            "iss": ISSUER, "sub": "8a7d", "client_id": CLIENT, "token_use": "access",
            "exp": NOW + 600, "iat": NOW - 60, "jti": "j-1", "username": "alice",
            "scope": "openid", "cognito:groups": ["movies-group"],
        }))
    }
}
