//! The result cache from outside, with a clock that the test moves.

use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use gatepost_emulator::clock::Clock;
use gatepost_emulator::gateway::{CacheUse, GatewayConfig, ResultTtl};
use gatepost_emulator::invoke::Invocation;
use serde_json::json;

use super::support::{API, FakeAuthorizer, STAGE, Setup, allowing, config, policy};

/// A clock that stands until it is moved.
#[derive(Clone)]
struct Hands(Arc<Mutex<SystemTime>>);

impl Hands {
    fn new() -> Self {
        Self(Arc::new(Mutex::new(SystemTime::UNIX_EPOCH + Duration::from_hours(500_000))))
    }

    fn advance(&self, by: Duration) {
        *self.0.lock().unwrap() += by;
    }

    fn clock(&self) -> Clock {
        let hands = self.clone();
        Clock::reading(move || *hands.0.lock().unwrap())
    }
}

fn cached(authorizer: &FakeAuthorizer, change: impl FnOnce(&mut GatewayConfig)) -> (Setup, Hands) {
    let hands = Hands::new();
    let mut config = config(API, authorizer);
    config.clock = hands.clock();
    change(&mut config);
    (Setup::new(config), hands)
}

#[tokio::test]
async fn the_policy_is_kept_and_not_the_decision() {
    let authorizer = FakeAuthorizer::answering([allowing(&["GET/movies", "POST/movies"])]);
    let (setup, _) = cached(&authorizer, |_| {});
    assert_eq!(setup.get("/movies", "a").await.status, 200);
    assert_eq!(setup.last_record().cache, CacheUse::Miss);
    assert_eq!(setup.get("/movies/7", "a").await.status, 403);
    assert_eq!(setup.last_record().cache, CacheUse::Hit);
    assert_eq!(setup.get("/movies", "a").await.status, 200);
    assert_eq!(authorizer.invocations(), 1);
}

#[tokio::test]
async fn a_policy_for_one_method_denies_the_next_one_from_the_cache() {
    let authorizer = FakeAuthorizer::answering([allowing(&["GET/movies"]), allowing(&["*"])]);
    let (setup, _) = cached(&authorizer, |_| {});
    assert_eq!(setup.get("/movies", "a").await.status, 200);
    assert_eq!(setup.get("/movies/7", "a").await.status, 403);
    setup.gateway.flush();
    assert_eq!(setup.get("/movies/7", "a").await.status, 200);
}

#[tokio::test]
async fn an_answer_ends_with_its_ttl() {
    let authorizer = FakeAuthorizer::answering([allowing(&["*"])]);
    let (setup, hands) = cached(&authorizer, |_| {});
    setup.get("/movies", "a").await;
    hands.advance(Duration::from_secs(299));
    setup.get("/movies", "a").await;
    assert_eq!(authorizer.invocations(), 1);
    hands.advance(Duration::from_secs(1));
    setup.get("/movies", "a").await;
    assert_eq!(authorizer.invocations(), 2);
    assert_eq!(setup.last_record().cache, CacheUse::Miss);
}

#[tokio::test]
async fn denies_are_kept_too() {
    let deny = json!([{ "Effect": "Deny", "Action": "execute-api:Invoke", "Resource": "*" }]);
    let authorizer = FakeAuthorizer::answering([policy(&deny), allowing(&["*"])]);
    let (setup, hands) = cached(&authorizer, |_| {});
    for _ in 0..2 {
        assert_eq!(setup.get("/movies", "a").await.status, 403);
    }
    hands.advance(Duration::from_mins(5));
    assert_eq!(setup.get("/movies", "a").await.status, 200);
}

#[tokio::test]
async fn failures_are_not_kept() {
    let error = |message: &str| Invocation::FunctionError { message: message.to_owned() };
    let garbage = Invocation::Returned("{}".into());
    let answers =
        [error("Unauthorized"), error("boom"), Invocation::TimedOut, garbage, allowing(&["*"])];
    let authorizer = FakeAuthorizer::answering(answers);
    let (setup, _) = cached(&authorizer, |_| {});
    for status in [401, 500, 500, 500, 200] {
        assert_eq!(setup.get("/movies", "a").await.status, status);
    }
    assert_eq!(authorizer.invocations(), 5);
}

#[tokio::test]
async fn every_identity_has_its_own_entry() {
    let authorizer = FakeAuthorizer::answering([allowing(&["*"]), allowing(&["GET/shows"])]);
    let (setup, _) = cached(&authorizer, |_| {});
    assert_eq!(setup.get("/movies", "alice").await.status, 200);
    assert_eq!(setup.get("/movies", "mallory").await.status, 403);
    assert_eq!(setup.get("/movies", "alice").await.status, 200);
}

#[tokio::test]
async fn conditions_are_evaluated_again_for_each_request() {
    let statements = json!([{
        "Effect": "Allow", "Action": "execute-api:Invoke", "Resource": "*",
        "Condition": { "NumericLessThan": { "aws:EpochTime": "1800000060" } },
    }]);
    let authorizer = FakeAuthorizer::answering([policy(&statements)]);
    let (setup, hands) = cached(&authorizer, |_| {});
    assert_eq!(setup.get("/movies", "a").await.status, 200);
    hands.advance(Duration::from_mins(1));
    assert_eq!(setup.get("/movies", "a").await.status, 403);
    assert_eq!(authorizer.invocations(), 1);
}

#[tokio::test]
async fn a_ttl_of_zero_keeps_nothing() {
    let authorizer = FakeAuthorizer::answering([allowing(&["*"])]);
    let (setup, _) = cached(&authorizer, |config| {
        config.api.authorizers_mut()[0].set_result_ttl(ResultTtl::OFF).unwrap();
    });
    for invocations in 1..=2 {
        setup.get("/movies", "a").await;
        assert_eq!(authorizer.invocations(), invocations);
        assert_eq!(setup.last_record().cache, CacheUse::Off);
    }
}

#[tokio::test]
async fn context_comes_from_the_cache_with_no_latency() {
    let answer = json!({
        "principalId": "alice",
        "policyDocument": { "Version": "2012-10-17", "Statement": [
            { "Effect": "Allow", "Action": "execute-api:Invoke", "Resource": format!("{STAGE}/*") },
        ]},
        "context": { "name": "Alice" },
    });
    let authorizer = FakeAuthorizer::answering([Invocation::Returned(answer.to_string().into())]);
    let (setup, _) = cached(&authorizer, |_| {});
    setup.get("/movies", "a").await;
    let second = setup.get("/movies/7", "a").await;
    assert_eq!(
        second.json()["authorizer"],
        json!({ "principalId": "alice", "name": "Alice", "integrationLatency": 0 })
    );
}
