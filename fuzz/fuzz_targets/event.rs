//! Whatever stands in an event, an answer is either the policy of the caller whose token it holds, to
//! the byte, or a refusal in one of two forms.
//!
//! In an input `{token}` stands for a good token.

#![no_main]

use std::sync::LazyLock;
use std::time::SystemTime;

use gatepost_authorizer::jwks::{FetchError, FetchFuture, FetchKeySet};
use gatepost_authorizer::url::SecureUrl;
use gatepost_authorizer::{Authorizer, Config, Refusal};
use gatepost_core::gateway::MethodArn;
use gatepost_core::policy::{Context, Decision, PolicyDocument};
use gatepost_core::revocable::Revocable;
use gatepost_core::subject::Subject;
use gatepost_fuzz::{CLIENT, ISSUER, Signer, answer};
use gatepost_store::{PolicyStore, Rows, StoreError, StoredPolicy};
use libfuzzer_sys::fuzz_target;
use serde_json::{Value, json};
use tokio::runtime::Runtime;
use tokio::time::Instant;

const DOCUMENT: &str = r#"{"Version":"2012-10-17","Statement":[
    {"Effect":"Allow","Action":"execute-api:Invoke","Resource":["GET/movies","GET/movies/*"]},
    {"Effect":"Deny","Action":"execute-api:Invoke","Resource":"GET/movies/secret"}]}"#;

fn document() -> PolicyDocument {
    PolicyDocument::parse(DOCUMENT.as_bytes()).expect("a document")
}

struct OneGroup;

impl PolicyStore for OneGroup {
    async fn read_rows(
        &self,
        subjects: &[Subject],
        _revocables: &[Revocable],
        _deadline: Instant,
    ) -> Result<Rows, StoreError> {
        let found = subjects.iter().filter(|subject| subject.name() == "movies-group");
        let policies = found.map(|subject| StoredPolicy::new(subject.clone(), 1, document()));
        Ok(Rows { policies: policies.collect(), revocations: Vec::new() })
    }
}

struct NoFetch;

impl FetchKeySet for NoFetch {
    fn fetch<'a>(&'a self, _url: &'a SecureUrl, _max_bytes: usize) -> FetchFuture<'a> {
        Box::pin(async { Err(FetchError::TimedOut) })
    }
}

static TOKEN: LazyLock<String> = LazyLock::new(|| Signer::default().token());
static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| {
    tokio::runtime::Builder::new_current_thread().build().expect("a runtime")
});
static AUTHORIZER: LazyLock<Authorizer<OneGroup>> = LazyLock::new(|| {
    let issuers = json!([{
        "issuer": ISSUER, "audience": [CLIENT], "algorithms": ["EdDSA"],
        "jwks": Signer::default().jwks(),
    }])
    .to_string();
    let variable = |name: &str| match name {
        "GATEPOST_POLICY_TABLE" => Some("policies".to_owned()),
        "GATEPOST_ISSUERS" => Some(issuers.clone()),
        "GATEPOST_TOKEN_SOURCES" => {
            Some("header:Authorization,cookie:id,query:token,header:X-Token".to_owned())
        }
        _ => None,
    };
    let config = Config::from_vars(variable, std::iter::empty()).expect("settings");
    Authorizer::new(config, OneGroup, NoFetch)
});

fuzz_target!(|text: &str| {
    let event = text.replace("{token}", &TOKEN);
    let now: SystemTime = Signer::now();
    match RUNTIME.block_on(AUTHORIZER.answer(event.as_bytes(), now)) {
        Err(Refusal::Unauthorized) => {}
        Err(Refusal::Failure(reason)) => assert!(!reason.is_empty()),
        Ok(body) => {
            assert!(event.contains(&*TOKEN), "an answer without a token");
            let body: Value = serde_json::from_str(&body).expect("JSON");
            assert_eq!(body["principalId"], "8a7d");
            let policy = body["policyDocument"].to_string();
            let policy = PolicyDocument::parse(policy.as_bytes()).expect("a policy document");
            // Members that are not asked for are skipped, and may hold what a reader of everything
            // refuses: one half of a surrogate pair.
            let Ok(event) = serde_json::from_str::<Value>(&event) else { return };
            let arn = match event["version"].as_str() {
                Some("2.0") => &event["routeArn"],
                _ => &event["methodArn"],
            };
            let called: MethodArn = arn.as_str().and_then(|arn| arn.parse().ok()).expect("an ARN");
            let stage = called.stage_arn();
            if stage.stage() == "*" {
                // The console's example; a star is no stage that could be called.
                return;
            }
            let document = document();
            for path in ["GET/movies", "GET/movies/secret", "GET/movies/7", "GET/shows", "POST/movies"] {
                let method = format!("{stage}/{path}").parse().expect("a method");
                let context = Context::new();
                let want = answer([&document], &method, &context);
                assert_eq!(answer([&policy], &method, &context), want, "{method}");
            }
            let want = answer([&document], &called, &Context::new());
            assert_eq!(answer([&policy], &called, &Context::new()) == Decision::Allow, want == Decision::Allow);
        }
    }
});
