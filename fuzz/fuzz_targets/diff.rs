//! A difference is missed by no diff, and claimed by none that is not there.

#![no_main]

use gatepost_core::analysis::{ChangeKind, Scope, diff};
use gatepost_core::policy::{Decision, PolicyDocument};
use gatepost_fuzz::{World, answer};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let Some(World { documents, others, method, context }) = World::from_bytes(bytes) else {
        return;
    };
    let before: Vec<&PolicyDocument> = documents.iter().collect();
    let after: Vec<&PolicyDocument> = others.iter().collect();
    let scope = Scope { max_states: 3_000, moved: true, ..Scope::default() };

    let same = diff(&before, &before, &scope);
    assert!(same.changes.is_empty(), "{:?}", same.changes);

    let found = diff(&before, &after, &scope);
    for change in &found.changes {
        let kind = kind(change.witness.decide(&before).decision, change.witness.decide(&after).decision);
        assert_eq!(kind, Some(change.kind), "{change:?}");
    }
    let of_the_request = kind(
        answer(before.iter().copied(), &method, &context),
        answer(after.iter().copied(), &method, &context),
    );
    if let Some(kind) = of_the_request {
        let told = found.changes.iter().any(|change| change.kind == kind);
        assert!(told || found.unknown.is_some(), "{kind:?} at {method} {context:?}");
    }
});

fn kind(before: Decision, after: Decision) -> Option<ChangeKind> {
    match (before, after) {
        (before, after) if before == after => None,
        (_, Decision::Allow) => Some(ChangeKind::Gained),
        (Decision::Allow, _) => Some(ChangeKind::Lost),
        (_, _) => Some(ChangeKind::Moved),
    }
}
