//! Denies that a percent-encoded letter gets around.

use std::collections::BTreeSet;

use super::probe::Probe;
use super::subject::{Spot, Subject, universe};
use crate::analysis::finding::{Finding, Trap};
use crate::analysis::witness::{Witness, WitnessTarget};
use crate::gateway::VERBS;
use crate::policy::{Decision, Effect, Shape};

/// The action of a call.
const INVOKE: &str = "execute-api:Invoke";

pub(super) fn look(subject: &Subject<'_>, found: &mut Vec<Finding>) {
    let is_about_calls =
        |spot: &Spot<'_>| spot.of.actions().match_action(&INVOKE.to_ascii_lowercase());
    for spot in subject.spots().filter(is_about_calls) {
        let is_of_methods = matches!(spot.pattern.shape(), Shape::Arn { .. } | Shape::Route { .. });
        if spot.of.effect() == Effect::Allow || !spot.counts() || !is_of_methods {
            continue;
        }
        let Some(example) = bypass(subject, spot) else { continue };
        let message = "does not see a path with a letter percent-encoded, which many back ends decode: \
                       name what is allowed rather than what is not";
        found.push(spot.finding(Trap::DenyBypassedByEncoding, message, Some(example)));
    }
}

/// A request that is allowed, and that is denied by the pattern once it is decoded.
fn bypass(subject: &Subject<'_>, spot: Spot<'_>) -> Option<Witness> {
    let universe = universe(spot.pattern);
    let mut probe = Probe::new(&universe);
    let denied = probe.pattern(spot.pattern);
    let pleasant = probe.pleasant(&VERBS);
    let every = probe.every_request();
    let others = probe.statements(&subject.filled, INVOKE, (spot.statement, spot.index));
    let allows: Vec<_> = others.iter().filter(|other| other.effect == Effect::Allow).collect();
    let denies: Vec<_> = others.iter().filter(|other| other.effect == Effect::Deny).collect();
    let max_states = subject.settings.max_states;
    // What one Allow lets through another may not, nor under another Deny.
    allows.iter().find_map(|allow| {
        [pleasant, every].into_iter().find_map(|requests| {
            let wanted = |accepted: &BTreeSet<u32>| {
                allow.applies(accepted) && !denies.iter().any(|deny| deny.applies(accepted))
            };
            let text = probe.shortest(&[denied, requests], max_states, wanted)?;
            encoded(subject, spot, &text)
        })
    })
}

/// The request for `text`, with the first letter encoded that makes it an allowed one.
fn encoded(subject: &Subject<'_>, spot: Spot<'_>, text: &str) -> Option<Witness> {
    let method: crate::gateway::MethodArn = text.parse().ok()?;
    let path_at = text.len().checked_sub(method.path().len())?;
    // The Deny applies to the request as it is, or there is nothing to get around.
    let before = subject.witness(spot.of, WitnessTarget::Method(method))?;
    if subject.decide(&before) != Decision::ExplicitDeny {
        return None;
    }
    let (head, path) = text.split_at_checked(path_at)?;
    let letters = path.char_indices().filter(|(_, letter)| letter.is_ascii_alphabetic());
    letters.into_iter().find_map(|(at, letter)| {
        let (start, rest) = path.split_at_checked(at)?;
        let rest = rest.get(1..)?;
        let method = format!("{head}{start}%{:02X}{rest}", u32::from(letter)).parse().ok()?;
        let witness = Witness { target: WitnessTarget::Method(method), ..before.clone() };
        (subject.decide(&witness) == Decision::Allow).then_some(witness)
    })
}
