//! After every transaction, rights are within those before or within those after.

use std::collections::{BTreeMap, BTreeSet};
use std::time::SystemTime;

use gatepost_core::analysis::{Scope, diff, is_within};
use gatepost_core::gateway::MethodArn;
use gatepost_core::policy::{Access, Context, Decision, decide};
use gatepost_store::transactions;
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Value, json};

use super::*;

type Documents = BTreeMap<Subject, Arc<PolicyDocument>>;

const MAX_STATES: usize = 20_000;
const STAGE: &str = "arn:aws:execute-api:eu-west-1:123456789012:a1/prod";

fn revision() -> NewRevision<'static> {
    NewRevision {
        updated_at: SystemTime::UNIX_EPOCH,
        updated_by: "tests",
        comment: "",
        source_revision: None,
    }
}

/// The wishes that make `after` of `before`, whose rows all have version 1.
fn wishes(before: &Documents, after: &Documents) -> Vec<Wish> {
    let subjects: BTreeSet<&Subject> = before.keys().chain(after.keys()).collect();
    let wish = |subject: &Subject| {
        let from = before.get(subject).map(|document| {
            let change = Change {
                subject: subject.clone(),
                from: None,
                version: 1,
                content: Content::Document(Arc::clone(document)),
                comment: None,
            };
            CurrentRow::after(&change, &revision()).unwrap().unwrap()
        });
        let content =
            after.get(subject).map_or(Content::Removed, |one| Content::Document(one.clone()));
        let of = |side: &Documents| side.get(subject).cloned();
        let (one, other) = (of(before), of(after));
        let scope = Scope { stage: None, max_states: MAX_STATES, moved: true };
        let diff = diff(one.as_deref().as_slice(), other.as_deref().as_slice(), &scope);
        let version = if from.is_some() { 2 } else { 1 };
        Wish { subject: subject.clone(), from, version, content, direction: Direction::of(&diff) }
    };
    subjects.into_iter().filter(|one| before.get(one) != after.get(one)).map(wish).collect()
}

/// The documents after each change, if each is a transaction of its own.
fn moments(before: &Documents, changes: &[Change]) -> Vec<Documents> {
    let mut now = before.clone();
    let mut moments = vec![now.clone()];
    for change in changes {
        match &change.content {
            Content::Document(document) => now.insert(change.subject.clone(), Arc::clone(document)),
            Content::Removed => now.remove(&change.subject),
            Content::Adopted | Content::Candidate(_) | Content::Promoted => {
                panic!("not wished for")
            }
        };
        moments.push(now.clone());
    }
    moments
}

fn of<'a>(side: &'a Documents, groups: &[Subject]) -> Vec<&'a PolicyDocument> {
    groups.iter().filter_map(|group| side.get(group)).map(AsRef::as_ref).collect()
}

fn statement() -> impl Strategy<Value = Value> {
    let resource = select(&["GET/a", "GET/b", "GET/a*", "GET/*", "*/a", "*/?", "PUT/a", "*"][..]);
    let condition = prop::option::weighted(0.2, Just(json!({ "StringEquals": { "aws:a": "x" } })));
    (any::<bool>(), prop::collection::vec(resource, 1..3), condition).prop_map(
        |(deny, resources, condition)| {
            let mut statement = json!({
                "Effect": if deny { "Deny" } else { "Allow" },
                "Action": "execute-api:Invoke",
                "Resource": resources,
            });
            if let Some(condition) = condition {
                statement["Condition"] = condition;
            }
            statement
        },
    )
}

fn documents() -> impl Strategy<Value = Documents> {
    let document = prop::collection::vec(statement(), 0..4).prop_map(|statements| {
        let text = json!({ "Version": "2012-10-17", "Statement": statements }).to_string();
        Arc::new(PolicyDocument::parse(text.as_bytes()).unwrap())
    });
    prop::collection::vec(prop::option::weighted(0.8, document), 4).prop_map(|documents| {
        let named = documents.into_iter().zip(["a", "b", "c", "d"]);
        named
            .filter_map(|(document, name)| {
                Some((format!("group:{name}").parse().unwrap(), document?))
            })
            .collect()
    })
}

/// Whether some method is allowed at this moment that is allowed neither before nor after.
fn hole(
    before: &Documents,
    now: &Documents,
    after: &Documents,
    groups: &[Subject],
) -> Option<String> {
    for request in ["GET/a", "GET/b", "PUT/a", "PUT/b", "GET/ab", "HEAD/a", "HEAD/cc"] {
        for value in ["x", "y"] {
            let mut context = Context::new();
            context.insert("aws:a", value);
            let method: MethodArn = format!("{STAGE}/{request}").parse().unwrap();
            let allows = |side: &Documents| {
                let access = Access {
                    action: "execute-api:Invoke",
                    resource: (&method).into(),
                    context: &context,
                };
                decide(of(side, groups), &access).decision == Decision::Allow
            };
            if allows(now) && !allows(before) && !allows(after) {
                return Some(format!("{request} for {groups:?}"));
            }
        }
    }
    None
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 100, ..ProptestConfig::default() })]

    #[test]
    fn no_moment_is_wider_than_before_and_after(before in documents(), after in documents()) {
        let changes = order(wishes(&before, &after), &revision(), MAX_STATES, |_| Ok(false)).unwrap();
        let moments = moments(&before, &changes);
        prop_assert_eq!(moments.last().unwrap(), &after);
        let all: Vec<Subject> = before.keys().chain(after.keys()).cloned().collect::<BTreeSet<_>>().into_iter().collect();
        for now in &moments {
            let mut within = [true, true];
            for chosen in 0..1_usize << all.len() {
                let groups: Vec<Subject> = all.iter().enumerate()
                    .filter(|(index, _)| chosen & (1 << index) != 0)
                    .map(|(_, group)| group.clone())
                    .collect();
                prop_assert_eq!(hole(&before, now, &after, &groups), None);
                // And of all requests, by the engine: all combinations are within the same side.
                for (within, side) in within.iter_mut().zip([&before, &after]) {
                    *within &= is_within(&of(now, &groups), &of(side, &groups), MAX_STATES);
                }
            }
            prop_assert!(within[0] || within[1]);
        }
    }

    #[test]
    fn ended_anywhere_and_run_again_it_ends_the_same(before in documents(), after in documents()) {
        let all = order(wishes(&before, &after), &revision(), MAX_STATES, |_| Ok(false)).unwrap();
        let versions = |changes: &[Change]| -> BTreeMap<Subject, u64> {
            changes.iter().map(|change| (change.subject.clone(), change.version)).collect()
        };
        let is_split = |subject: &Subject| all.iter().filter(|one| one.subject == *subject).count() == 2;
        for (done, now) in moments(&before, &all).iter().enumerate() {
            let rest = order(wishes(now, &after), &revision(), MAX_STATES, |_| Ok(false)).unwrap();
            let subjects: BTreeSet<_> = rest.iter().map(|one| one.subject.clone()).collect();
            let end = moments(now, &rest).pop();
            prop_assert_eq!(end.as_ref(), Some(&after));
            let left: Vec<&Change> = all[done..].iter().collect();
            prop_assert_eq!(rest.len(), left.len(), "{:?}", subjects);
            if done == 0 {
                prop_assert_eq!(versions(&rest), versions(&all));
            }
            // While any first step is left, every change is.
            if left.iter().any(|one| one.comment.is_some()) {
                prop_assert_eq!(subjects, versions(&all).into_keys().collect::<BTreeSet<_>>());
            }
        }
        prop_assert!(all.iter().all(|one| one.comment.is_none() || is_split(&one.subject)));
    }
}

#[test]
fn what_fits_in_one_transaction_is_made_in_one_revision_each() {
    let document = |resource: &str| {
        let text = json!({ "Statement": { "Effect": "Allow", "Action": "execute-api:Invoke", "Resource": resource } });
        Arc::new(PolicyDocument::parse(text.to_string().as_bytes()).unwrap())
    };
    let side = |resource: &str| -> Documents {
        (0..51)
            .map(|index| (format!("group:{index:02}").parse().unwrap(), document(resource)))
            .collect()
    };
    let fits = |changes: &[Change]| Ok(transactions("t", changes, &revision())?.len() <= 1);
    let (mut before, mut after) = (side("GET/a"), side("GET/b"));
    let changes = order(wishes(&before, &after), &revision(), MAX_STATES, fits).unwrap();
    assert_eq!(changes.len(), 102);
    let step = &changes[0];
    assert_eq!((step.version, step.comment.as_deref()), (2, Some(STEP)));
    let last = &changes[101];
    assert_eq!((last.version, last.comment.as_deref()), (3, None));
    // No transaction changes a row twice.
    let sizes: Vec<usize> = transactions("t", &changes, &revision())
        .unwrap()
        .iter()
        .map(|one| one.subjects().len())
        .collect();
    assert_eq!(sizes, [50, 50, 2]);

    before.pop_first();
    after.pop_first();
    let changes = order(wishes(&before, &after), &revision(), MAX_STATES, fits).unwrap();
    assert!(
        changes.len() == 50 && changes.iter().all(|one| one.version == 2 && one.comment.is_none())
    );
}
