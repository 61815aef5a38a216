//! Explicit denies are exact: every request of a small world, and of richer random cases, is
//! allowed as before or else denied by a statement.
#![cfg(test)]
#![expect(clippy::disallowed_methods, reason = "the environment says how many cases")]

mod random_cases;
mod short_paths;

use std::collections::BTreeMap;

use gatepost_core::gateway::MethodArn;
use gatepost_core::policy::{
    Access, BoundPolicy, Context, Decision, ExplicitError, PolicyDocument, decide,
};
use proptest::prelude::*;
use proptest::sample::select;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, RngSeed, TestRunner};
use serde_json::{Value, json};
use short_paths::{STAGE, document, stage};

const ACTIONS: [&str; 2] = ["execute-api:Invoke", "execute-api:InvalidateCache"];

fn config() -> ProptestConfig {
    let cases = random_cases::cases(1_500);
    ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() }
}

/// Every method of a short path, and a route of a WebSocket API.
fn methods() -> Vec<MethodArn> {
    let mut methods = short_paths::methods(3);
    methods.push(format!("{STAGE}/$connect").parse().unwrap());
    methods
}

/// A few of the outcomes that the conditions of [`condition`] can have.
fn some_contexts() -> impl Strategy<Value = Vec<Context>> {
    prop::sample::subsequence(contexts(), 6)
}

/// Every such outcome.
fn contexts() -> Vec<Context> {
    let mut contexts = Vec::new();
    for address in [None, Some("10.0.0.1"), Some("192.0.2.1")] {
        for agents in [&[][..], &["x"], &["y"], &["x", "y"], &["z"], &["x", "z"]] {
            for time in ["2026-01-01T00:00:00Z", "2026-06-01T00:00:00Z"] {
                let mut context = Context::new();
                if let Some(address) = address {
                    context.insert("aws:SourceIp", address);
                }
                let agents: Vec<String> = agents.iter().map(ToString::to_string).collect();
                context.insert("aws:UserAgent", agents);
                context.insert("aws:CurrentTime", time);
                context.insert("aws:SecureTransport", (time < "2026-03").to_string());
                contexts.push(context);
            }
        }
    }
    contexts
}

fn condition() -> impl Strategy<Value = Option<Value>> {
    let known = vec![
        json!({ "IpAddress": { "aws:SourceIp": "10.0.0.0/8" } }),
        json!({ "IpAddress": { "aws:sourceip": ["192.0.2.0/24", "10.0.0.0/24"] } }),
        json!({ "NotIpAddressIfExists": { "aws:SourceIp": "10.0.0.0/8" } }),
        json!({ "StringEquals": { "aws:UserAgent": "x" } }),
        json!({ "StringEqualsIfExists": { "aws:UserAgent": ["x", "y"] } }),
        json!({ "ForAnyValue:StringNotLike": { "aws:UserAgent": "x*" } }),
        json!({ "ForAllValues:StringEquals": { "aws:UserAgent": ["x", "y"] } }),
        json!({ "Null": { "aws:UserAgent": "true" } }),
        json!({ "DateLessThan": { "aws:CurrentTime": "2026-03-01" } }),
        json!({ "Bool": { "aws:SecureTransport": "false" } }),
        json!({
            "IpAddress": { "aws:SourceIp": "10.0.0.0/8" },
            "StringEquals": { "aws:UserAgent": "x" },
        }),
    ];
    prop::option::weighted(0.6, select(known))
}

fn resource() -> impl Strategy<Value = String> {
    let path = || "[ab/*]{0,3}|[ab]{0,2}|[ab*?]{0,3}";
    let verb = select(&["GET", "GET", "PUT", "*"][..]);
    prop_oneof![
        8 => (verb, path()).prop_map(|(verb, path)| format!("{verb}/{path}")),
        2 => path().prop_map(|path| format!("{STAGE}/{path}")),
        1 => Just("*".to_owned()),
        1 => Just("arn:aws:execute-api:*".to_owned()),
        1 => Just("page/*".to_owned()),
    ]
}

fn statement() -> impl Strategy<Value = Value> {
    let actions = select(vec![
        json!({ "Action": "execute-api:Invoke" }),
        json!({ "Action": "execute-api:Invoke" }),
        json!({ "Action": "execute-api:Invoke" }),
        json!({ "Action": "execute-api:*" }),
        json!({ "Action": ["execute-api:Invoke", "execute-api:InvalidateCache"] }),
        json!({ "Action": "execute-api:InvalidateCache" }),
        json!({ "NotAction": "execute-api:InvalidateCache" }),
        json!({ "NotAction": "gatepost:ViewPage" }),
    ]);
    let resources = prop::collection::vec(resource(), 1..4);
    let (deny, except) = (prop::bool::weighted(0.2), prop::bool::weighted(0.12));
    (deny, except, actions, resources, condition()).prop_map(
        |(deny, except, mut statement, resources, condition)| {
            statement["Effect"] = json!(if deny { "Deny" } else { "Allow" });
            statement[if except { "NotResource" } else { "Resource" }] = json!(resources);
            if let Some(condition) = condition {
                statement["Condition"] = condition;
            }
            statement
        },
    )
}

fn documents() -> impl Strategy<Value = Vec<PolicyDocument>> {
    let statements = prop::collection::vec(prop::collection::vec(statement(), 0..4), 1..4);
    statements.prop_map(|all| all.iter().map(|one| document(one)).collect())
}

fn decision(
    document: &PolicyDocument,
    action: &str,
    method: &MethodArn,
    context: &Context,
) -> Decision {
    decide([document], &Access { action, resource: method.into(), context }).decision
}

/// The first request of `methods` that two documents do not allow alike, or that the second one
/// leaves undenied.
fn difference(
    implicit: &PolicyDocument,
    explicit: &PolicyDocument,
    methods: &[MethodArn],
    contexts: &[Context],
) -> Option<String> {
    for context in contexts {
        for method in methods {
            for action in ACTIONS {
                let before = decision(implicit, action, method, context);
                let after = decision(explicit, action, method, context);
                let want = match before {
                    Decision::Allow => Decision::Allow,
                    Decision::ExplicitDeny | Decision::ImplicitDeny => Decision::ExplicitDeny,
                };
                if after != want {
                    return Some(format!("{action} {method} {before}, now {after}, {context:?}"));
                }
            }
        }
    }
    None
}

fn bound(documents: &[PolicyDocument]) -> BoundPolicy {
    BoundPolicy::build(documents, &stage(), &Context::new()).unwrap()
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn what_is_not_allowed_is_explicitly_denied_and_nothing_else(
        documents in documents(), contexts in some_contexts(),
    ) {
        let implicit = bound(&documents);
        let Ok(explicit) = implicit.clone().explicit() else { return Ok(()) };
        let (before, after) = (implicit.as_document(), explicit.as_document());
        prop_assert_eq!(difference(before, after, &methods(), &contexts), None, "{}\n{}", before, after);
        // Another reader sees the same.
        let reread = PolicyDocument::parse(after.to_string().as_bytes()).unwrap();
        prop_assert_eq!(reread.to_string(), after.to_string());
    }

    #[test]
    fn an_explicit_policy_that_expires_is_explicit_at_its_end(
        documents in documents(), contexts in some_contexts(),
    ) {
        let end = std::time::UNIX_EPOCH + std::time::Duration::from_secs(1_772_000_000);
        let implicit = bound(&documents);
        let Ok(explicit) = implicit.clone().explicit() else { return Ok(()) };
        let (before, after) = (implicit.expiring(end), explicit.expiring(end));
        let (before, after) = (before.as_document(), after.as_document());
        prop_assert_eq!(difference(before, after, &methods()[..20], &contexts), None, "{}\n{}", before, after);
    }

    #[test]
    fn one_method_of_an_explicit_policy_is_decided_as_without(
        documents in documents(), called in any::<prop::sample::Index>(),
        contexts in some_contexts(),
    ) {
        let methods = methods();
        let implicit = bound(&documents).for_method(called.get(&methods));
        let Ok(explicit) = implicit.clone().explicit() else { return Ok(()) };
        let (before, after) = (implicit.as_document(), explicit.as_document());
        prop_assert_eq!(difference(before, after, &methods[..20], &contexts), None, "{}\n{}", before, after);
    }
}

#[test]
fn most_documents_of_the_small_world_can_be_made_explicit() {
    let config = Config { rng_seed: RngSeed::Fixed(1), ..Config::default() };
    let mut runner = TestRunner::new(config);
    let mut counts = BTreeMap::<&str, u32>::new();
    for _ in 0..2_000 {
        let policy = bound(&documents().new_tree(&mut runner).unwrap().current());
        let outcome = match policy.explicit() {
            Ok(_) => "exact",
            Err(ExplicitError::NoOpposite { .. }) => "no opposite",
            Err(ExplicitError::NoList) => "no list",
            Err(ExplicitError::NotTogether { .. }) => "not together",
            Err(ExplicitError::TooManyStatements) => "too many",
        };
        *counts.entry(outcome).or_default() += 1;
    }
    assert!(counts["exact"] > 1_500, "{counts:?}");
    assert_eq!(counts.get("no opposite"), None, "{counts:?}");
}
