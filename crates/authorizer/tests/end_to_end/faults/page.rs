//! `docs/faults.md`: a table for each file of faults, from what was seen.

use std::fs;
use std::path::PathBuf;

use super::case::{Case, File, Outcome, Want};

/// Asserts that the page has a row for each case as it was seen, and no others; or writes them.
pub(crate) fn hold(file: &File, outcomes: &[Outcome]) {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../docs/faults.md");
    let page = fs::read_to_string(&path).unwrap();
    let (head, rest) = page.split_once(&format!("## {}\n", file.title)).expect("a section");
    let (section, tail) = rest.find("\n## ").map_or((rest, ""), |end| rest.split_at(end));
    let rows: Vec<String> =
        file.cases.iter().zip(outcomes).map(|(case, outcome)| row(case, outcome)).collect();
    let told: Vec<String> =
        section.lines().filter(|line| line.starts_with("| ")).skip(2).map(timeless).collect();
    let seen: Vec<String> = rows.iter().map(|row| timeless(row.trim_end())).collect();
    let is_described = section.replace('\n', " ").contains(&file.description);
    if std::env::var_os("GATEPOST_WRITE_DOCS").is_some() {
        // Times alone are no reason to write.
        if told != seen || !is_described {
            let title = &file.title;
            let section = format!("\n{}\n\n{HEADER}{}", wrap(&file.description), rows.concat());
            fs::write(&path, format!("{head}## {title}\n{section}{tail}")).unwrap();
        }
        return;
    }
    assert_eq!(told, seen, "docs/faults.md tells something else: run scripts/reference");
    assert!(is_described, "the page says what these are");
}

const HEADER: &str = "\
| fault | client sees | log: outcome, reason | took | when it is gone |
| --- | --- | --- | --- | --- |
";

fn row(case: &Case, Outcome { seen, took }: &Outcome) -> String {
    let outcome = seen.line["outcome"].as_str().unwrap();
    let reason = seen.line["reason"].as_str().unwrap();
    let then = match (&case.then, case.within_seconds) {
        _ if case.fault.is_none() => "",
        (Want::Right, 0) => "the next call is right",
        (Want::Right, 1) => "right within 1 s",
        (Want::Right, _) => "right within 2 s",
        (Want::Unauthorized(_), 0) => "401",
        (Want::Unauthorized(_), _) => "401 within 1 s",
        (Want::Failure(_), _) => panic!("nothing is a failure for ever"),
    };
    format!(
        "| {} | {} | {outcome}, `{reason}` | {:.2} s | {then} |\n",
        case.says,
        seen.status,
        took.as_secs_f64(),
    )
}

/// A row without the time, which is of one run.
fn timeless(row: &str) -> String {
    let cells: Vec<&str> = row.split(" | ").collect();
    assert_eq!(cells.len(), 5, "{row}");
    [cells[0], cells[1], cells[2], cells[4]].join(" | ")
}

fn wrap(text: &str) -> String {
    let mut lines = vec![String::new()];
    for word in text.split(' ') {
        if lines.last().is_some_and(|line| line.len() + 1 + word.len() > 100) {
            lines.push(String::new());
        }
        let line = lines.last_mut().unwrap();
        *line = format!("{line} {word}").trim_start().to_owned();
    }
    lines.join("\n")
}
