//! `gatepost history`: who changed a subject's document, when, why, and what it meant.

use std::io::Write;

use gatepost_core::analysis::{ChangeKind, diff};
use gatepost_core::policy::PolicyDocument;
use gatepost_core::subject::Subject;
use gatepost_store::Revision;
use serde_json::{Value, json};

use super::Format;
use crate::exit_status::ExitStatus;
use crate::paint::Paint;
use crate::policy_table::{PolicyTable, TableArgs};
use crate::publish::scope;
use crate::visible::visible;

/// Who changed the document of a subject, when, why, and what was gained and lost by it
#[derive(clap::Args, Debug)]
pub(crate) struct HistoryArgs {
    /// Whose document, such as `group:movies-group`
    #[arg(value_name = "SUBJECT")]
    subject: Subject,

    #[command(flatten)]
    table: TableArgs,

    /// How the answer is written
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// A revision, and what it changed.
struct Step<'a> {
    revision: &'a Revision,
    gained: usize,
    lost: usize,
    is_complete: bool,
}

impl HistoryArgs {
    pub(crate) fn run(&self, stdout: &mut dyn Write) -> anyhow::Result<ExitStatus> {
        let table = PolicyTable::open(&self.table)?;
        let revisions = table.history(&self.subject)?;
        let mut before: Option<&PolicyDocument> = None;
        let steps: Vec<Step<'_>> = revisions
            .iter()
            .map(|revision| {
                let after = revision.document.as_ref().and_then(|read| read.as_deref().ok());
                let found = diff(before.as_slice(), after.as_slice(), &scope());
                before = after;
                let count = |kind| found.changes.iter().filter(|one| one.kind == kind).count();
                Step {
                    revision,
                    gained: count(ChangeKind::Gained),
                    lost: count(ChangeKind::Lost),
                    is_complete: found.unknown.is_none(),
                }
            })
            .collect();
        match self.format {
            Format::Json => {
                let steps: Vec<Value> = steps.iter().map(Step::json).collect();
                let answer = json!({ "subject": self.subject.to_string(), "revisions": steps });
                writeln!(stdout, "{answer}")?;
            }
            Format::Text => {
                let paint = Paint::for_stdout();
                for step in steps.iter().rev() {
                    step.write(&paint, stdout)?;
                }
                if steps.is_empty() {
                    writeln!(stdout, "{} has no history", visible(&self.subject.to_string()))?;
                }
            }
        }
        Ok(if steps.is_empty() { ExitStatus::No } else { ExitStatus::Yes })
    }
}

impl Step<'_> {
    fn what(&self) -> &'static str {
        match (&self.revision.document, &self.revision.candidate) {
            (None, _) => "removed",
            (Some(Err(_)), _) => "unreadable",
            (Some(Ok(_)), Some(_)) => "candidate",
            (Some(Ok(_)), None) => "document",
        }
    }

    fn json(&self) -> Value {
        let note = &self.revision.note;
        json!({
            "version": self.revision.version,
            "what": self.what(),
            "updated_at": note.updated_at,
            "updated_by": note.updated_by,
            "comment": note.comment,
            "source_revision": note.source_revision,
            "gained": self.gained,
            "lost": self.lost,
            "unknown": !self.is_complete,
        })
    }

    fn write(&self, paint: &Paint, stdout: &mut dyn Write) -> std::io::Result<()> {
        let Paint { strong, faint, .. } = paint;
        let note = &self.revision.note;
        let or_unknown = |text: &Option<String>| {
            text.as_ref().map_or_else(|| "unknown".to_owned(), |text| visible(text))
        };
        let unknown = if self.is_complete { "" } else { ", perhaps more" };
        writeln!(
            stdout,
            "{strong}version {}{strong:#}  {}  {}  {}: {} gained, {} lost{unknown}",
            self.revision.version,
            or_unknown(&note.updated_at),
            or_unknown(&note.updated_by),
            self.what(),
            self.gained,
            self.lost
        )?;
        if let Some(comment) = &note.comment {
            writeln!(stdout, "    {}", visible(comment))?;
        }
        if let Some(source) = &note.source_revision {
            writeln!(stdout, "    {faint}from {}{faint:#}", visible(source))?;
        }
        Ok(())
    }
}
