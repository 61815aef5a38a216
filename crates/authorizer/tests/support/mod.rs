//! An issuer and a store in memory, for tests that need no world around the authorizer.

use std::collections::BTreeMap;
use std::time::{Duration, SystemTime};

use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use gatepost_authorizer::Config;
use gatepost_authorizer::jwks::{FetchError, FetchFuture, FetchKeySet};
use gatepost_authorizer::url::SecureUrl;
use gatepost_core::policy::PolicyDocument;
use gatepost_core::revocable::Revocable;
use gatepost_core::secret::Secret;
use gatepost_core::subject::Subject;
use gatepost_store::{Candidate, PolicyStore, Revocation, Rows, StoreError, StoredPolicy};
use serde_json::{Value, json};
use tokio::time::Instant;

pub(crate) const ISSUER: &str = "https://issuer.example";
pub(crate) const CLIENT: &str = "client-1";

/// The time of every call: 2026-01-01T00:00:00Z.
pub(crate) const NOW: u64 = 1_767_225_600;

pub(crate) fn now() -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(NOW)
}

/// Signs with a key that is the same in every run, so that tokens are too.
pub(crate) struct Signer {
    key: Ed25519KeyPair,
}

impl Signer {
    pub(crate) fn new() -> Self {
        Self { key: Ed25519KeyPair::from_seed_unchecked(&[7; 32]).unwrap() }
    }

    pub(crate) fn jwks(&self) -> Value {
        let x = URL_SAFE_NO_PAD.encode(self.key.public_key().as_ref());
        json!({"keys": [{"kty": "OKP", "crv": "Ed25519", "alg": "EdDSA", "kid": "key-1", "x": x}]})
    }

    pub(crate) fn sign(&self, claims: &Value) -> String {
        let header = URL_SAFE_NO_PAD.encode(r#"{"alg":"EdDSA","kid":"key-1"}"#);
        let claims = URL_SAFE_NO_PAD.encode(claims.to_string());
        let input = format!("{header}.{claims}");
        let signature = URL_SAFE_NO_PAD.encode(self.key.sign(input.as_bytes()));
        format!("{input}.{signature}")
    }

    /// The settings of an authorizer that trusts this signer, with `changes` on top.
    pub(crate) fn config(&self, changes: &BTreeMap<String, String>) -> Config {
        let issuers = json!([{
            "issuer": ISSUER, "audience": [CLIENT], "algorithms": ["EdDSA"],
            "token_use": ["access", "id"], "jwks": self.jwks(),
        }]);
        let mut vars = BTreeMap::from([
            ("GATEPOST_POLICY_TABLE".to_owned(), "policies".to_owned()),
            ("GATEPOST_ISSUERS".to_owned(), issuers.to_string()),
        ]);
        vars.extend(changes.clone());
        Config::from_vars(|name| vars.get(name).cloned(), vars.keys().cloned()).unwrap()
    }
}

/// The claims of an access token of Amazon Cognito, with `changes` on top; null takes one away.
pub(crate) fn access_claims(changes: &Value) -> Value {
    let mut claims = json!({
        "iss": ISSUER, "sub": "8a7d", "client_id": CLIENT, "token_use": "access",
        "exp": NOW + 600, "iat": NOW - 60, "jti": "j-1", "username": "alice",
        "scope": "openid movies/read", "cognito:groups": ["movies-group"],
    });
    for (name, value) in changes.as_object().unwrap() {
        claims[name] = value.clone();
    }
    claims.as_object_mut().unwrap().retain(|_, value| !value.is_null());
    claims
}

/// Policy documents in memory, or an error instead of them.
#[derive(Default)]
pub(crate) struct MemoryStore {
    pub(crate) documents: BTreeMap<String, Value>,
    pub(crate) candidates: BTreeMap<String, Value>,
    pub(crate) usage_identifier_keys: BTreeMap<String, String>,
    /// What is revoked, and until which second.
    pub(crate) revoked: BTreeMap<String, Option<u64>>,
    pub(crate) error: Option<StoreError>,
}

impl PolicyStore for MemoryStore {
    async fn read_rows(
        &self,
        subjects: &[Subject],
        revocables: &[Revocable],
        _deadline: Instant,
    ) -> Result<Rows, StoreError> {
        if let Some(error) = &self.error {
            return Err(error.clone());
        }
        let mut rows = Rows::default();
        for subject in subjects {
            let name = subject.to_string();
            let Some(json) = self.documents.get(&name) else { continue };
            let mut policy = StoredPolicy::new(subject.clone(), 1, document(json));
            policy.candidate = self.candidates.get(&name).map(|json| Candidate {
                document: document(json).into(),
                digest: json.to_string(),
            });
            policy.usage_identifier_key =
                self.usage_identifier_keys.get(&name).cloned().map(Secret::new);
            rows.policies.push(policy);
        }
        for revocable in revocables {
            if let Some(end) = self.revoked.get(&revocable.to_string()) {
                let expires_at = end.map(|end| SystemTime::UNIX_EPOCH + Duration::from_secs(end));
                rows.revocations.push(Revocation { revocable: revocable.clone(), expires_at });
            }
        }
        Ok(rows)
    }
}

pub(crate) fn document(json: &Value) -> PolicyDocument {
    PolicyDocument::parse(json.to_string().as_bytes()).unwrap()
}

/// For issuers whose keys stand in the settings.
pub(crate) struct NoFetch;

impl FetchKeySet for NoFetch {
    fn fetch<'a>(&'a self, _url: &'a SecureUrl, _max_bytes: usize) -> FetchFuture<'a> {
        Box::pin(async { Err(FetchError::Status { status: 404 }) })
    }
}
