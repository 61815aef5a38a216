//! What two sets of documents both grant, and which way a change from one to the other goes.
//!
//! A caller has several documents, and any Deny in them wins. So a change is judged by all three
//! answers, and not by what is allowed: whoever loses a Deny may gain by another document what it
//! forbade. With explicit denies below implicit ones and those below what is allowed, the answer of
//! several documents rises with that of each, and a document that is nowhere above another widens
//! nobody's rights, whatever other documents they have.

use super::diff::{ChangeKind, Diff, Scope, diff};
use crate::policy::{Decision, Effect, PolicyDocument, Statement, merge};

/// Which way a change of documents goes, for whoever has them, whatever others they have.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Direction {
    /// Nobody's rights differ.
    Same,
    /// Less is allowed or more is denied, and nothing else differs.
    Narrower,
    /// More is allowed or less is denied, and nothing else differs.
    Wider,
    /// Both, or it is not known.
    Mixed,
}

impl Direction {
    /// The direction of a difference that was looked for with [`Scope::moved`], in every stage.
    pub fn of(diff: &Diff) -> Self {
        let rank = |decision: Decision| match decision {
            Decision::ExplicitDeny => 0,
            Decision::ImplicitDeny => 1,
            Decision::Allow => 2,
        };
        let rises = |change: &super::Change| {
            let (before, after) = (rank(change.before.decision), rank(change.after.decision));
            debug_assert!(before != after || change.kind == ChangeKind::Moved, "{change:?}");
            after > before
        };
        let (wider, narrower) = (diff.changes.iter().any(rises), !diff.changes.iter().all(rises));
        match (wider, narrower) {
            _ if diff.unknown.is_some() => Self::Mixed,
            (false, false) => Self::Same,
            (false, true) => Self::Narrower,
            (true, false) => Self::Wider,
            (true, true) => Self::Mixed,
        }
    }

    /// Whether somebody's rights may become wider.
    pub fn may_widen(self) -> bool {
        matches!(self, Self::Wider | Self::Mixed)
    }
}

/// Whether the documents `inner` are known to grant nobody more than `outer` do, whatever other
/// documents they have.
pub fn is_within(inner: &[&PolicyDocument], outer: &[&PolicyDocument], max_states: usize) -> bool {
    let scope = Scope { stage: None, max_states, moved: true };
    !Direction::of(&diff(outer, inner, &scope)).may_widen()
}

/// A document that is within `one` and within `other`: it denies what either denies, and allows
/// what both are known to allow.
///
/// An Allow is kept or left out by its single actions and patterns, so that of two that overlap and
/// neither of which includes the other, nothing is kept.
pub fn meet(
    one: &[&PolicyDocument],
    other: &[&PolicyDocument],
    max_states: usize,
) -> PolicyDocument {
    let of = |side: &[&PolicyDocument], effect: Effect| -> Vec<Statement> {
        let statements = side.iter().flat_map(|document| document.statements());
        statements
            .filter(|statement| statement.effect() == effect)
            .flat_map(Statement::atoms)
            .collect()
    };
    let denies = [of(one, Effect::Deny), of(other, Effect::Deny)].concat();
    let allows = [of(one, Effect::Allow), of(other, Effect::Allow)];
    let mut kept = denies.clone();
    for (own, written, bound) in [(&allows[0], &allows[1], other), (&allows[1], &allows[0], one)] {
        for atom in own {
            let is_kept = written.contains(atom) || {
                let alone = [denies.as_slice(), std::slice::from_ref(atom)].concat();
                is_within(&[&PolicyDocument::of(alone)], bound, max_states)
            };
            if is_kept {
                kept.push(atom.clone());
            }
        }
    }
    merge([&PolicyDocument::of(kept)])
}
