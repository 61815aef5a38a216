//! `gatepost rollback`: an older document, as a new version.

use std::collections::BTreeMap;
use std::io::{BufRead, Write};
use std::path::PathBuf;

use anyhow::Context as _;
use gatepost_core::subject::Subject;

use super::show::revision;
use crate::exit_status::ExitStatus;
use crate::plan::{Intent, Plan, Wanted};
use crate::policy_table::PolicyTable;
use crate::publish::{PublishArgs, Streams};

/// Publish an older document of a subject again, as a new version
///
/// With the checks, questions and exit statuses of `gatepost apply`. Nothing of the history is
/// changed.
#[derive(clap::Args, Debug)]
pub(crate) struct RollbackArgs {
    /// Whose document, such as `group:movies-group`
    #[arg(value_name = "SUBJECT")]
    subject: Subject,

    /// The version whose document is wanted; one that took the document away takes it away again
    #[arg(long, value_name = "VERSION")]
    to: u64,

    #[command(flatten)]
    tests: TestsArgs,

    #[command(flatten)]
    publish: PublishArgs,
}

/// Where the tests are.
#[derive(clap::Args, Debug)]
pub(super) struct TestsArgs {
    /// The folder with the tests, in tests/, if it is there
    #[arg(long, value_name = "FOLDER", default_value = "policies")]
    policies: PathBuf,
}

impl RollbackArgs {
    pub(crate) fn run(
        &self,
        stdin: &mut dyn BufRead,
        stdout: &mut dyn Write,
        stderr: &mut dyn Write,
    ) -> anyhow::Result<ExitStatus> {
        let table = PolicyTable::open(&self.publish.table)?;
        let document = revision(&table, &self.subject, self.to)?.document.transpose();
        let document = document.with_context(|| format!("the document of version {}", self.to))?;
        let intent = document.map_or(Intent::Removed, Intent::Document);
        let place = format!("dynamodb:{}, version {}", table.name, self.to);
        let wanted = self.tests.wanted(&self.subject, intent, place);
        let mut publish = self.publish.clone();
        publish.comment_by_default(|| format!("back to version {}", self.to));
        let plan = Plan::new(table.name.clone(), table.read()?, wanted);
        publish.publish(&table, &plan, &[], Streams { stdin, stdout, stderr })
    }
}

impl TestsArgs {
    /// One subject's wish, to be tested by the suites of the folder.
    pub(super) fn wanted(&self, subject: &Subject, intent: Intent, place: String) -> Wanted {
        let intents = BTreeMap::from([(subject.clone(), (intent, place))]);
        let tests = Some(self.policies.join("tests"));
        Wanted { intents, tests, ..Wanted::default() }
    }
}
