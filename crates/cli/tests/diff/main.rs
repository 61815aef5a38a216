//! `gatepost diff`: every kind of side, every form of the answer, and what the shell is told.
#![cfg(test)]

#[path = "../engine/mod.rs"]
mod engine;
mod markdown;
mod sides;

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
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}: {}", self.err))
    }
}

fn diff(arguments: &[&str]) -> Outcome {
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let arguments = ["gatepost", "diff", "--color", "never"].iter().chain(arguments);
    let status = run(arguments, &mut &b""[..], &mut out, &mut err);
    let text = |bytes| String::from_utf8(bytes).unwrap();
    Outcome { status, out: text(out), err: text(err) }
}

/// Two folders of policies, `a` and `b`.
struct Folders(tempfile::TempDir);

impl Folders {
    fn new(before: &[(&str, &str)], after: &[(&str, &str)]) -> Self {
        let root = tempfile::tempdir().unwrap();
        for (side, files) in [("a", before), ("b", after)] {
            fs::create_dir_all(root.path().join(side).join("groups")).unwrap();
            for (name, text) in files {
                let path = root.path().join(side).join(name);
                fs::create_dir_all(path.parent().unwrap()).unwrap();
                fs::write(path, text).unwrap();
            }
        }
        Self(root)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn diff(&self, arguments: &[&str]) -> Outcome {
        let (a, b) = (self.path("a"), self.path("b"));
        diff(&[&[a.to_str().unwrap(), b.to_str().unwrap()], arguments].concat())
    }

    /// The text, with the paths as they are below the folder.
    fn text(&self, arguments: &[&str]) -> String {
        let root = format!("{}/", self.0.path().display());
        self.diff(arguments).out.replace(&root, "")
    }
}

fn document(statements: &[Value]) -> String {
    json!({ "Version": "2012-10-17", "Statement": statements }).to_string()
}

fn statement(effect: &str, resource: &Value) -> Value {
    json!({ "Effect": effect, "Action": "execute-api:Invoke", "Resource": resource })
}

fn allow(resource: &Value) -> String {
    document(&[statement("Allow", resource)])
}

fn movies(resource: &Value) -> String {
    let mut statement = statement("Allow", resource);
    statement["Sid"] = "Movies".into();
    document(&[statement])
}

#[test]
fn one_star_more_is_told_in_a_line_with_the_statement_that_does_it() {
    let other = allow(&json!("GET/x"));
    let folders = Folders::new(
        &[("groups/m.json", &movies(&json!(["GET/movies/*"]))), ("groups/o.json", &other)],
        &[("groups/m.json", &movies(&json!(["*/movies/*"]))), ("groups/o.json", &other)],
    );
    assert_eq!(
        folders.text(&[]),
        "group:m
  + DELETE, HEAD, OPTIONS, PATCH, POST, PUT /movies/
      after:  allowed by /Statement/0 Movies (Allow */movies/*) in b/groups/m.json
      before: no statement allows it

2 subjects: 1 changed (6 gained, 0 lost), 1 unchanged
"
    );
}

#[test]
fn subjects_that_are_new_or_gone_are_said_to_be() {
    let folders = Folders::new(
        &[("users/u-1.json", &allow(&json!("GET/x")))],
        &[("groups/new.json", &allow(&json!("GET/y"))), ("scopes/none.json", &document(&[]))],
    );
    let text = folders.text(&[]);
    assert!(text.starts_with("group:new (new)\n  + GET /y\n"), "{text}");
    assert!(text.contains("      before: there is no document\n"), "{text}");
    assert!(text.contains("\nscope:none (new)\n  no right differs\n"), "{text}");
    assert!(text.contains("\nuser:u-1 (gone)\n  - GET /x\n"), "{text}");
    assert!(text.ends_with("3 subjects: 2 changed (1 gained, 1 lost), 1 unchanged\n"), "{text}");
}

#[test]
fn conditions_claims_pages_and_stages_are_told_where_they_matter() {
    let at_home = json!({ "Effect": "Allow", "Action": "*", "Resource": "GET/u/${token:sub}",
        "Condition": { "IpAddress": { "aws:SourceIp": "10.0.0.0/8" } } });
    let page =
        json!({ "Effect": "Allow", "Action": "gatepost:ViewPage", "Resource": "page/admin" });
    let folders = Folders::new(&[], &[("groups/a.json", &document(&[at_home, page]))]);
    let text = folders.text(&[]);
    assert!(
        text.starts_with(
            "group:a (new)
  + GET /u/x [execute-api:Invoke, execute-api:InvalidateCache, execute-api:ManageConnections]
      only if {\"IpAddress\":{\"aws:SourceIp\":\"10.0.0.0/8\"}}
      for a caller whose sub is `x`
      after:  allowed by /Statement/0 (Allow GET/u/${token:sub}) in b/groups/a.json
"
        ),
        "{text}"
    );
    assert!(text.contains("  + page /admin\n"), "{text}");

    let prod = "arn:aws:execute-api:*:*:a1/prod/GET/x";
    let folders = Folders::new(
        &[("groups/a.json", &allow(&json!("GET/x")))],
        &[("groups/a.json", &allow(&json!(prod)))],
    );
    let text = folders.text(&[]);
    assert!(text.starts_with("group:a\n  - GET /x in arn:"), "{text}");
    let here = "arn:aws:execute-api:eu-west-1:123456789012:a1/prod";
    assert_eq!(folders.text(&["--stage", here]), "1 subject, no difference\n");
    let there = folders.text(&["--stage", &here.replace("prod", "dev")]);
    assert!(there.starts_with("group:a\n  - GET /x\n"), "{there}");
}

#[test]
fn the_answer_for_programs_has_its_members_in_order() {
    let deny = json!({ "Sid": "No", "Effect": "Deny", "Action": "execute-api:Invoke",
        "Resource": "GET/x", "Condition": { "Bool": { "aws:SecureTransport": "false" } } });
    let before = document(&[statement("Allow", &json!("GET/x")), deny]);
    let folders = Folders::new(
        &[("groups/a.json", &before)],
        &[("groups/a.json", &allow(&json!("GET/x"))), ("groups/b.json", &document(&[]))],
    );
    let outcome = folders.diff(&["--format", "json", "--moved"]);
    assert_eq!(
        outcome.out,
        concat!(
            r#"{"subjects":[{"subject":"group:a","gained":[{"witness":{"#,
            r#""action":"execute-api:Invoke","#,
            r#""resource":"arn:aws:execute-api:us-east-1:123456789012:a1b2c3d4e5/prod/GET/x","#,
            r#""method":"GET","path":"/x","context":{"aws:securetransport":"false"}},"#,
            r#""condition":{"if":[{"Bool":{"aws:SecureTransport":"false"}}],"unless":[]},"#,
            r#""because":[{"side":"after","document":"group:a","statement":0,"effect":"Allow"},"#,
            r#"{"side":"before","document":"group:a","statement":1,"sid":"No","effect":"Deny"}]}],"#,
            r#""lost":[],"moved":[],"unknown":false},"#,
            r#"{"subject":"group:b","gained":[],"lost":[],"moved":[],"unknown":false}]}"#,
            "\n"
        )
    );
    assert_eq!(outcome.status, ExitStatus::No);
    let plain = folders.diff(&["--format", "json"]).json();
    assert_eq!(plain["subjects"][0].get("moved"), None);
}

#[test]
fn each_action_and_each_page_has_its_entry_for_programs() {
    let any = json!({ "Effect": "Allow", "Action": "*", "Resource": ["GET/x", "page/p"] });
    let folders = Folders::new(&[], &[("groups/a.json", &document(&[any]))]);
    let answer = folders.diff(&["--format", "json"]).json();
    let gained = answer["subjects"][0]["gained"].as_array().unwrap();
    let witness = |entry: &Value| {
        let part = |name: &str| entry["witness"][name].clone();
        json!([part("action"), part("method"), part("path")])
    };
    let mut found: Vec<Value> = gained.iter().map(witness).collect();
    found.sort_by_key(ToString::to_string);
    let want = [
        json!(["execute-api:InvalidateCache", "GET", "/x"]),
        json!(["execute-api:Invoke", "GET", "/x"]),
        json!(["execute-api:ManageConnections", "GET", "/x"]),
        json!(["gatepost:ViewPage", null, "/p"]),
    ];
    assert_eq!(found, want);
    assert!(gained.iter().any(|entry| entry["witness"]["resource"] == "page/p"), "{answer}");
}

#[test]
fn somebody_in_several_groups_has_what_their_documents_come_to_together() {
    let deny = document(&[statement("Deny", &json!("GET/x"))]);
    let folders = Folders::new(
        &[("groups/a.json", &allow(&json!("GET/x")))],
        &[("groups/a.json", &allow(&json!("GET/*"))), ("groups/b.json", &deny)],
    );
    let text = folders.text(&["--for-groups", "a,b,a"]);
    assert!(text.starts_with("groups:a+b\n  group:b is new\n  + GET /\n"), "{text}");
    let lost = "  - GET /x
      after:  denied by /Statement/0 (Deny GET/x) in b/groups/b.json
      before: allowed by /Statement/0 (Allow GET/x) in a/groups/a.json
";
    assert!(text.contains(lost), "{text}");
    let answer = folders.diff(&["--for-groups", "a,b", "--format", "json"]).json();
    assert_eq!(answer["subjects"][0]["subject"], "groups:a+b");
    assert_eq!(answer["subjects"][0]["lost"][0]["because"][0]["document"], "group:b");

    let nobody = folders.diff(&["--for-groups", "a,c"]);
    assert_eq!(nobody.status, ExitStatus::CouldNot);
    assert!(nobody.err.contains("`group:c` has no document on either side"), "{}", nobody.err);
}

#[test]
fn a_filter_takes_subjects_that_are_there() {
    let folders = Folders::new(
        &[],
        &[
            ("groups/a.json", &allow(&json!("GET/x"))),
            ("groups/b.json", &allow(&json!("GET/x"))),
            ("users/c.json", &allow(&json!("GET/x"))),
        ],
    );
    let arguments = ["--subject", "user:c", "--subject", "group:a", "--format", "json"];
    let answer = folders.diff(&arguments).json();
    let subjects = answer["subjects"].as_array().unwrap();
    let subjects: Vec<&str> = subjects.iter().map(|one| one["subject"].as_str().unwrap()).collect();
    assert_eq!(subjects, ["group:a", "user:c"]);
    let outcome = folders.diff(&["--subject", "group:A"]);
    assert_eq!(outcome.status, ExitStatus::CouldNot);
    assert!(outcome.err.contains("`group:A` has no document on either side"), "{}", outcome.err);
}

#[test]
fn what_moves_between_two_kinds_of_deny_is_told_when_asked() {
    let folders = Folders::new(
        &[("groups/a.json", &document(&[]))],
        &[("groups/a.json", &document(&[statement("Deny", &json!("GET/x"))]))],
    );
    assert_eq!(folders.diff(&[]).status, ExitStatus::Yes);
    let moved = folders.diff(&["--moved"]);
    assert!(moved.out.starts_with("group:a\n  ~ GET /x\n"), "{}", moved.out);
    assert!(moved.out.ends_with("(0 gained, 0 lost, 1 moved), 0 unchanged\n"), "{}", moved.out);
    assert_eq!(moved.status, ExitStatus::No);
    assert_eq!(folders.diff(&["--moved", "--fail-on", "lost"]).status, ExitStatus::Yes);
}

#[test]
fn the_shell_is_told_what_it_asked_to_be_told() {
    let (less, more) = (allow(&json!("GET/x")), allow(&json!(["GET/x", "GET/y"])));
    let gains = Folders::new(&[("groups/a.json", &less)], &[("groups/a.json", &more)]);
    let loses = Folders::new(&[("groups/a.json", &more)], &[("groups/a.json", &less)]);
    let (yes, no) = (ExitStatus::Yes, ExitStatus::No);
    for (fail_on, gaining, losing) in
        [("any", no, no), ("gained", no, yes), ("lost", yes, no), ("none", yes, yes)]
    {
        let outcomes = [&gains, &loses].map(|one| one.diff(&["--fail-on", fail_on]).status);
        assert_eq!(outcomes, [gaining, losing], "{fail_on}");
    }
    let same = Folders::new(&[("groups/a.json", &less)], &[("groups/a.json", &less)]);
    let outcome = same.diff(&[]);
    assert_eq!((outcome.status, outcome.out.as_str()), (yes, "1 subject, no difference\n"));
}

#[test]
fn over_budget_is_unknown_and_neither_yes_nor_no() {
    let patterns: Vec<String> = ('a'..='t').map(|letter| format!("GET/*{letter}*")).collect();
    let before = document(&[statement("Allow", &json!(patterns))]);
    // The same, in statements of its own: only a walk to the end can tell.
    let pattern = |pattern: &String| statement("Allow", &json!([pattern, "GET/?*?a*"]));
    let after = document(&patterns.iter().map(pattern).collect::<Vec<_>>());
    let folders = Folders::new(&[("groups/a.json", &before)], &[("groups/a.json", &after)]);
    let budget = ["--max-states", "50", "--fail-on", "none"];
    let outcome = folders.diff(&budget);
    assert_eq!(outcome.status, ExitStatus::CouldNot, "{}", outcome.out);
    assert!(outcome.out.contains("  ? unknown: "), "{}", outcome.out);
    assert!(outcome.out.ends_with(", 1 unknown\n"), "{}", outcome.out);
    let answer = folders.diff(&[&budget[..], &["--format", "json"]].concat()).json();
    assert_eq!(answer["subjects"][0]["unknown"], true);
    let because = answer["subjects"][0]["unknown_because"].as_str().unwrap();
    assert!(because.contains("50 states"), "{because}");
    let page = folders.diff(&[&budget[..], &["--format", "markdown"]].concat());
    assert!(page.out.contains("❓ **Unknown**: "), "{}", page.out);
    assert_eq!(page.status, ExitStatus::CouldNot);
}

#[test]
fn colours_are_on_when_they_are_asked_for() {
    let folders = Folders::new(&[], &[("groups/a.json", &allow(&json!("GET/x")))]);
    let (a, b) = (folders.path("a"), folders.path("b"));
    let sides = [a.to_str().unwrap(), b.to_str().unwrap()];
    let mut out = Vec::new();
    let arguments = ["gatepost", "diff", "--color", "always"].iter().chain(&sides);
    run(arguments, &mut &b""[..], &mut out, &mut Vec::new());
    assert!(String::from_utf8(out).unwrap().contains("\u{1b}[32m+ GET /x\u{1b}[0m"));
    assert!(!folders.diff(&[]).out.contains('\u{1b}'));
}

/// The example policies.
fn policies() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../policies")
}
