//! Pages in `gatepost explain`, `test` and `matrix`, and what the edge makes of the same documents.
#![cfg(test)]

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use gatepost_cli::{ExitStatus, run};
use gatepost_core::policy::{Context, PageRules, PolicyDocument};
use gatepost_emulator::edge::{EdgeFunction, KeyValueStore};
use serde_json::{Value, json};

const PAGES: [&str; 9] = [
    "/app/movies/",
    "/app/movies",
    "/app/movies/7.html",
    "/%61pp/movies/",
    "/app/Movies/",
    "/app/shows/",
    "/app/admin/",
    "/app/",
    "/other/",
];

fn gatepost(arguments: &[&str]) -> (ExitStatus, String, String) {
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let all = [&["gatepost"], arguments].concat();
    let status = run(all, &mut &b""[..], &mut out, &mut err);
    let text = |bytes| anstream::adapter::strip_str(&String::from_utf8(bytes).unwrap()).to_string();
    (status, text(out), text(err))
}

fn policies() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../policies")
}

fn document(group: &str) -> PolicyDocument {
    let file = policies().join(format!("groups/{group}.json"));
    PolicyDocument::parse(&fs::read(file).unwrap()).unwrap()
}

/// Whether the function at the edge shows `uri` to the bearer of a pass with `rules`.
fn is_shown(rules: &PageRules, uri: &str) -> bool {
    let now = SystemTime::now();
    let end = (now + Duration::from_mins(1)).duration_since(UNIX_EPOCH).unwrap().as_secs();
    let payload = json!({ "k": "a", "h": "www.example", "e": end, "r": rules }).to_string();
    let payload = BASE64_URL_SAFE_NO_PAD.encode(payload);
    let key = hmac::Key::new(hmac::HMAC_SHA256, &[7; 32]);
    let signature = hmac::sign(&key, format!("gatepost-page-pass-v1.{payload}").as_bytes());
    let pass = format!("{payload}.{}", BASE64_URL_SAFE_NO_PAD.encode(signature));
    let event = json!({ "request": {
        "method": "GET", "uri": uri, "querystring": {},
        "headers": { "host": { "value": "www.example" } },
        "cookies": { "__Host-gatepost-pages": { "value": pass } },
    } });
    let store = KeyValueStore::from([
        ("config".to_owned(), r#"{"login":"/auth/login","home":"/","public":[]}"#.to_owned()),
        ("key:a".to_owned(), BASE64_URL_SAFE_NO_PAD.encode([7; 32])),
    ]);
    let run = EdgeFunction::pages().call(&event.to_string(), &store, now);
    let answer: Value = serde_json::from_str(&run.answer.unwrap()).unwrap();
    answer["uri"] == uri
}

#[test]
fn what_is_explained_is_what_the_edge_decides() {
    let folder = policies();
    let mut shown = 0;
    for groups in [
        &["movies-group"][..],
        &["shows-group"],
        &["movies-group", "shows-group"],
        &["admin-group"],
        &[],
    ] {
        let documents: Vec<PolicyDocument> = groups.iter().map(|group| document(group)).collect();
        let rules = PageRules::build(&documents, &Context::new());
        for page in PAGES {
            let (status, out, err) = gatepost(&[
                "explain",
                "--policies",
                folder.to_str().unwrap(),
                "--groups",
                &groups.join(","),
                "--page",
                page,
            ]);
            let want = is_shown(&rules, page);
            assert_eq!(status == ExitStatus::Yes, want, "{groups:?} {page}: {out}{err}");
            shown += usize::from(want);
        }
    }
    assert_eq!(shown, 13);
}

#[test]
fn a_page_that_is_not_allowed_is_explained() {
    let folder = policies();
    let explain = |page: &str| {
        let folder = folder.to_str().unwrap();
        gatepost(&["explain", "--policies", folder, "--groups", "movies-group", "--page", page])
    };
    let (status, out, _) = explain("/app/admin/");
    assert_eq!(status, ExitStatus::No);
    for part in [
        "DENIED  page /app/admin/  (implicit deny: no statement allows it)",
        "add `page/app/admin/` to the Resource of SeeMoviesPage of group:movies-group",
        "be a member of group:admin-group, which allows it by SeePages",
    ] {
        assert!(out.contains(part), "{out}");
    }
    assert!(!out.contains("whole stage"), "{out}");
    let (status, _, err) = explain("/app//admin/");
    assert_eq!(status, ExitStatus::CouldNot);
    assert!(err.contains("the edge answers 400 to it"), "{err}");
}

#[test]
fn suites_have_pages_beside_calls() {
    let folder = tempfile::tempdir().unwrap();
    let suite = folder.path().join("a.yaml");
    let test = |request: &str, expected: &str| {
        let text = format!(
            "principals: {{ alice: {{ groups: [movies-group] }} }}\ntests:\n  - principal: alice\n    requests:\n      {request}: {expected}\n"
        );
        fs::write(&suite, text).unwrap();
        gatepost(&["test", "--policies", policies().to_str().unwrap(), suite.to_str().unwrap()])
    };
    assert_eq!(test("page /app/movies/", "allow").0, ExitStatus::Yes);
    let (status, out, _) = test("page /app/admin/", "allow");
    assert_eq!(status, ExitStatus::No);
    assert!(out.contains("alice: page /app/admin/: want allow, got implicit_deny"), "{out}");
    let (status, _, err) = test("page /app/../admin/", "deny");
    assert_eq!(status, ExitStatus::CouldNot);
    assert!(err.contains("no page has the address"), "{err}");
}

#[test]
fn a_matrix_has_a_row_for_each_pattern_of_pages() {
    let (status, out, err) =
        gatepost(&["matrix", "--policies", policies().to_str().unwrap(), "--format", "csv"]);
    assert_eq!(status, ExitStatus::Yes, "{err}");
    let pages: Vec<&str> = out.lines().filter(|line| line.starts_with("page,")).collect();
    let want = [
        "page,/app/admin/*,,page pass,allow,deny,deny",
        "page,/app/movies/*,,page pass,allow,allow,deny",
        "page,/app/shows/*,,page pass,allow,deny,allow",
    ];
    assert_eq!(pages, want);
}
