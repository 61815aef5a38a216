//! The form for a comment on a pull request, with names that would like to be more than text.

use serde_json::{Value, json};

use super::{Folders, allow, document, statement};

/// The page with every code span left out: it ends at the next run of exactly as many backticks.
fn outside_code(page: &str) -> String {
    let mut outside = String::new();
    for line in page.lines() {
        let mut rest = line;
        while let Some((before, fence, mut after)) = backticks(rest) {
            outside.push_str(before);
            loop {
                let (_, end, next) = backticks(after).unwrap_or_else(|| panic!("no end: {line}"));
                after = next;
                if end == fence {
                    break;
                }
            }
            rest = after;
        }
        outside.push_str(rest);
        outside.push('\n');
    }
    outside
}

/// What comes before the first run of backticks, how many they are, and what comes after.
fn backticks(text: &str) -> Option<(&str, usize, &str)> {
    let (before, after) = text.split_once('`')?;
    let rest = after.trim_start_matches('`');
    Some((before, 1 + after.len() - rest.len(), rest))
}

/// How many cells a row has: pipes that are not escaped part them.
fn cells(row: &str) -> usize {
    row.replace(r"\|", "").matches('|').count() - 1
}

#[test]
fn a_gain_is_warned_of_and_each_subject_has_its_table() {
    let folders = Folders::new(
        &[("groups/a.json", &allow(&json!("GET/x"))), ("groups/b.json", &allow(&json!("GET/x")))],
        &[("groups/a.json", &allow(&json!("*/x"))), ("groups/b.json", &allow(&json!("GET/x")))],
    );
    let want = "⚠️ **6 gained**, 0 lost in 1 of 2 subjects

#### `group:a`

| Change | Request | Only if | Because |
| --- | --- | --- | --- |
| ➕ gained | `DELETE, HEAD, OPTIONS, PATCH, POST, PUT /x` |  | after: allowed by `Allow */x` \
        (`b/groups/a.json /Statement/0`)<br>before: no statement allows it |
";
    assert_eq!(folders.text(&["--format", "markdown"]), want);
    let same = Folders::new(
        &[("groups/a.json", &allow(&json!("*")))],
        &[("groups/a.json", &allow(&json!(["*", "GET/x"])))],
    );
    assert_eq!(same.text(&["--format", "markdown"]), "✅ No right differs in 1 subject\n");
}

#[test]
fn nothing_from_a_document_is_anything_but_text() {
    let hostile = "a|b`c``d</code><img src=x>@octocat [x](y) #1 *z* \\|\\";
    let mut conditional = statement("Allow", &json!(format!("GET/{hostile}")));
    conditional["Condition"] = json!({ "StringEquals": { "aws:UserAgent": hostile } });
    let name = "groups/@octocat|`%60%60<b>**x**\u{202e}.json";
    let folders = Folders::new(&[], &[(name, &document(&[conditional]))]);
    let outcome = folders.diff(&["--format", "markdown"]);
    let page = outcome.out;
    assert!(page.contains("@octocat"), "{page}{}", outcome.err);
    assert!(!page.contains('\u{202e}'), "{page}");
    let outside = outside_code(&page);
    for sign in ["@", "<img", "</code", "<b>", "[", "\\", "*z", "#1"] {
        assert!(!outside.contains(sign), "{sign}: {outside}");
    }
    let rows: Vec<&str> = page.lines().filter(|line| line.starts_with('|')).collect();
    assert_eq!(rows.len(), 3, "{page}");
    assert!(rows.iter().all(|row| cells(row) == 4), "{page}");
}

#[test]
fn many_rows_are_folded_and_what_does_not_fit_is_counted() {
    let paths = |count: usize| -> Value {
        (0..count).map(|index| format!("GET/{index:04}/{}", "x".repeat(150))).collect()
    };
    let folders = Folders::new(&[], &[("groups/a.json", &allow(&paths(30)))]);
    let page = folders.text(&["--format", "markdown"]);
    let (open, folded) =
        page.split_once("\n<details><summary>10 more rows</summary>\n\n|").unwrap();
    assert_eq!(open.matches("➕ gained").count(), 20);
    assert_eq!(folded.matches("➕ gained").count(), 10);
    // Of many patterns the one that counts.
    assert!(folded.contains("`Allow GET/0029/xxx"), "{folded}");
    assert!(folded.contains("… and 29 more` (`b/groups/a.json /Statement/0`)"), "{folded}");
    assert!(folded.ends_with("|\n\n</details>\n"), "{folded}");

    let document = allow(&paths(200));
    let folders = Folders::new(
        &[],
        &[
            ("groups/a.json", &document),
            ("groups/b.json", &document),
            ("groups/c.json", &allow(&json!("GET/y"))),
        ],
    );
    let page = folders.text(&["--format", "markdown"]);
    assert!(page.chars().count() <= 65_536, "{}", page.chars().count());
    assert!(page.chars().count() > 60_000, "{}", page.chars().count());
    assert_eq!(page.matches("<details>").count(), page.matches("</details>").count());
    let shown = page.matches("➕ gained").count();
    let rest =
        format!("\n**… and {} more changes** and 2 subjects not shown at all: ", 401 - shown);
    assert!(page.contains(&rest), "{page}");
}
