//! Runs every case below `tests/corpus/lint/`: a document, and the traps in it.
//!
//! A finding is its rule, its place and its example, `null` without one. To add a case, add an
//! element to a file, or a file. This test reads files, which the core itself must not.
#![cfg(test)]
#![expect(clippy::disallowed_methods, reason = "the cases are files")]

mod corpus_cases;

use std::collections::BTreeSet;

use gatepost_core::analysis::{ApiRoute, Finding, LintSettings, Trap, lint, lint_together};
use gatepost_core::gateway::VERBS;
use gatepost_core::json::Json;
use gatepost_core::policy::PolicyDocument;
use serde_json::{Value, json};

fn cases() -> Vec<(String, Value)> {
    let read = |(name, case): (String, Json)| (name, serde_json::to_value(case).unwrap());
    corpus_cases::cases("lint").into_iter().map(read).collect()
}

fn document(statements: &Value) -> PolicyDocument {
    let document = json!({ "Version": "2012-10-17", "Statement": statements });
    PolicyDocument::parse(document.to_string().as_bytes())
        .unwrap_or_else(|error| panic!("{error}: {document}"))
}

fn settings(case: &Value) -> LintSettings {
    let mut settings = LintSettings::default();
    if let Some(stage) = case["stage"].as_str() {
        settings.stage = Some(stage.parse().unwrap());
    }
    if let Some(bytes) = case["max_policy_bytes"].as_u64() {
        settings.max_policy_bytes = usize::try_from(bytes).unwrap();
    }
    let routes = case["routes"].as_array();
    settings.routes = routes.map(|routes| routes.iter().map(route).collect());
    settings
}

/// `GET /movies`, or `ANY /health open`.
fn route(route: &Value) -> ApiRoute {
    let mut words = route.as_str().unwrap().split(' ');
    let verb = words.next().unwrap();
    let verbs = VERBS.into_iter().filter(|known| verb == "ANY" || verb == *known).collect();
    let template = words.next().unwrap().parse().unwrap();
    ApiRoute { verbs, template, guarded: words.next().is_none() }
}

fn shown(finding: &Finding) -> Value {
    let example = finding.example.as_ref().map(ToString::to_string);
    let mut shown = json!([finding.rule.as_str(), finding.pointer, example]);
    if finding.level != finding.rule.level() {
        shown.as_array_mut().unwrap().push(json!(finding.level.as_str()));
    }
    shown
}

fn found(case: &Value) -> Vec<Value> {
    let settings = settings(case);
    if let Some(documents) = case["documents"].as_array() {
        let documents: Vec<PolicyDocument> = documents.iter().map(document).collect();
        let names: Vec<String> = (0..documents.len()).map(|at| format!("group-{at}")).collect();
        let named: Vec<_> = names.iter().map(String::as_str).zip(&documents).collect();
        let found = lint_together(&named, &settings);
        return found
            .iter()
            .map(|shared| {
                let mut finding = shown(&shared.finding);
                finding[1] = json!({ "documents": shared.documents, "route": shared.route });
                finding
            })
            .collect();
    }
    lint(&document(&case["statements"]), &settings).iter().map(shown).collect()
}

#[test]
fn every_case_has_its_findings_and_no_others() {
    let mut failures = Vec::new();
    for (name, case) in cases() {
        let found = found(&case);
        if case["findings"].as_array() != Some(&found) {
            failures.push(format!("{name}\n  found {}", Value::from(found)));
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

#[test]
fn every_trap_has_a_case() {
    let met: BTreeSet<String> = cases()
        .iter()
        .flat_map(|(_, case)| case["findings"].as_array().unwrap().clone())
        .map(|finding| finding[0].as_str().unwrap().to_owned())
        .collect();
    let all: BTreeSet<String> = Trap::ALL.iter().map(|trap| trap.as_str().to_owned()).collect();
    assert_eq!(met, all);
}
