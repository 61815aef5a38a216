//! What could be taken away without changing anything: statements, and patterns of a statement.

use super::nothing;
use super::subject::{Spot, Subject};
use super::wording::listed;
use crate::analysis::diff::diff;
use crate::analysis::finding::{Finding, Trap};
use crate::analysis::witness::Witness;
use crate::policy::{Effect, Statement};

pub(super) fn look(subject: &Subject<'_>, found: &mut Vec<Finding>) {
    let spots: Vec<Spot<'_>> = subject.spots().collect();
    for of_one in spots.chunk_by(|one, next| one.statement == next.statement) {
        patterns(subject, of_one, found);
    }
    statements(subject, found);
}

/// Patterns that the others of their statement include: the later one of two that are the same.
fn patterns(subject: &Subject<'_>, spots: &[Spot<'_>], found: &mut Vec<Finding>) {
    let Some(statement) =
        spots.first().and_then(|spot| subject.document.statements().get(spot.statement))
    else {
        return;
    };
    // Whatever it is about: of an action that nobody asks for, all patterns would be redundant.
    let bare = statement.about_everything();
    let with = |indices: &[usize]| {
        let patterns = bare.resources().patterns();
        bare.with_patterns(indices.iter().filter_map(|at| patterns.get(*at)).cloned().collect())
    };
    let mut kept: Vec<usize> = (0..spots.len()).collect();
    for spot in spots.iter().rev() {
        let others: Vec<usize> = kept.iter().copied().filter(|at| *at != spot.index).collect();
        let sample = subject.samples(&bare, spot.pattern).into_iter().next();
        let is_shown_to_matter = sample.as_ref().is_some_and(|witness| {
            let of_others = others.iter().filter_map(|at| spots.get(*at));
            !of_others
                .into_iter()
                .any(|other| witness.is_matched_by(other.pattern, other.of.effect()))
        });
        if others.is_empty() || is_shown_to_matter {
            continue;
        }
        let adds_nothing = |others: &[usize]| {
            let mut both = others.to_vec();
            both.push(spot.index);
            is_same(subject, vec![with(&both)], vec![with(others)])
        };
        if !adds_nothing(&others) {
            continue;
        }
        kept = others;
        let names: Vec<String> = fewest(&kept, adds_nothing)
            .into_iter()
            .filter_map(|at| spots.get(at))
            .map(|other| format!("`{}`", other.written))
            .collect();
        let is_repeat = names.len() == 1 && names.first() == Some(&format!("`{}`", spot.written));
        let message = if is_repeat {
            "stands in this list before".to_owned()
        } else {
            format!("adds nothing to {} in this list", listed(&names))
        };
        found.push(spot.finding(Trap::RedundantPattern, message, sample));
    }
}

/// Statements without which the document says the same: the later one of two that are the same.
fn statements(subject: &Subject<'_>, found: &mut Vec<Finding>) {
    let all = subject.document.statements();
    let with = |indices: &[usize]| -> Vec<Statement> {
        indices.iter().filter_map(|at| all.get(*at)).cloned().collect()
    };
    let mut kept: Vec<usize> = (0..all.len()).collect();
    for (index, statement) in all.iter().enumerate().rev() {
        let others: Vec<usize> = kept.iter().copied().filter(|at| *at != index).collect();
        let sample = sample(subject, index);
        let is_shown_to_matter = sample.as_ref().is_some_and(|witness| {
            let [with, without] =
                [&kept, &others].map(|indices| subject.document.with(with(indices)));
            witness.decide(&[&with]).decision != witness.decide(&[&without]).decision
        });
        if others.is_empty() || is_shown_to_matter {
            continue;
        }
        let adds_nothing = |others: &[usize]| {
            let mut both = others.to_vec();
            both.push(index);
            is_same(subject, with(&both), with(others))
        };
        if !adds_nothing(&others) || nothing::is_nothing(subject, statement) {
            continue;
        }
        let of = |effect: Effect| -> Vec<usize> {
            let is_of = |at: &usize| all.get(*at).is_some_and(|other| other.effect() == effect);
            others.iter().copied().filter(is_of).collect()
        };
        let (alike, denies) = (of(statement.effect()), of(Effect::Deny));
        let names = |indices: &[usize]| {
            let names: Vec<String> =
                fewest(indices, adds_nothing).into_iter().map(|at| name(all, at)).collect();
            listed(&names)
        };
        let (rule, message) = if adds_nothing(&alike) {
            let does = match statement.effect() {
                Effect::Allow => "allows",
                Effect::Deny => "denies",
            };
            let message = format!("changes nothing: what it {does}, {} {does} too", names(&alike));
            (Trap::UnreachableStatement, message)
        } else if statement.effect() == Effect::Allow && adds_nothing(&denies) {
            let message = format!("allows nothing: all of it is denied by {}", names(&denies));
            (Trap::AllowCancelledByDeny, message)
        } else {
            let message = format!("changes nothing beside {}", names(&others));
            (Trap::UnreachableStatement, message)
        };
        if rule == Trap::UnreachableStatement {
            kept = others;
        }
        found.push(Finding::new(rule, format!("/Statement/{index}"), message, sample));
    }
}

/// A request that the statement of that number applies to.
fn sample(subject: &Subject<'_>, index: usize) -> Option<Witness> {
    let filled = subject.filled.statements().get(index)?;
    filled.resources().patterns().iter().find_map(|pattern| subject.sample(filled, pattern))
}

/// Some of `all` that `is_enough` holds for: one if one will do, and none of them too many.
fn fewest(all: &[usize], is_enough: impl Fn(&[usize]) -> bool) -> Vec<usize> {
    if let Some(one) = all.iter().find(|at| is_enough(&[**at])) {
        return vec![*one];
    }
    let mut some = all.to_vec();
    for at in all {
        let fewer: Vec<usize> = some.iter().copied().filter(|other| other != at).collect();
        if is_enough(&fewer) {
            some = fewer;
        }
    }
    some
}

/// Whether both lists of statements say the same, all three answers apart, to every request.
fn is_same(subject: &Subject<'_>, one: Vec<Statement>, other: Vec<Statement>) -> bool {
    let (one, other) = (subject.document.with(one), subject.document.with(other));
    let difference = diff(&[&one], &[&other], &subject.scope);
    difference.unknown.is_none() && difference.changes.is_empty()
}

fn name(statements: &[Statement], index: usize) -> String {
    match statements.get(index).and_then(Statement::sid).filter(|sid| !sid.is_empty()) {
        Some(sid) => format!("`{sid}`"),
        None => format!("`/Statement/{index}`"),
    }
}
