//! Comparisons for a comment on a pull request: GitHub-flavoured Markdown.
//!
//! Whatever comes from a document, a file name or a subject stands in a code span, where GitHub
//! reads neither Markdown nor HTML, mentions nor links. See [`Code`] for what could end one.

mod code;

use std::io::{self, Write};

use gatepost_core::analysis::ChangeKind;
use gatepost_core::policy::Condition;

use self::code::Code;
use super::row::{Reason, Row, shortened};
use super::{Comparison, Totals};
use crate::counted::counted;

/// The longest text that GitHub takes for a comment, in characters.
///
/// Source: its own refusal, "Body is too long (maximum is 65536 characters)".
const MAX_CHARACTERS: usize = 65_536;

/// What is kept free for closing what is open, and for saying what is left out.
const RESERVE: usize = 400;

/// So many rows are shown at once; the rest can be unfolded.
const OPEN_ROWS: usize = 20;

/// The longest that one text from a document may be in a cell, in characters.
const MAX_CODE: usize = 300;

/// The longest that the name of a subject may be, in characters.
const MAX_NAME: usize = 200;

const TABLE: &str = "| Change | Request | Only if | Because |\n| --- | --- | --- | --- |\n";

/// Writes a summary in one line and a table for each subject that differs.
///
/// # Errors
///
/// When it cannot be written.
pub(crate) fn write_markdown(
    comparisons: &[Comparison<'_>],
    stdout: &mut dyn Write,
) -> io::Result<()> {
    let mut page = Page::new(&summary(comparisons));
    let mut open_rows = OPEN_ROWS;
    for comparison in comparisons.iter().filter(|comparison| comparison.is_listed()) {
        let rows = Row::of(comparison);
        let heading = heading(comparison);
        if !page.take(&heading) {
            page.left_out_subjects += 1;
            page.left_out_changes += comparison.diff.changes.len();
            continue;
        }
        let open = rows.len().min(open_rows);
        open_rows -= open;
        let (shown, folded) = rows.split_at_checked(open).unwrap_or((&rows, &[]));
        write_rows(&mut page, shown, comparison);
        if !folded.is_empty() {
            let title = counted(folded.len(), if open == 0 { "row" } else { "more row" });
            if page.take(&format!("\n<details><summary>{title}</summary>\n")) {
                write_rows(&mut page, folded, comparison);
                page.close("\n</details>\n");
            } else {
                page.left_out_changes += folded.iter().map(|row| row.count).sum::<usize>();
            }
        }
    }
    stdout.write_all(page.finish().as_bytes())
}

fn write_rows(page: &mut Page, rows: &[Row<'_>], comparison: &Comparison<'_>) {
    let mut has_head = false;
    for row in rows {
        let mut text = table_row(row, comparison);
        if !has_head {
            text = format!("\n{TABLE}{text}");
        }
        if page.take(&text) {
            has_head = true;
        } else {
            page.left_out_changes += row.count;
        }
    }
}

/// A text that does not grow over what a comment may have.
struct Page {
    text: String,
    characters: usize,
    /// Once something did not fit, nothing after it is taken: what is shown is a beginning.
    is_full: bool,
    left_out_changes: usize,
    left_out_subjects: usize,
}

impl Page {
    fn new(summary: &str) -> Self {
        let characters = summary.chars().count();
        Self {
            text: summary.to_owned(),
            characters,
            is_full: false,
            left_out_changes: 0,
            left_out_subjects: 0,
        }
    }

    /// Adds `text` if it fits.
    fn take(&mut self, text: &str) -> bool {
        let characters = text.chars().count();
        self.is_full |= self.characters + characters + RESERVE > MAX_CHARACTERS;
        if !self.is_full {
            self.close(text);
        }
        !self.is_full
    }

    /// Adds what ends something, for which there is the reserve.
    fn close(&mut self, text: &str) {
        self.characters += text.chars().count();
        self.text.push_str(text);
    }

    fn finish(mut self) -> String {
        if self.is_full {
            let changes = counted(self.left_out_changes, "more change");
            let subjects = match self.left_out_subjects {
                0 => String::new(),
                count => format!(" and {} not shown at all", counted(count, "subject")),
            };
            self.close(&format!(
                "\n**… and {changes}**{subjects}: a comment can hold no more. Run `gatepost diff` \
                 to see everything.\n"
            ));
        }
        self.text
    }
}

/// `⚠️ **2 gained**, 1 lost in 1 of 3 subjects`
fn summary(comparisons: &[Comparison<'_>]) -> String {
    let Totals { subjects, differing, unknown, gained, lost, moved, .. } = Totals::of(comparisons);
    let subjects = counted(subjects, "subject");
    let differences = match (differing, gained) {
        (0, _) if unknown > 0 => format!("No difference was found in {subjects}"),
        (0, _) => format!("✅ No right differs in {subjects}"),
        (_, 0) => format!("Nothing gained, {lost} lost"),
        _ => format!("⚠️ **{gained} gained**, {lost} lost"),
    };
    let moved = match moved {
        0 => String::new(),
        _ => format!(", {moved} moved between an explicit deny and no statement"),
    };
    let of = if differing == 0 { String::new() } else { format!(" in {differing} of {subjects}") };
    let unknown = match unknown {
        0 => String::new(),
        _ => format!("; ❓ {} could not be compared to the end", counted(unknown, "subject")),
    };
    format!("{differences}{moved}{of}{unknown}\n")
}

fn heading(comparison: &Comparison<'_>) -> String {
    let pair = &comparison.pair;
    let name = Code::of(&shortened(&pair.subject, MAX_NAME));
    let standing = pair.standing();
    let standing = standing.map_or_else(String::new, |standing| format!(" ({standing})"));
    let mut parts = vec![format!("\n#### {name}{standing}\n")];
    let notes = pair.notes.iter().map(|note| Code::of(&shortened(note, MAX_NAME)));
    parts.extend(notes.map(|note| format!("\n{note}\n")));
    match &comparison.diff.unknown {
        Some(why) => parts.push(format!("\n❓ **Unknown**: {why}.\n")),
        None if comparison.is_same() => parts.push("\nNo right differs.\n".to_owned()),
        None => {}
    }
    parts.concat()
}

fn table_row(row: &Row<'_>, comparison: &Comparison<'_>) -> String {
    let change = match row.kind() {
        ChangeKind::Gained => "➕ gained",
        ChangeKind::Lost => "➖ lost",
        ChangeKind::Moved => "↔ moved",
    };
    let cell = |text: &str| Code::in_cell(&shortened(text, MAX_CODE)).to_string();
    let mut request = vec![cell(&row.request())];
    request.extend(row.actions().map(|actions| cell(&actions)));
    request.extend(row.stage.map(|stage| format!("in {}", cell(stage))));
    let claims = row.claims();
    request.extend(
        claims.iter().map(|(name, value)| format!("caller's {} is {}", cell(name), cell(value))),
    );
    let request = request.join("<br>");
    let conditions = row.guard().map_or_else(String::new, |guard| {
        let text = |condition: &Condition| cell(&condition.to_json().to_string());
        let holds = guard.holds.iter().map(text);
        let fails = guard.fails.iter().map(|condition| format!("not {}", text(condition)));
        let all: Vec<String> = holds.chain(fails).collect();
        match all.split_at_checked(MAX_CONDITIONS) {
            Some((first, rest)) if !rest.is_empty() => {
                format!("{}<br>and {} more", first.join("<br>and "), rest.len())
            }
            _ => all.join("<br>and "),
        }
    });
    let because = row.reasons(comparison).map(|reason| said(&reason)).join("<br>");
    format!("| {change} | {request} | {conditions} | {because} |\n")
}

/// The most conditions that one row names.
const MAX_CONDITIONS: usize = 5;

fn said(reason: &Reason<'_>) -> String {
    let cell = |text: &str| Code::in_cell(&shortened(text, MAX_CODE)).to_string();
    let statements: Vec<String> = reason
        .statements
        .iter()
        .map(|statement| {
            let sid = statement.sid.map_or_else(String::new, |sid| format!(" {sid}"));
            let place = format!("{} /Statement/{}{sid}", statement.place, statement.number);
            format!(" {} ({})", cell(&statement.gist), cell(&place))
        })
        .collect();
    let more = if reason.more == 0 { String::new() } else { format!(" and {} more", reason.more) };
    format!("{}: {}{}{more}", reason.side, reason.words, statements.join(","))
}
