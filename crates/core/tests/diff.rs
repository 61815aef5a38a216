//! The exact difference, against trying every request of a small world, and against its own laws.
#![cfg(test)]
#![expect(clippy::disallowed_methods, reason = "the environment says how many cases")]

mod random_cases;
mod small_world;

use std::collections::BTreeMap;

use gatepost_core::analysis::{Change, ChangeKind, Diff, Scope, WitnessTarget, diff};
use gatepost_core::policy::{BoundPolicy, Context, Decision, PolicyDocument, merge};
use proptest::prelude::*;
use serde_json::{Value, json};

use random_cases::cases;
use small_world::{
    STAGE, answer, contexts, document, document_with_claims, edited, method, odd_documents, paths,
};

/// How long the paths are that are all tried.
const LENGTH: usize = 4;

fn scope() -> Scope {
    Scope { stage: Some(STAGE.parse().unwrap()), moved: true, ..Scope::default() }
}

fn kind(before: Decision, after: Decision) -> Option<ChangeKind> {
    match (before, after) {
        (before, after) if before == after => None,
        (_, Decision::Allow) => Some(ChangeKind::Gained),
        (Decision::Allow, _) => Some(ChangeKind::Lost),
        (_, Decision::ExplicitDeny | Decision::ImplicitDeny) => Some(ChangeKind::Moved),
    }
}

/// The lengths of the shortest paths that change, by direction and verb.
type Shortest = BTreeMap<(ChangeKind, String), usize>;

fn tried(before: &PolicyDocument, after: &PolicyDocument, contexts: &[Context]) -> Shortest {
    let mut shortest = Shortest::new();
    for path in paths(LENGTH) {
        for verb in ["GET", "PUT", "HEAD"] {
            let method = method(verb, &path);
            for context in contexts {
                let sides = [before, after].map(|side| answer(&[side], &method, context));
                if let Some(kind) = kind(sides[0], sides[1]) {
                    shortest.entry((kind, verb.to_owned())).or_insert(path.len());
                }
            }
        }
    }
    shortest
}

fn found(diff: &Diff) -> Shortest {
    let mut shortest = Shortest::new();
    for change in diff.changes.iter().filter(|one| one.witness.action == "execute-api:Invoke") {
        let WitnessTarget::Method(method) = &change.witness.target else { continue };
        if ["GET", "PUT", "HEAD"].contains(&method.verb()) {
            let length = method.path().chars().count();
            let key = (change.kind, method.verb().to_owned());
            shortest.entry(key).and_modify(|known| *known = length.min(*known)).or_insert(length);
        }
    }
    shortest
}

/// All that trying finds is found, and in no longer paths, unless a longer one depends on no
/// condition; and all that is found within what was tried, trying finds.
fn agree(before: &PolicyDocument, after: &PolicyDocument) -> Result<(), TestCaseError> {
    let (tried, diff) = (tried(before, after, &contexts()), compare(before, after));
    prop_assert_eq!(diff.unknown, None);
    let found = found(&diff);
    let has_conditions = format!("{before}{after}").contains("Condition");
    for (key, length) in &tried {
        let found = found.get(key);
        prop_assert!(found.is_some_and(|found| has_conditions || found <= length), "{key:?}");
    }
    for change in &diff.changes {
        let WitnessTarget::Method(method) = &change.witness.target else { continue };
        let is_tried = method.path().len() <= LENGTH
            && method.path().chars().all(|letter| "ab/x".contains(letter))
            && ["GET", "PUT", "HEAD"].contains(&method.verb())
            && change.witness.action == "execute-api:Invoke";
        let length = tried.get(&(change.kind, method.verb().to_owned()));
        prop_assert!(
            !is_tried || length.is_some_and(|length| *length <= method.path().len()),
            "{change:?}"
        );
    }
    Ok(())
}

fn compare(before: &PolicyDocument, after: &PolicyDocument) -> Diff {
    diff(&[before], &[after], &scope())
}

/// Directions, verbs and paths, without what made them so.
fn requests(diff: &Diff) -> Vec<(ChangeKind, String)> {
    let mut requests: Vec<_> =
        diff.changes.iter().map(|change| (change.kind, change.witness.to_string())).collect();
    requests.sort();
    requests.dedup();
    requests
}

/// A document with every statement of `document` changed by `change`.
fn rewritten(document: &PolicyDocument, change: impl Fn(&mut Vec<Value>)) -> PolicyDocument {
    let mut json: Value = serde_json::from_str(&document.to_string()).unwrap();
    change(json["Statement"].as_array_mut().unwrap());
    PolicyDocument::parse(json.to_string().as_bytes()).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: cases(300), ..ProptestConfig::default() })]

    #[test]
    fn no_difference_is_missed_and_none_is_longer_than_it_need_be(
        before in document(true), after in document(true),
    ) {
        agree(&before, &after)?;
    }

    #[test]
    fn an_edit_is_seen_for_what_it_does((before, after) in edited(true)) {
        agree(&before, &after)?;
    }

    #[test]
    fn every_witness_is_what_it_is_said_to_be(before in document_with_claims(), after in document(true)) {
        for Change { kind: said, witness, before: one, after: other, .. } in compare(&before, &after).changes {
            prop_assert_eq!(&witness.decide(&[&before]), &one);
            prop_assert_eq!(&witness.decide(&[&after]), &other);
            prop_assert_eq!(kind(one.decision, other.decision), Some(said));
        }
    }

    #[test]
    fn any_stage_is_no_less_than_one(before in document(false), after in document(false)) {
        let one = requests(&compare(&before, &after));
        let scope = Scope { moved: true, ..Scope::default() };
        let all = diff(&[&before], &[&after], &scope);
        prop_assert_eq!(all.unknown, None);
        prop_assert!(one.is_empty() || !all.changes.is_empty());
    }

    #[test]
    fn the_way_back_is_the_reverse(before in document(true), after in document(true)) {
        let mut back = requests(&compare(&after, &before));
        for (kind, _) in &mut back {
            *kind = match kind {
                ChangeKind::Gained => ChangeKind::Lost,
                ChangeKind::Lost => ChangeKind::Gained,
                ChangeKind::Moved => ChangeKind::Moved,
            };
        }
        back.sort();
        prop_assert_eq!(requests(&compare(&before, &after)), back);
        prop_assert_eq!(requests(&compare(&before, &before)), vec![]);
    }

    #[test]
    fn another_allow_loses_nothing_and_another_deny_gains_nothing(
        before in document(true), more in document(true),
    ) {
        for (effect, never) in [("Allow", ChangeKind::Lost), ("Deny", ChangeKind::Gained)] {
            let more = rewritten(&more, |statements| {
                for statement in statements {
                    statement["Effect"] = json!(effect);
                }
            });
            let diff = diff(&[&before], &[&before, &more], &scope());
            prop_assert!(diff.changes.iter().all(|change| change.kind != never), "{:?}", diff.changes);
        }
    }

    #[test]
    fn what_only_looks_different_is_no_difference(document in document(true)) {
        let turned = rewritten(&document, |statements| statements.reverse());
        prop_assert_eq!(requests(&compare(&document, &turned)), vec![]);
        let twice = [&document, &document];
        prop_assert_eq!(requests(&diff(&twice, &[&document], &scope())), vec![]);
        let split = rewritten(&document, |statements| {
            let apart = |statement: &Value| match statement["Resource"].as_array() {
                None => vec![statement.clone()],
                Some(resources) => resources.iter().map(|resource| {
                    let mut one = statement.clone();
                    one["Resource"] = resource.clone();
                    one
                }).collect(),
            };
            *statements = statements.iter().flat_map(apart).collect();
        });
        prop_assert_eq!(requests(&compare(&document, &split)), vec![]);
        let respelt = document.to_string().replace('*', "**").replace("?**", "**?");
        let respelt = PolicyDocument::parse(respelt.as_bytes());
        // A route's verb is one star.
        if let Ok(respelt) = respelt {
            prop_assert_eq!(requests(&compare(&document, &respelt)), vec![]);
        }
    }

    #[test]
    fn a_deny_of_everything_takes_everything(document in document(true)) {
        let deny = br#"{"Statement":{"Effect":"Deny","Action":"*","Resource":"*"}}"#;
        let deny = PolicyDocument::parse(deny).unwrap();
        let diff = diff(&[&document], &[&document, &deny], &scope());
        prop_assert!(diff.changes.iter().all(|change| change.kind != ChangeKind::Gained));
        let allowed = paths(LENGTH).iter().any(|path| {
            contexts().iter().any(|context| {
                answer(&[&document], &method("GET", path), context) == Decision::Allow
            })
        });
        let lost = diff.changes.iter().any(|change| change.kind == ChangeKind::Lost);
        prop_assert!(lost || !allowed);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: cases(100), ..ProptestConfig::default() })]

    #[test]
    fn claims_hide_no_difference(before in document_with_claims(), after in document_with_claims()) {
        let mut with_claims = Vec::new();
        for context in contexts() {
            for sub in [None, Some("a"), Some("b"), Some("z"), Some("ab")] {
                let mut context = context.clone();
                if let Some(sub) = sub {
                    context.insert("token:sub", sub);
                }
                with_claims.push(context);
            }
        }
        let diff = compare(&before, &after);
        // Where a claim would have to be found that no text of a state shows, it says so.
        if diff.unknown.is_none() {
            let (tried, found) = (tried(&before, &after, &with_claims), found(&diff));
            for key in tried.keys() {
                prop_assert!(found.contains_key(key), "{key:?} is missed");
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: cases(1_000), ..ProptestConfig::default() })]

    #[test]
    fn a_merged_document_differs_from_its_parts_in_nothing(documents in odd_documents()) {
        let parts: Vec<&PolicyDocument> = documents.iter().collect();
        let merged = merge(&documents);
        prop_assert_eq!(requests(&diff(&parts, &[&merged], &scope())), vec![]);
        let any_stage = Scope { stage: None, ..scope() };
        let diff = diff(&parts, &[&merged], &any_stage);
        prop_assert_eq!((diff.unknown, requests(&diff)), (None, vec![]), "{}", merged);
    }

    #[test]
    fn a_bound_policy_differs_from_its_parts_in_nothing(documents in odd_documents(), sub in "[ab]{1,2}") {
        let mut context = Context::new();
        context.insert("token:sub", sub.as_str());
        let bound = BoundPolicy::build(&documents, &STAGE.parse().unwrap(), &context).unwrap();
        // With the claim in its places, so that nothing is left open.
        let filled: Vec<PolicyDocument> = documents.iter().map(|document| {
            let text = document.to_string().replace("${token:sub}", &sub);
            PolicyDocument::parse(text.as_bytes()).unwrap()
        }).collect();
        let parts: Vec<&PolicyDocument> = filled.iter().collect();
        let mut diff = diff(&parts, &[bound.as_document()], &scope());
        // Pages are nothing that API Gateway asks about.
        diff.changes.retain(|change| change.witness.action != "gatepost:ViewPage");
        prop_assert_eq!((diff.unknown, requests(&diff)), (None, vec![]), "{}", bound.as_document());
    }
}
