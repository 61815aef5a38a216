//! Plans for people.

use std::io::{self, Write};

use gatepost_core::analysis::Direction;
use gatepost_store::{Content, HandEdit};

use super::checks::Checks;
use super::{Plan, RowPlan, directions};
use crate::comparison::{Comparison, write_text};
use crate::counted::counted;
use crate::paint::Paint;
use crate::visible::visible;

/// Writes the rows, what their changes mean, and what was found.
///
/// # Errors
///
/// When it cannot be written.
pub(crate) fn write_plan(
    plan: &Plan,
    comparisons: &[Comparison<'_>],
    checks: &Checks,
    out: &mut dyn Write,
) -> io::Result<()> {
    let paint = Paint::for_stdout();
    let Paint { strong, faint, .. } = paint;
    let directions = directions(comparisons);
    writeln!(out, "{strong}Rows of {}{strong:#}", visible(&plan.table))?;
    for (subject, row) in &plan.rows {
        let name = subject.to_string();
        let direction = directions.get(&name).copied().unwrap_or(Direction::Same);
        let version = plan.state.rows.get(subject).map(|row| row.version);
        writeln!(out, "  {} {}  {}", sign(row), visible(&name), says(version, row, direction))?;
    }
    for subject in &plan.without_document {
        let name = visible(&subject.to_string());
        writeln!(out, "  ! {name}  has no document beside which a candidate could be tried")?;
    }
    for subject in &plan.left_alone {
        if let Some(edit) = plan.state.hand_edit(subject) {
            writeln!(out, "  ! {}  {}", visible(&subject.to_string()), edited(edit))?;
        }
    }
    let others = match plan.left_alone.len() {
        0 => String::new(),
        count => format!(", {} left alone", counted(count, "other")),
    };
    let (count, same) = (counted(plan.rows.len(), "row"), plan.unchanged);
    writeln!(out, "  {faint}{count} to write, {same} as they should be{others}{faint:#}\n")?;
    if !plan.rows.is_empty() {
        let tried = if plan.is_of_candidates() { ", if the candidates were in force" } else { "" };
        writeln!(out, "{strong}In meaning{tried}{strong:#}")?;
        write_text(comparisons, strong != anstyle::Style::new(), out)?;
        writeln!(out)?;
    }
    write_checks(checks, &paint, out)
}

fn write_checks(checks: &Checks, paint: &Paint, out: &mut dyn Write) -> io::Result<()> {
    let Paint { strong, bad, .. } = paint;
    if !checks.findings.is_empty() {
        writeln!(out, "{strong}Lint{strong:#}")?;
        for finding in &checks.findings {
            writeln!(out, "  {finding}")?;
        }
        writeln!(out)?;
    }
    if let Some(run) = &checks.tests {
        writeln!(out, "{strong}Tests{strong:#}")?;
        for line in run.lines(paint) {
            writeln!(out, "  {line}")?;
        }
        writeln!(out)?;
    }
    if !checks.combinations.is_empty() {
        writeln!(out, "{strong}Combinations over the size budget{strong:#}")?;
        for combination in &checks.combinations {
            writeln!(out, "  {combination}")?;
        }
        writeln!(out)?;
    }
    for refusal in &checks.refusals {
        writeln!(out, "{bad}against it:{bad:#} {refusal}")?;
    }
    Ok(())
}

fn sign(row: &RowPlan) -> char {
    match &row.content {
        None | Some(Content::Adopted) => '=',
        Some(Content::Removed) => '-',
        Some(Content::Candidate(_) | Content::Document(_) | Content::Promoted) => '~',
    }
}

/// `version 3, wider`
fn says(version: Option<u64>, row: &RowPlan, direction: Direction) -> String {
    let version = version.map_or_else(|| "new".to_owned(), |version| format!("version {version}"));
    let what = match &row.content {
        None | Some(Content::Adopted) => "becomes a revision as it is".to_owned(),
        Some(Content::Candidate(_)) => "gets a candidate".to_owned(),
        Some(Content::Removed) => format!("is taken away, {}", word(direction)),
        Some(Content::Promoted) => format!("its candidate comes into force, {}", word(direction)),
        Some(Content::Document(_)) => word(direction).to_owned(),
    };
    let edit = row.hand_edit.map_or_else(String::new, |edit| format!("; {}", edited(edit)));
    format!("{version}, {what}{edit}")
}

fn word(direction: Direction) -> &'static str {
    match direction {
        Direction::Same => "same rights",
        Direction::Narrower => "narrower",
        Direction::Wider => "wider",
        Direction::Mixed => "narrower and wider",
    }
}

/// How a row came to be what no revision is.
pub(crate) fn edited(edit: HandEdit) -> &'static str {
    match edit {
        HandEdit::Document => "edited by hand: its document is not that of its version",
        HandEdit::NoRevision => "edited by hand: the history does not have its version",
    }
}
