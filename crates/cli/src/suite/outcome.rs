//! Running suites, and telling what came of them.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use gatepost_core::policy::Decision;
use gatepost_core::subject::Subject;
use serde_json::{Value, json};

use super::coverage::{self, Coverage, Tally};
use super::{Expected, Suite};
use crate::explain::{Documents, Report, applied};
use crate::paint::Paint;
use crate::routes::RouteList;
use crate::visible::visible;

/// What came of every case of every suite.
#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) suites: Vec<(PathBuf, Vec<Outcome>)>,
    /// The statements that applied.
    reached: BTreeSet<(Subject, usize)>,
    coverage: Option<Coverage>,
    /// Groups and other subjects that principals have and no document is about.
    pub(crate) without_document: BTreeSet<String>,
}

/// What came of one case.
#[derive(Debug)]
pub(crate) struct Outcome {
    pub(crate) principal: String,
    pub(crate) verb: &'static str,
    pub(crate) path: String,
    pub(crate) expected: Expected,
    pub(crate) decision: Decision,
    /// Why, if it is not what was expected.
    pub(crate) why: Vec<String>,
}

impl Outcome {
    pub(crate) fn passed(&self) -> bool {
        self.expected.is_met_by(self.decision)
    }

    /// For programs.
    pub(crate) fn json(&self) -> Value {
        json!({
            "principal": self.principal,
            "method": self.verb,
            "path": self.path,
            "want": self.expected.as_str(),
            "got": self.decision.as_str(),
            "passed": self.passed(),
            "why": self.why,
        })
    }

    /// `want allow, got implicit_deny`
    pub(crate) fn difference(&self) -> String {
        format!("want {}, got {}", self.expected.as_str(), self.decision)
    }
}

impl Run {
    /// Runs the suites.
    ///
    /// # Errors
    ///
    /// As [`Report::new`].
    pub(crate) fn new(documents: &Documents, suites: &[Suite]) -> anyhow::Result<Self> {
        let (mut outcomes, mut reached) = (Vec::new(), BTreeSet::new());
        let mut without_document = BTreeSet::new();
        for suite in suites {
            let mut of_suite = Vec::new();
            for case in &suite.cases {
                let (decision, statements) = applied(documents, &case.caller, &case.asked);
                reached.extend(statements.into_iter().map(|(one, index)| (one.clone(), index)));
                let unknown =
                    case.caller.subjects.iter().filter(|one| documents.get(one).is_none());
                without_document.extend(unknown.map(ToString::to_string));
                let why = if case.expected.is_met_by(decision) {
                    Vec::new()
                } else {
                    Report::new(documents, &case.caller, &case.asked)?.short()
                };
                of_suite.push(Outcome {
                    principal: case.principal.clone(),
                    verb: case.asked.verb,
                    path: case.asked.path.clone(),
                    expected: case.expected,
                    decision,
                    why,
                });
            }
            outcomes.push((suite.path.clone(), of_suite));
        }
        Ok(Self { suites: outcomes, reached, coverage: None, without_document })
    }

    /// Counts what the cases of `suites`, which were run, have reached: statements, and `routes` if
    /// there is a list of them.
    pub(crate) fn count(
        &mut self,
        documents: &Documents,
        suites: &[Suite],
        routes: Option<&RouteList>,
    ) {
        let cases = || suites.iter().flat_map(|suite| &suite.cases);
        let calls = || cases().map(|case| &case.asked).filter(|asked| asked.method().is_some());
        let asked = || calls().map(|asked| (asked.verb, asked.path.as_str()));
        self.coverage = Some(Coverage {
            statements: coverage::statements(documents, &self.reached),
            routes: routes.map(|routes| coverage::routes(routes, asked())),
        });
    }

    /// How many cases there are, and how many of them failed.
    pub(crate) fn counts(&self) -> (usize, usize) {
        let all = || self.suites.iter().flat_map(|(_, outcomes)| outcomes);
        (all().count(), all().filter(|outcome| !outcome.passed()).count())
    }

    /// What is below `minimum` percent.
    pub(crate) fn below(&self, minimum: usize) -> Vec<(&'static str, &Tally)> {
        self.tallies().into_iter().filter(|(_, tally)| tally.percent() < minimum).collect()
    }

    fn tallies(&self) -> Vec<(&'static str, &Tally)> {
        let Some(coverage) = &self.coverage else { return Vec::new() };
        let routes = coverage.routes.as_ref().map(|routes| ("routes", routes));
        [("statements", &coverage.statements)].into_iter().chain(routes).collect()
    }

    /// For people, line by line.
    pub(crate) fn lines(&self, paint: &Paint) -> Vec<String> {
        let Paint { good, bad, strong, faint } = paint;
        let mut lines = Vec::new();
        for (path, outcomes) in &self.suites {
            let failed = outcomes.iter().filter(|outcome| !outcome.passed()).count();
            let (path, count) = (shown(path), outcomes.len());
            lines.push(if failed == 0 {
                format!("{path}  {good}{count} passed{good:#}")
            } else {
                format!("{path}  {bad}{failed} of {count} failed{bad:#}")
            });
            for outcome in outcomes.iter().filter(|outcome| !outcome.passed()) {
                let Outcome { principal, verb, path, .. } = outcome;
                let (principal, difference) = (visible(principal), outcome.difference());
                lines.push(format!("  {strong}{principal}: {verb} {path}{strong:#}: {difference}"));
                lines.extend(outcome.why.iter().map(|why| format!("      {why}")));
            }
        }
        let (total, failed) = self.counts();
        lines.push(match failed {
            0 => format!("{total} cases, all passed"),
            _ => format!("{total} cases, {failed} failed"),
        });
        for (name, tally) in self.tallies() {
            let (reached, total, percent) = (tally.reached(), tally.total, tally.percent());
            lines.push(format!("{name:<10} {reached} of {total} tested ({percent} %)"));
            let missing = tally.missing.iter();
            lines.extend(missing.map(|one| format!("  {faint}never:{faint:#} {}", visible(one))));
        }
        lines
    }

    /// For programs.
    pub(crate) fn json(&self) -> Value {
        let suites = self.suites.iter().map(|(path, outcomes)| {
            let cases = outcomes.iter().map(Outcome::json);
            json!({ "file": path.display().to_string(), "cases": cases.collect::<Vec<_>>() })
        });
        let (total, failed) = self.counts();
        let coverage: serde_json::Map<String, Value> = self
            .tallies()
            .into_iter()
            .map(|(name, tally)| (name.to_owned(), tally.json()))
            .collect();
        json!({
            "suites": suites.collect::<Vec<_>>(),
            "total": total,
            "failed": failed,
            "coverage": self.coverage.as_ref().map(|_| coverage),
            "without_document": self.without_document,
        })
    }
}

fn shown(path: &Path) -> String {
    visible(&path.display().to_string())
}
