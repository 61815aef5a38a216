//! `gatepost lint`: traps with their places and requests, SARIF, repairs, and the guide's pages.
#![cfg(test)]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use gatepost_cli::{ExitStatus, run};
use gatepost_core::analysis::Trap;
use serde_json::{Value, json};

struct Outcome {
    status: ExitStatus,
    out: String,
    err: String,
}

fn gatepost(arguments: &[&str]) -> Outcome {
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let arguments = ["gatepost"].iter().chain(arguments);
    let status = run(arguments, &mut "".as_bytes(), &mut out, &mut err);
    let text = |bytes| String::from_utf8(bytes).unwrap();
    Outcome { status, out: text(out), err: text(err) }
}

/// A folder with one document in `group.json`.
struct Folder(tempfile::TempDir);

impl Folder {
    fn new(document: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("group.json"), document).unwrap();
        Self(folder)
    }

    fn file(&self) -> PathBuf {
        self.0.path().join("group.json")
    }

    fn text(&self) -> String {
        fs::read_to_string(self.file()).unwrap()
    }

    /// Lints the file, its folder left out of the output.
    fn lint(&self, arguments: &[&str]) -> Outcome {
        let file = self.file();
        let outcome = gatepost(&[&["lint", file.to_str().unwrap()], arguments].concat());
        let folder = format!("{}/", self.0.path().display());
        let short = |text: String| text.replace(&folder, "");
        Outcome { out: short(outcome.out), err: short(outcome.err), ..outcome }
    }
}

const WRONG: &str = r#"{
  "Version": "2012-10-17",
  "Statement": [
    { "Effect": "Allow", "Action": "execute-api:Invoke",
      "Resource": ["GET/a", "GET/a*", "arn:aws:execute-api:us-east-1:123456789012:a1/prod/get/b"] },
    { "Effect": "Allow", "Action": "execute-api:Invoke", "Resource": "GET/a/1" },
    { "Sid": "Last", "Effect": "Allow",
      "Action": "execute-api:Invoke", "Resource": "POST/c**" }
  ]
}
"#;

#[test]
fn a_trap_has_its_line_its_column_and_a_request() {
    let outcome = Folder::new(WRONG).lint(&[]);
    assert_eq!(outcome.status, ExitStatus::No);
    assert_eq!(
        outcome.out,
        "group.json
  5:20   warning `/Statement/0/Resource/0` adds nothing to `GET/a*` in this list [redundant-pattern]
         for example GET /a is allowed
  5:39   warning `/Statement/0/Resource/2` matches nothing, because no request has the verb `get`: write `GET` [verb-matches-nothing]
         for example GET /b in arn:aws:execute-api:us-east-1:123456789012:a1/prod is neither allowed nor denied
  6:5    warning `/Statement/1` changes nothing: what it allows, `/Statement/0` allows too [unreachable-statement]
         for example GET /a/1 is allowed

1 file: 3 warnings; `gatepost lint --explain redundant-pattern` says more
"
    );
}

#[test]
fn json_has_the_same_and_the_request_in_full() {
    let outcome = Folder::new(WRONG).lint(&["--format", "json"]);
    let report: Value = serde_json::from_str(&outcome.out).unwrap();
    let finding = &report["findings"][1];
    assert_eq!(
        (&finding["line"], &finding["column"], &finding["level"], &finding["rule"]),
        (&json!(5), &json!(39), &json!("warning"), &json!("verb-matches-nothing"))
    );
    assert_eq!(
        finding["example"],
        json!({
            "request": "GET /b",
            "method_arn": "arn:aws:execute-api:us-east-1:123456789012:a1/prod/GET/b",
            "action": "execute-api:Invoke",
            "context": {},
            "decision": "implicit_deny",
        })
    );
}

#[test]
fn a_fix_takes_out_what_adds_nothing_and_says_what_it_means() {
    let folder = Folder::new(WRONG);
    let outcome = folder.lint(&["--fix"]);
    assert_eq!(outcome.status, ExitStatus::Yes, "{}", outcome.out);
    assert_eq!(outcome.out, "1 file, nothing found\n");
    assert_eq!(
        folder.text(),
        r#"{
  "Version": "2012-10-17",
  "Statement": [
    { "Effect": "Allow", "Action": "execute-api:Invoke",
      "Resource": ["GET/a*", "arn:aws:execute-api:us-east-1:123456789012:a1/prod/GET/b"] },
    { "Sid": "Last", "Effect": "Allow",
      "Action": "execute-api:Invoke", "Resource": "POST/c*" }
  ]
}
"#
    );
    assert!(outcome.err.starts_with("group.json: 4 repairs\n"), "{}", outcome.err);
    assert!(
        outcome.err.ends_with("  it means another thing: GET /b is allowed now\n"),
        "{}",
        outcome.err
    );
    let again = folder.lint(&["--fix"]);
    assert_eq!((again.err.as_str(), again.status), ("", ExitStatus::Yes));
}

#[test]
fn a_fix_without_a_verb_means_the_same() {
    let folder = Folder::new(WRONG);
    let outcome = folder.lint(&["--fix", "--allow", "verb-matches-nothing"]);
    assert!(outcome.err.ends_with("  it means the same\n"), "{}", outcome.err);
    assert!(folder.text().contains("/prod/get/b"), "{}", folder.text());
    assert_eq!(outcome.status, ExitStatus::Yes);
}

#[test]
fn a_fix_leaves_alone_what_it_may_not_decide() {
    let text = r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"execute-api:Invoke","Resource":["GET/m/{id}","GET/x/","arn:aws:execute-api:us-east-1:123456789012:a1/prod/ANY/b"]}}"#;
    let folder = Folder::new(text);
    let outcome = folder.lint(&["--fix"]);
    assert_eq!((folder.text().as_str(), outcome.err.as_str()), (text, ""));
    assert_eq!(outcome.status, ExitStatus::No);
    let broken = Folder::new("{");
    assert_eq!(broken.lint(&["--fix"]).status, ExitStatus::No);
    assert_eq!(broken.text(), "{");
}

#[cfg(unix)]
#[test]
fn a_fix_keeps_permissions_and_links() {
    use std::os::unix::fs::{PermissionsExt as _, symlink};
    let folder = Folder::new(WRONG);
    fs::set_permissions(folder.file(), fs::Permissions::from_mode(0o640)).unwrap();
    let link = folder.0.path().join("link.json");
    symlink(folder.file(), &link).unwrap();
    gatepost(&["lint", "--fix", link.to_str().unwrap()]);
    assert_ne!(folder.text(), WRONG);
    assert!(link.is_symlink());
    assert_eq!(fs::metadata(folder.file()).unwrap().permissions().mode() & 0o777, 0o640);
    assert_eq!(fs::read_dir(folder.0.path()).unwrap().count(), 2);
}

#[test]
fn a_rule_that_is_allowed_is_not_looked_for() {
    let folder = Folder::new(WRONG);
    let rules = ["redundant-pattern", "verb-matches-nothing", "unreachable-statement"];
    let allow: Vec<&str> = rules.iter().flat_map(|rule| ["--allow", rule]).collect();
    let outcome = folder.lint(&allow);
    assert_eq!(
        (outcome.status, outcome.out.as_str()),
        (ExitStatus::Yes, "1 file, nothing found\n")
    );
    assert_eq!(folder.lint(&allow[..4]).status, ExitStatus::No);
    let unknown = folder.lint(&["--allow", "redundant-patern"]);
    assert_eq!(unknown.status, ExitStatus::CouldNot);
    assert!(unknown.err.contains("'redundant-pattern'"), "{}", unknown.err);
}

#[test]
fn notes_are_no_reason_to_fail() {
    let folder = Folder::new(
        r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"execute-api:Invoke","Resource":"GET/movies/*"}]}"#,
    );
    let outcome = folder.lint(&[]);
    assert!(outcome.out.contains("note `/Statement/0/Resource` leaves out"), "{}", outcome.out);
    assert_eq!(outcome.status, ExitStatus::Yes);
}

#[test]
fn the_gravest_rule_is_the_one_to_read_about() {
    let note_first = r#"{
  "Version": "2012-10-17",
  "Statement": [
    { "Effect": "Allow", "Action": "execute-api:Invoke",
      "Resource": ["GET/a/*", "GET/b/{id}"] }
  ]
}"#;
    let outcome = Folder::new(note_first).lint(&[]);
    let last = outcome.out.lines().last().unwrap();
    assert!(
        outcome.out.find("[missing-root]") < outcome.out.find("[placeholder"),
        "{}",
        outcome.out
    );
    assert!(last.contains("1 warning") && last.contains("1 note"), "{last}");
    assert!(
        last.ends_with("`gatepost lint --explain placeholder-taken-literally` says more"),
        "{last}"
    );
}

#[test]
fn documents_that_are_too_much_together_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let groups = folder.path().join("groups");
    fs::create_dir(&groups).unwrap();
    for (name, count) in [("large", 6), ("middle", 4), ("small", 1)] {
        let patterns: Vec<String> = (0..count).map(|at| format!("GET/{name}-{at}")).collect();
        let document = json!({ "Version": "2012-10-17", "Statement": [
            { "Effect": "Allow", "Action": "execute-api:Invoke", "Resource": patterns },
        ] });
        fs::write(groups.join(format!("{name}.json")), document.to_string()).unwrap();
    }
    let folder = folder.path().to_str().unwrap();
    let outcome = gatepost(&["lint", "--max-policy-bytes", "700", folder]);
    assert_eq!(outcome.status, ExitStatus::No);
    assert!(outcome.out.contains("error `large` and `middle` come to"), "{}", outcome.out);
    assert!(outcome.out.contains("; all 3 come to"), "{}", outcome.out);
    assert_eq!(gatepost(&["lint", folder]).status, ExitStatus::Yes);
}

#[test]
fn the_example_policies_are_clean_beside_their_routes() {
    let policies = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../policies");
    let routes = policies.join("routes/openapi.yaml");
    let arguments = ["lint", "--routes", routes.to_str().unwrap(), policies.to_str().unwrap()];
    let outcome = gatepost(&arguments);
    assert_eq!(outcome.status, ExitStatus::Yes, "{}", outcome.out);
    assert!(!outcome.out.contains("warning"), "{}", outcome.out);
}

#[test]
fn sarif_says_where_for_code_scanning() {
    let folder = Folder::new(WRONG);
    let outcome = folder.lint(&["--format", "sarif"]);
    assert_eq!(outcome.status, ExitStatus::No);
    let log: Value = serde_json::from_str(&outcome.out).unwrap();
    assert_eq!(log["version"], "2.1.0");
    let run = &log["runs"][0];
    let rules = run["tool"]["driver"]["rules"].as_array().unwrap();
    let ids: BTreeSet<&str> = rules.iter().map(|rule| rule["id"].as_str().unwrap()).collect();
    assert_eq!(ids.len(), rules.len());
    for rule in rules {
        for member in ["shortDescription", "fullDescription", "help"] {
            assert!(!rule[member]["text"].as_str().unwrap().is_empty(), "{rule}");
        }
    }
    let results = run["results"].as_array().unwrap();
    let mut fingerprints = BTreeSet::new();
    for result in results {
        let index = usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap();
        assert_eq!(rules[index]["id"], result["ruleId"]);
        assert_eq!(result["level"], "warning");
        let place = &result["locations"][0]["physicalLocation"];
        let uri = place["artifactLocation"]["uri"].as_str().unwrap();
        assert!(uri.ends_with("group.json"), "{uri}");
        assert!(place["region"]["startLine"].as_u64().unwrap() > 1);
        let fingerprint = result["partialFingerprints"]["gatepostFinding/v1"].as_str().unwrap();
        assert!(fingerprints.insert(fingerprint.to_owned()));
    }
    assert_eq!(
        results[1]["locations"][0]["physicalLocation"]["region"],
        json!({ "startLine": 5, "startColumn": 39, "endLine": 5, "endColumn": 97 })
    );
    // The same finding some lines further down is the same finding.
    fs::write(folder.file(), format!("\n\n{WRONG}")).unwrap();
    let moved: Value = serde_json::from_str(&folder.lint(&["--format", "sarif"]).out).unwrap();
    let prints = |log: &Value| -> Vec<Value> {
        let results = log["runs"][0]["results"].as_array().unwrap();
        results.iter().map(|result| result["partialFingerprints"].clone()).collect()
    };
    assert_eq!(prints(&moved), prints(&log));
}

#[test]
fn a_fault_has_its_place_too() {
    let folder = Folder::new("{\n  \"Statement\": {\n");
    let outcome = folder.lint(&[]);
    assert!(outcome.out.starts_with("group.json\n  3:1 "), "{}", outcome.out);
    let unknown = Folder::new("{\"Statement\":[],\n \"Sid\": 1}").lint(&[]);
    assert!(unknown.out.starts_with("group.json\n  2:2    error `/Sid`"), "{}", unknown.out);
    let sarif = folder.lint(&["--format", "sarif"]);
    assert!(sarif.out.contains("\"ruleId\": \"invalid-json\""), "{}", sarif.out);
}

#[test]
fn a_page_explains_its_rule() {
    let outcome = gatepost(&["lint", "--explain", "missing-root"]);
    assert_eq!(outcome.status, ExitStatus::Yes);
    assert!(outcome.out.starts_with("# missing-root\n"), "{}", outcome.out);
    assert_eq!(gatepost(&["lint", "--explain", "nonsense"]).status, ExitStatus::CouldNot);
}

/// The fenced blocks of a page, each with its language.
fn blocks(page: &str) -> Vec<(String, String)> {
    let mut blocks = Vec::new();
    let mut lines = page.lines();
    while let Some(line) = lines.next() {
        if let Some(language) = line.strip_prefix("```") {
            let block: Vec<&str> = lines.by_ref().take_while(|line| *line != "```").collect();
            blocks.push((language.to_owned(), block.join("\n") + "\n"));
        }
    }
    blocks
}

#[test]
fn what_the_pages_show_is_true() {
    for trap in Trap::ALL {
        let file = format!("../../docs/lint/{trap}.md");
        let page = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(file)).unwrap();
        let blocks = blocks(&page);
        let of = |language: &str| -> Vec<&str> {
            let of = blocks.iter().filter(|(found, _)| found == language);
            of.map(|(_, text)| text.as_str()).collect()
        };
        let (documents, console) = (of("json"), of("console"));
        let [example, instead] = documents.as_slice() else { panic!("{trap}: two documents") };
        let (command, output) = console[0].split_once('\n').unwrap();
        let folder = Folder::new(example);
        let routes = folder.0.path().join("openapi.yaml");
        if let [yaml] = of("yaml").as_slice() {
            fs::write(&routes, yaml).unwrap();
        }
        let arguments = command.strip_prefix("$ gatepost lint group.json").unwrap();
        let arguments: Vec<&str> = arguments
            .split_whitespace()
            .map(|word| if word == "openapi.yaml" { routes.to_str().unwrap() } else { word })
            .collect();
        let found = folder.lint(&arguments);
        let (shown, _) = found.out.rsplit_once("\n\n").unwrap();
        assert_eq!(format!("{shown}\n"), output, "{trap}");
        assert!(shown.contains(&format!("[{trap}]")), "{trap}");
        fs::write(folder.file(), instead).unwrap();
        let found = folder.lint(&arguments);
        assert_ne!(found.status, ExitStatus::CouldNot, "{trap}: {}", found.err);
        assert!(!found.out.contains(&format!("[{trap}]")), "{trap}: {}", found.out);
    }
}

#[test]
fn the_index_of_the_guide_has_every_rule_at_its_level() {
    let index = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/lint/README.md");
    let index = fs::read_to_string(index).unwrap();
    for trap in Trap::ALL {
        let row = format!("| [{trap}]({trap}.md) | {} |", trap.level());
        assert!(index.contains(&row), "{row}");
    }
}
