//! `gatepost history`: who changed a subject's document, when, why, and what it meant.

use std::io::Write;

use gatepost_core::subject::Subject;

use super::Format;
use crate::exit_status::ExitStatus;
use crate::history::{Step, json, steps};
use crate::paint::Paint;
use crate::policy_table::{PolicyTable, TableArgs};
use crate::visible::visible;

/// Who changed the document of a subject, when, why, and what was gained and lost by it
///
/// Exit status 1 if it has no history.
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

impl HistoryArgs {
    pub(crate) fn run(&self, stdout: &mut dyn Write) -> anyhow::Result<ExitStatus> {
        let table = PolicyTable::open(&self.table)?;
        let revisions = table.history(&self.subject)?;
        let steps = steps(&revisions);
        match self.format {
            Format::Json => writeln!(stdout, "{}", json(&self.subject, &steps))?,
            Format::Text => {
                let paint = Paint::for_stdout();
                for step in steps.iter().rev() {
                    write(step, &paint, stdout)?;
                }
                if steps.is_empty() {
                    writeln!(stdout, "{} has no history", visible(&self.subject.to_string()))?;
                }
            }
        }
        Ok(if steps.is_empty() { ExitStatus::No } else { ExitStatus::Yes })
    }
}

fn write(step: &Step<'_>, paint: &Paint, stdout: &mut dyn Write) -> std::io::Result<()> {
    let Paint { strong, faint, .. } = paint;
    let note = &step.revision.note;
    let or_unknown = |text: &Option<String>| {
        text.as_ref().map_or_else(|| "unknown".to_owned(), |text| visible(text))
    };
    let unknown = if step.is_complete { "" } else { ", perhaps more" };
    writeln!(
        stdout,
        "{strong}version {}{strong:#}  {}  {}  {}: {} gained, {} lost{unknown}",
        step.revision.version,
        or_unknown(&note.updated_at),
        or_unknown(&note.updated_by),
        step.what(),
        step.gained,
        step.lost
    )?;
    if let Some(comment) = &note.comment {
        writeln!(stdout, "    {}", visible(comment))?;
    }
    if let Some(source) = &note.source_revision {
        writeln!(stdout, "    {faint}from {}{faint:#}", visible(source))?;
    }
    Ok(())
}
