//! Whether what is planned is fit to be published: lint, tests, and answers that grow too large.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use gatepost_core::analysis::{
    Finding, Level, LintSettings, SharedFinding, Trap, lint, lint_together,
};
use gatepost_core::policy::PolicyDocument;
use gatepost_core::subject::{Subject, SubjectKind};
use gatepost_store::Content;

use super::Plan;
use crate::counted::counted;
use crate::explain::Documents;
use crate::parallel;
use crate::suite::{Run, Suite};
use crate::visible::visible;

/// What is taken for granted.
#[derive(clap::Args, Clone, Debug)]
pub(crate) struct CheckArgs {
    /// The most bytes that a merged answer may have
    #[arg(long, value_name = "BYTES", env = "GATEPOST_MAX_POLICY_BYTES", default_value_t = 8_192)]
    pub(crate) max_policy_bytes: usize,

    /// Publish in spite of lint errors, failed tests or a source that is behind the table; the
    /// reason is recorded with every row
    #[arg(long = "override", value_name = "REASON")]
    pub(crate) override_reason: Option<String>,
}

/// What was found.
#[derive(Debug, Default)]
pub(crate) struct Checks {
    /// One line for each finding, errors first.
    pub(crate) findings: Vec<String>,
    /// Groups that come to too large an answer for whoever has them all.
    pub(crate) combinations: Vec<String>,
    /// What came of the tests; `None` if there are none.
    pub(crate) tests: Option<Run>,
    /// Why it is not fit.
    pub(crate) refusals: Vec<String>,
}

impl Checks {
    /// Looks at the documents that would change, and at what would be in force with them.
    ///
    /// # Errors
    ///
    /// When a suite cannot be read.
    pub(crate) fn run(plan: &Plan, args: &CheckArgs) -> anyhow::Result<Self> {
        let settings =
            LintSettings { max_policy_bytes: args.max_policy_bytes, ..LintSettings::default() };
        let mut checks = Self::default();
        let outcome = plan.outcome();
        checks.lint(plan, &outcome, &settings);
        let groups: Vec<(&str, &PolicyDocument)> = outcome
            .iter()
            .filter(|(subject, _)| subject.kind() == SubjectKind::Group)
            .map(|(subject, (document, _))| (subject.name(), document))
            .collect();
        for SharedFinding { finding, .. } in lint_together(&groups, &settings) {
            if finding.rule == Trap::OverBudget {
                checks.combinations.push(visible(&finding.message));
            }
        }
        if let Some(tests) = &plan.wanted.tests {
            checks.test(tests, outcome)?;
        }
        Ok(checks)
    }

    fn lint(
        &mut self,
        plan: &Plan,
        outcome: &BTreeMap<Subject, (PolicyDocument, String)>,
        settings: &LintSettings,
    ) {
        let is_new = |subject: &&Subject| {
            let content = plan.rows.get(*subject).and_then(|row| row.content.as_ref());
            content.is_some_and(|content| *content != Content::Removed)
        };
        let documents: Vec<(&Subject, &(PolicyDocument, String))> =
            outcome.iter().filter(|(subject, _)| is_new(subject)).collect();
        let mut found: Vec<(Level, String)> = Vec::new();
        for (index, finding) in lint_all(&documents, settings) {
            let Some((subject, (_, place))) = documents.get(index) else { continue };
            let Finding { rule, level, pointer, message, .. } = finding;
            // A note is for whoever lints; a plan has other things to say.
            if level > Level::Note {
                let line = format!("{subject}: {level}: `{pointer}` {message} [{rule}] ({place})");
                found.push((level, visible(&line)));
            }
        }
        found.sort_by(|one, other| other.0.cmp(&one.0).then_with(|| one.1.cmp(&other.1)));
        let errors = found.iter().filter(|(level, _)| *level == Level::Error).count();
        if errors > 0 {
            self.refusals.push(format!("lint finds {}", counted(errors, "error")));
        }
        self.findings = found.into_iter().map(|(_, line)| line).collect();
    }

    fn test(
        &mut self,
        tests: &Path,
        outcome: BTreeMap<Subject, (PolicyDocument, String)>,
    ) -> anyhow::Result<()> {
        let suites = Suite::all_in(tests)?;
        if suites.is_empty() {
            return Ok(());
        }
        let held = outcome
            .into_iter()
            .map(|(subject, (document, place))| (subject, PathBuf::from(place), document));
        let run = Run::new(&Documents::of(tests.parent().unwrap_or(tests), held), &suites)?;
        let (total, failed) = run.counts();
        if failed > 0 {
            self.refusals.push(format!("{failed} of {} fail", counted(total, "test")));
        }
        self.tests = Some(run);
        Ok(())
    }
}

/// The findings of every document, each with its number, on all cores.
fn lint_all(
    documents: &[(&Subject, &(PolicyDocument, String))],
    settings: &LintSettings,
) -> Vec<(usize, Finding)> {
    let found = parallel::each(documents.len(), |index| {
        documents.get(index).map(|(_, (document, _))| lint(document, settings))
    });
    let found = found.into_iter().flatten().enumerate();
    found.flat_map(|(index, found)| found.into_iter().map(move |one| (index, one))).collect()
}
