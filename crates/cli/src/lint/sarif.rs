//! SARIF 2.1.0, which code scanning shows beside the lines of a change.
//!
//! Source: [the standard](https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html), and
//! [what GitHub reads of it][github].
//!
//! [github]: https://docs.github.com/en/code-security/code-scanning/integrating-with-code-scanning/sarif-support-for-code-scanning

use std::collections::BTreeMap;
use std::path::{Component, Path};

use gatepost_core::analysis::{Level, Trap};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_encode};
use serde_json::{Value, json};

use super::pages;
use super::report::{Entry, Report};

/// The report as one run of one tool; paths are relative to `root` where they are below it.
pub(crate) fn log(report: &Report, root: &Path) -> Value {
    let mut ids: Vec<&str> = Trap::ALL.iter().map(|trap| trap.as_str()).collect();
    for entry in &report.entries {
        if !ids.contains(&entry.rule) {
            ids.push(entry.rule);
        }
    }
    let mut seen = BTreeMap::new();
    let results: Vec<Value> = report
        .entries
        .iter()
        .map(|entry| {
            let uri = uri(&entry.file, root);
            // The same thing twice in a file: the second is another finding than the first.
            let known = fingerprint(&[entry.rule, &uri, &entry.subject]);
            let count = seen.entry(known).or_insert(0_usize);
            *count += 1;
            result(entry, &uri, &ids, &format!("{known:016x}:{count}"))
        })
        .collect();
    let rules: Vec<Value> = ids.iter().map(|id| rule(id)).collect();
    json!({
        "$schema": "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": "gatepost",
                "semanticVersion": env!("CARGO_PKG_VERSION"),
                "rules": rules,
            } },
            "columnKind": "unicodeCodePoints",
            "results": results,
        }],
    })
}

fn rule(id: &str) -> Value {
    let trap = Trap::ALL.iter().find(|trap| trap.as_str() == id);
    let level = trap.map_or(Level::Error, |trap| trap.level());
    let mut rule = json!({
        "id": id,
        "defaultConfiguration": { "level": level.as_str() },
        "properties": { "tags": ["security"], "problem.severity": severity(level) },
    });
    let text = if let Some(page) = pages::page(id) {
        let summary = summary(page);
        json!({
            "shortDescription": { "text": summary },
            "fullDescription": { "text": summary },
            "help": { "text": page, "markdown": page },
        })
    } else {
        let text = "A fault: the document cannot be read, and no store takes it.";
        json!({
            "shortDescription": { "text": text },
            "fullDescription": { "text": text },
            "help": { "text": text },
        })
    };
    if let (Some(rule), Value::Object(text)) = (rule.as_object_mut(), text) {
        rule.extend(text);
    }
    rule
}

/// The first paragraph of a page, on one line.
fn summary(page: &str) -> String {
    let paragraph = page.split("\n\n").nth(1).unwrap_or_default();
    paragraph.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn severity(level: Level) -> &'static str {
    match level {
        Level::Error => "error",
        Level::Warning => "warning",
        Level::Note => "recommendation",
    }
}

fn result(entry: &Entry, uri: &str, ids: &[&str], fingerprint: &str) -> Value {
    let example =
        entry.example.as_ref().map(|example| format!("; for example {}", example.sentence()));
    let place = if entry.spot.pointer.is_empty() {
        "The document".to_owned()
    } else {
        format!("`{}`", entry.spot.pointer)
    };
    let (end_line, end_column) = entry.spot.end;
    json!({
        "ruleId": entry.rule,
        "ruleIndex": ids.iter().position(|id| *id == entry.rule),
        "level": entry.level.as_str(),
        "message": { "text": format!("{place} {}{}.", entry.message, example.unwrap_or_default()) },
        "locations": [{
            "physicalLocation": {
                "artifactLocation": { "uri": uri },
                "region": {
                    "startLine": entry.spot.line,
                    "startColumn": entry.spot.column,
                    "endLine": end_line,
                    "endColumn": end_column,
                },
            },
            "logicalLocations": [{ "fullyQualifiedName": entry.spot.pointer }],
        }],
        "partialFingerprints": { "gatepostFinding/v1": fingerprint },
    })
}

/// A relative reference for what is below `root`, else a `file:` address; percent-encoded.
fn uri(path: &Path, root: &Path) -> String {
    let below = path.strip_prefix(root).unwrap_or(path);
    let mut parts = Vec::new();
    for component in below.components() {
        match component {
            Component::Normal(part) => parts.push(encoded(part.as_encoded_bytes())),
            Component::ParentDir => parts.push("..".to_owned()),
            Component::CurDir | Component::Prefix(_) | Component::RootDir => {}
        }
    }
    let path = parts.join("/");
    if below.is_absolute() { format!("file:///{path}") } else { path }
}

/// All but what is unreserved in an address (RFC 3986 section 2.3), percent-encoded.
fn encoded(part: &[u8]) -> String {
    const RESERVED: &AsciiSet =
        &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');
    percent_encode(part, RESERVED).to_string()
}

/// FNV-1a of 64 bits: the same for every version and machine. It need only tell findings apart.
fn fingerprint(parts: &[&str]) -> u64 {
    let bytes = parts.iter().flat_map(|part| part.bytes().chain([0]));
    bytes.fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_become_relative_references() {
        for (path, want) in [
            ("/repo/policies/groups/a b%.json", "policies/groups/a%20b%25.json"),
            ("policies/é.json", "policies/%C3%A9.json"),
            ("./a.json", "a.json"),
            ("../a.json", "../a.json"),
            ("/else/a.json", "file:///else/a.json"),
        ] {
            assert_eq!(uri(Path::new(path), Path::new("/repo")), want);
        }
    }
}
