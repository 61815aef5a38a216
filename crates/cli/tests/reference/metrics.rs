//! The metrics: names, units and dimensions as the authorizer writes them, and what its source says of each.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::page::{hold, table, text};

#[test]
fn the_page_has_every_metric() {
    // What is written when all of them come up at once: a test of the authorizer holds it to the code.
    let mut written = BTreeMap::new();
    for line in text("crates/authorizer/tests/metrics.jsonl").lines() {
        let line: Value = serde_json::from_str(line).unwrap();
        for directive in line["_aws"]["CloudWatchMetrics"].as_array().unwrap() {
            assert_eq!(directive["Namespace"], "Gatepost");
            let dimensions: Vec<String> =
                serde_json::from_value(directive["Dimensions"][0].clone()).unwrap();
            let (function, others) = dimensions.split_first().unwrap();
            assert_eq!(function, "FunctionName");
            for metric in directive["Metrics"].as_array().unwrap() {
                let name = metric["Name"].as_str().unwrap().to_owned();
                let unit = unit(metric["Unit"].as_str().unwrap());
                written.insert(name, (unit, others.to_vec()));
            }
        }
    }
    let source = text("crates/authorizer/src/metrics.rs");
    let mut rows = Vec::new();
    for (meaning, name) in meanings(&source) {
        let Some((unit, dimensions)) = written.remove(&name) else { continue };
        let dimensions: Vec<String> = dimensions.iter().map(|name| format!("`{name}`")).collect();
        rows.push(vec![format!("`{name}`"), unit.to_owned(), dimensions.join(", "), meaning]);
    }
    assert!(written.is_empty(), "no constant in metrics.rs says what they are: {written:?}");
    let made = table(&["metric", "unit", "other dimensions", "what"], rows);
    hold("docs/reference/metrics.md", "metrics", &made);
}

fn unit(name: &str) -> &'static str {
    match name {
        "Bytes" => "bytes",
        "Count" => "count",
        "Milliseconds" => "ms",
        "Seconds" => "s",
        _ => panic!("no word for the unit {name}"),
    }
}

/// The constants of the source that are texts: what is documented of each, and the text.
fn meanings(source: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut documented: Vec<&str> = Vec::new();
    for line in source.lines() {
        if let Some(text) = line.strip_prefix("/// ") {
            documented.push(text);
        } else if let Some((_, text)) = line.split_once(": &str = \"") {
            let meaning = documented.join(" ");
            let mut letters = meaning.trim_end_matches('.').chars();
            let first = letters.next().map(|letter| letter.to_lowercase().to_string());
            let meaning = first.unwrap_or_default() + letters.as_str();
            found.push((meaning, text.trim_end_matches("\";").to_owned()));
            documented.clear();
        } else {
            documented.clear();
        }
    }
    found
}
