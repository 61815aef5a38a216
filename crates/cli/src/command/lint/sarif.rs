//! Findings as [SARIF 2.1.0][sarif], for the code scanning of a host of repositories.
//!
//! [sarif]: https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Component, Path};

use gatepost_core::analysis::Trap;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_encode};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::pages;
use super::report::{Found, Report, RuleId};
use super::text::request;

/// All but the unreserved characters of RFC 3986, section 2.3.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// The root of the repository, for whoever reads the log elsewhere.
const ROOT: &str = "%SRCROOT%";

/// The log of one run; paths in `folder` become relative to it.
pub(super) fn log(report: &Report, folder: Option<&Path>) -> Value {
    let rules = rules(report);
    let mut seen = BTreeMap::new();
    let results = report.findings().map(|(path, found)| {
        let location = artifact(path, folder);
        // Two findings with the same rule and text in one file are told apart by their order.
        let print = format!("{}\0{location}\0{}", found.rule.as_str(), found.source);
        let nth: &mut usize = seen.entry(print.clone()).or_default();
        *nth += 1;
        result(found, &rules, &location, &format!("{print}\0{nth}"))
    });
    let results: Vec<Value> = results.collect();
    json!({
        "$schema": "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": "Gatepost",
                "semanticVersion": env!("CARGO_PKG_VERSION"),
                "rules": rules.iter().copied().map(descriptor).collect::<Vec<_>>(),
            } },
            "columnKind": "unicodeCodePoints",
            "results": results,
        }],
    })
}

/// Every trap, so that rules keep their index, and then the faults that were found.
fn rules(report: &Report) -> Vec<RuleId> {
    let mut rules: Vec<RuleId> = Trap::ALL.iter().copied().map(RuleId::Trap).collect();
    for (_, found) in report.findings() {
        if !rules.contains(&found.rule) {
            rules.push(found.rule);
        }
    }
    rules
}

fn descriptor(rule: RuleId) -> Value {
    let id = rule.as_str();
    let (summary, help) = match rule {
        RuleId::Fault(_) => {
            let summary = format!("Not a policy document: {}", id.replace('-', " "));
            let help = "The message says what is wrong. No store takes such a document, and a \
                        caller who needs it is refused.";
            (summary, help.to_owned())
        }
        RuleId::Trap(trap) => (trap.summary().to_owned(), pages::page(trap)),
    };
    json!({
        "id": id,
        "shortDescription": { "text": summary },
        "fullDescription": { "text": summary },
        "help": { "text": help, "markdown": help },
        "defaultConfiguration": { "level": rule.level().as_str() },
    })
}

fn result(found: &Found, rules: &[RuleId], location: &Value, print: &str) -> Value {
    let mut text = found.sentence();
    if let Some(example) = &found.example {
        text.push_str("; for example ");
        text.push_str(&request(example));
    }
    let mut place = json!({ "artifactLocation": location });
    if let (Value::Object(members), Some(region)) = (&mut place, found.region) {
        let region = json!({
            "startLine": region.start.line,
            "startColumn": region.start.column,
            "endLine": region.end.line,
            "endColumn": region.end.column,
        });
        members.insert("region".to_owned(), region);
    }
    json!({
        "ruleId": found.rule.as_str(),
        "ruleIndex": rules.iter().position(|rule| *rule == found.rule),
        "level": found.level.as_str(),
        "message": { "text": text },
        "locations": [{
            "physicalLocation": place,
            "logicalLocations": [{ "fullyQualifiedName": found.pointer }],
        }],
        "partialFingerprints": { "gatepostFinding/v1": fingerprint(print) },
    })
}

/// A URI: relative to the root where the path is or can be made so, else of the file.
fn artifact(path: &Path, folder: Option<&Path>) -> Value {
    let path = folder.and_then(|folder| path.strip_prefix(folder).ok()).unwrap_or(path);
    let segments: Vec<String> = path
        .components()
        .filter_map(|component| match component {
            Component::CurDir | Component::RootDir => None,
            Component::Prefix(_) | Component::ParentDir | Component::Normal(_) => {
                let bytes = component.as_os_str().as_encoded_bytes();
                Some(percent_encode(bytes, RESERVED).to_string())
            }
        })
        .collect();
    let relative = segments.join("/");
    if path.is_absolute() {
        json!({ "uri": format!("file:///{relative}") })
    } else {
        json!({ "uri": relative, "uriBaseId": ROOT })
    }
}

/// The first half of a SHA-256, in hexadecimal.
fn fingerprint(text: &str) -> String {
    let digest = Sha256::digest(text.as_bytes());
    digest.iter().take(16).fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::super::report::tests::by_hand;
    use super::*;

    fn results(log: &Value) -> &Vec<Value> {
        log["runs"][0]["results"].as_array().unwrap()
    }

    #[test]
    fn a_log_has_the_structure_that_code_scanning_reads() {
        let log = log(&by_hand("policies/groups/a b.json"), None);
        assert_eq!(log["version"], "2.1.0");
        assert!(log["$schema"].as_str().unwrap().ends_with("/sarif-schema-2.1.0.json"));
        let run = &log["runs"][0];
        assert_eq!(run["columnKind"], "unicodeCodePoints");
        let rules = run["tool"]["driver"]["rules"].as_array().unwrap();
        let mut ids: Vec<&str> = rules.iter().map(|rule| rule["id"].as_str().unwrap()).collect();
        for rule in rules {
            for text in ["shortDescription", "fullDescription", "help"] {
                let text = rule[text]["text"].as_str().unwrap();
                assert!(!text.is_empty(), "{rule}");
            }
            assert!(!rule["help"]["markdown"].as_str().unwrap().is_empty(), "{rule}");
            let level = rule["defaultConfiguration"]["level"].as_str().unwrap();
            assert!(["note", "warning", "error"].contains(&level), "{rule}");
        }
        for result in results(&log) {
            let index = usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap();
            assert_eq!(result["ruleId"], rules[index]["id"]);
            assert_eq!(result["level"], rules[index]["defaultConfiguration"]["level"]);
            assert!(!result["message"]["text"].as_str().unwrap().is_empty());
            let print = result["partialFingerprints"]["gatepostFinding/v1"].as_str().unwrap();
            assert_eq!(print.len(), 32);
        }
        assert_eq!(ids.len(), Trap::ALL.len() + 1);
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), rules.len());
    }

    #[test]
    fn a_result_names_file_place_and_request() {
        let log = log(&by_hand("./policies/a b%é.json"), None);
        let result = &results(&log)[0];
        let place = &result["locations"][0]["physicalLocation"];
        assert_eq!(
            place["artifactLocation"],
            json!({ "uri": "policies/a%20b%25%C3%A9.json", "uriBaseId": ROOT })
        );
        assert_eq!(
            place["region"],
            json!({ "startLine": 2, "startColumn": 27, "endLine": 2, "endColumn": 64 })
        );
        let message = result["message"]["text"].as_str().unwrap();
        assert!(message.contains("; for example DELETE /admin/GET/x"), "{message}");
    }

    #[test]
    fn an_absolute_path_is_relative_to_the_folder_or_a_file_uri() {
        let uri = |path: &str| artifact(Path::new(path), Some(Path::new("/work")))["uri"].clone();
        assert_eq!(uri("/work/policies/a.json"), "policies/a.json");
        assert_eq!(uri("/elsewhere/a#.json"), "file:///elsewhere/a%23.json");
        assert_eq!(uri("../a:b.json"), "../a%3Ab.json");
    }

    #[test]
    fn fingerprints_stay_when_lines_move_and_differ_between_findings() {
        let print = |log: &Value, at: usize| results(log)[at]["partialFingerprints"].clone();
        let mut moved = by_hand("a.json");
        for found in moved.files.iter_mut().flat_map(|file| &mut file.findings) {
            if let Some(region) = &mut found.region {
                region.start.line += 10;
                region.end.line += 10;
            }
        }
        let (before, after) = (log(&by_hand("a.json"), None), log(&moved, None));
        for at in 0..3 {
            assert_eq!(print(&before, at), print(&after, at));
        }
        assert_ne!(print(&before, 0), print(&before, 2));
        assert_ne!(print(&before, 0), print(&log(&by_hand("b.json"), None), 0));
    }
}
