//! `gatepost import`: the documents of a table of another layout.

use std::collections::BTreeMap;
use std::io::{BufRead, Write};
use std::path::PathBuf;
use std::time::Duration;

use anyhow::Context as _;
use clap::ValueEnum;
use gatepost_core::policy::PolicyDocument;
use gatepost_core::subject::Subject;
use gatepost_store::{TableLayout, read_all};

use super::pull::{FileChanges, write_files};
use crate::counted::counted;
use crate::exit_status::ExitStatus;
use crate::plan::{Intent, Plan, Wanted};
use crate::policy_table::PolicyTable;
use crate::publish::{PublishArgs, Streams};
use crate::table::{Table, wait_for};
use crate::visible::visible;

/// Take over the documents of a table of another layout, into files or into a policy table
///
/// The table that is read is not changed. Exit status 1 if a file was left alone for an edit of its
/// own, or as `gatepost apply` has it.
#[derive(clap::Args, Debug)]
pub(crate) struct ImportArgs {
    /// The table to read, by name or ARN
    #[arg(value_name = "FROM")]
    from: String,

    /// How it is laid out
    #[arg(long, value_enum, value_name = "LAYOUT", default_value_t)]
    layout: Layout,

    /// The policies folder to write to
    #[arg(long, value_name = "FOLDER", default_value = "policies")]
    policies: PathBuf,

    /// Write over edits that are not committed
    #[arg(long, conflicts_with = "into_table")]
    overwrite: bool,

    /// Publish to the policy table that `--table` names, instead of writing files
    #[arg(long)]
    into_table: bool,

    #[command(flatten)]
    publish: PublishArgs,
}

/// How a table is laid out.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, ValueEnum)]
enum Layout {
    /// As in `aws-samples/amazon-cognito-api-gateway`: `group` and `policy`
    #[default]
    AwsSample,
    /// As Gatepost's own
    Gatepost,
}

/// The longest that the table is read.
const PATIENCE: Duration = Duration::from_mins(2);

impl ImportArgs {
    pub(crate) fn run(
        &self,
        stdin: &mut dyn BufRead,
        stdout: &mut dyn Write,
        stderr: &mut dyn Write,
    ) -> anyhow::Result<ExitStatus> {
        let layout = match self.layout {
            Layout::AwsSample => TableLayout::AwsSample,
            Layout::Gatepost => TableLayout::Gatepost,
        };
        let read = wait_for(PATIENCE, async {
            let Table { client, .. } = Table::from_environment().await?;
            let read = read_all(&client, &self.from, layout).await;
            read.with_context(|| format!("the table `{}`", visible(&self.from)))
        })??;
        let documents: BTreeMap<Subject, PolicyDocument> = read
            .into_iter()
            .map(|policy| (policy.subject, policy.document.as_ref().clone()))
            .collect();
        if self.into_table {
            let place = format!("dynamodb:{}", self.from);
            let intents = documents.into_iter().map(|(subject, document)| {
                (subject, (Intent::Document(document.into()), place.clone()))
            });
            let wanted = Wanted {
                intents: intents.collect(),
                tests: Some(self.policies.join("tests")),
                ..Wanted::default()
            };
            let table = PolicyTable::open(&self.publish.table)?;
            let mut publish = self.publish.clone();
            publish.comment_by_default(|| format!("imported from {}", self.from));
            let plan = Plan::new(table.name.clone(), table.read()?, wanted);
            return publish.publish(&table, &plan, &[], Streams { stdin, stdout, stderr });
        }
        let FileChanges { written, kept, .. } =
            write_files(&self.policies, &documents, self.overwrite, |_, _| false)?;
        for path in &written {
            writeln!(stdout, "written: {}", visible(&path.display().to_string()))?;
        }
        for path in &kept {
            let name = visible(&path.display().to_string());
            writeln!(stdout, "left alone, with an edit of its own (--overwrite): {name}")?;
        }
        writeln!(stdout, "{}", counted(documents.len(), "document"))?;
        Ok(if kept.is_empty() { ExitStatus::Yes } else { ExitStatus::No })
    }
}
