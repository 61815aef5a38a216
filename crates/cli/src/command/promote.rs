//! `gatepost promote`: a candidate becomes the document.

use std::io::{BufRead, Write};

use anyhow::bail;
use gatepost_core::subject::Subject;

use super::rollback::TestsArgs;
use crate::exit_status::ExitStatus;
use crate::plan::{Intent, Plan};
use crate::policy_table::PolicyTable;
use crate::publish::{PublishArgs, Streams};
use crate::visible::visible;

/// Put the candidate of a subject into force
///
/// With the checks, questions and exit statuses of `gatepost apply`. Files do not follow: `gatepost
/// pull` brings the document into them.
#[derive(clap::Args, Debug)]
pub(crate) struct PromoteArgs {
    /// Whose candidate, such as `group:movies-group`
    #[arg(value_name = "SUBJECT")]
    subject: Subject,

    #[command(flatten)]
    tests: TestsArgs,

    #[command(flatten)]
    publish: PublishArgs,
}

impl PromoteArgs {
    pub(crate) fn run(
        &self,
        stdin: &mut dyn BufRead,
        stdout: &mut dyn Write,
        stderr: &mut dyn Write,
    ) -> anyhow::Result<ExitStatus> {
        let table = PolicyTable::open(&self.publish.table)?;
        let state = table.read()?;
        let candidate = state.rows.get(&self.subject).and_then(|row| row.candidate.as_ref());
        let subject = visible(&self.subject.to_string());
        match candidate {
            Some(Ok(_)) => {}
            Some(Err(fault)) => bail!("the candidate of `{subject}` is unreadable: {fault}"),
            None => bail!(
                "`{subject}` has no candidate: `gatepost apply --candidate` writes those of the files"
            ),
        }
        let place = format!("dynamodb:{}, candidate", table.name);
        let wanted = self.tests.wanted(&self.subject, Intent::Promoted, place);
        let mut publish = self.publish.clone();
        publish.comment_by_default(|| "its candidate".to_owned());
        let plan = Plan::new(table.name.clone(), state, wanted);
        publish.publish(&table, &plan, &[], Streams { stdin, stdout, stderr })
    }
}
