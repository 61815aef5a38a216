//! Traps in full ARNs: wildcards that reach further than their segment, verbs that no request has,
//! and notes about fields that are left open.

use std::collections::BTreeSet;

use super::probe::{Numbered, Probe};
use super::subject::{Spot, Subject, tail_of, universe};
use super::wording::listed;
use crate::analysis::automaton::Letters;
use crate::analysis::finding::{Finding, Trap};
use crate::analysis::language::Universe;
use crate::analysis::witness::{Witness, WitnessTarget};
use crate::gateway::{MethodArn, VERBS};
use crate::policy::{Effect, Glob, ResourcePattern, Shape};

/// What the segments of an ARN's tail are called.
const SEGMENTS: [&str; 3] = ["API", "stage", "verb"];
const VERB: usize = 2;

pub(super) fn look(subject: &Subject<'_>, found: &mut Vec<Finding>) {
    for spot in subject.spots() {
        let Shape::Arn { partition, region, account, .. } = spot.pattern.shape() else { continue };
        // Claims that could not be filled in.
        if spot.pattern.claims().next().is_some() {
            continue;
        }
        let fields = [partition, region, account];
        found.extend(swallowed(subject, spot, fields, &[0, 1], Trap::StarSwallowsStage));
        // Stars side by side stand in for each other: only together do they keep to themselves.
        found.extend(swallowed(subject, spot, fields, &[0, 1, VERB], Trap::StarSwallowsVerb));
        found.extend(verb(subject, spot, fields));
        found.extend(open_fields(subject, spot));
    }
}

/// The wildcards of `segments`, if they match a slash of a request and so other requests than they
/// seem to, and nothing else in the document says of these what the pattern says.
fn swallowed(
    subject: &Subject<'_>,
    spot: Spot<'_>,
    fields: [&str; 3],
    segments: &[usize],
    rule: Trap,
) -> Option<Finding> {
    let tail = tail_of(spot.pattern.as_str());
    let texts: Vec<&str> = tail.split('/').collect();
    let is_open = |index: &usize| {
        index + 1 < texts.len() && texts.get(*index).is_some_and(|text| text.contains('*'))
    };
    let open: Vec<usize> = segments.iter().copied().filter(is_open).collect();
    let is_about_verb = segments.contains(&VERB);
    if open.is_empty() || is_about_verb && !open.contains(&VERB) {
        return None;
    }
    let confined = |segment: usize| {
        if segments.contains(&segment) { Letters::NoSlash } else { Letters::All }
    };
    let example = swallowing(subject, spot, fields, confined)?;
    let names: Vec<String> =
        open.iter().filter_map(|index| SEGMENTS.get(*index)).map(ToString::to_string).collect();
    let does = match (spot.counts(), spot.of.effect()) {
        (true, Effect::Allow) => "allows",
        (true, Effect::Deny) => "denies",
        (false, _) => "leaves out",
    };
    let message = format!(
        "has a `*` for the {} that crosses slashes as well, and {does} more than it seems to: \
         write a route pattern such as `{}`",
        listed(&names),
        route(&texts),
    );
    Some(spot.finding(rule, message, Some(example)))
}

/// The route pattern that the author of such an ARN will have meant.
fn route(tail: &[&str]) -> String {
    let verb = tail.get(VERB).copied().unwrap_or("*");
    let known = VERBS.contains(&verb);
    let path = if known || verb.contains('*') { tail.get(VERB + 1..) } else { tail.get(VERB..) };
    // `…:*/GET/x` and `…:a1/*/GET/x`, which have a segment too few.
    let early = tail.iter().take(VERB).position(|text| VERBS.contains(text));
    if let Some(at) = early {
        return tail.get(at..).unwrap_or_default().join("/");
    }
    let path = path.unwrap_or_default().join("/");
    if known { format!("{verb}/{path}") } else { format!("*/{path}") }
}

/// A request that the pattern matches, and would not with its wildcards `confined`.
fn swallowing(
    subject: &Subject<'_>,
    spot: Spot<'_>,
    fields: [&str; 3],
    confined: impl Fn(usize) -> Letters,
) -> Option<Witness> {
    let tail = tail_of(spot.pattern.as_str());
    let typical = universe(spot.pattern);
    // Where the verb is written, another one says most.
    let verbs = if tail.contains("DELETE") { &VERBS[..] } else { &["DELETE"] };
    let ways = [(&typical, verbs), (&typical, &VERBS), (&typical, &[]), (&Universe::AnyStage, &[])];
    for (universe, pleasantly) in ways {
        let mut probe = Probe::new(universe);
        let pattern = probe.pattern(spot.pattern);
        let requests = match pleasantly {
            [] => probe.every_request(),
            verbs => probe.pleasant(verbs),
        };
        let tidy = probe.add(|universe, automaton, number| {
            universe.add_segments(automaton, fields, tail, &confined, number)
        });
        let max_states = subject.settings.max_states;
        let needed = [pattern, requests];
        let witness = |text: Option<String>| {
            let method = text.and_then(|text| text.parse().ok())?;
            subject.witness(spot.of, WitnessTarget::Method(method))
        };
        let is_swallowed = |accepted: &BTreeSet<u32>| !accepted.contains(&tidy);
        let Some(first) = witness(probe.shortest(&needed, max_states, is_swallowed)) else {
            continue;
        };
        if !spot.counts() || subject.matters(spot, &first) {
            return Some(first);
        }
        // Something else says the same of that one; perhaps not of every one.
        let others =
            probe.statements(&subject.filled, "execute-api:Invoke", (spot.statement, spot.index));
        let says_so = |other: &Numbered, accepted: &BTreeSet<u32>| {
            // An Allow is nothing beside a Deny.
            (spot.of.effect() == Effect::Allow || other.effect == Effect::Deny)
                && other.applies(accepted)
        };
        let wanted = |accepted: &BTreeSet<u32>| {
            is_swallowed(accepted) && !others.iter().any(|other| says_so(other, accepted))
        };
        let text = probe.shortest(&needed, max_states, wanted);
        if let Some(found) = witness(text).filter(|found| subject.matters(spot, found)) {
            return Some(found);
        }
    }
    None
}

/// A verb that no request has: the pattern matches nothing, its wildcards each in its segment.
fn verb(subject: &Subject<'_>, spot: Spot<'_>, fields: [&str; 3]) -> Option<Finding> {
    let tail = tail_of(spot.pattern.as_str());
    let mut segments = tail.split('/').skip(VERB);
    let (verb, path) = (segments.next()?, segments.next());
    let upper = verb.to_ascii_uppercase();
    let is_meant_for_verb = upper == "ANY" || VERBS.contains(&upper.as_str());
    if path.is_none() {
        // The route of a WebSocket API may be called anything; this one hardly is.
        return is_meant_for_verb.then(|| {
            let message = format!(
                "matches no method, which all have a slash after the verb: write `{}/` for the \
                 root, `{}/*` for every path",
                proper(&upper),
                proper(&upper)
            );
            spot.finding(Trap::VerbMatchesNothing, message, None)
        });
    }
    let mut probe = Probe::new(&Universe::AnyStage);
    let tidy = probe.add(|universe, automaton, number| {
        let confined = |segment| if segment > VERB { Letters::All } else { Letters::NoSlash };
        universe.add_segments(automaton, fields, tail, confined, number)
    });
    let requests = probe.every_request();
    if !probe.is_empty(&[tidy, requests], subject.settings.max_states) {
        return None;
    }
    let message = if is_meant_for_verb {
        format!(
            "matches nothing, because no request has the verb `{verb}`: write `{}`",
            proper(&upper)
        )
    } else {
        format!("matches nothing, because no request has the verb `{verb}`")
    };
    let example = is_meant_for_verb.then(|| missed(subject, spot, verb, proper(&upper))).flatten();
    Some(spot.finding(Trap::VerbMatchesNothing, message, example))
}

/// How a verb is written in an ARN.
fn proper(upper: &str) -> &str {
    if upper == "ANY" { "*" } else { upper }
}

/// A request that the pattern would match with `proper` for its verb; `None` if the document says
/// the same to it all the same.
fn missed(subject: &Subject<'_>, spot: Spot<'_>, verb: &str, proper: &str) -> Option<Witness> {
    let arn = spot.pattern.as_str();
    let head = arn.strip_suffix(tail_of(arn))?;
    let mut segments: Vec<&str> = tail_of(arn).split('/').collect();
    if let Some(segment) = segments.get_mut(VERB).filter(|segment| **segment == verb) {
        *segment = proper;
    }
    let meant = ResourcePattern::parse(&format!("{head}{}", segments.join("/")));
    let witness = subject.sample(spot.of, &meant.ok()?)?;
    (!super::path::is_settled(subject, spot, &witness)).then_some(witness)
}

/// Notes about wildcards in the region, account, API and stage, each with a call elsewhere that
/// the pattern matches.
fn open_fields(subject: &Subject<'_>, spot: Spot<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    let written: Vec<&str> = spot.pattern.as_str().splitn(6, ':').collect();
    let segments: Vec<&str> =
        written.get(5).map(|tail| tail.split('/').collect()).unwrap_or_default();
    let api = segments.first().copied().unwrap_or_default();
    let stage = segments.get(1).copied().unwrap_or_default();
    let fields = [
        (
            Trap::WildcardRegion,
            "region",
            written.get(3).copied().unwrap_or_default(),
            3,
            "eu-central-1",
        ),
        (
            Trap::WildcardAccount,
            "account",
            written.get(4).copied().unwrap_or_default(),
            4,
            "999999999999",
        ),
        (Trap::WildcardApi, "API", api, 5, "other"),
        (Trap::WildcardStage, "stage", stage, 6, "test"),
    ];
    let Some(here) = subject.sample(spot.of, spot.pattern) else { return findings };
    let WitnessTarget::Method(method) = &here.target else { return findings };
    for (rule, name, text, field, elsewhere) in fields {
        if !text.contains(['*', '?']) {
            continue;
        }
        let elsewhere =
            if Glob::new(text).matches(elsewhere) { elsewhere.to_owned() } else { filled(text) };
        let example = moved(method, field, &elsewhere).and_then(|method| {
            let target = WitnessTarget::Method(method);
            let alone =
                subject.document.with(vec![spot.of.with_patterns(vec![spot.pattern.clone()])]);
            let witness = Witness { target, ..here.clone() };
            let is_same = witness.decide(&[&alone]).decision == here.decide(&[&alone]).decision;
            is_same.then_some(witness)
        });
        let message = format!("is about every {name} that `{text}` matches, yours and others");
        findings.push(spot.finding(rule, message, example));
    }
    findings
}

/// `method`, with another value for a field of its ARN, counted from 0; the API is the fifth and the
/// stage the sixth.
fn moved(method: &MethodArn, field: usize, value: &str) -> Option<MethodArn> {
    let stage = method.stage_arn();
    let mut fields = [
        "arn",
        stage.partition(),
        "execute-api",
        stage.region(),
        stage.account(),
        stage.api_id(),
        stage.stage(),
    ];
    *fields.get_mut(field)? = value;
    let [arn, partition, service, region, account, api, stage] = fields;
    let rest = method.as_str().strip_prefix(method.stage_arn().as_str())?;
    format!("{arn}:{partition}:{service}:{region}:{account}:{api}/{stage}{rest}").parse().ok()
}

/// A text that `glob` matches.
fn filled(glob: &str) -> String {
    glob.replace('*', "other").replace('?', "x")
}
