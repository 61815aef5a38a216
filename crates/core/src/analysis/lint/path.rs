//! Traps in paths: what stands at their end, placeholders of other languages, and queries.

use super::routes;
use super::subject::{Spot, Subject};
use crate::analysis::finding::{Finding, Level, Trap};
use crate::analysis::witness::Witness;
use crate::policy::{Decision, Effect, ResourcePattern, Shape};

pub(super) fn look(subject: &Subject<'_>, found: &mut Vec<Finding>) {
    for spot in subject.spots() {
        found.extend(placeholder(subject, spot));
        found.extend(query(subject, spot));
        if !spot.counts() {
            continue;
        }
        found.extend(missing_root(subject, spot));
        found.extend(missing_slash(subject, spot));
        found.extend(slash_only(subject, spot));
    }
}

/// Whether the document says to `witness` what the statement of the pattern says where it applies,
/// or something stronger that somebody has written down.
pub(super) fn is_settled(subject: &Subject<'_>, spot: Spot<'_>, witness: &Witness) -> bool {
    match (spot.of.effect(), subject.decide(witness)) {
        (Effect::Allow, decision) => decision != Decision::ImplicitDeny,
        (Effect::Deny, decision) => decision == Decision::ExplicitDeny,
    }
}

/// `{id}`, `{proxy+}` and `:id`.
fn placeholder(subject: &Subject<'_>, spot: Spot<'_>) -> Option<Finding> {
    let (head, path) = split(spot.pattern)?;
    let segments: Vec<&str> = path.split('/').collect();
    let placeholder = segments.iter().copied().find(|segment| is_placeholder(segment))?;
    let letters = placeholder.chars().count();
    let message = format!(
        "matches `{placeholder}` only where a path has these {letters} characters: write `*`, which \
         crosses slashes too"
    );
    let meant: Vec<&str> =
        segments.iter().map(|text| if is_placeholder(text) { "*" } else { text }).collect();
    let meant = ResourcePattern::parse(&format!("{head}{}", meant.join("/"))).ok();
    let example = meant
        .and_then(|meant| subject.sample(spot.of, &meant))
        .filter(|witness| !is_settled(subject, spot, witness));
    Some(spot.finding(Trap::PlaceholderTakenLiterally, message, example))
}

fn is_placeholder(segment: &str) -> bool {
    let is_name = |name: &str| {
        let mut bytes = name.bytes();
        bytes.next().is_some_and(|byte| byte.is_ascii_alphabetic() || byte == b'_')
            && bytes.all(|byte| byte.is_ascii_alphanumeric() || b"_-".contains(&byte))
    };
    let braced = segment.strip_prefix('{').and_then(|rest| rest.strip_suffix('}'));
    braced.is_some_and(|name| is_name(name.strip_suffix('+').unwrap_or(name)))
        || segment.strip_prefix(':').is_some_and(is_name)
}

/// `GET/movies?page=2`.
fn query(subject: &Subject<'_>, spot: Spot<'_>) -> Option<Finding> {
    let (head, path) = split(spot.pattern)?;
    let plain = path.match_indices('?').find_map(|(at, _)| {
        let (plain, query) = path.split_at_checked(at)?;
        is_query(query).then_some(plain)
    })?;
    let meant = ResourcePattern::parse(&format!("{head}{plain}")).ok()?;
    let example =
        subject.sample(spot.of, &meant).filter(|witness| !is_settled(subject, spot, witness));
    let message = format!(
        "has a `?` for any one character, and not for a query, which is no part of the path: write \
         `{}`",
        short(&meant, spot)
    );
    Some(spot.finding(Trap::QueryInPath, message, example))
}

/// Whether the text begins as `?name=`.
fn is_query(text: &str) -> bool {
    let name = text.strip_prefix('?').and_then(|rest| rest.split_once('='));
    name.is_some_and(|(name, _)| {
        !name.is_empty()
            && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._[]".contains(&byte))
    })
}

/// `GET/movies/*` without `GET/movies`.
fn missing_root(subject: &Subject<'_>, spot: Spot<'_>) -> Option<Finding> {
    let (head, path) = split(spot.pattern)?;
    let root = path.trim_end_matches('*').strip_suffix('/').filter(|_| path.ends_with('*'))?;
    // Of pages that is meant: `/app/` is `/app/index.html`, and `/app` is another object.
    if is_page(spot.pattern) && spot.of.effect() == Effect::Allow {
        return None;
    }
    // Whoever writes `GET/*/*` has thought of the number of segments, and the connections of a
    // WebSocket API have no list.
    let last = root.rsplit('/').next().unwrap_or_default();
    if last.is_empty() || last.contains(['*', '?']) || last == "@connections" {
        return None;
    }
    let root = ResourcePattern::parse(&format!("{head}{root}")).ok()?;
    let samples = subject.samples(spot.of, &root);
    // For an Allow of every verb, one that has the root is enough to know that it was thought of.
    let is_allow = spot.of.effect() == Effect::Allow;
    if is_allow && samples.iter().any(|witness| is_settled(subject, spot, witness)) {
        return None;
    }
    let example = left_out(subject, spot, samples)?;
    // Perhaps the API has no method there, and nobody misses it.
    let is_known = subject.settings.routes.is_some();
    let level = if is_allow && !is_known { Level::Note } else { Level::Warning };
    let message =
        format!("leaves out the path before its last slash: add `{}`", short(&root, spot));
    Some(spot.finding(Trap::MissingRoot, message, Some(example)).at(level))
}

/// A Deny of `GET/admin` without `GET/admin/`.
fn missing_slash(subject: &Subject<'_>, spot: Spot<'_>) -> Option<Finding> {
    let (head, path) = split(spot.pattern)?;
    if spot.of.effect() == Effect::Allow
        || is_page(spot.pattern)
        || path.is_empty()
        || path.ends_with(['*', '/'])
    {
        return None;
    }
    let slashed = ResourcePattern::parse(&format!("{head}{path}/")).ok()?;
    let example = left_out(subject, spot, subject.samples(spot.of, &slashed))?;
    let message = format!(
        "denies the path as it stands, and not with a slash at its end, which many back ends take \
         for the same: add `{}`",
        short(&slashed, spot)
    );
    Some(spot.finding(Trap::MissingTrailingSlashForm, message, Some(example)))
}

/// `GET/movies/` without `GET/movies`.
fn slash_only(subject: &Subject<'_>, spot: Spot<'_>) -> Option<Finding> {
    let (head, path) = split(spot.pattern)?;
    let plain = path.strip_suffix('/').filter(|path| !path.is_empty())?;
    if is_page(spot.pattern) {
        return None;
    }
    let plain = ResourcePattern::parse(&format!("{head}{plain}")).ok()?;
    let example = left_out(subject, spot, subject.samples(spot.of, &plain))?;
    let message = format!(
        "matches only with a slash at the end of the path: write `{}`",
        short(&plain, spot)
    );
    Some(spot.finding(Trap::TrailingSlashOnly, message, Some(example)))
}

/// Whether it is for pages, of which `/app/` and `/app` are two.
fn is_page(pattern: &ResourcePattern) -> bool {
    matches!(pattern.shape(), Shape::Page { .. })
}

/// The one of `samples` that shows best that the document does not say of it what the statement
/// says; with routes, of those that the API has.
fn left_out(subject: &Subject<'_>, spot: Spot<'_>, samples: Vec<Witness>) -> Option<Witness> {
    let is_left_out = |witness: &Witness| {
        !is_settled(subject, spot, witness)
            && (spot.of.effect() == Effect::Deny || routes::may_be_called(subject, witness))
    };
    let mut left: Vec<Witness> = samples.into_iter().filter(is_left_out).collect();
    // What is allowed although a Deny was written is worse than what may be.
    left.sort_by_key(|witness| subject.decide(witness) != Decision::Allow);
    left.into_iter().next()
}

/// What stands before the path of a pattern, and the path; `None` if it has none.
fn split(pattern: &ResourcePattern) -> Option<(&str, &str)> {
    let text = pattern.as_str();
    let slashes = match pattern.shape() {
        Shape::Any => return None,
        Shape::Arn { .. } => {
            let tail = super::subject::tail_of(text);
            let start = text.len().checked_sub(tail.len())?;
            let (verb, _) = tail.match_indices('/').nth(2)?;
            return text.split_at_checked(start + verb + 1);
        }
        Shape::Page { .. } | Shape::Route { .. } => text.find('/')?,
    };
    text.split_at_checked(slashes + 1)
}

/// The pattern as its author would write it: with the claims that were filled in.
fn short(pattern: &ResourcePattern, spot: Spot<'_>) -> String {
    // What was changed is the end of the text, after every claim that was filled in before it.
    let (filled, written) = (spot.pattern.as_str(), spot.written);
    if filled == written {
        return pattern.as_str().to_owned();
    }
    let text = pattern.as_str();
    match filled.strip_prefix(text) {
        Some(cut) => written.strip_suffix(cut).unwrap_or(text).to_owned(),
        None => match text.strip_prefix(filled) {
            Some(added) => format!("{written}{added}"),
            None => text.to_owned(),
        },
    }
}
