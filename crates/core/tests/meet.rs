//! What two documents both grant, and which way a change goes, against trying every request.
#![cfg(test)]
#![expect(clippy::disallowed_methods, reason = "the environment says how many cases")]

mod random_cases;
mod small_world;

use gatepost_core::analysis::{Direction, Scope, diff, is_within, meet};
use gatepost_core::policy::{Context, Decision, PolicyDocument};
use proptest::prelude::*;

use random_cases::cases;
use small_world::{
    STAGE, answer, contexts, document, document_with_claims, edited, method, odd_documents, paths,
};

const MAX_STATES: usize = 20_000;

fn direction(before: &[&PolicyDocument], after: &[&PolicyDocument]) -> Direction {
    let scope = Scope { stage: None, max_states: MAX_STATES, moved: true };
    Direction::of(&diff(before, after, &scope))
}

fn rank(decision: Decision) -> u8 {
    match decision {
        Decision::ExplicitDeny => 0,
        Decision::ImplicitDeny => 1,
        Decision::Allow => 2,
    }
}

/// Whether some short request rises, and whether one falls.
fn tried(before: &[&PolicyDocument], after: &[&PolicyDocument]) -> (bool, bool) {
    let (mut rises, mut falls) = (false, false);
    for path in paths(3) {
        for verb in ["GET", "PUT"] {
            for context in contexts() {
                let [one, other] =
                    [before, after].map(|side| rank(answer(side, &method(verb, &path), &context)));
                rises |= other > one;
                falls |= other < one;
            }
        }
    }
    (rises, falls)
}

fn parsed(statements: &str) -> PolicyDocument {
    let text = format!(r#"{{"Version":"2012-10-17","Statement":[{statements}]}}"#);
    PolicyDocument::parse(text.as_bytes()).unwrap()
}

fn statement(effect: &str, resource: &str) -> String {
    format!(r#"{{"Effect":"{effect}","Action":"execute-api:Invoke","Resource":"{resource}"}}"#)
}

#[test]
fn a_deny_that_goes_is_a_widening_even_where_nothing_is_allowed() {
    let denying = parsed(&statement("Deny", "GET/a"));
    let nothing = parsed("");
    assert_eq!(direction(&[&denying], &[&nothing]), Direction::Wider);
    assert_eq!(direction(&[&nothing], &[&denying]), Direction::Narrower);
    assert_eq!(direction(&[&denying], &[]), Direction::Wider);
    let both = format!("{},{}", statement("Allow", "GET/a"), statement("Deny", "GET/a"));
    // Alone it allows as much as before; with another document that allows GET/a it allows more.
    assert_eq!(direction(&[&parsed(&both)], &[&nothing]), Direction::Wider);
}

#[test]
fn the_meet_has_the_denies_of_both_and_the_narrower_of_the_allows() {
    let one = parsed(&[statement("Allow", "GET/a/*"), statement("Deny", "GET/a/x")].join(","));
    let other = parsed(&[statement("Allow", "*/a/b"), statement("Allow", "GET/c")].join(","));
    let narrow = parsed(&[statement("Allow", "GET/a/b"), statement("Allow", "GET/c")].join(","));
    assert_eq!(meet(&[&one], &[&other], MAX_STATES), parsed(&statement("Deny", "GET/a/x")));
    let want = [statement("Deny", "GET/a/x"), statement("Allow", "GET/a/b")].join(",");
    assert_eq!(meet(&[&one], &[&narrow], MAX_STATES), parsed(&want));
    assert_eq!(meet(&[&one], &[], MAX_STATES), parsed(&statement("Deny", "GET/a/x")));
}

#[test]
fn what_a_deny_takes_away_does_not_keep_an_allow_from_being_within() {
    let wide = [statement("Allow", "GET/a/*"), statement("Deny", "GET/a/x*")].join(",");
    let narrow = [statement("Allow", "GET/a/?"), statement("Deny", "GET/a/x*")].join(",");
    assert!(is_within(&[&parsed(&narrow)], &[&parsed(&wide)], MAX_STATES));
    assert!(!is_within(&[&parsed(&wide)], &[&parsed(&narrow)], MAX_STATES));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: cases(200), ..ProptestConfig::default() })]

    #[test]
    fn the_direction_is_that_of_every_request((before, after) in edited(true)) {
        let (rises, falls) = tried(&[&before], &[&after]);
        let found = direction(&[&before], &[&after]);
        prop_assert!(!rises || found.may_widen(), "{found:?}");
        prop_assert!(!falls || matches!(found, Direction::Narrower | Direction::Mixed), "{found:?}");
    }

    #[test]
    fn the_meet_is_within_both(one in document(true), other in document(true)) {
        let both = meet(&[&one], &[&other], MAX_STATES);
        for side in [&one, &other] {
            // Not by the engine that made it.
            prop_assert!(!tried(&[side], &[&both]).0, "{} over {}", both, side);
            prop_assert!(is_within(&[&both], &[side], MAX_STATES), "{} over {}", both, side);
        }
        prop_assert_eq!(meet(&[&other], &[&one], MAX_STATES), both);
    }

    #[test]
    fn so_it_is_for_whatever_claims(one in document_with_claims(), other in document_with_claims()) {
        let both = meet(&[&one], &[&other], MAX_STATES);
        for sub in [None, Some("a"), Some("b"), Some("ab")] {
            let mut context = Context::new();
            if let Some(sub) = sub {
                context.insert("token:sub", sub);
            }
            for path in paths(3) {
                let answer = |document| rank(answer(&[document], &method("GET", &path), &context));
                prop_assert!(answer(&both) <= answer(&one).min(answer(&other)), "{} {}", path, both);
            }
        }
    }

    #[test]
    fn the_meet_with_what_is_wider_is_the_narrower_one(one in document(true), more in document(true)) {
        // Both have all the denies; one has fewer allows.
        let text = more.to_string().replace("\"Deny\"", "\"Allow\"");
        let more = PolicyDocument::parse(text.as_bytes()).unwrap();
        let both = meet(&[&one], &[&one, &more], MAX_STATES);
        prop_assert_eq!(direction(&[&one], &[&both]), Direction::Same, "{}", both);
    }

    #[test]
    fn meeting_again_changes_nothing(one in document(true), other in document(true)) {
        let both = meet(&[&one], &[&other], MAX_STATES);
        prop_assert_eq!(&meet(&[&both], &[&other], MAX_STATES), &both);
        prop_assert_eq!(&meet(&[&both], &[&one], MAX_STATES), &both);
    }

    #[test]
    fn whatever_else_somebody_has_a_narrower_document_widens_nothing(
        (before, after) in edited(true), others in odd_documents(),
    ) {
        let both = meet(&[&before], &[&after], MAX_STATES);
        let with = |document| others.iter().chain([document]).collect::<Vec<&PolicyDocument>>();
        for side in [&before, &after] {
            prop_assert!(!tried(&with(side), &with(&both)).0);
        }
        let stage = Scope { stage: Some(STAGE.parse().unwrap()), max_states: MAX_STATES, moved: true };
        let diff = diff(&with(&before), &with(&both), &stage);
        prop_assert!(diff.unknown.is_some() || !Direction::of(&diff).may_widen());
    }
}
