//! Documents and requests over so few letters that every request can be tried.

use gatepost_core::gateway::MethodArn;
use gatepost_core::policy::{Access, Context, Decision, PolicyDocument, decide};
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Value, json};

pub(crate) const STAGE: &str = "arn:aws:execute-api:eu-west-1:123456789012:a1/prod";

/// A path pattern of few letters, with both wildcards if `question_marks` says so.
fn path_pattern(question_marks: bool) -> BoxedStrategy<String> {
    if question_marks { "[ab/*?]{0,4}".boxed() } else { "[ab/*]{0,4}".boxed() }
}

/// Up to ten documents, among their paths some with letters that mean something elsewhere.
pub(crate) fn odd_documents() -> impl Strategy<Value = Vec<PolicyDocument>> {
    let odd = |(statement, letter): (Value, &str)| {
        let text = statement.to_string().replace("/b", &format!("/{letter}"));
        serde_json::from_str::<Value>(&text).unwrap()
    };
    let letters = select(&["b", "%2F", ":", "é", "\u{1F600}", "//", "{id}", "."][..]);
    let statements = (prop_oneof![4 => statement(true), 1 => own()], letters).prop_map(odd);
    let document = prop::collection::vec(statements, 0..4).prop_map(|all| parsed(&all));
    prop::collection::vec(document, 1..=10)
}

fn resource(question_marks: bool) -> impl Strategy<Value = String> {
    let path = move || path_pattern(question_marks);
    prop_oneof![
        8 => (select(&["GET", "PUT", "*"][..]), path()).prop_map(|(verb, path)| format!("{verb}/{path}")),
        2 => (select(&["GET", "*", "?E*", "G*"][..]), path()).prop_map(|(verb, path)| format!("{STAGE}/{verb}/{path}")),
        1 => Just("*".to_owned()),
        1 => Just("arn:aws:execute-api:*".to_owned()),
        1 => (select(&["us-*", "*"][..]), path()).prop_map(|(region, path)| format!(
            "arn:aws:execute-api:{region}:*:*/*/GET/{path}"
        )),
    ]
}

fn condition() -> impl Strategy<Value = Option<Value>> {
    let known = vec![
        json!({ "StringEquals": { "aws:a": "x" } }),
        json!({ "StringNotEquals": { "aws:a": "x" } }),
        json!({ "StringEquals": { "aws:b": "y" } }),
        json!({ "StringEquals": { "aws:a": "x" }, "StringNotEqualsIfExists": { "aws:b": "y" } }),
    ];
    prop::option::weighted(0.3, select(known))
}

fn statement(question_marks: bool) -> impl Strategy<Value = Value> {
    let resources = prop::collection::vec(resource(question_marks), 1..4);
    let (not_action, not_resource) = (prop::bool::weighted(0.1), prop::bool::weighted(0.15));
    (any::<bool>(), not_action, not_resource, resources, condition()).prop_map(
        |(deny, not_action, not_resource, resources, condition)| {
            let mut statement = json!({ "Effect": if deny { "Deny" } else { "Allow" } });
            if not_action {
                statement["NotAction"] = json!("execute-api:InvalidateCache");
            } else {
                statement["Action"] = json!("execute-api:Invoke");
            }
            statement[if not_resource { "NotResource" } else { "Resource" }] = json!(resources);
            if let Some(condition) = condition {
                statement["Condition"] = condition;
            }
            statement
        },
    )
}

/// A statement about what belongs to the caller.
fn own() -> impl Strategy<Value = Value> {
    let path = select(&["${token:sub}", "${token:sub}/*", "a/${token:sub}", "*/${token:sub}"][..]);
    (any::<bool>(), path).prop_map(|(deny, path)| {
        json!({
            "Effect": if deny { "Deny" } else { "Allow" },
            "Action": "execute-api:Invoke",
            "Resource": format!("GET/{path}"),
        })
    })
}

fn parsed(statements: &[Value]) -> PolicyDocument {
    let text = json!({ "Version": "2012-10-17", "Statement": statements }).to_string();
    PolicyDocument::parse(text.as_bytes()).unwrap()
}

/// A document without claims.
pub(crate) fn document(question_marks: bool) -> impl Strategy<Value = PolicyDocument> {
    prop::collection::vec(statement(question_marks), 0..4).prop_map(|all| parsed(&all))
}

/// A document, perhaps with claims.
pub(crate) fn document_with_claims() -> impl Strategy<Value = PolicyDocument> {
    let statements = prop_oneof![3 => statement(true), 1 => own()];
    prop::collection::vec(statements, 0..4).prop_map(|all| parsed(&all))
}

/// A document and one that was made of it by changing a statement or two.
pub(crate) fn edited(
    question_marks: bool,
) -> impl Strategy<Value = (PolicyDocument, PolicyDocument)> {
    let statements = prop::collection::vec(statement(question_marks), 1..5);
    (statements, any::<prop::sample::Index>(), prop::option::of(statement(question_marks)))
        .prop_map(|(before, index, edit)| {
            let mut after = before.clone();
            let index = index.index(after.len());
            match edit {
                Some(edit) => after[index] = edit,
                None => drop(after.remove(index)),
            }
            (parsed(&before), parsed(&after))
        })
}

/// Every path of at most `length` letters.
pub(crate) fn paths(length: usize) -> Vec<String> {
    let mut paths = vec![String::new()];
    let mut last = paths.clone();
    for _ in 0..length {
        last = last
            .iter()
            .flat_map(|path| ['a', 'b', '/', 'z'].map(|letter| format!("{path}{letter}")))
            .collect();
        paths.extend(last.iter().cloned());
    }
    paths
}

pub(crate) fn method(verb: &str, path: &str) -> MethodArn {
    format!("{STAGE}/{verb}/{path}").parse().unwrap()
}

/// Contexts in which each condition holds and does not.
pub(crate) fn contexts() -> Vec<Context> {
    let mut contexts = Vec::new();
    for (a, b) in [(false, false), (false, true), (true, false), (true, true)] {
        let mut context = Context::new();
        if a {
            context.insert("aws:a", "x");
        }
        if b {
            context.insert("aws:b", "y");
        }
        contexts.push(context);
    }
    contexts
}

pub(crate) fn answer(
    documents: &[&PolicyDocument],
    method: &MethodArn,
    context: &Context,
) -> Decision {
    let access = Access { action: "execute-api:Invoke", resource: method.into(), context };
    decide(documents.iter().copied(), &access).decision
}
