//! What the cases did not reach: statements that never applied, and methods nobody asked for.

use std::collections::BTreeSet;

use gatepost_core::subject::Subject;
use serde_json::{Value, json};

use crate::explain::Documents;

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

/// The routes, less those that a request of `asked`, verbs and paths, would reach.
pub(super) fn routes<'a>(
    routes: &[(String, String)],
    asked: impl Iterator<Item = (&'a str, &'a str)>,
) -> Tally {
    let reached: BTreeSet<usize> =
        asked.filter_map(|(verb, path)| route_of(routes, verb, path)).collect();
    let missing = routes.iter().enumerate().filter(|(index, _)| !reached.contains(index));
    let missing = missing.map(|(_, (verb, template))| format!("{verb} {template}")).collect();
    Tally { total: routes.len(), missing }
}

/// Which route answers a request: at each segment the literal before the parameter, and this before
/// `{proxy+}`; on the template found, the verb before `ANY`.
fn route_of(routes: &[(String, String)], verb: &str, path: &str) -> Option<usize> {
    let ranked = routes.iter().filter_map(|(_, template)| Some((rank(template, path)?, template)));
    let (_, best) = ranked.min()?;
    let of_verb = |wanted: &str| {
        routes.iter().position(|(verb, template)| verb == wanted && template == best)
    };
    of_verb(verb).or_else(|| of_verb("ANY"))
}

/// How `path` matches `template`, segment by segment, the lower the better; `None` if it does not.
/// A slash at the end changes nothing, as in API Gateway.
fn rank(template: &str, path: &str) -> Option<Vec<u8>> {
    let mut segments = path.trim_matches('/').split('/');
    let mut ranks = Vec::new();
    for wanted in template.trim_matches('/').split('/') {
        let found = segments.next()?;
        let is_parameter = wanted.starts_with('{') && wanted.ends_with('}');
        if wanted.ends_with("+}") && is_parameter {
            ranks.push(2);
            return (!found.is_empty()).then_some(ranks);
        }
        match (is_parameter && !found.is_empty(), wanted == found) {
            (_, true) => ranks.push(0),
            (true, false) => ranks.push(1),
            (false, false) => return None,
        }
    }
    segments.next().is_none().then_some(ranks)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_literal_sibling_wins_and_the_verb_before_any() {
        let list: Vec<(String, String)> = [
            ("GET", "/"),
            ("GET", "/movies/{id}"),
            ("GET", "/movies/new"),
            ("PUT", "/movies/{id}"),
            ("ANY", "/api/{proxy+}"),
            ("GET", "/api/{proxy+}"),
            ("GET", "/api/profile"),
        ]
        .map(|(verb, template)| (verb.to_owned(), template.to_owned()))
        .into();
        for (verb, path, want) in [
            ("GET", "/", Some(0)),
            ("GET", "/movies/7", Some(1)),
            ("GET", "/movies/7/", Some(1)),
            ("GET", "/movies/new", Some(2)),
            ("PUT", "/movies/new", None),
            ("PUT", "/movies/7", Some(3)),
            ("POST", "/api/a/b", Some(4)),
            ("GET", "/api/a/b", Some(5)),
            ("GET", "/api/profile", Some(6)),
            ("GET", "/api", None),
            ("GET", "/movies//", None),
            ("GET", "/movies/7/reviews", None),
        ] {
            assert_eq!(route_of(&list, verb, path), want, "{verb} {path}");
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
