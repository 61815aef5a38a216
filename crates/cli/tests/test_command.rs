//! `gatepost test`, run in this process; spawned where it watches.
#![cfg(test)]

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};

use anstream::adapter::strip_str;
use gatepost_cli::{ExitStatus, run};
use serde_json::{Value, json};
use tempfile::TempDir;

struct Outcome {
    status: ExitStatus,
    out: String,
    err: String,
}

const SUITE: &str = "
principals:
  reader: { groups: [readers] }
  nobody: { groups: [] }
matrices:
  - principals: [reader, nobody]
    requests:
      GET /movies: [allow, deny]
";

fn folder(suite: &str) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let document = json!({ "Version": "2012-10-17", "Statement": [
        { "Sid": "Read", "Effect": "Allow", "Action": "execute-api:Invoke", "Resource": "GET/movies" },
        { "Sid": "Late", "Effect": "Allow", "Action": "execute-api:Invoke", "Resource": "GET/late",
          "Condition": { "DateGreaterThan": { "aws:CurrentTime": "2030-01-01T00:00:00Z" } } },
        { "Sid": "Own", "Effect": "Allow", "Action": "execute-api:Invoke",
          "Resource": "GET/users/${token:sub}" },
        { "Sid": "Never", "Effect": "Deny", "Action": "execute-api:Invoke", "Resource": "*/never" },
    ]});
    write(&folder, "groups/readers.json", &document.to_string());
    write(&folder, "tests/suite.yaml", suite);
    folder
}

fn write(folder: &TempDir, name: &str, text: &str) {
    let path = folder.path().join(name);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

fn test(folder: &Path, arguments: &[&str]) -> Outcome {
    let policies = folder.to_str().unwrap();
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let all = [&["gatepost", "test", "--policies", policies], arguments].concat();
    let status = run(all, &mut &b""[..], &mut out, &mut err);
    let text = |bytes: &[u8]| strip_str(std::str::from_utf8(bytes).unwrap()).to_string();
    let short = |text: String| text.replace(&format!("{policies}/"), "");
    Outcome { status, out: short(text(&out)), err: short(text(&err)) }
}

#[test]
fn the_example_is_covered_whole() {
    let policies = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../policies");
    let outcome = test(&policies, &["--min-coverage", "100"]);
    assert_eq!((outcome.status, outcome.err.as_str()), (ExitStatus::Yes, ""), "{}", outcome.out);
}

#[test]
fn a_suite_that_holds_says_how_many_cases_it_has() {
    let outcome = test(folder(SUITE).path(), &[]);
    assert_eq!(outcome.out, "tests/suite.yaml  2 passed\n2 cases, all passed\n");
    assert_eq!((outcome.status, outcome.err.as_str()), (ExitStatus::Yes, ""));
}

#[test]
fn a_failed_case_tells_why() {
    let suite = SUITE.replace("[allow, deny]", "[allow, allow]\n      POST /movies: [allow, deny]");
    let outcome = test(folder(&suite).path(), &[]);
    assert_eq!(
        outcome.out,
        "tests/suite.yaml  2 of 4 failed
  nobody: GET /movies: want allow, got implicit_deny
      to allow it: be a member of group:readers, which allows it by Read
  reader: POST /movies: want allow, got implicit_deny
      close: Read of group:readers: `GET/movies` is for GET, and this is POST
      to allow it: add `POST/movies` to the Resource of Read of group:readers
4 cases, 2 failed
"
    );
    assert_eq!(outcome.status, ExitStatus::No);
}

#[test]
fn context_claims_and_the_kinds_of_deny_count() {
    let suite = "
description: everything at once
stage: arn:aws:execute-api:eu-west-1:123456789012:a1/prod
context: { now: 2031-01-01T00:00:00Z, source_ip: 192.0.2.1, user_agent: curl/8, keys: { 'aws:X': [1, a] } }
principals:
  reader: { groups: [readers], claims: { sub: u-1 } }
tests:
  - principal: reader
    requests:
      GET /late: allow
      GET /users/u-1: allow
      GET /users/u-2: implicit_deny
      PUT /never: explicit_deny
      GET /never: deny
  - principal: reader
    context: { now: 2029-01-01T00:00:00Z }
    requests: { GET /late: deny }
";
    let outcome = test(folder(suite).path(), &[]);
    assert_eq!(outcome.status, ExitStatus::Yes, "{}{}", outcome.out, outcome.err);
}

const ROUTES: &str = "
openapi: 3.0.1
info: { title: x, version: '1' }
components:
  securitySchemes:
    gatepost:
      type: apiKey
      name: Authorization
      in: header
      x-amazon-apigateway-authtype: custom
      x-amazon-apigateway-authorizer: { type: request, identitySource: method.request.header.Authorization }
paths:
  /health: { get: { security: [], responses: {} } }
  /movies: { get: { security: [{ gatepost: [] }], responses: {} }, put: { security: [{ gatepost: [] }], responses: {} } }
";

#[test]
fn coverage_names_what_was_never_reached_and_can_be_too_low() {
    let folder = folder(SUITE);
    write(&folder, "routes/openapi.yaml", ROUTES);
    let outcome = test(folder.path(), &["--coverage"]);
    assert_eq!(
        outcome.out,
        "tests/suite.yaml  2 passed
2 cases, all passed
statements 1 of 4 tested (25 %)
  never: Late of group:readers
  never: Own of group:readers
  never: Never of group:readers
routes     1 of 2 tested (50 %)
  never: PUT /movies
"
    );
    assert_eq!(outcome.status, ExitStatus::Yes);
    assert_eq!(test(folder.path(), &["--min-coverage", "25"]).status, ExitStatus::Yes);
    let low = test(folder.path(), &["--min-coverage", "26"]);
    assert_eq!(low.status, ExitStatus::No);
    assert_eq!(low.err, "coverage of statements is 25 %, below the minimum of 26 %\n");
}

#[test]
fn a_group_without_a_document_is_told() {
    let outcome = test(folder(&SUITE.replace("[readers]", "[readers, raeders]")).path(), &[]);
    assert!(outcome.err.starts_with("note: group:raeders has no document"), "{}", outcome.err);
    assert_eq!(outcome.status, ExitStatus::Yes);
}

#[test]
fn json_and_junit_tell_the_same() {
    let folder = folder(&SUITE.replace("[allow, deny]", "[allow, allow]"));
    let xml = folder.path().join("report.xml");
    let outcome =
        test(folder.path(), &["--format", "json", "--coverage", "--junit", xml.to_str().unwrap()]);
    let report: Value = serde_json::from_str(&outcome.out).unwrap();
    assert_eq!((&report["total"], &report["failed"]), (&json!(2), &json!(1)));
    assert_eq!(report["suites"][0]["cases"][1]["got"], "implicit_deny");
    assert_eq!(report["coverage"]["statements"]["percent"], 25);
    assert!(outcome.err.contains("no list of routes"), "{}", outcome.err);
    let xml = fs::read_to_string(xml).unwrap();
    assert!(xml.contains(r#"tests="2""#) && xml.contains(r#"failures="1""#), "{xml}");
    assert!(xml.contains("nobody: GET /movies") && xml.contains("want allow, got implicit_deny"));
}

#[test]
fn faulty_suites_say_where_and_what_to_write() {
    for (text, words) in [
        (
            "principals: { a: { grops: [x] } }",
            "principals.a: unknown field `grops`, expected one of `groups`",
        ),
        (
            &SUITE.replace("deny]", "no]"),
            "write one of allow, deny, explicit_deny, implicit_deny instead of `no` at line 8",
        ),
        (
            &SUITE.replace("[allow, deny]", "[allow]"),
            "matrices[0].requests.\"GET /movies\": 1 cells for 2 principals",
        ),
        (
            &SUITE.replace("[reader, nobody]", "[reader, noone]"),
            "there is no principal `noone`: write one of reader, nobody",
        ),
        (&format!("{SUITE}      GET /movies: [deny, deny]\n"), "`GET /movies` stands twice"),
        (&SUITE.replace("GET /movies", "/movies"), "is no request: write a verb and a path"),
        (&SUITE.replace("GET /movies", "GET movies"), "does not begin with a slash"),
        (&SUITE.replace("matrices", "matrixes"), "unknown field `matrixes`"),
        ("principals: { a: {} }", "it tests nothing"),
        (&format!("context: {{ now: today }}\n{SUITE}"), "write a time as in"),
        (&format!("context: {{ keys: {{ referer: x }} }}\n{SUITE}"), "`prefix:name`"),
        (
            &format!("context: {{ keys: {{ 'a:b': {{}} }} }}\n{SUITE}"),
            "context.keys.a:b: write a text",
        ),
        (&format!("stage: prod\n{SUITE}"), "not an `execute-api` ARN"),
    ] {
        let outcome = test(folder(text).path(), &[]);
        assert_eq!(outcome.status, ExitStatus::CouldNot, "{words}");
        assert!(outcome.err.contains(words), "want {words}, got {}", outcome.err);
        assert!(outcome.err.contains("tests/suite.yaml"), "{}", outcome.err);
    }
}

#[test]
fn faulty_policies_and_missing_suites_cannot_be_tested() {
    let broken = folder(SUITE);
    write(&broken, "groups/broken.json", "{");
    assert_eq!(test(broken.path(), &[]).status, ExitStatus::CouldNot);
    let bare = folder(SUITE);
    fs::remove_file(bare.path().join("tests/suite.yaml")).unwrap();
    let outcome = test(bare.path(), &[]);
    assert_eq!(outcome.status, ExitStatus::CouldNot);
    assert!(outcome.err.contains("write one, such as tests/movies.yaml"), "{}", outcome.err);
    let missing = test(bare.path(), &["nowhere.yaml"]);
    assert!(missing.err.contains("cannot read `nowhere.yaml`"), "{}", missing.err);
}

#[test]
fn watching_tests_again_when_a_file_is_saved() {
    let folder = folder(SUITE);
    let mut gatepost = Command::new(env!("CARGO_BIN_EXE_gatepost"))
        .args(["test", "--watch", "--policies"])
        .arg(folder.path())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(gatepost.stdout.take().unwrap()).lines();
    let mut until = |wanted: &str| {
        assert!(lines.any(|line| line.unwrap().contains(wanted)), "no line with `{wanted}`");
    };
    until("2 cases, all passed");
    write(&folder, "tests/suite.yaml", &SUITE.replace("[allow, deny]", "[deny, deny]"));
    until("2 cases, 1 failed");
    gatepost.kill().unwrap();
    gatepost.wait().unwrap();
}
