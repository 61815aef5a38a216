//! The routes of the API, as the lint and its findings need them.

use std::path::{Path, PathBuf};

use gatepost_core::analysis::ApiRoute;
use gatepost_core::gateway::VERBS;
use gatepost_emulator::gateway::MethodVerb;

use super::source::Spot;
use crate::routes::{Route, RouteList};

/// An OpenAPI document and its routes.
#[derive(Debug)]
pub(crate) struct Api {
    pub(crate) path: PathBuf,
    text: String,
    routes: Vec<Route>,
}

impl Api {
    /// Reads a file.
    ///
    /// # Errors
    ///
    /// When it cannot be read, or does not say what routes there are.
    pub(crate) fn open(path: &Path) -> anyhow::Result<Self> {
        let list = RouteList::open(path)?;
        // It has just been read; at worst, every route is said to be at its beginning.
        let text = std::fs::read_to_string(path).unwrap_or_default();
        Ok(Self::of(path, text, &list))
    }

    /// The routes of a file that was read already.
    pub(crate) fn of(path: &Path, text: String, list: &RouteList) -> Self {
        Self { path: path.to_owned(), text, routes: list.routes.clone() }
    }

    /// The routes for the engine, in the same order.
    pub(crate) fn routes(&self) -> Vec<ApiRoute> {
        let route = |route: &Route| {
            let of_others = |verb: &str| {
                self.routes.iter().any(|other| {
                    other.template == route.template && MethodVerb::one(verb) == Some(other.verb)
                })
            };
            let is_own = |verb: &&str| match route.verb {
                MethodVerb::Any => !of_others(verb),
                own @ MethodVerb::One(_) => MethodVerb::one(verb) == Some(own),
            };
            ApiRoute {
                verbs: VERBS.into_iter().filter(is_own).collect(),
                template: route.template.clone(),
                guarded: route.guard.asks_policies(),
            }
        };
        self.routes.iter().map(route).collect()
    }

    /// Where the path of the route of that number is written: the first line that has it as the
    /// name of a member.
    pub(crate) fn spot(&self, route: usize) -> Spot {
        let path =
            self.routes.get(route).map(|route| route.template.to_string()).unwrap_or_default();
        let names = |line: &str| {
            let line = line.trim_start().trim_start_matches(['"', '\'']);
            let rest = line.strip_prefix(&path).map(|rest| rest.trim_start_matches(['"', '\'']));
            rest.is_some_and(|rest| rest.trim_start().starts_with(':'))
        };
        let line = self.text.lines().position(names).unwrap_or_default();
        let text = self.text.lines().nth(line).unwrap_or_default();
        let column = text.chars().take_while(|letter| letter.is_whitespace()).count() + 1;
        let end = (line + 1, text.trim_end().chars().count() + 1);
        let pointer = gatepost_core::json::pointer("/paths", path);
        Spot { pointer, line: line + 1, column, end }
    }
}
