//! `gatepost apply`: publishes documents, or a plan that was saved.

use std::io::{BufRead, Write};

use anyhow::ensure;

use crate::exit_status::ExitStatus;
use crate::plan::Plan;
use crate::plan::conflict::write_conflicts;
use crate::plan::input::{Input, InputArgs};
use crate::policy_table::PolicyTable;
use crate::publish::{PublishArgs, Streams, scope};
use crate::side::Source;

/// Publish documents to a policy table, or a plan that was saved
///
/// Refuses what lint or the tests beside the documents speak against, what would undo the edits of
/// others, and rows that were edited by hand; asks before anybody's rights become wider. Writes as
/// few transactions as there can be, in an order in which no moment is wider than before and after,
/// with a revision in the history for every change. Ended anywhere, it can be run again. Exit status
/// 1 if it was refused, or its question was not answered with yes.
#[derive(clap::Args, Debug)]
pub(crate) struct ApplyArgs {
    /// The documents: a folder, a file, `git:REV:PATH`, an export of a table; or a plan by `gatepost
    /// plan --out`, which is applied if nothing has changed since it was made, and else not at all
    #[arg(value_name = "SOURCE", default_value = "policies")]
    source: Source,

    #[command(flatten)]
    input: InputArgs,

    #[command(flatten)]
    publish: PublishArgs,
}

impl ApplyArgs {
    pub(crate) fn run(
        &self,
        stdin: &mut dyn BufRead,
        stdout: &mut dyn Write,
        stderr: &mut dyn Write,
    ) -> anyhow::Result<ExitStatus> {
        let table = PolicyTable::open(&self.publish.table)?;
        let state = table.read()?;
        let mut refused = Vec::new();
        let wanted = match Input::read(&self.source, self.input, &state)? {
            Input::Wanted(wanted) => wanted,
            Input::Saved(saved) => {
                ensure!(
                    saved.table == table.name,
                    "the plan is for the table `{}`, not `{}`",
                    saved.table,
                    table.name
                );
                let base = |subject: &_, version| {
                    let revisions = table.history(subject)?;
                    let revision = revisions.into_iter().find(|one| one.version == version);
                    Ok(revision.and_then(|one| one.document?.ok()))
                };
                match saved.left(&state, base, scope().max_states)? {
                    Ok(wanted) => {
                        refused = saved.refusals;
                        wanted
                    }
                    Err(conflicts) => {
                        write_conflicts(&conflicts, &table, stdout)?;
                        writeln!(
                            stderr,
                            "refused: the table has changed since the plan was made; make a new one"
                        )?;
                        return Ok(ExitStatus::No);
                    }
                }
            }
        };
        let plan = Plan::new(table.name.clone(), state, wanted);
        self.publish.publish(&table, &plan, &refused, Streams { stdin, stdout, stderr })
    }
}
