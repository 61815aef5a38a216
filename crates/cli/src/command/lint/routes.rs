//! The routes of an API as a lint takes them.

use gatepost_core::analysis::ApiRoute;
use gatepost_core::gateway::VERBS;
use gatepost_emulator::gateway::MethodVerb;

use crate::routes::{Route, RouteList};

/// Each route with the verbs that it answers.
pub(super) fn of(list: &RouteList) -> Vec<ApiRoute> {
    let of_route = |route: &Route| ApiRoute {
        verbs: verbs(route, &list.routes),
        template: route.template.clone(),
        guarded: route.guard.asks_policies(),
    };
    list.routes.iter().map(of_route).collect()
}

/// The verb of a route; for `ANY` all that its path has no method of its own for.
fn verbs(route: &Route, routes: &[Route]) -> Vec<&'static str> {
    let has_its_own = |verb: &str| {
        routes.iter().any(|other| {
            other.template == route.template && MethodVerb::one(verb) == Some(other.verb)
        })
    };
    match route.verb {
        MethodVerb::One(verb) => vec![verb],
        MethodVerb::Any => VERBS.into_iter().filter(|verb| !has_its_own(verb)).collect(),
    }
}
