//! Runs every case below `tests/corpus/decide/`, `tests/corpus/faults/` and `tests/corpus/merge/`.
//!
//! To add a case, add a file or an element to one. A fixed bug leaves a case named after what went
//! wrong. This test reads files, which the core itself must not.
#![cfg(test)]
#![expect(clippy::disallowed_methods, reason = "the cases are files")]

mod corpus_cases;

use std::collections::BTreeSet;

use gatepost_core::gateway::MethodArn;
use gatepost_core::json::Json;
use gatepost_core::policy::{
    Access, BoundPolicy, Context, Fault, Place, PolicyDocument, Rule, decide, explain_merge, merge,
};

use corpus_cases::cases;

fn text_of<'a>(case: &'a Json, member: &str) -> Option<&'a str> {
    case.get(member)?.as_str()
}

fn text(text: impl Into<String>) -> Json {
    Json::String(text.into())
}

fn documents(name: &str, case: &Json) -> Vec<PolicyDocument> {
    let documents = case.get("documents").and_then(Json::as_array).unwrap().iter();
    let parse = |document| {
        PolicyDocument::from_json(document).unwrap_or_else(|error| panic!("{name}: {error}"))
    };
    documents.map(parse).collect()
}

#[test]
fn every_decide_case_holds() {
    let mut failures = Vec::new();
    for (name, case) in cases("decide") {
        let documents = documents(&name, &case);
        let context = case
            .get("context")
            .map_or_else(Context::new, |context| Context::from_json(context).unwrap());
        let resource: MethodArn = text_of(&case, "resource").unwrap().parse().unwrap();
        let action = text_of(&case, "action").unwrap_or("execute-api:Invoke");
        let access = Access { action, resource: (&resource).into(), context: &context };

        let verdict = decide(&documents, &access);
        if text_of(&case, "want") != Some(verdict.decision.as_str()) {
            failures.push(format!("{name}: {}", verdict.decision));
        }
        if let Some(want) = case.get("by") {
            let number = |index: usize| Json::Number(index.into());
            let by = verdict
                .statements
                .iter()
                .map(|place| Json::Array(vec![number(place.document), number(place.statement)]));
            let by = Json::Array(by.collect());
            if *want != by {
                failures.push(format!("{name}: decided by {by}"));
            }
        }
        let merged = merge(&documents);
        if decide([&merged], &access).decision != verdict.decision {
            failures.push(format!("{name}: merged, it is decided otherwise: {merged}"));
        }
        let bound = BoundPolicy::build(&documents, resource.stage_arn(), &context).unwrap();
        if decide([bound.as_document()], &access).decision != verdict.decision {
            let bound = bound.as_document();
            failures.push(format!("{name}: bound, it is decided otherwise: {bound}"));
        }
    }
    assert_eq!(failures, Vec::<String>::new());
}

#[test]
fn every_merge_case_holds() {
    let mut failures = Vec::new();
    for (name, case) in cases("merge") {
        let documents = documents(&name, &case);
        let (merged, dropped) = match text_of(&case, "method_arn") {
            None => explain_merge(&documents),
            Some(method_arn) => {
                let method: MethodArn = method_arn.parse().unwrap();
                let bound =
                    BoundPolicy::explain(&documents, method.stage_arn(), &Context::new()).unwrap();
                (bound.0.as_document().clone(), bound.1)
            }
        };
        let merged = Json::parse(merged.to_string().as_bytes()).unwrap();
        let statements = merged.get("Statement").unwrap();
        if case.get("want") != Some(statements) {
            failures.push(format!("{name}: {statements}"));
        }
        let number = |index: usize| Json::Number(index.into());
        let dropped = dropped.iter().map(|dropped| {
            let Place { document, statement, .. } = dropped.place;
            let reason = text(dropped.reason.as_str());
            Json::Array(vec![number(document), number(statement), reason])
        });
        let dropped = Json::Array(dropped.collect());
        if case.get("dropped") != Some(&dropped) {
            failures.push(format!("{name}: left out {dropped}"));
        }
    }
    assert_eq!(failures, Vec::<String>::new());
}

#[test]
fn every_fault_is_found_in_its_place() {
    let mut failures = Vec::new();
    for (name, case) in cases("faults") {
        let document = case.get("document").unwrap();
        let outcome = match document.as_str() {
            Some(text) => PolicyDocument::parse(text.as_bytes()),
            None => PolicyDocument::from_json(document),
        };
        let found = match outcome {
            Ok(_) => Vec::new(),
            Err(error) => {
                let fault = |fault: &Fault| {
                    Json::Array(vec![text(&fault.pointer), text(fault.rule.as_str())])
                };
                error.faults().iter().map(fault).collect()
            }
        };
        let found = Json::Array(found);
        if case.get("want") != Some(&found) {
            failures.push(format!("{name}: {found}"));
        }
    }
    assert_eq!(failures, Vec::<String>::new());
}

#[test]
fn every_rule_has_a_case() {
    let cases = cases("faults");
    let proven: BTreeSet<&str> = cases
        .iter()
        .flat_map(|(_, case)| case.get("want").unwrap().as_array().unwrap())
        .map(|fault| fault.as_array().unwrap()[1].as_str().unwrap())
        .collect();
    let unproven: Vec<&Rule> =
        Rule::ALL.iter().filter(|rule| !proven.contains(rule.as_str())).collect();
    // Its case would be a file of 400 KiB; `a_document_over_the_limit_is_refused` is in its place.
    assert_eq!(unproven, [&Rule::TooLarge]);
}

#[test]
fn a_document_over_the_limit_is_refused() {
    let document = format!("{}[]{}", "[".repeat(3), " ".repeat(PolicyDocument::MAX_BYTES));
    let error = PolicyDocument::parse(document.as_bytes()).unwrap_err();
    assert_eq!(error.faults()[0].rule, Rule::TooLarge);
    let message = "the document is 409605 bytes, over the limit of 409600 [too-large]";
    assert_eq!(error.to_string(), message);
}
