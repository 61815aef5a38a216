//! A merge is exact and no longer than it must be: text by text, against brute force.
//!
//! Small alphabets make this complete for the patterns in question: every text up to a length is
//! decided.
#![cfg(test)]

mod short_paths;

use std::collections::BTreeSet;

use gatepost_core::analysis::{Scope, diff};
use gatepost_core::gateway::MethodArn;
use gatepost_core::policy::{
    Access, BoundPolicy, Context, Decision, Dropped, Glob, PolicyDocument, Reason, decide,
    explain_merge, merge,
};
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Value, json};
use short_paths::{STAGE, document, methods, stage};

/// Every outcome of the two conditions of [`condition`].
fn contexts() -> Vec<Context> {
    let outcomes = [("n", "n"), ("n", "y"), ("y", "n"), ("y", "y")];
    let context = |(one, two)| {
        let mut context = Context::new();
        context.insert("my:one", one);
        context.insert("my:two", two);
        context
    };
    outcomes.into_iter().map(context).collect()
}

fn decision<'a>(
    documents: impl IntoIterator<Item = &'a PolicyDocument>,
    action: &str,
    method: &MethodArn,
    context: &Context,
) -> Decision {
    decide(documents, &Access { action, resource: method.into(), context }).decision
}

/// The first request that two sets of documents decide differently.
fn difference(one: &[PolicyDocument], two: &[PolicyDocument]) -> Option<String> {
    for context in contexts() {
        for method in methods(4) {
            for action in ["execute-api:Invoke", "execute-api:InvalidateCache", "execute-api:x"] {
                let [one, two] = [one, two].map(|set| decision(set, action, &method, &context));
                if one != two {
                    return Some(format!("{action} {method}: {one} and {two}, {context:?}"));
                }
            }
        }
    }
    None
}

/// What the automaton finds of differences, over all texts. It may give up on some.
fn differs_anywhere(one: &[PolicyDocument], two: &[PolicyDocument]) -> Option<String> {
    let scope = Scope { moved: true, max_states: 20_000, ..Scope::default() };
    let [one, two] = [one, two].map(|set| set.iter().collect::<Vec<_>>());
    let found = diff(&one, &two, &scope).changes;
    (!found.is_empty()).then(|| format!("{found:#?}"))
}

fn path() -> impl Strategy<Value = String> {
    "[ab/*]{0,4}|[ab*?]{0,4}"
}

fn resource() -> impl Strategy<Value = String> {
    let verb = select(&["GET", "GET", "PUT", "*", "HEAD"][..]);
    prop_oneof![
        8 => (verb, path()).prop_map(|(verb, path)| format!("{verb}/{path}")),
        2 => path().prop_map(|path| format!("{STAGE}/GET/{path}")),
        2 => path().prop_map(|path| format!("{STAGE}/{path}")),
        2 => path().prop_map(|path| format!("arn:*:execute-api:*:*:*/{path}")),
        1 => Just("*".to_owned()),
        1 => Just("arn:aws:execute-api:*".to_owned()),
        1 => Just("arn:aws:execute-api:*:*:*".to_owned()),
        1 => Just("page/*".to_owned()),
    ]
}

fn condition() -> impl Strategy<Value = Option<Value>> {
    let clause = |key: &str| json!({ "StringEquals": { key: "y" } });
    select(vec![None, None, Some(clause("my:one")), Some(clause("my:two"))])
}

fn statement() -> impl Strategy<Value = Value> {
    let actions = select(vec![
        json!({ "Action": "execute-api:Invoke" }),
        json!({ "Action": "execute-api:Invoke" }),
        json!({ "Action": "execute-api:Inv*" }),
        json!({ "Action": ["execute-api:Invoke", "execute-api:InvalidateCache"] }),
        json!({ "Action": "execute-api:InvalidateCache" }),
        json!({ "NotAction": "execute-api:InvalidateCache" }),
        json!({ "NotAction": ["execute-api:Inv*", "*"] }),
    ]);
    let resources = prop::collection::vec(resource(), 1..4);
    (any::<bool>(), prop::bool::weighted(0.25), actions, resources, condition()).prop_map(
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

fn statements() -> impl Strategy<Value = Vec<Vec<Value>>> {
    prop::collection::vec(prop::collection::vec(statement(), 0..4), 1..4)
}

/// The patterns of a document's only statement; none if it has no statement.
fn patterns(document: &PolicyDocument) -> Vec<String> {
    let patterns = document.statements().iter().flat_map(|one| one.resources().patterns());
    patterns.map(|pattern| pattern.as_str().to_owned()).collect()
}

/// The documents without what is dropped as redundant.
fn without(documents: &[Vec<Value>], dropped: &[&Dropped]) -> Vec<PolicyDocument> {
    let statement = |document: usize, index: usize, statement: &Value| -> Option<Value> {
        let here =
            |place: &&&Dropped| (place.place.document, place.place.statement) == (document, index);
        if dropped.iter().filter(here).any(|dropped| dropped.place.pattern.is_none()) {
            return None;
        }
        let mut statement = statement.clone();
        let (name, except) = match statement.get("Resource") {
            Some(_) => ("Resource", false),
            None => ("NotResource", true),
        };
        let mut left: Vec<Value> = statement[name].as_array().unwrap().clone();
        for dropped in dropped.iter().filter(here) {
            let pattern = json!(dropped.place.pattern);
            let last = left.iter().rposition(|one| *one == pattern).unwrap();
            left.remove(last);
        }
        if left.is_empty() {
            assert!(!except, "a NotResource lost its last exception");
            return None;
        }
        statement[name] = json!(left);
        Some(statement)
    };
    let documents = documents.iter().enumerate().map(|(number, statements)| {
        let left = statements.iter().enumerate();
        let left: Vec<Value> =
            left.filter_map(|(index, one)| statement(number, index, one)).collect();
        document(&left)
    });
    documents.collect()
}

/// Whether the verbs of two patterns are no reason against one being within the other; what is
/// `None` is a whole statement, which may well include the pattern.
fn may_include(wide: Option<&str>, narrow: &str) -> bool {
    let verb = |pattern: &str| pattern.split_once('/').map(|(verb, _)| verb.to_owned());
    let is_route = |pattern: &str| !pattern.starts_with("arn:") && pattern != "*";
    wide.is_none_or(|wide| {
        let any_verb = wide.starts_with("*/") || narrow.starts_with("*/");
        !(is_route(wide) && is_route(narrow)) || any_verb || verb(wide) == verb(narrow)
    })
}

fn is_redundant(dropped: &Dropped) -> bool {
    !matches!(dropped.reason, Reason::ActionsUnited | Reason::VerbsUnited)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_merge_decides_every_text_as_its_parts_do(statements in statements()) {
        let documents: Vec<_> = statements.iter().map(|one| document(one)).collect();
        let merged = merge(&documents);
        let found = difference(&documents, std::slice::from_ref(&merged));
        prop_assert_eq!(found, None, "{}", merged);
        let found = differs_anywhere(&documents, std::slice::from_ref(&merged));
        prop_assert_eq!(found, None, "{}", merged);
        let bound = BoundPolicy::build(&documents, &stage(), &Context::new()).unwrap();
        let bound = bound.as_document();
        prop_assert_eq!(difference(&documents, std::slice::from_ref(bound)), None, "{}", bound);
    }

    #[test]
    fn a_merge_is_the_same_in_any_order_and_when_merged_again(statements in statements()) {
        let documents: Vec<_> = statements.iter().map(|one| document(one)).collect();
        let merged = merge(&documents);
        let mut turned: Vec<Value> = statements.into_iter().flatten().rev().collect();
        for statement in &mut turned {
            for name in ["Resource", "NotResource", "Action"] {
                if let Some(Value::Array(list)) = statement.get_mut(name) {
                    list.reverse();
                }
            }
        }
        let turned = document(&turned);
        prop_assert_eq!(merge([&turned]).to_string(), merged.to_string());
        prop_assert_eq!(merge([&merged]).to_string(), merged.to_string());
        let bind = |set: &[PolicyDocument]| {
            BoundPolicy::build(set, &stage(), &Context::new()).unwrap().as_document().clone()
        };
        let bound = bind(&documents);
        prop_assert_eq!(bind(&[turned]).to_string(), bound.to_string());
        prop_assert_eq!(bind(std::slice::from_ref(&bound)).to_string(), bound.to_string());
    }

    #[test]
    fn a_list_without_question_marks_is_that_of_the_greatest_patterns(
        paths in prop::collection::vec("[ab*]{0,4}", 1..6), deny in any::<bool>(),
    ) {
        let resources: Vec<String> = paths.iter().map(|path| format!("GET/{path}")).collect();
        let effect = if deny { "Deny" } else { "Allow" };
        let statement = json!({ "Effect": effect, "Action": "*", "Resource": resources });
        let normal: BTreeSet<Glob> = paths.iter().map(|path| Glob::new(path.as_str()).normalized()).collect();
        // A letter that no pattern has tells apart what all texts tell apart.
        let texts = texts(&["a", "b", "z"], 5);
        let language = |glob: &Glob| texts.iter().filter(|text| glob.matches(text)).collect::<BTreeSet<_>>();
        let greatest = normal.iter().filter(|glob| {
            let own = language(glob);
            !normal.iter().any(|other| other != *glob && language(other).is_superset(&own))
        });
        let want: Vec<String> = greatest.map(|glob| format!("GET/{glob}")).collect();
        prop_assert_eq!(patterns(&merge([&document(&[statement])])), want);
    }

}

proptest! {
    // Each case decides every text once for each pattern that is left out.
    #![proptest_config(ProptestConfig { cases: 60, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_reported_as_left_out_is_not_needed(statements in statements()) {
        let documents: Vec<_> = statements.iter().map(|one| document(one)).collect();
        let (merged, dropped) = explain_merge(&documents);
        prop_assert_eq!(&merged, &merge(&documents));
        let redundant: Vec<&Dropped> = dropped.iter().filter(|one| is_redundant(one)).collect();
        for one in &redundant {
            prop_assert_eq!(one.by.is_none(), one.reason == Reason::Nothing);
            if let (Some(pattern), Some(by)) = (&one.place.pattern, &one.by) {
                prop_assert!(may_include(by.pattern.as_deref(), pattern), "{:?}", one);
            }
            let found = difference(&without(&statements, &[*one]), &documents);
            prop_assert_eq!(found, None, "without {:?}", one);
        }
        let left = without(&statements, &redundant);
        prop_assert_eq!(difference(&left, &documents), None);
        // What the report does not name is what is there.
        prop_assert_eq!(merge(&left).to_string(), merged.to_string());
    }
}

/// Every text of up to `length` letters.
fn texts(letters: &[&str], length: usize) -> Vec<String> {
    let mut texts = vec![String::new()];
    let mut last = texts.clone();
    for _ in 0..length {
        last = last
            .iter()
            .flat_map(|text| letters.iter().map(move |letter| format!("{text}{letter}")))
            .collect();
        texts.extend(last.clone());
    }
    texts
}
