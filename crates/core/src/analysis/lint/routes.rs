//! What only shows beside the routes of the API: patterns that match none of them, and routes that
//! nobody may call.

use super::probe::Probe;
use super::subject::{Spot, Subject, universe};
use super::wording::nearest;
use super::{ApiRoute, LintSettings, SharedFinding};
use crate::analysis::finding::{Finding, Level, Trap};
use crate::analysis::language::Universe;
use crate::analysis::route::{RouteDecision, RouteRequests, route_access};
use crate::analysis::witness::{Witness, WitnessTarget};
use crate::gateway::{PathTemplate, PathTree, Segment};
use crate::policy::{PolicyDocument, Shape};

pub(super) fn look(subject: &Subject<'_>, found: &mut Vec<Finding>) {
    let Some(routes) = &subject.settings.routes else { return };
    for spot in subject.spots().filter(Spot::counts) {
        let is_of_methods = matches!(spot.pattern.shape(), Shape::Arn { .. } | Shape::Route { .. });
        let pointer = spot.pointer();
        let is_explained = found
            .iter()
            .any(|finding| finding.rule == Trap::VerbMatchesNothing && finding.pointer == pointer);
        if !is_of_methods || is_explained || !matches_none(subject, spot, routes) {
            continue;
        }
        let names: Vec<String> = routes.iter().flat_map(names).collect();
        let message = match nearest(spot.pattern.as_str(), names.iter().map(String::as_str)) {
            Some(near) => format!("matches no route of the API: is `{near}` meant?"),
            None => "matches no route of the API".to_owned(),
        };
        found.push(spot.finding(Trap::MatchesNoRoute, message, None));
    }
}

/// Whether no request of any of `routes` matches.
fn matches_none(subject: &Subject<'_>, spot: Spot<'_>, routes: &[ApiRoute]) -> bool {
    let universe = match spot.pattern.shape() {
        Shape::Arn { .. } => Universe::AnyStage,
        Shape::Any | Shape::Page { .. } | Shape::Route { .. } => universe(spot.pattern),
    };
    let mut probe = Probe::new(&universe);
    let pattern = probe.pattern(spot.pattern);
    let requests = probe.add(|universe, automaton, number| {
        let mut starts = Vec::new();
        for route in routes {
            for verb in &route.verbs {
                starts.extend(universe.add_route(automaton, verb, &route.template, number));
            }
        }
        starts
    });
    probe.is_empty(&[pattern, requests], subject.settings.max_states)
}

/// The route as patterns.
fn names(route: &ApiRoute) -> impl Iterator<Item = String> {
    route.verbs.iter().map(|verb| format!("{verb}{}", route.template))
}

/// Whether the API has a method for `witness`; true if its routes are not known.
pub(super) fn may_be_called(subject: &Subject<'_>, witness: &Witness) -> bool {
    let (Some(routes), WitnessTarget::Method(method)) = (&subject.settings.routes, &witness.target)
    else {
        return true;
    };
    let mut tree: PathTree<usize> = PathTree::new();
    for (number, route) in routes.iter().enumerate() {
        // Routes of one path differ in their verbs, and any will do to find it.
        let _ = tree.insert(&route.template, number);
    }
    let Some(found) = tree.find(method.path()) else { return false };
    let is_route = |route: &&ApiRoute| {
        route.template == *found.template && route.verbs.contains(&method.verb())
    };
    routes.iter().any(|route| is_route(&route))
}

/// Guarded routes that no document allows anybody to call.
///
/// It is enough to ask each document alone: together they can only deny more of what one allows.
pub(super) fn look_together(
    documents: &[(&str, &PolicyDocument)],
    settings: &LintSettings,
) -> Vec<SharedFinding> {
    let Some(routes) = settings.routes.as_deref().filter(|_| !documents.is_empty()) else {
        return Vec::new();
    };
    let uncallable = routes.iter().enumerate().filter(|(_, route)| route.guarded);
    uncallable
        .filter_map(|(number, route)| {
            let others: Vec<&PathTemplate> = routes
                .iter()
                .map(|other| &other.template)
                .filter(|other| **other != route.template)
                .collect();
            let mut example = None;
            let mut verbs = route.verbs.clone();
            verbs.sort_by_key(|verb| *verb != "GET");
            for verb in verbs {
                let requests = RouteRequests { verb, template: &route.template, others: &others };
                for (_, document) in documents {
                    let access = route_access(&[document], &requests, &settings.scope());
                    if access.allowed.is_some() || access.decision == RouteDecision::Unknown {
                        return None;
                    }
                    example = example.or(access.denied.map(|denied| denied.witness));
                }
            }
            let verbs = if let [verb] = route.verbs.as_slice() { verb } else { "ANY" };
            let message = format!(
                "`{verbs} {}` is guarded, and none of the documents allows anybody to call it",
                route.template
            );
            // A catch-all may be there to refuse.
            let is_greedy = matches!(route.template.segments().last(), Some(Segment::Greedy(_)));
            let level = if is_greedy { Level::Note } else { Trap::UncallableRoute.level() };
            let finding = Finding::new(Trap::UncallableRoute, "", message, example).at(level);
            Some(SharedFinding { finding, documents: Vec::new(), route: Some(number) })
        })
        .collect()
}
