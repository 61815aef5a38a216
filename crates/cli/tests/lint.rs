//! `gatepost lint`, run in this process: faults, traps, formats and fixes.
#![cfg(test)]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use gatepost_cli::{ExitStatus, run};
use serde_json::{Value, json};

struct Outcome {
    status: ExitStatus,
    out: String,
    err: String,
}

impl Outcome {
    fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap()
    }

    /// The rules of the findings in JSON.
    fn rules(&self) -> BTreeSet<String> {
        let report = self.json();
        let findings = report["findings"].as_array().unwrap().iter();
        findings.map(|one| one["rule"].as_str().unwrap().to_owned()).collect()
    }
}

fn lint(arguments: &[&str]) -> Outcome {
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let arguments = ["gatepost", "lint"].iter().chain(arguments);
    let status = run(arguments, &mut [].as_slice(), &mut out, &mut err);
    let text = |bytes| String::from_utf8(bytes).unwrap();
    Outcome { status, out: text(out), err: text(err) }
}

/// A folder of policies of the test's own.
struct Policies(tempfile::TempDir);

impl Policies {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("groups")).unwrap();
        Self(folder)
    }

    fn with(name: &str, text: &str) -> Self {
        let policies = Self::new();
        fs::write(policies.file(name), text).unwrap();
        policies
    }

    fn file(&self, name: &str) -> PathBuf {
        self.0.path().join("groups").join(name)
    }

    fn read(&self, name: &str) -> String {
        fs::read_to_string(self.file(name)).unwrap()
    }

    fn lint(&self, arguments: &[&str]) -> Outcome {
        lint(&[arguments, &[self.0.path().to_str().unwrap()]].concat())
    }
}

/// A document of these statements, each an effect and its resources.
fn document(statements: &[(&str, Value)]) -> String {
    let statements: Vec<String> = statements
        .iter()
        .map(|(effect, resource)| {
            format!(
                r#"{{"Effect":"{effect}","Action":"execute-api:Invoke","Resource":{resource}}}"#
            )
        })
        .collect();
    format!(r#"{{"Version":"2012-10-17","Statement":[{}]}}"#, statements.join(","))
}

#[test]
fn lint_names_no_error_in_the_example_policies() {
    let policies = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../policies");
    let outcome = lint(&[policies.to_str().unwrap()]);
    assert_eq!(outcome.status, ExitStatus::Yes, "{}", outcome.out);
}

#[test]
fn lint_names_file_place_level_and_rule_of_a_fault() {
    let policies = Policies::with(
        "a.json",
        "{\"Statement\":{\n  \"Effect\":\"allow\",\"Action\":\"*\",\"Resource\":\"*\"}}",
    );
    let text = policies.lint(&[]);
    assert_eq!(text.status, ExitStatus::No);
    let file = policies.file("a.json").display().to_string();
    let start = format!("{file}:2:12  error  `/Statement/Effect` must be `Allow` or `Deny`");
    assert!(text.out.starts_with(&start), "{}", text.out);
    assert!(text.out.ends_with("[invalid-effect]\n\n1 file, 1 error\n"), "{}", text.out);

    let report = policies.lint(&["--format", "json"]).json();
    assert_eq!(report["files"], 1);
    let finding = &report["findings"][0];
    assert_eq!(finding["rule"], "invalid-effect");
    assert_eq!(finding["pointer"], "/Statement/Effect");
    assert_eq!(finding["level"], "error");
    assert_eq!((&finding["line"], &finding["column"]), (&json!(2), &json!(12)));
}

#[test]
fn lint_finds_what_no_store_would_take() {
    let good = document(&[("Allow", json!("GET/a"))]);
    let policies = Policies::with("a.json", &good);
    for (name, text) in [("BAD.JSON", "{}"), ("100%.json", &good), ("%61.json", &good)] {
        fs::write(policies.file(name), text).unwrap();
    }
    let outcome = policies.lint(&["--format", "json"]);
    assert_eq!(outcome.json()["files"], 4);
    let rules = outcome.rules();
    for rule in ["file-name", "missing-statement", "repeated-subject"] {
        assert!(rules.contains(rule), "{rules:?}");
    }
}

#[test]
fn lint_of_nothing_is_not_a_success() {
    let folder = tempfile::tempdir().unwrap();
    let outcome = lint(&[folder.path().to_str().unwrap()]);
    assert_eq!(outcome.status, ExitStatus::CouldNot);
    assert!(outcome.err.contains("nothing was looked at"), "{}", outcome.err);
    assert_eq!(lint(&["/nowhere"]).status, ExitStatus::CouldNot);
}

const SWALLOWS: &str = "arn:aws:execute-api:eu-west-1:123456789012:a1b2c3d4e5/prod/*/reports";

#[test]
fn a_trap_has_a_place_and_a_request_that_shows_it() {
    let policies = Policies::with("a.json", &document(&[("Allow", json!(["GET/a", SWALLOWS]))]));
    let report = policies.lint(&["--format", "json"]).json();
    let findings = report["findings"].as_array().unwrap();
    let finding = findings.iter().find(|one| one["rule"] == "star-swallows-verb").unwrap();
    assert_eq!(finding["pointer"], "/Statement/0/Resource/1");
    assert_eq!(finding["level"], "warning");
    assert_eq!(finding["line"], 1);
    let example = &finding["example"];
    assert!(example["path"].as_str().unwrap().ends_with("/reports"), "{example}");
    assert!(example["resource"].as_str().unwrap().starts_with("arn:aws:execute-api:"), "{example}");

    let text = policies.lint(&[]);
    assert_eq!(text.status, ExitStatus::No);
    assert!(text.out.contains("\n    for example  "), "{}", text.out);
    assert!(text.out.contains("gatepost lint --explain "), "{}", text.out);
    assert!(!text.out.contains('\u{1b}'), "{}", text.out);
}

#[test]
fn an_allowed_rule_is_not_told_and_notes_are_no_failure() {
    let any_region = "arn:aws:execute-api:*:123456789012:a1b2c3d4e5/prod/GET/reports";
    let policies = Policies::with("a.json", &document(&[("Allow", json!(any_region))]));
    let outcome = policies.lint(&["--format", "json"]);
    assert_eq!(outcome.rules(), ["wildcard-region".to_owned()].into());
    assert_eq!(outcome.status, ExitStatus::Yes);
    let outcome = policies.lint(&["--allow", "wildcard-region", "--allow", "wildcard-api"]);
    assert_eq!(outcome.out, "1 file, nothing found\n");
}

#[test]
fn an_unknown_rule_is_told_its_nearest() {
    for option in ["--allow", "--explain"] {
        let outcome = lint(&[option, "star-swallows-verbs", "."]);
        assert_eq!(outcome.status, ExitStatus::CouldNot);
        assert!(outcome.err.contains("similar"), "{}", outcome.err);
        assert!(outcome.err.contains("'star-swallows-verb'"), "{}", outcome.err);
    }
}

#[test]
fn a_rule_is_explained_without_any_file() {
    let outcome = lint(&["--explain", "star-swallows-verb"]);
    assert_eq!(outcome.status, ExitStatus::Yes);
    assert!(outcome.out.contains("star-swallows-verb"), "{}", outcome.out);
}

#[test]
fn an_answer_over_the_budget_is_an_error() {
    let policies = Policies::with("a.json", &document(&[("Allow", json!("GET/reports"))]));
    assert_eq!(policies.lint(&[]).status, ExitStatus::Yes);
    let arguments = ["--format", "json", "--max-policy-bytes", "100"];
    let outcome = policies.lint(&arguments);
    assert_eq!(outcome.rules(), ["over-budget".to_owned()].into());
    assert_eq!(outcome.status, ExitStatus::No);
    // Each of two is within the budget, both are not.
    fs::write(policies.file("b.json"), document(&[("Allow", json!("GET/x"))])).unwrap();
    let arguments = ["--format", "json", "--max-policy-bytes", "200"];
    let outcome = policies.lint(&arguments);
    assert_eq!(outcome.rules(), ["over-budget".to_owned()].into());
    let message = outcome.json()["findings"][0]["message"].to_string();
    assert!(message.contains("group:a") && message.contains("group:b"), "{message}");
}

#[test]
fn routes_tell_what_matches_none_and_what_nobody_may_call() {
    let policies = Policies::with("a.json", &document(&[("Allow", json!(["GET/a", "GET/b"]))]));
    let operation = json!({ "security": [{ "gatepost": [] }], "responses": {} });
    let routes = json!({
        "openapi": "3.0.1",
        "info": { "title": "An API", "version": "1" },
        "paths": { "/a": { "get": operation }, "/c": { "get": operation } },
        "components": { "securitySchemes": { "gatepost": {
            "type": "apiKey", "name": "Authorization", "in": "header",
            "x-amazon-apigateway-authtype": "custom",
            "x-amazon-apigateway-authorizer": { "type": "token" },
        } } },
    });
    let file = policies.0.path().join("routes.json");
    fs::write(&file, routes.to_string()).unwrap();
    let outcome = policies.lint(&["--format", "json", "--routes", file.to_str().unwrap()]);
    let report = outcome.json();
    assert_eq!(report["files"], 1);
    let found: Vec<(&Value, &Value)> = report["findings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| (&one["rule"], &one["pointer"]))
        .collect();
    let want = [("matches-no-route", "/Statement/0/Resource/1"), ("uncallable-route", "")];
    assert_eq!(
        found,
        want.map(|(rule, at)| (json!(rule), json!(at))).each_ref().map(|(a, b)| (a, b))
    );
    assert_eq!(report["findings"][1]["file"], file.to_str().unwrap());
    assert_eq!(policies.lint(&["--routes", "/nowhere.yaml"]).status, ExitStatus::CouldNot);
}

#[test]
fn code_scanning_reads_the_findings() {
    let policies = Policies::with("a.json", &document(&[("Allow", json!(SWALLOWS))]));
    fs::write(policies.file("b.json"), "{").unwrap();
    let outcome = policies.lint(&["--format", "sarif"]);
    assert_eq!(outcome.status, ExitStatus::No);
    let log = outcome.json();
    let results = log["runs"][0]["results"].as_array().unwrap();
    let rules: BTreeSet<&str> = results.iter().map(|one| one["ruleId"].as_str().unwrap()).collect();
    assert!(rules.contains("star-swallows-verb") && rules.contains("invalid-json"), "{rules:?}");
    for result in results {
        let place = &result["locations"][0]["physicalLocation"];
        assert!(place["region"]["startLine"].as_u64().unwrap() >= 1, "{result}");
        let uri = place["artifactLocation"]["uri"].as_str().unwrap();
        assert!(uri.starts_with("file:///") && uri.contains("/groups/"), "{uri}");
    }
}

#[test]
fn what_changes_nothing_is_taken_out() {
    let text = document(&[
        ("Allow", json!(["GET/a/**", "GET/a/b", "GET/c", "GET/c"])),
        ("Allow", json!("GET/c")),
        ("Allow", json!("POST/d")),
        ("Deny", json!("POST/*")),
    ]);
    let policies = Policies::with("a.json", &text);
    let outcome = policies.lint(&["--fix", "--format", "json"]);
    let document: Value = serde_json::from_str(&policies.read("a.json")).unwrap();
    let resources: Vec<&Value> = document["Statement"]
        .as_array()
        .unwrap()
        .iter()
        .map(|statement| &statement["Resource"])
        .collect();
    assert_eq!(resources, [&json!(["GET/a/*", "GET/c"]), &json!("POST/*")], "{}", outcome.err);
    let start = "{\n  \"Version\": \"2012-10-17\",\n  \"Statement\": [\n    {\n      \"Effect\"";
    assert!(policies.read("a.json").starts_with(start), "the order of members is kept");
    assert!(outcome.err.contains("a.json: 5 fixes\n"), "{}", outcome.err);
    assert!(outcome.err.contains("wrote `GET/a/*` for `GET/a/**`"), "{}", outcome.err);
    assert!(outcome.err.ends_with("  means the same as before\n"), "{}", outcome.err);
    for rule in ["redundant-pattern", "unreachable-statement", "allow-cancelled-by-deny"] {
        assert!(!outcome.rules().contains(rule), "{}", outcome.out);
    }
    // Nothing is left to do.
    let again = policies.lint(&["--fix"]);
    assert_eq!(again.err, "");
}

#[test]
fn a_verb_in_lower_case_is_mended_and_who_gains_what_is_told() {
    let arn = SWALLOWS.replace('*', "get");
    let policies = Policies::with("a.json", &document(&[("Allow", json!(["GET/a", arn]))]));
    let outcome = policies.lint(&["--fix"]);
    assert!(policies.read("a.json").contains("/prod/GET/reports"), "{}", outcome.err);
    assert!(outcome.err.contains("1 fix\n"), "{}", outcome.err);
    assert!(outcome.err.ends_with("\n  gained GET /reports\n"), "{}", outcome.err);
    let policies = Policies::with("a.json", &document(&[("Allow", json!(["GET/a", arn]))]));
    let outcome = policies.lint(&["--fix", "--allow", "verb-matches-nothing"]);
    assert_eq!(outcome.err, "");
    assert!(policies.read("a.json").contains("/prod/get/reports"));
}

#[test]
fn a_document_is_never_left_without_statements_and_faults_are_left_alone() {
    let only = r#"{"Statement":{"Effect":"Allow","Action":"s3:Get","Resource":"GET/a"}}"#;
    let faulty = r#"{"Statement":[{"Effect":"Allow","Action":"*","Resource":["GET/**","get/a"]}]}"#;
    let policies = Policies::with("only.json", only);
    fs::write(policies.file("faulty.json"), faulty).unwrap();
    let outcome = policies.lint(&["--fix"]);
    assert_eq!(outcome.err, "");
    assert_eq!(policies.read("only.json"), only);
    assert_eq!(policies.read("faulty.json"), faulty);
}

#[cfg(unix)]
#[test]
fn a_fix_keeps_permissions_and_links_and_leaves_no_other_file() {
    use std::os::unix::fs::{PermissionsExt as _, symlink};

    let policies = Policies::new();
    let elsewhere = tempfile::tempdir().unwrap();
    let file = elsewhere.path().join("real");
    fs::write(&file, document(&[("Allow", json!(["GET/c", "GET/c"]))])).unwrap();
    fs::set_permissions(&file, fs::Permissions::from_mode(0o640)).unwrap();
    symlink(&file, policies.file("a.json")).unwrap();
    let outcome = policies.lint(&["--fix"]);
    assert!(outcome.err.contains("1 fix\n"), "{}", outcome.err);
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o640);
    assert!(fs::symlink_metadata(policies.file("a.json")).unwrap().is_symlink());
    assert_eq!(fs::read_dir(elsewhere.path()).unwrap().count(), 1);
}
