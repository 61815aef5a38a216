//! The texts that patterns match, as chains of an automaton.

use super::automaton::{Automaton, Letters, Node};
use super::witness::WitnessTarget;
use crate::gateway::{PathTemplate, Segment, StageArn};
use crate::policy::{Glob, Part, ResourcePattern, Shape};

/// Which texts are looked at.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) enum Universe {
    /// Whole method ARNs, of any API and stage.
    AnyStage,
    /// What follows the slash after this stage: `GET/movies`.
    Stage(StageArn),
    /// The paths of pages.
    Pages,
}

/// What stands in the places of claims.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Claims {
    /// Any claim that can be filled in. Which one it is, and that it is the same in every place, is
    /// left open.
    Usable,
    /// Any text, as a Deny has it for a claim that is missing or cannot be filled in.
    Unusable,
}

impl Universe {
    /// Adds `pattern` under `number`, its claims read as `claims` says; returns where it begins,
    /// nowhere if it matches nothing here.
    pub(super) fn add(
        &self,
        automaton: &mut Automaton,
        pattern: &ResourcePattern,
        claims: Claims,
        number: u32,
    ) -> Vec<Node> {
        let end = automaton.begin(number);
        match (self, pattern.shape()) {
            (_, Shape::Any) => vec![automaton.run(Letters::All, end)],
            (Self::AnyStage | Self::Stage(_), Shape::Arn { partition, region, account, tail }) => {
                let tail = template(automaton, &tail, claims, end);
                self.arn(automaton, [partition, region, account], tail)
            }
            (Self::AnyStage, Shape::Route { verbs, path }) => {
                let path = template(automaton, &path, claims, end);
                let routes = verbs_before(automaton, verbs, path);
                routes.into_iter().map(|start| any_stage(automaton, start)).collect()
            }
            (Self::Stage(_), Shape::Route { verbs, path }) => {
                let path = template(automaton, &path, claims, end);
                verbs_before(automaton, verbs, path)
            }
            (Self::Pages, Shape::Page { path }) => vec![template(automaton, &path, claims, end)],
            (Self::Pages, Shape::Arn { .. } | Shape::Route { .. })
            | (Self::AnyStage | Self::Stage(_), Shape::Page { .. }) => Vec::new(),
        }
    }

    /// Adds an ARN with these globs for its partition, region and account under `number`, the
    /// wildcards of its tail standing for what `letters` says of their segment, counted from 0.
    pub(super) fn add_segments(
        &self,
        automaton: &mut Automaton,
        fields: [&str; 3],
        tail: &str,
        letters: impl Fn(usize) -> Letters,
        number: u32,
    ) -> Vec<Node> {
        let end = automaton.begin(number);
        let last = tail.split('/').count();
        let segments = tail.split('/').enumerate().collect::<Vec<_>>().into_iter().rev();
        let start = segments.fold(end, |next, (index, segment)| {
            let next = if index + 1 == last { next } else { automaton.text("/", next) };
            automaton.glob(segment, letters(index), next)
        });
        self.arn(automaton, fields, start)
    }

    /// Adds the requests of `verbs` that a person would write down under `number`: their paths are
    /// of one to eight segments, none of them empty.
    pub(super) fn add_pleasant(
        &self,
        automaton: &mut Automaton,
        verbs: &[&str],
        number: u32,
    ) -> Vec<Node> {
        let mut starts = Vec::new();
        let mut path = automaton.begin(number);
        for _ in 0..8 {
            let segment = automaton.some(Letters::NoSlash, path);
            for verb in verbs {
                starts.extend(self.requests(automaton, verb, segment));
            }
            path = automaton.text("/", segment);
        }
        starts
    }

    /// Adds the texts of methods of `verb` under `number`; for pages, which have no verbs, every
    /// text.
    pub(super) fn add_verb(
        &self,
        automaton: &mut Automaton,
        verb: &'static str,
        number: u32,
    ) -> Vec<Node> {
        let end = automaton.begin(number);
        let rest = automaton.run(Letters::All, end);
        match self {
            Self::AnyStage | Self::Stage(_) => self.requests(automaton, verb, rest),
            Self::Pages => vec![rest],
        }
    }

    /// Adds the texts of all methods under `number`, whatever stands where the verb does: the
    /// routes of a WebSocket API too.
    pub(super) fn add_every_verb(&self, automaton: &mut Automaton, number: u32) -> Vec<Node> {
        let end = automaton.begin(number);
        let rest = automaton.run(Letters::All, end);
        let rest = automaton.text("/", rest);
        // The text ends after the verb, or goes on with a slash.
        let starts = [end, rest].map(|next| automaton.some(Letters::NoSlash, next));
        match self {
            Self::AnyStage => {
                starts.into_iter().flat_map(|start| every_stage(automaton, start)).collect()
            }
            Self::Stage(_) => starts.to_vec(),
            Self::Pages => Vec::new(),
        }
    }

    /// Adds the requests of a route under `number`.
    pub(super) fn add_route(
        &self,
        automaton: &mut Automaton,
        verb: &str,
        template: &PathTemplate,
        number: u32,
    ) -> Vec<Node> {
        let end = automaton.begin(number);
        let path = segments_before(automaton, template.segments(), end);
        self.requests(automaton, verb, path)
    }

    /// Adds under `number` the requests that would be those of `template` and that `other` takes,
    /// which [may win over](PathTemplate::may_win_over) it: where it has the more literal segment,
    /// all below that; else what it matches itself.
    pub(super) fn add_route_taken(
        &self,
        automaton: &mut Automaton,
        verb: &str,
        template: &PathTemplate,
        other: &PathTemplate,
        number: u32,
    ) -> Vec<Node> {
        let end = automaton.begin(number);
        let pairs = other.segments().iter().zip(template.segments());
        let literal = pairs.enumerate().find_map(|(index, pair)| match pair {
            (Segment::Exact(_), Segment::Parameter(_) | Segment::Greedy(_)) => Some(Some(index)),
            (Segment::Parameter(_), Segment::Greedy(_)) => Some(None),
            (Segment::Exact(_) | Segment::Greedy(_) | Segment::Parameter(_), _) => None,
        });
        let segments = match literal.flatten() {
            Some(index) => other.segments().get(..=index).unwrap_or_default(),
            None => other.segments(),
        };
        let mut starts = vec![segments_before(automaton, segments, end)];
        if literal.flatten().is_some() {
            let below = automaton.run(Letters::All, end);
            let below = automaton.text("/", below);
            starts.push(segments_before(automaton, segments, below));
        }
        starts.into_iter().flat_map(|path| self.requests(automaton, verb, path)).collect()
    }

    /// Puts these globs for the partition, region and account of an ARN before what `tail` begins;
    /// nowhere if the stage is another.
    fn arn(&self, automaton: &mut Automaton, fields: [&str; 3], tail: Node) -> Vec<Node> {
        match self {
            Self::AnyStage => vec![arn(automaton, fields, Letters::NoColon, tail)],
            Self::Stage(stage) => {
                let here = [stage.partition(), stage.region(), stage.account()];
                let is_here = fields
                    .into_iter()
                    .zip(here)
                    .all(|(field, here)| Glob::new(field).matches(here));
                if !is_here {
                    return Vec::new();
                }
                let start = automaton.start([tail]);
                automaton.after_text(start, &format!("{}/", stage.tail())).to_vec()
            }
            Self::Pages => Vec::new(),
        }
    }

    /// Puts what comes before the path of a request of `verb` before what `path` begins.
    fn requests(&self, automaton: &mut Automaton, verb: &str, path: Node) -> Vec<Node> {
        let starts = verbs_before(automaton, &[verb], path);
        match self {
            Self::AnyStage => {
                starts.into_iter().flat_map(|start| every_stage(automaton, start)).collect()
            }
            Self::Stage(_) => starts,
            Self::Pages => Vec::new(),
        }
    }

    /// The method or page that `text` is about; `None` if it is a method ARN that is too long.
    pub(super) fn target(&self, text: &str) -> Option<WitnessTarget> {
        let whole = self.whole(text);
        match self {
            Self::AnyStage | Self::Stage(_) => whole.parse().ok().map(WitnessTarget::Method),
            Self::Pages => Some(WitnessTarget::Page(whole)),
        }
    }

    /// The whole text that `text` is a part of: a method ARN, or the path of a page.
    pub(super) fn whole(&self, text: &str) -> String {
        match self {
            Self::AnyStage | Self::Pages => text.to_owned(),
            Self::Stage(stage) => format!("{stage}/{text}"),
        }
    }
}

/// Puts the parts of a template before what `next` begins.
fn template(automaton: &mut Automaton, parts: &[Part<'_>], claims: Claims, next: Node) -> Node {
    parts.iter().rev().fold(next, |next, part| match (part, claims) {
        (Part::Glob(glob), _) => automaton.glob(glob, Letters::All, next),
        (Part::Claim(_), Claims::Usable) => automaton.some(Letters::Claim, next),
        (Part::Claim(_), Claims::Unusable) => automaton.run(Letters::All, next),
    })
}

/// Puts the segments of a path template before what `next` begins.
fn segments_before(automaton: &mut Automaton, segments: &[Segment], next: Node) -> Node {
    segments.iter().enumerate().rev().fold(next, |next, (index, segment)| {
        let start = match segment {
            Segment::Exact(text) => automaton.text(text, next),
            Segment::Parameter(_) => automaton.some(Letters::NoSlash, next),
            // Below the root, a path that ends in a slash is one of a greedy parameter too.
            Segment::Greedy(_) if index == 0 => automaton.some(Letters::All, next),
            Segment::Greedy(_) => automaton.run(Letters::All, next),
        };
        if index == 0 { start } else { automaton.text("/", start) }
    })
}

/// Puts each of `verbs` and a slash before what `next` begins.
fn verbs_before(automaton: &mut Automaton, verbs: &[&str], next: Node) -> Vec<Node> {
    verbs.iter().map(|verb| automaton.text(&format!("{verb}/"), next)).collect()
}

/// Puts an ARN with these globs for its partition, region and account before what `next` begins.
fn arn(automaton: &mut Automaton, fields: [&str; 3], letters: Letters, next: Node) -> Node {
    let [partition, region, account] = fields;
    let mut start = automaton.text(":", next);
    start = automaton.glob(account, letters, start);
    start = automaton.text(":", start);
    start = automaton.glob(region, letters, start);
    start = automaton.text(":execute-api:", start);
    start = automaton.glob(partition, letters, start);
    automaton.text("arn:", start)
}

/// Puts the ARN of any API and stage, and a slash, before what `next` begins; more than stages
/// have, which matters nowhere that stages are told apart by [`every_stage`].
fn any_stage(automaton: &mut Automaton, next: Node) -> Node {
    let stage = automaton.text("/", next);
    let stage = automaton.some(Letters::NoSlash, stage);
    let api = automaton.text("/", stage);
    let api = automaton.some(Letters::NoSlash, api);
    arn(automaton, ["*"; 3], Letters::NoColon, api)
}

/// Puts the ARN of each API and stage there may be, and a slash, before what `next` begins.
///
/// The fields are those that [`MethodArn`](crate::gateway::MethodArn) takes.
fn every_stage(automaton: &mut Automaton, next: Node) -> Vec<Node> {
    let stage = automaton.text("/", next);
    let named = automaton.some(Letters::Name, stage);
    let stages = [named, automaton.text("$default", stage), automaton.text("*", stage)];
    stages
        .into_iter()
        .map(|stage| {
            let api = automaton.text("/", stage);
            let api = automaton.some(Letters::Name, api);
            arn(automaton, ["?*"; 3], Letters::Name, api)
        })
        .collect()
}
