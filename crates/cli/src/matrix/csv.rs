//! The matrix for a spreadsheet: [RFC 4180](https://www.rfc-editor.org/rfc/rfc4180), a record for
//! each route and a field for each subject.

use std::io::{self, Write};

use super::cell::Kind;
use super::table::Table;
use crate::routes::Guard;

pub(crate) fn write(table: &Table, out: &mut dyn Write) -> io::Result<()> {
    let head = ["method", "path", "summary", "guard"].map(str::to_owned);
    let names = table.columns.iter().map(|column| column.name.clone());
    record(head.into_iter().chain(names), out)?;
    for row in &table.rows {
        let guard = match row.guard {
            _ if row.is_page() => "page pass",
            Guard::Operation => "authorizer",
            Guard::Root => "authorizer at the root only",
            Guard::Other(what) => what,
            Guard::Public => "public",
        };
        let fields =
            [row.method.clone(), row.place.to_string(), row.summary.clone(), guard.to_owned()];
        let cells = row.cells.iter().map(|access| Kind::of(access).as_str().to_owned());
        // A record has all its fields, also where no policy is asked.
        let missing = table.columns.len() - row.cells.len().min(table.columns.len());
        let missing = std::iter::repeat_n(String::new(), missing);
        record(fields.into_iter().chain(cells).chain(missing), out)?;
    }
    Ok(())
}

fn record(fields: impl Iterator<Item = String>, out: &mut dyn Write) -> io::Result<()> {
    let fields: Vec<String> = fields.map(|text| field(&text)).collect();
    write!(out, "{}\r\n", fields.join(","))
}

/// A field, in quotes where it needs them. What a spreadsheet would take for a formula gets the
/// apostrophe that makes it text, as [OWASP] has it.
///
/// [OWASP]: https://owasp.org/www-community/attacks/CSV_Injection
fn field(text: &str) -> String {
    let formula = text.starts_with(['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠']);
    let text = if formula { format!("'{text}") } else { text.to_owned() };
    if text.contains([',', '"', '\r', '\n']) {
        format!("\"{}\"", text.replace('"', "\"\""))
    } else {
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_quoted_and_no_formulas() {
        for (text, want) in [
            ("plain", "plain"),
            ("", ""),
            ("a,b", "\"a,b\""),
            ("say \"hi\"", "\"say \"\"hi\"\"\""),
            ("two\nlines", "\"two\nlines\""),
            ("=1+1", "'=1+1"),
            ("+1", "'+1"),
            ("-1", "'-1"),
            ("@SUM(A1)", "'@SUM(A1)"),
            ("\t=1", "'\t=1"),
            ("=HYPERLINK(\"x\",1)", "\"'=HYPERLINK(\"\"x\"\",1)\""),
            ("a=1", "a=1"),
        ] {
            assert_eq!(field(text), want, "{text}");
        }
    }
}
