//! Comparisons for people at a terminal.

use std::io::{self, Write};

use anstyle::{AnsiColor, Style};
use gatepost_core::analysis::ChangeKind;

use super::row::{Reason, Row};
use super::{Comparison, Totals};
use crate::counted::counted;
use crate::visible::visible;

/// How the parts of the text look.
#[derive(Clone, Copy, Debug, Default)]
struct Looks {
    subject: Style,
    gained: Style,
    lost: Style,
    unknown: Style,
    detail: Style,
}

impl Looks {
    fn coloured() -> Self {
        let colour = |colour: AnsiColor| Style::new().fg_color(Some(colour.into()));
        Self {
            subject: Style::new().bold(),
            gained: colour(AnsiColor::Green),
            lost: colour(AnsiColor::Red),
            unknown: colour(AnsiColor::Yellow),
            detail: Style::new().dimmed(),
        }
    }
}

/// Writes what differs, and what it comes to.
///
/// # Errors
///
/// When it cannot be written.
pub(crate) fn write_text(
    comparisons: &[Comparison<'_>],
    coloured: bool,
    stdout: &mut dyn Write,
) -> io::Result<()> {
    let looks = if coloured { Looks::coloured() } else { Looks::default() };
    for comparison in comparisons.iter().filter(|comparison| comparison.is_listed()) {
        write_subject(comparison, looks, stdout)?;
        writeln!(stdout)?;
    }
    writeln!(stdout, "{}", summary(comparisons))
}

fn write_subject(
    comparison: &Comparison<'_>,
    looks: Looks,
    stdout: &mut dyn Write,
) -> io::Result<()> {
    let Looks { subject, unknown, .. } = looks;
    let standing = comparison.pair.standing();
    let standing = standing.map_or_else(String::new, |standing| format!(" ({standing})"));
    writeln!(stdout, "{subject}{}{subject:#}{standing}", visible(&comparison.pair.subject))?;
    for note in &comparison.pair.notes {
        writeln!(stdout, "  {}", visible(note))?;
    }
    for row in Row::of(comparison) {
        write_row(&row, comparison, looks, stdout)?;
    }
    match &comparison.diff.unknown {
        Some(why) => writeln!(stdout, "  {unknown}? unknown: {why}{unknown:#}"),
        None if comparison.is_same() => writeln!(stdout, "  no right differs"),
        None => Ok(()),
    }
}

fn write_row(
    row: &Row<'_>,
    comparison: &Comparison<'_>,
    looks: Looks,
    stdout: &mut dyn Write,
) -> io::Result<()> {
    let Looks { gained, lost, unknown, detail, .. } = looks;
    let (sign, style) = match row.kind() {
        ChangeKind::Gained => ('+', gained),
        ChangeKind::Lost => ('-', lost),
        ChangeKind::Moved => ('~', unknown),
    };
    write!(stdout, "  {style}{sign} {}{style:#}", visible(&row.request()))?;
    if let Some(actions) = row.actions() {
        write!(stdout, " [{actions}]")?;
    }
    if let Some(stage) = row.stage {
        write!(stdout, " in {}", visible(stage))?;
    }
    writeln!(stdout)?;
    if let Some(guard) = row.guard() {
        writeln!(stdout, "      {}", visible(&guard.to_string()))?;
    }
    let claims = row.claims();
    if !claims.is_empty() {
        let claims: Vec<String> = claims
            .iter()
            .map(|(name, value)| format!("{} is `{}`", visible(name), visible(value)))
            .collect();
        writeln!(stdout, "      for a caller whose {}", claims.join(" and "))?;
    }
    for reason in row.reasons(comparison) {
        writeln!(stdout, "      {detail}{}{detail:#}", visible(&said(&reason)))?;
    }
    Ok(())
}

/// `after:  allowed by /Statement/0 ReadMovies (Allow GET/movies) in policies/groups/a.json`
fn said(reason: &Reason<'_>) -> String {
    let statements: Vec<String> = reason
        .statements
        .iter()
        .map(|statement| {
            let sid = statement.sid.map_or_else(String::new, |sid| format!(" {sid}"));
            let (number, gist, place) = (statement.number, &statement.gist, statement.place);
            format!(" /Statement/{number}{sid} ({gist}) in {place}")
        })
        .collect();
    let more = if reason.more == 0 { String::new() } else { format!(" and {} more", reason.more) };
    let side = format!("{}:", reason.side);
    format!("{side:<7} {}{}{more}", reason.words, statements.join(","))
}

fn summary(comparisons: &[Comparison<'_>]) -> String {
    let totals = Totals::of(comparisons);
    let subjects = counted(totals.subjects, "subject");
    let unknown = match totals.unknown {
        0 => String::new(),
        count => format!(", {count} unknown"),
    };
    if totals.differing == 0 {
        let found = if totals.unknown == 0 { "" } else { " found" };
        return format!("{subjects}, no difference{found}{unknown}");
    }
    let moved = match totals.moved {
        0 => String::new(),
        count => format!(", {count} moved"),
    };
    let Totals { differing, gained, lost, unchanged, .. } = totals;
    format!(
        "{subjects}: {differing} changed ({gained} gained, {lost} lost{moved}), {unchanged} \
         unchanged{unknown}"
    )
}
