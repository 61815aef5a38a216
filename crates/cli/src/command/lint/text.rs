//! Findings for people: one line each, and a request below that shows it.

use std::io::{self, Write};

use anstyle::{AnsiColor, Style};
use gatepost_core::analysis::{Level, Witness};

use super::report::{FileReport, Found, Report, RuleId};
use crate::visible::visible;

/// How the parts of a line look.
#[derive(Clone, Copy, Debug, Default)]
struct Looks {
    place: Style,
    note: Style,
    warning: Style,
    error: Style,
    detail: Style,
}

impl Looks {
    fn coloured() -> Self {
        let colour = |colour: AnsiColor| Style::new().bold().fg_color(Some(colour.into()));
        Self {
            place: Style::new().bold(),
            note: colour(AnsiColor::Cyan),
            warning: colour(AnsiColor::Yellow),
            error: colour(AnsiColor::Red),
            detail: Style::new().dimmed(),
        }
    }

    fn of(self, level: Level) -> Style {
        match level {
            Level::Note => self.note,
            Level::Warning => self.warning,
            Level::Error => self.error,
        }
    }
}

/// Writes every finding, and what it comes to.
///
/// # Errors
///
/// When it cannot be written.
pub(super) fn write(report: &Report, coloured: bool, stdout: &mut dyn Write) -> io::Result<()> {
    let looks = if coloured { Looks::coloured() } else { Looks::default() };
    for file in report.files.iter().filter(|file| !file.findings.is_empty()) {
        for found in &file.findings {
            write_finding(file, found, looks, stdout)?;
        }
        writeln!(stdout)?;
    }
    writeln!(stdout, "{}", summary(report))?;
    let explained = report.findings().find_map(|(_, found)| match found.rule {
        RuleId::Fault(_) => None,
        RuleId::Trap(trap) => Some(trap),
    });
    match explained {
        Some(rule) => writeln!(stdout, "What a rule means:  gatepost lint --explain {rule}"),
        None => Ok(()),
    }
}

fn write_finding(
    file: &FileReport,
    found: &Found,
    looks: Looks,
    stdout: &mut dyn Write,
) -> io::Result<()> {
    let Looks { place, detail, .. } = looks;
    let style = looks.of(found.level);
    write!(stdout, "{place}{}", visible(&file.path.display().to_string()))?;
    if let Some(region) = found.region {
        write!(stdout, ":{}:{}", region.start.line, region.start.column)?;
    }
    let (level, rule) = (found.level, found.rule.as_str());
    let sentence = found.sentence();
    let message = visible(&sentence);
    writeln!(stdout, "{place:#}  {style}{level}{style:#}  {message} {detail}[{rule}]{detail:#}")?;
    if let Some(example) = &found.example {
        writeln!(stdout, "    for example  {}", visible(&request(example)))?;
    }
    Ok(())
}

/// `DELETE /x`, and what else the request must say.
pub(super) fn request(example: &Witness) -> String {
    use std::fmt::Write as _;

    let mut text = example.to_string();
    if !["execute-api:Invoke", "gatepost:ViewPage"].contains(&example.action) {
        let _ = write!(text, " [{}]", example.action);
    }
    let context: Vec<String> = example
        .context
        .iter()
        .map(|(key, values)| format!("{key} `{}`", values.join("`, `")))
        .collect();
    if !context.is_empty() {
        let _ = write!(text, " with {}", context.join(" and "));
    }
    text
}

/// `3 files, 1 error, 2 warnings`.
fn summary(report: &Report) -> String {
    let mut parts = vec![counted(report.looked_at, "file")];
    for level in [Level::Error, Level::Warning, Level::Note] {
        match report.count(level) {
            0 => {}
            count => parts.push(counted(count, level.as_str())),
        }
    }
    if parts.len() == 1 {
        parts.push("nothing found".to_owned());
    }
    parts.join(", ")
}

pub(super) fn counted(count: usize, noun: &str) -> String {
    match (count, noun.strip_suffix('x')) {
        (1, _) => format!("1 {noun}"),
        (_, Some(_)) => format!("{count} {noun}es"),
        (_, None) => format!("{count} {noun}s"),
    }
}

#[cfg(test)]
mod tests {
    use super::super::report::tests::by_hand;
    use super::*;

    fn written(report: &Report, coloured: bool) -> String {
        let mut out = Vec::new();
        write(report, coloured, &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn a_finding_is_a_line_that_an_editor_can_follow_and_a_request() {
        assert_eq!(
            written(&by_hand("a.json"), false),
            "\
a.json:2:27  warning  `/Statement/0/Resource/1` lets the star swallow a slash [star-swallows-verb]
    for example  DELETE /admin/GET/x with aws:sourceip `192.0.2.1`
a.json:2:3  error  `/Statement/0` has no Effect [missing-effect]
a.json:2:27  note  `/Statement/0/Resource/1` is about every region [wildcard-region]

2 files, 1 error, 1 warning, 1 note
What a rule means:  gatepost lint --explain star-swallows-verb
"
        );
    }

    #[test]
    fn colours_change_nothing_that_is_read() {
        let report = by_hand("a\u{1b}[2J.json");
        let plain = written(&report, false);
        assert!(!plain.contains('\u{1b}'), "{plain}");
        let coloured = written(&report, true);
        assert!(coloured.contains("\u{1b}["), "{coloured}");
        assert_eq!(anstream::adapter::strip_str(&coloured).to_string(), plain);
    }
}
