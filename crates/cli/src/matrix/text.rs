//! The matrix for a terminal.

use std::io::{self, Write};

use anstyle::{AnsiColor, Style};

use super::cell::{Kind, examples};
use super::table::{Row, Table};
use crate::routes::Guard;
use crate::visible::visible;

/// What the text is written to.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Terminal {
    /// In characters; `None` where nobody says.
    pub(crate) width: Option<usize>,
    pub(crate) coloured: bool,
}

/// How wide the text is where nobody says.
const WIDTH: usize = 120;
/// What stands between two columns.
const GAP: usize = 2;

pub(crate) fn write(table: &Table, terminal: Terminal, out: &mut dyn Write) -> io::Result<()> {
    let width = terminal.width.unwrap_or(WIDTH);
    let ink = Ink(terminal.coloured);
    let families = table.families();
    let rows = || families.iter().flat_map(|(_, rows)| rows.iter().copied());
    if rows().next().is_none() {
        writeln!(out, "no route is so for any of the subjects")?;
        return Ok(());
    }
    let methods = rows().map(|row| length(&row.method)).max().unwrap_or(0);
    let paths = rows().map(|row| length(&path(row))).max().unwrap_or(0);
    // A path that takes most of the line would leave no place for what it is about.
    let paths = paths.min((width / 2).saturating_sub(methods).max(20));
    let label = methods + GAP + paths + GAP;
    let names: Vec<String> = table.columns.iter().map(|column| visible(&column.name)).collect();
    let layout = Layout::new(&names, table.notes().len(), width.saturating_sub(label));
    let mut first = 0;
    for count in &layout.blocks {
        let names = names.get(first..first + count).unwrap_or_default();
        if first > 0 {
            writeln!(out)?;
        }
        layout.heads(names, label, ink, out)?;
        for (at, (_, rows)) in families.iter().enumerate() {
            if at > 0 {
                writeln!(out)?;
            }
            for row in rows {
                let method = padded(&row.method, methods);
                let path = padded(&cut(&path(row), paths), paths);
                let mut line = format!("{method}  {path}  ");
                for (at, name) in names.iter().enumerate() {
                    let (mark, style) = mark(row, first + at);
                    let mark = format!("{mark:<width$}", width = layout.width(name));
                    line.push_str(&ink.paint(&mark, style));
                }
                writeln!(out, "{}", line.trim_end())?;
            }
        }
        first += count;
    }
    writeln!(out)?;
    legend(table, ink, out)?;
    notes(table, ink, out)
}

/// Where the columns are.
struct Layout {
    /// Whether names stand side by side, or each has a line above its column.
    side_by_side: bool,
    /// The width of a column that is not as wide as its name.
    narrow: usize,
    /// How many columns each block has.
    blocks: Vec<usize>,
}

impl Layout {
    fn new(names: &[String], notes: usize, room: usize) -> Self {
        let narrow = 1 + notes.to_string().len() + GAP;
        let wide: usize = names.iter().map(|name| length(name).max(narrow) + GAP).sum();
        if wide <= room {
            return Self { side_by_side: true, narrow, blocks: vec![names.len()] };
        }
        let mut blocks = Vec::new();
        let mut count = 0;
        for name in names {
            // The line of a name begins with a corner and a space.
            if count > 0 && count * narrow + 2 + length(name) > room {
                blocks.push(count);
                count = 0;
            }
            count += 1;
        }
        blocks.push(count);
        Self { side_by_side: false, narrow, blocks }
    }

    fn width(&self, name: &str) -> usize {
        if self.side_by_side { length(name).max(self.narrow) + GAP } else { self.narrow }
    }

    fn heads(
        &self,
        names: &[String],
        label: usize,
        ink: Ink,
        out: &mut dyn Write,
    ) -> io::Result<()> {
        let strong = Style::new().bold();
        let indent = " ".repeat(label);
        if self.side_by_side {
            let heads: String = names.iter().map(|name| padded(name, self.width(name))).collect();
            return writeln!(out, "{indent}{}", ink.paint(heads.trim_end(), strong));
        }
        let bar = format!("{:<width$}", "│", width = self.narrow);
        for (at, name) in names.iter().enumerate() {
            writeln!(out, "{indent}{}┌ {}", bar.repeat(at), ink.paint(name, strong))?;
        }
        let bars = bar.repeat(names.len());
        writeln!(out, "{indent}{}", bars.trim_end())
    }
}

/// Colours, or none.
#[derive(Clone, Copy)]
struct Ink(bool);

impl Ink {
    fn paint(self, text: &str, style: Style) -> String {
        if self.0 { format!("{style}{text}{style:#}") } else { text.to_owned() }
    }
}

fn glyph(kind: Kind) -> (&'static str, Style) {
    let colour = |colour: AnsiColor| Style::new().fg_color(Some(colour.into()));
    match kind {
        Kind::Allow => ("●", colour(AnsiColor::Green)),
        Kind::Partial => ("◐", colour(AnsiColor::Cyan)),
        Kind::Conditional => ("◇", colour(AnsiColor::Yellow)),
        Kind::Deny => ("·", Style::new().dimmed()),
        Kind::ExplicitDeny => ("×", colour(AnsiColor::Red)),
        Kind::Unknown => ("?", colour(AnsiColor::Magenta)),
    }
}

const PUBLIC: &str = "○";
const OTHER: &str = "–";

fn mark(row: &Row, column: usize) -> (String, Style) {
    let Some(access) = row.cells.get(column) else {
        let mark = if row.guard == Guard::Public { PUBLIC } else { OTHER };
        return (mark.to_owned(), Style::new().dimmed());
    };
    let (glyph, style) = glyph(Kind::of(access));
    let number = row.notes.get(column).copied().flatten();
    (number.map_or_else(|| glyph.to_owned(), |number| format!("{glyph}{number}")), style)
}

fn path(row: &Row) -> String {
    let mark = if row.guard == Guard::Root { "*" } else { "" };
    format!("{}{mark}", row.place)
}

fn legend(table: &Table, ink: Ink, out: &mut dyn Write) -> io::Result<()> {
    let rows = || table.rows.iter().filter(|row| !row.is_preflight());
    for kind in Kind::ALL {
        if rows().any(|row| row.cells.iter().any(|access| Kind::of(access) == kind)) {
            let (glyph, style) = glyph(kind);
            writeln!(out, "{}  {}", ink.paint(glyph, style), kind.meaning())?;
        }
    }
    if rows().any(|row| row.guard == Guard::Public) {
        writeln!(out, "{PUBLIC}  public: there is no authorizer, so everyone may")?;
    }
    if rows().any(|row| matches!(row.guard, Guard::Other(_))) {
        writeln!(out, "{OTHER}  guarded by something else, such as IAM: policies are not asked")?;
    }
    if table.roots() > 0 {
        writeln!(
            out,
            "*  the authorizer is named at the root only, and API Gateway applies that to no method \
             when it imports the document"
        )?;
    }
    match table.preflights() {
        0 => Ok(()),
        1 => writeln!(out, "Not shown: 1 OPTIONS method without authorizer (CORS preflight)"),
        count => {
            writeln!(out, "Not shown: {count} OPTIONS methods without authorizer (CORS preflight)")
        }
    }
}

fn notes(table: &Table, ink: Ink, out: &mut dyn Write) -> io::Result<()> {
    for (number, row, column, access) in table.notes() {
        let kind = Kind::of(access);
        let (glyph, style) = glyph(kind);
        let name = visible(&column.name);
        let mark = ink.paint(&format!("{glyph}{number}"), style);
        writeln!(out, "\n{mark}  {name}, {} {}", row.method, row.place)?;
        let indent = " ".repeat(length(&format!("{glyph}{number}")) + GAP);
        for example in examples(column, access) {
            writeln!(out, "{indent}{}", visible(&example))?;
        }
    }
    Ok(())
}

/// In characters, which most terminals give one cell each.
fn length(text: &str) -> usize {
    text.chars().count()
}

fn padded(text: &str, width: usize) -> String {
    format!("{text:<width$}")
}

/// The text, or its beginning and an ellipsis.
fn cut(text: &str, width: usize) -> String {
    if length(text) <= width {
        return text.to_owned();
    }
    let beginning: String = text.chars().take(width.saturating_sub(1)).collect();
    format!("{beginning}…")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(count: usize, length: usize) -> Vec<String> {
        (0..count).map(|_| "x".repeat(length)).collect()
    }

    #[test]
    fn names_stand_side_by_side_while_there_is_room() {
        assert!(Layout::new(&names(3, 10), 0, 36).side_by_side);
        assert!(!Layout::new(&names(3, 10), 0, 35).side_by_side);
    }

    #[test]
    fn columns_that_do_not_fit_make_another_block_and_each_block_has_one() {
        assert_eq!(Layout::new(&names(10, 10), 0, 32).blocks, [6, 4]);
        assert_eq!(Layout::new(&names(3, 50), 0, 10).blocks, [1, 1, 1]);
    }

    #[test]
    fn what_is_cut_says_so() {
        assert_eq!(cut("/movies", 7), "/movies");
        assert_eq!(cut("/movies", 4), "/mo…");
    }
}
