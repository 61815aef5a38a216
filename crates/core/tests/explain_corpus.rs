//! Runs every case below `tests/corpus/explain/`: documents and a call in, reasons and suggestions
//! out.
//!
//! To add a case, add a file or an element to one. `asked` is what follows the stage in the method
//! ARN, or `page/PATH`; statements are named by their Sids. This test reads files, which the core itself must not.
#![cfg(test)]
#![expect(clippy::disallowed_methods, reason = "the cases are files")]

mod corpus_cases;

use gatepost_core::gateway::MethodArn;
use gatepost_core::json::Json;
use gatepost_core::policy::{
    Access, Context, Effect, Miss, PolicyDocument, Standing, StatementPlace, Suggestion, Target,
    explain, suggest,
};

use corpus_cases::cases;

const STAGE: &str = "arn:aws:execute-api:eu-west-1:123456789012:a1/prod";

fn documents(case: &Json, member: &str) -> Vec<PolicyDocument> {
    let documents = case.get(member).and_then(Json::as_array).unwrap_or_default();
    documents.iter().map(|document| PolicyDocument::from_json(document).unwrap()).collect()
}

fn name(place: &StatementPlace) -> String {
    place.sid.clone().unwrap_or_else(|| format!("{}/{}", place.document, place.statement))
}

fn text(text: impl Into<String>) -> Json {
    Json::String(text.into())
}

fn in_words(suggestion: &Suggestion) -> String {
    let words: Vec<String> = suggestion
        .changes()
        .iter()
        .map(|change| {
            change.in_words(
                name,
                |index| format!("document {index}"),
                |index| format!("other {index}"),
            )
        })
        .collect();
    words.join("; and ")
}

fn standing_in_words(standing: &Standing) -> Json {
    match standing {
        Standing::Decided => text("decided"),
        Standing::Outranked => text("outranked"),
        Standing::Missed(misses) => {
            Json::Array(misses.iter().map(Miss::to_string).map(text).collect())
        }
    }
}

#[test]
fn every_explain_case_holds() {
    let mut failures = Vec::new();
    for (case_name, case) in cases("explain") {
        let (own, others) = (documents(&case, "documents"), documents(&case, "others"));
        let context = case.get("context").map(|context| Context::from_json(context).unwrap());
        let context = context.unwrap_or_default();
        let asked = case.get("asked").and_then(Json::as_str).unwrap();
        let method: MethodArn;
        let (action, resource) = if let Some(page) = asked.strip_prefix("page/") {
            ("gatepost:ViewPage", Target::Page(page))
        } else {
            method = format!("{STAGE}/{asked}").parse().unwrap();
            ("execute-api:Invoke", Target::Method(&method))
        };
        let call = Access { action, resource, context: &context };
        let explanation = explain(&own, &call);
        if let Some(want) = case.get("want")
            && want.as_str() != Some(explanation.decision.as_str())
        {
            failures.push(format!("{case_name}: {}", explanation.decision));
        }
        for (sid, want) in case.get("standing").and_then(Json::as_object).unwrap_or_default() {
            let found = explanation.statements.iter().find(|one| name(&one.place) == *sid);
            let found = standing_in_words(&found.unwrap().standing);
            if found != *want {
                failures.push(format!("{case_name}: {sid}: {found}"));
            }
        }
        if let Some(want) = case.get("near") {
            let near = explanation.near_misses(Effect::Allow);
            let near = Json::Array(near.iter().map(|one| text(name(&one.place))).collect());
            if near != *want {
                failures.push(format!("{case_name}: near are {near}"));
            }
        }
        if let Some(want) = case.get("suggest") {
            let own: Vec<&PolicyDocument> = own.iter().collect();
            let others: Vec<&PolicyDocument> = others.iter().collect();
            let found = suggest(&own, &others, &call);
            let found = Json::Array(found.iter().map(in_words).map(text).collect());
            if found != *want {
                failures.push(format!("{case_name}: suggested {found}"));
            }
        }
    }
    assert_eq!(failures, Vec::<String>::new());
}
