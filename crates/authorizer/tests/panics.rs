//! A panic in the middle of a call: an error for that call, and nothing for the next.
//!
//! No input is known that makes the authorizer panic; here what it asks does. The build for Lambda
//! aborts on a panic, so that there the process ends with the call, and the next call has a new one:
//! `end_to_end/outages.rs` has that.

#![cfg(test)]

mod support;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use gatepost_authorizer::jwks::{FetchFuture, FetchKeySet};
use gatepost_authorizer::url::SecureUrl;
use gatepost_authorizer::{Authorizer, Config};
use gatepost_core::revocable::Revocable;
use gatepost_core::subject::Subject;
use gatepost_store::{PolicyStore, Rows, StoreError};
use serde_json::{Value, json};
use support::{CLIENT, ISSUER, MemoryStore, NoFetch, Signer, access_claims, now};
use tokio::time::Instant;

/// Panics while it is told to.
#[derive(Clone, Default)]
struct Fuse(Arc<AtomicBool>);

impl Fuse {
    fn burns(&self) {
        assert!(!self.0.load(Ordering::Relaxed), "secret-message");
    }
}

struct Store {
    memory: MemoryStore,
    fuse: Fuse,
}

impl PolicyStore for Store {
    async fn read_rows(
        &self,
        subjects: &[Subject],
        revocables: &[Revocable],
        deadline: Instant,
    ) -> Result<Rows, StoreError> {
        self.fuse.burns();
        self.memory.read_rows(subjects, revocables, deadline).await
    }
}

struct Keys {
    jwks: Value,
    fuse: Fuse,
}

impl FetchKeySet for Keys {
    fn fetch<'a>(&'a self, _url: &'a SecureUrl, _max_bytes: usize) -> FetchFuture<'a> {
        Box::pin(async {
            self.fuse.burns();
            Ok(self.jwks.to_string().into())
        })
    }
}

/// Calls once with a panic, and once without.
async fn calls<S: PolicyStore + 'static>(authorizer: Authorizer<S>, fuse: &Fuse) {
    let token = Signer::new().sign(&access_claims(&json!({})));
    let event = json!({
        "type": "REQUEST",
        "methodArn": "arn:aws:execute-api:eu-west-1:123456789012:a1b2c3/prod/GET/movies",
        "headers": {"Authorization": format!("Bearer {token}")},
    });
    let event: Arc<str> = event.to_string().into();
    let authorizer = Arc::new(authorizer);
    for panics in [true, false] {
        fuse.0.store(panics, Ordering::Relaxed);
        let (authorizer, event) = (Arc::clone(&authorizer), Arc::clone(&event));
        // Lambda's runtime catches a panic as this task does, and tells of an error.
        let call = tokio::spawn(async move { authorizer.answer(event.as_bytes(), now()).await });
        match call.await {
            Ok(answer) => assert!(answer.is_ok() && !panics, "{answer:?}"),
            Err(error) => assert!(error.is_panic() && panics, "{error}"),
        }
    }
}

fn settings() -> BTreeMap<String, String> {
    let issuers = json!([{"issuer": ISSUER, "audience": [CLIENT], "algorithms": ["EdDSA"]}]);
    [
        ("GATEPOST_ISSUERS", issuers.to_string()),
        ("GATEPOST_POLICY_TABLE", "policies".to_owned()),
        ("GATEPOST_POLICY_TTL_SECONDS", "0".to_owned()),
    ]
    .map(|(name, value)| (name.to_owned(), value))
    .into()
}

#[tokio::test]
async fn a_panic_in_the_store_ends_its_call_and_leaves_nothing_behind() {
    let fuse = Fuse::default();
    let store = Store { memory: MemoryStore::default(), fuse: fuse.clone() };
    calls(Authorizer::new(Signer::new().config(&BTreeMap::new()), store, NoFetch), &fuse).await;
}

#[tokio::test]
async fn a_panic_in_a_fetch_of_keys_ends_its_call_and_leaves_nothing_behind() {
    let fuse = Fuse::default();
    let settings = settings();
    let config = Config::from_vars(|name| settings.get(name).cloned(), settings.keys().cloned());
    let keys = Keys { jwks: Signer::new().jwks(), fuse: fuse.clone() };
    calls(Authorizer::new(config.unwrap(), MemoryStore::default(), keys), &fuse).await;
}
