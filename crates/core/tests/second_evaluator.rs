#![cfg(test)]
//! The crate's evaluator against a second, independent one (`oracle`): on documented examples, and
//! on random cases.
//!
//! The random cases are the same every time. `GATEPOST_SEED` and `GATEPOST_CASES` choose others;
//! `GATEPOST_SEED=fresh` takes a seed from the clock and prints it. A fault is reported with a line
//! of input for `gatepost decide`, as small as it could be made.

mod oracle;

use std::collections::BTreeMap;

use gatepost_core::gateway::MethodArn;
use gatepost_core::json::Json;
use gatepost_core::policy::{
    Access, BoundPolicy, Context, Decision, ExplicitError, PolicyDocument, PolicyIndex, decide,
    merge,
};
use serde_json::Value;

use oracle::documented::{Example, examples};
use oracle::generator::{self, conditions};
use oracle::refused::REFUSED;
use oracle::search::{no_case_has, seed};
use oracle::{Answer, Case};

const CASES: u64 = 100_000;
/// For the tests that decide each case several times over.
const FEWER_CASES: u64 = 20_000;
/// For the one that decides two actions of each.
const STILL_FEWER_CASES: u64 = 5_000;

#[test]
fn both_evaluators_know_the_documented_examples() {
    let mut wrong = Vec::new();
    for Example { name, case, want } in examples() {
        let (second, first) = (case.answer(), crate_answer(&case));
        if second != want || first != Ok(want) {
            wrong.push(format!("{name}: want {want:?}, second {second:?}, crate {first:?}"));
        }
    }
    assert_eq!(wrong, Vec::<String>::new());
}

#[test]
fn both_evaluators_agree() {
    no_case_has(CASES, disagreement, is_accepted);
}

#[test]
fn a_bound_policy_decides_every_method_of_its_stage_as_its_documents_do() {
    no_case_has(FEWER_CASES, bound_disagreement, is_accepted);
}

#[test]
fn an_explicit_policy_allows_what_its_documents_do_and_denies_all_else() {
    no_case_has(STILL_FEWER_CASES, explicit_disagreement, is_accepted);
}

#[test]
fn most_cases_can_be_made_explicit() {
    let total = 1_000;
    let cases = (0..total).map(|number| generator::case(seed(), number));
    let count = cases.filter(|case| matches!(explicit(case), Some(Ok(_)))).count();
    assert!(count >= 700, "{count} of {total} cases");
}

#[test]
fn an_index_decides_as_its_documents_do() {
    no_case_has(FEWER_CASES, index_disagreement, is_accepted);
}

#[test]
fn a_merged_document_decides_as_its_parts_do() {
    no_case_has(FEWER_CASES, merge_disagreement, is_accepted);
}

#[test]
fn documents_outside_the_grammar_are_refused() {
    let accepted: Vec<_> =
        REFUSED.iter().filter(|text| PolicyDocument::parse(text.as_bytes()).is_ok()).collect();
    assert!(accepted.is_empty(), "accepted: {accepted:#?}");
}

#[test]
fn the_cases_have_all_three_answers() {
    let mut counts = BTreeMap::<Answer, u64>::new();
    let total = 5_000;
    for number in 0..total {
        *counts.entry(generator::case(seed(), number).answer()).or_default() += 1;
    }
    for answer in [Answer::Allow, Answer::ExplicitDeny, Answer::ImplicitDeny] {
        let count = counts.get(&answer).copied().unwrap_or(0);
        assert!(count * 10 >= total, "{answer:?} in {count} of {total} cases");
    }
}

#[test]
fn the_cases_have_every_condition_operator_true_and_false() {
    let mut outcomes = BTreeMap::<String, [u64; 2]>::new();
    for number in 0..20_000 {
        let case = generator::case(seed(), number);
        for block in case.statements().filter_map(|statement| statement.get("Condition")) {
            for (operator, key, wanted) in oracle::condition::tests(block) {
                let holds = oracle::condition::test_holds(operator, key, wanted, &case.context);
                outcomes.entry(operator.to_owned()).or_default()[usize::from(holds)] += 1;
            }
        }
    }
    // 26 operators, each with or without `IfExists` and with one of the set operators or none; and
    // `Null`.
    assert_eq!(outcomes.len(), 26 * 2 * 3 + 1, "{outcomes:?}");
    for (operator, counts) in &outcomes {
        assert!(counts.iter().all(|count| *count > 0), "{operator}: false, true {counts:?} times");
    }
}

#[test]
fn the_cases_have_every_form_of_resource_pattern_miss_and_hit() {
    let mut outcomes = BTreeMap::<(&str, bool), [u64; 2]>::new();
    for number in 0..20_000 {
        let case = generator::case(seed(), number);
        for statement in case.statements() {
            let Some(listed) = statement.get("Resource") else { continue };
            let denies = statement["Effect"] == "Deny";
            for pattern in oracle::one_or_many(listed).iter().map(oracle::text_of) {
                let form = match (pattern.split_once(':'), pattern.matches(':').count()) {
                    _ if pattern == "*" || pattern.starts_with("page/") => continue,
                    _ if pattern.contains("${") => "variable",
                    (Some(("arn", _)), 0..5) => "short",
                    (Some(("arn", _)), _) => "full",
                    _ => "route",
                };
                let hits = oracle::resource::hits(pattern, denies, &case.method_arn, &case.context);
                outcomes.entry((form, denies)).or_default()[usize::from(hits)] += 1;
            }
        }
    }
    assert_eq!(outcomes.len(), 4 * 2, "{outcomes:?}");
    for (form, counts) in &outcomes {
        assert!(counts.iter().all(|count| *count >= 20), "{form:?}: missed, hit {counts:?} times");
    }
}

/// Why the crate and the second evaluator do not say the same of a case.
fn disagreement(case: &Case) -> Option<String> {
    let (second, first) = (case.answer(), crate_answer(case));
    (first != Ok(second)).then(|| format!("second evaluator {second:?}, crate {first:?}"))
}

/// Why an index of a case's documents does not say what the documents say.
fn index_disagreement(case: &Case) -> Option<String> {
    let documents = match parsed_documents(case) {
        Ok(documents) => documents,
        Err(why) => return Some(why),
    };
    let (resource, context) = (method_arn(case), context(case));
    let access = Access { action: &case.action, resource: (&resource).into(), context: &context };
    let without = decide(&documents, &access);
    let indexed = PolicyIndex::new(documents).decide(&access);
    (indexed != without).then(|| format!("by index {indexed:?}, without {without:?}"))
}

/// Why the policy bound to a case's stage does not mean what its documents mean there, or the part
/// of it for the called method what they mean of that.
fn bound_disagreement(case: &Case) -> Option<String> {
    let action =
        if case.action.starts_with("execute-api:") { &case.action } else { "execute-api:Invoke" };
    let case = Case { action: action.to_owned(), ..case.clone() };
    let called = method_arn(&case);
    let bound = parsed_documents(&case).and_then(|documents| {
        BoundPolicy::build(&documents, called.stage_arn(), &context(&case))
            .map_err(|error| error.to_string())
    });
    let bound = match bound {
        Ok(bound) => bound,
        Err(why) => return Some(why),
    };
    let of_the_stage = reread(&bound);
    let of_the_called_method = reread(&bound.for_method(&called));
    // API Gateway knows no claims.
    let known = conditions::without_claims(&case.context);
    reading_disagreement(&case, &case.method_arn, &of_the_called_method, &known).or_else(|| {
        methods(&case)
            .find_map(|method| reading_disagreement(&case, &method, &of_the_stage, &known))
    })
}

/// Why a policy with explicit denies does not allow what a case's documents allow, or does not deny
/// all else by a statement. One that cannot be made has no fault.
fn explicit_disagreement(case: &Case) -> Option<String> {
    let document = reread(&explicit(case)?.ok()?);
    let case = Case { context: conditions::as_api_gateway_has_it(&case.context), ..case.clone() };
    let known = conditions::without_claims(&case.context);
    for method in methods(&case) {
        for action in ["execute-api:Invoke", "execute-api:InvalidateCache"] {
            let parts = oracle::decide(&case.documents, action, &method, &case.context);
            let want = match parts {
                Answer::Allow => Answer::Allow,
                Answer::ExplicitDeny | Answer::ImplicitDeny => Answer::ExplicitDeny,
            };
            let whole = oracle::decide(std::slice::from_ref(&document), action, &method, &known);
            if whole != want {
                let parts = format!("{action} {method}: parts {parts:?}, whole {whole:?}");
                return Some(format!("{parts}: {document}"));
            }
        }
    }
    None
}

/// The policy bound to a case's stage with explicit denies, or none if a document is refused.
fn explicit(case: &Case) -> Option<Result<BoundPolicy, ExplicitError>> {
    let documents = parsed_documents(case).ok()?;
    let called = method_arn(case);
    let bound = BoundPolicy::build(&documents, called.stage_arn(), &context(case)).ok()?;
    Some(bound.explicit())
}

/// Why the merge of a case's documents does not mean what they mean.
fn merge_disagreement(case: &Case) -> Option<String> {
    let merged = match parsed_documents(case) {
        Ok(documents) => reread(&merge(&documents)),
        Err(why) => return Some(why),
    };
    methods(case).find_map(|method| reading_disagreement(case, &method, &merged, &case.context))
}

/// Why one document does not say of a method what the documents of a case say of it.
fn reading_disagreement(
    case: &Case,
    method_arn: &str,
    document: &Value,
    context: &Value,
) -> Option<String> {
    let Case { documents, action, .. } = case;
    let parts = oracle::decide(documents, action, method_arn, &case.context);
    let whole = oracle::decide(std::slice::from_ref(document), action, method_arn, context);
    (parts != whole).then(|| format!("{method_arn}: parts {parts:?}, whole {whole:?}: {document}"))
}

/// The method a case calls and others of the same stage.
fn methods(case: &Case) -> impl Iterator<Item = String> {
    std::iter::once(case.method_arn.clone()).chain(generator::siblings(case))
}

/// What the crate says of a case; an error if it refuses a document.
fn crate_answer(case: &Case) -> Result<Answer, String> {
    let documents = parsed_documents(case)?;
    let (resource, context) = (method_arn(case), context(case));
    let access = Access { action: &case.action, resource: (&resource).into(), context: &context };
    Ok(match decide(&documents, &access).decision {
        Decision::Allow => Answer::Allow,
        Decision::ExplicitDeny => Answer::ExplicitDeny,
        Decision::ImplicitDeny => Answer::ImplicitDeny,
    })
}

fn is_accepted(case: &Case) -> bool {
    parsed_documents(case).is_ok()
}

fn parsed_documents(case: &Case) -> Result<Vec<PolicyDocument>, String> {
    let parsed = case.documents.iter().enumerate().map(|(index, document)| {
        PolicyDocument::parse(document.to_string().as_bytes())
            .map_err(|error| format!("document {index} is refused: {error}"))
    });
    parsed.collect()
}

fn method_arn(case: &Case) -> MethodArn {
    case.method_arn.parse().unwrap()
}

fn context(case: &Case) -> Context {
    Context::from_json(&Json::parse(case.context.to_string().as_bytes()).unwrap()).unwrap()
}

/// What another reader gets to see of a document.
fn reread(document: &impl serde::Serialize) -> Value {
    serde_json::from_str(&serde_json::to_string(document).unwrap()).unwrap()
}
