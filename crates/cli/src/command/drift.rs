//! `gatepost drift`: whether a policy table is what the files say.

use std::collections::BTreeSet;
use std::io::Write;

use gatepost_core::subject::Subject;
use serde_json::{Value, json};

use super::Format;
use crate::comparison::{write_json, write_text};
use crate::exit_status::ExitStatus;
use crate::paint::Paint;
use crate::plan::conflict::who;
use crate::plan::input::{Input, InputArgs};
use crate::plan::text::edited;
use crate::plan::{Plan, Wanted};
use crate::policy_table::{PolicyTable, TableArgs};
use crate::publish::{progress, scope};
use crate::side::Source;
use crate::visible::visible;

/// Whether a policy table is what the files say, and was changed by nothing else
///
/// Tells rows that differ from their files, rows and files that have no counterpart, and rows that
/// were edited by hand; and what an apply would mean. Exit status 1 if there is any.
#[derive(clap::Args, Debug)]
pub(crate) struct DriftArgs {
    /// The documents as they should be: a folder, `git:REV:PATH`, or an export
    #[arg(value_name = "SOURCE", default_value = "policies")]
    source: Source,

    #[command(flatten)]
    table: TableArgs,

    /// How the answer is written
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

impl DriftArgs {
    pub(crate) fn run(
        &self,
        stdout: &mut dyn Write,
        stderr: &mut dyn Write,
    ) -> anyhow::Result<ExitStatus> {
        let table = PolicyTable::open(&self.table)?;
        let state = table.read()?;
        // With what has no file to be taken away, so that this is seen for what it means.
        let is_one_file = matches!(&self.source, Source::Path(path) if path.is_file());
        let input = InputArgs { prune: !is_one_file, candidate: false };
        let wanted = match Input::read(&self.source, input, &state)? {
            Input::Wanted(wanted) => Wanted { tests: None, ..wanted },
            Input::Saved(_) => anyhow::bail!("a plan is no documents"),
        };
        let plan = Plan::new(table.name.clone(), state, wanted);
        let scope = scope();
        let comparisons = plan.comparisons(&scope, &mut progress(stderr))?;
        let edits = plan.state.rows.keys().filter(|one| plan.state.hand_edit(one).is_some());
        let subjects: BTreeSet<&Subject> = plan.rows.keys().chain(edits).collect();
        match self.format {
            Format::Json => {
                let mut meaning = Vec::new();
                write_json(&comparisons, &mut meaning)?;
                let differences: Vec<Value> =
                    subjects.iter().map(|subject| difference(&plan, subject)).collect();
                let answer = json!({
                    "table": plan.table,
                    "differences": differences,
                    "meaning": serde_json::from_slice::<Value>(&meaning)?,
                });
                writeln!(stdout, "{answer}")?;
            }
            Format::Text => {
                for subject in &subjects {
                    let name = visible(&subject.to_string());
                    let note = plan.state.rows.get(subject).map_or_else(String::new, |row| {
                        format!(", version {}{}", row.version, who(&row.note))
                    });
                    let edit = plan.state.hand_edit(subject);
                    let edit = edit.map_or_else(String::new, |edit| format!("; {}", edited(edit)));
                    writeln!(stdout, "{name}: {}{note}{edit}", words(kind(&plan, subject)))?;
                }
                if !comparisons.is_empty() {
                    writeln!(stdout, "\nWhat an apply would change:\n")?;
                    let coloured = Paint::for_stdout().strong != anstyle::Style::new();
                    write_text(&comparisons, coloured, stdout)?;
                }
                if subjects.is_empty() {
                    writeln!(stdout, "{} rows, all as the files say", plan.unchanged)?;
                }
            }
        }
        Ok(if subjects.is_empty() { ExitStatus::Yes } else { ExitStatus::No })
    }
}

fn kind(plan: &Plan, subject: &Subject) -> &'static str {
    let has_row = plan.state.rows.contains_key(subject);
    let has_change = plan.rows.get(subject).is_some_and(|row| row.content.is_some());
    let has_file = match plan.wanted.intents.get(subject) {
        Some((crate::plan::Intent::Removed, _)) | None => false,
        Some(_) => true,
    };
    match (has_row, has_file) {
        (true, true) if has_change => "changed",
        (true, true) => "edited_by_hand",
        (true, false) => "only_in_table",
        (false, _) => "only_in_files",
    }
}

fn words(kind: &str) -> &'static str {
    match kind {
        "changed" => "differs from its file",
        "edited_by_hand" => "is what its file says",
        "only_in_table" => "has no file",
        _ => "has no row",
    }
}

fn difference(plan: &Plan, subject: &Subject) -> Value {
    let row = plan.state.rows.get(subject);
    let note = row.map(|row| row.note.clone()).unwrap_or_default();
    json!({
        "subject": subject.to_string(),
        "kind": kind(plan, subject),
        "edited_by_hand": plan.state.hand_edit(subject).is_some(),
        "version": row.map(|row| row.version),
        "updated_at": note.updated_at,
        "updated_by": note.updated_by,
        "source_revision": note.source_revision,
    })
}
