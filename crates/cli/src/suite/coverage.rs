//! What the cases did not reach: statements that never applied, and methods nobody asked for.

use std::collections::BTreeSet;

use gatepost_core::subject::Subject;
use serde_json::{Value, json};

use crate::explain::Documents;
use crate::routes::RouteList;

/// What was reached, of statements and of routes.
#[derive(Debug)]
pub(crate) struct Coverage {
    pub(crate) statements: Tally,
    /// `None` where there is no list of routes.
    pub(crate) routes: Option<Tally>,
}

/// How many there are, and which were not reached.
#[derive(Debug)]
pub(crate) struct Tally {
    pub(crate) total: usize,
    pub(crate) missing: Vec<String>,
}

impl Tally {
    pub(crate) fn reached(&self) -> usize {
        self.total - self.missing.len()
    }

    /// In whole percents, rounded down: 100 means all.
    pub(crate) fn percent(&self) -> usize {
        (100 * self.reached()).checked_div(self.total).unwrap_or(100)
    }

    pub(crate) fn json(&self) -> Value {
        json!({
            "reached": self.reached(),
            "total": self.total,
            "percent": self.percent(),
            "missing": self.missing,
        })
    }
}

/// The statements of every document, less those that applied.
pub(super) fn statements(documents: &Documents, applied: &BTreeSet<(Subject, usize)>) -> Tally {
    let (mut total, mut missing) = (0, Vec::new());
    for (subject, held) in documents.iter() {
        for (index, statement) in held.document.statements().iter().enumerate() {
            total += 1;
            if !applied.contains(&(subject.clone(), index)) {
                let name = match statement.sid() {
                    Some(sid) => sid.to_owned(),
                    None => format!("statement `/Statement/{index}`"),
                };
                missing.push(format!("{name} of {subject}"));
            }
        }
    }
    Tally { total, missing }
}

/// The routes whose authorizer asks the policies, less those that a request of `asked`, verbs and
/// paths, would reach. A slash at the end of a path changes nothing, as in API Gateway.
pub(super) fn routes<'a>(
    list: &RouteList,
    asked: impl Iterator<Item = (&'a str, &'a str)>,
) -> Tally {
    let found = asked.filter_map(|(verb, path)| list.find(verb, path.trim_matches('/')));
    let reached: BTreeSet<_> = found.map(|route| (&route.template, route.verb)).collect();
    let guarded = || list.routes.iter().filter(|route| route.guard.asks_policies());
    let missing = guarded().filter(|route| !reached.contains(&(&route.template, route.verb)));
    let missing = missing.map(|route| format!("{} {}", route.verb, route.template)).collect();
    Tally { total: guarded().count(), missing }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_reaches_the_route_that_api_gateway_finds_for_it() {
        let list = RouteList::parse(
            "openapi: 3.0.0
paths:
  /movies/{id}: { get: { security: [a: []] }, put: { security: [a: []] } }
  /movies/new: { get: {} }
  /api/{proxy+}: { x-amazon-apigateway-any-method: { security: [a: []] } }
",
        );
        let list = list.unwrap();
        for (verb, path, reached) in [
            ("GET", "/movies/7", 1),
            ("GET", "/movies/7/", 1),
            ("GET", "/movies/new", 0),
            ("PATCH", "/api/a/b", 1),
            ("GET", "/elsewhere", 0),
        ] {
            let tally = routes(&list, [(verb, path)].into_iter());
            assert_eq!((tally.reached(), tally.total), (reached, 3), "{verb} {path}");
        }
    }

    #[test]
    fn percents_are_rounded_down() {
        let tally = |total, missing| Tally { total, missing: vec![String::new(); missing] };
        assert_eq!(
            [tally(3, 1), tally(1000, 1), tally(0, 0)].map(|one| one.percent()),
            [66, 99, 100]
        );
    }
}
