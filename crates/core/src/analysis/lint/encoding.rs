//! Denies that a percent-encoded letter gets around.

use std::collections::BTreeSet;

use super::probe::Probe;
use super::subject::{Spot, Subject, universe};
use crate::analysis::finding::{Finding, Trap};
use crate::analysis::language::Universe;
use crate::analysis::witness::{Witness, WitnessTarget};
use crate::gateway::VERBS;
use crate::policy::{Decision, Effect, Shape};

/// The action of a call.
const INVOKE: &str = "execute-api:Invoke";

pub(super) fn look(subject: &Subject<'_>, found: &mut Vec<Finding>) {
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
    let allows = subject.spots().filter(|other| {
        other.of.effect() == Effect::Allow && is_about_calls(other) && may_meet(spot, *other)
    });
    let mut do_meet = false;
    for allow in allows {
        let found = with_allow(subject, spot, &universe, allow);
        do_meet |= found.meets;
        if found.example.is_some() {
            return found.example;
        }
    }
    // What one Allow lets through, another Deny may catch, and not everywhere.
    do_meet.then(|| beside_denies(subject, spot, &universe)).flatten()
}

/// What came of looking at one Allow.
struct Beside {
    meets: bool,
    example: Option<Witness>,
}

fn with_allow(
    subject: &Subject<'_>,
    spot: Spot<'_>,
    universe: &Universe,
    allow: Spot<'_>,
) -> Beside {
    let mut probe = Probe::new(universe);
    let denied = probe.pattern(spot.pattern);
    let every = probe.every_request();
    let pleasant = probe.pleasant(&VERBS);
    let allowed = probe.pattern(allow.pattern);
    let max_states = subject.settings.max_states;
    let is_allowed = |accepted: &BTreeSet<u32>| accepted.contains(&allowed) == allow.counts();
    let shortest = |requests| probe.shortest(&[denied, requests], max_states, is_allowed);
    let Some(any) = shortest(every) else { return Beside { meets: false, example: None } };
    let texts = [shortest(pleasant), Some(any)];
    let example = texts.into_iter().flatten().find_map(|text| encoded(subject, spot, &text));
    Beside { meets: true, example }
}

/// The same where no other Deny applies.
fn beside_denies(subject: &Subject<'_>, spot: Spot<'_>, universe: &Universe) -> Option<Witness> {
    let mut probe = Probe::new(universe);
    let denied = probe.pattern(spot.pattern);
    let every = probe.every_request();
    let others = probe.statements(&subject.filled, INVOKE, (spot.statement, spot.index));
    let applies = |effect: Effect, accepted: &BTreeSet<u32>| {
        others.iter().any(|other| other.effect == effect && other.applies(accepted))
    };
    let wanted = |accepted: &BTreeSet<u32>| {
        applies(Effect::Allow, accepted) && !applies(Effect::Deny, accepted)
    };
    let text = probe.shortest(&[denied, every], subject.settings.max_states, wanted)?;
    encoded(subject, spot, &text)
}

fn is_about_calls(spot: &Spot<'_>) -> bool {
    spot.of.actions().match_action(&INVOKE.to_ascii_lowercase())
}

/// Whether a request may match both patterns, by what they begin with.
fn may_meet(one: Spot<'_>, other: Spot<'_>) -> bool {
    if !other.counts() {
        return true;
    }
    match (one.pattern.shape(), other.pattern.shape()) {
        (Shape::Route { verbs, .. }, Shape::Route { verbs: others, .. }) => {
            let [one, other] = [one, other].map(|spot| spot.pattern.literal());
            verbs.iter().any(|verb| others.contains(verb))
                && (one.starts_with(other) || other.starts_with(one))
        }
        _ => true,
    }
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
