//! Pages and sources, parts of which are made.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};

/// A file of the project, by its path from the root.
pub(crate) fn file(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(path)
}

/// The text of a file of the project.
pub(crate) fn text(path: &str) -> String {
    fs::read_to_string(file(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// Asserts that `made` stands in the part `name` of a page; or writes it there.
pub(crate) fn hold(path: &str, name: &str, made: &str) {
    let begin = format!("<!-- made: {name} -->\n");
    hold_between(path, &begin, "\n<!-- end -->", &format!("\n{}\n", made.trim_end()));
}

/// The same for what stands between two other texts.
pub(crate) fn hold_between(path: &str, begin: &str, end: &str, made: &str) {
    let page = text(path);
    let (before, rest) = page.split_once(begin).unwrap_or_else(|| panic!("{path}: no {begin}"));
    let (found, after) = rest.split_once(end).unwrap_or_else(|| panic!("{path}: no {end}"));
    if env::var_os("GATEPOST_WRITE_DOCS").is_some() {
        if found != made {
            fs::write(file(path), format!("{before}{begin}{made}{end}{after}")).unwrap();
        }
        return;
    }
    assert_eq!(found, made, "{path} is not what the code says: run scripts/reference");
}

/// A table in Markdown.
pub(crate) fn table(heads: &[&str], rows: impl IntoIterator<Item = Vec<String>>) -> String {
    let line = |cells: &[String]| {
        let cells: Vec<String> = cells.iter().map(|cell| cell.replace('|', "\\|")).collect();
        let text = format!("| {} |\n", cells.join(" | "));
        // An empty cell is one space wide, as it is written by hand.
        text.replace("|  |", "| |").replace("|  |", "| |")
    };
    let heads: Vec<String> = heads.iter().map(|head| (*head).to_owned()).collect();
    let mut table = line(&heads) + &line(&vec!["---".to_owned(); heads.len()]);
    table.extend(rows.into_iter().map(|cells| line(&cells)));
    table
}

/// The cells of a table's rows, without its head: of the first table after `heading`.
pub(crate) fn rows_after(path: &str, heading: &str) -> Vec<Vec<String>> {
    let page = text(path);
    let (_, rest) = page.split_once(heading).unwrap_or_else(|| panic!("{path}: no {heading}"));
    let rows = rest.lines().skip_while(|line| !line.starts_with("| "));
    let rows: Vec<Vec<String>> = rows
        .take_while(|line| line.starts_with("| "))
        .skip(2)
        .map(|line| line.trim_matches('|').split('|').map(|cell| cell.trim().to_owned()).collect())
        .collect();
    assert!(!rows.is_empty(), "{path}: no table after {heading}");
    rows
}

/// What stands in backticks in a text.
pub(crate) fn in_backticks(text: &str) -> Vec<String> {
    text.split('`').skip(1).step_by(2).map(ToOwned::to_owned).collect()
}

/// A text broken into lines of the guide's width. Nothing in it is broken but at spaces.
pub(crate) fn wrap(text: &str) -> String {
    let mut lines = vec![String::new()];
    for word in text.split_whitespace() {
        let line = lines.last_mut().unwrap();
        if !line.is_empty() && line.chars().count() + 1 + word.chars().count() > 110 {
            lines.push(word.to_owned());
        } else {
            *line = format!("{line} {word}").trim_start().to_owned();
        }
    }
    lines.join("\n")
}
