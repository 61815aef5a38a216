//! What the documents of a column say to every route, and to every pattern of pages.

use std::collections::BTreeMap;
use std::sync::Arc;

use gatepost_core::analysis::{RouteAccess, RouteRequests, Scope, page_access, route_access};
use gatepost_core::gateway::{PathTemplate, VERBS};
use gatepost_core::policy::{PolicyDocument, ResourcePattern};
use gatepost_emulator::gateway::MethodVerb;

use super::columns::Column;
use crate::parallel;
use crate::routes::{Route, RouteList};

/// How many calls are decided at a stretch.
const STRETCH: usize = 16;

/// One verb of a route.
pub(crate) struct Call<'a> {
    pub(crate) route: &'a Route,
    pub(crate) verb: &'static str,
    /// The other paths of the API.
    others: Vec<&'a PathTemplate>,
}

/// The answers of one column.
#[derive(Debug, Default)]
pub(crate) struct Decided {
    /// To every call, in the order of [`calls`].
    pub(crate) calls: Vec<Arc<RouteAccess>>,
    /// To every pattern of pages, by the pattern without its `page/`.
    pub(crate) pages: BTreeMap<String, Arc<RouteAccess>>,
}

/// The answers of columns that were decided before, for the same routes and the same scope.
#[derive(Clone, Debug, Default)]
pub(crate) struct Known(Vec<(Column, Arc<Decided>)>);

impl Known {
    pub(crate) fn of(columns: &[Column], decided: &[Arc<Decided>]) -> Self {
        Self(columns.iter().cloned().zip(decided.iter().cloned()).collect())
    }

    fn find(&self, column: &Column) -> Option<&Arc<Decided>> {
        let found = self.0.iter().find(|(known, _)| known.documents == column.documents);
        found.map(|(_, decided)| decided)
    }
}

/// The calls that policies are asked about.
pub(crate) fn calls(list: &RouteList) -> Vec<Call<'_>> {
    let asked = list.routes.iter().filter(|route| route.guard.asks_policies());
    let calls = asked.flat_map(|route| {
        let others = list.paths.iter().filter(|other| **other != route.template);
        let others: Vec<&PathTemplate> = others.collect();
        let verbs = verbs_of(route, list).into_iter();
        verbs.map(move |verb| Call { route, verb, others: others.clone() })
    });
    calls.collect()
}

/// The verbs that a route is for: those of `ANY` are what the path has no method of its own for.
pub(crate) fn verbs_of(route: &Route, list: &RouteList) -> Vec<&'static str> {
    match route.verb {
        MethodVerb::One(verb) => vec![verb],
        MethodVerb::Any => {
            let is_own = |verb: &&str| {
                let own = MethodVerb::one(verb);
                let mut same = list.routes.iter().filter(|r| r.template == route.template);
                !same.any(|other| Some(other.verb) == own)
            };
            VERBS.into_iter().filter(is_own).collect()
        }
    }
}

/// The answers of every column, but for those that are known.
pub(crate) fn decide(
    columns: &[Column],
    calls: &[Call<'_>],
    scope: &Scope,
    known: &Known,
) -> Vec<Arc<Decided>> {
    let pages = page_patterns(columns);
    let pages: Vec<(&str, &ResourcePattern)> = pages.into_iter().collect();
    // Columns have nothing to do with each other, nor have routes, and of a large API there are many
    // of both.
    let mut parts: Vec<(usize, Part<'_>)> = Vec::new();
    for (at, column) in columns.iter().enumerate() {
        let known = known.find(column);
        if known.is_none() {
            parts.extend(calls.chunks(STRETCH).map(|calls| (at, Part::Calls(calls))));
        }
        let is_new = |page: &str| known.is_none_or(|known| !known.pages.contains_key(page));
        let new = pages.iter().filter(|(page, _)| is_new(page));
        parts.extend(new.map(|(page, pattern)| (at, Part::Page(page, pattern))));
    }
    let made = parallel::each(parts.len(), |index| {
        let (column, part) =
            parts.get(index).and_then(|(at, part)| Some((columns.get(*at)?, part)))?;
        Some(part.decide(&column.documents(), scope))
    });
    let mut decided: Vec<Decided> = columns
        .iter()
        .map(|column| match known.find(column) {
            None => Decided::default(),
            Some(known) => {
                let kept = known.pages.iter().filter(|(page, _)| {
                    pages.binary_search_by(|(one, _)| (*one).cmp(page)).is_ok()
                });
                let pages = kept.map(|(page, access)| (page.clone(), Arc::clone(access)));
                Decided { calls: known.calls.clone(), pages: pages.collect() }
            }
        })
        .collect();
    for ((at, part), made) in parts.iter().zip(made) {
        let (Some(decided), Some(made)) = (decided.get_mut(*at), made) else { continue };
        match part {
            Part::Calls(_) => decided.calls.extend(made),
            Part::Page(page, _) => {
                decided.pages.extend(made.into_iter().map(|access| ((*page).to_owned(), access)));
            }
        }
    }
    decided.into_iter().map(Arc::new).collect()
}

/// What is decided at a stretch.
enum Part<'a> {
    Calls(&'a [Call<'a>]),
    Page(&'a str, &'a ResourcePattern),
}

impl Part<'_> {
    fn decide(&self, documents: &[&PolicyDocument], scope: &Scope) -> Vec<Arc<RouteAccess>> {
        match self {
            Self::Calls(calls) => {
                let access = |call: &Call<'_>| {
                    let (verb, template) = (call.verb, &call.route.template);
                    let requests = RouteRequests { verb, template, others: &call.others };
                    Arc::new(route_access(documents, &requests, scope))
                };
                calls.iter().map(access).collect()
            }
            Self::Page(_, pattern) => vec![Arc::new(page_access(documents, pattern, scope))],
        }
    }
}

/// Every pattern of pages that a document has, without its `page/`.
fn page_patterns(columns: &[Column]) -> BTreeMap<&str, &ResourcePattern> {
    let documents = columns.iter().flat_map(Column::documents);
    let statements = documents.flat_map(PolicyDocument::statements);
    let patterns = statements.flat_map(|statement| statement.resources().patterns());
    patterns
        .filter_map(|pattern| Some((pattern.as_str().strip_prefix("page/")?, pattern)))
        .collect()
}
