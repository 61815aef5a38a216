//! The commands that answer and end, run in this process through their one way in.
#![cfg(test)]

use std::fs;
use std::io;
use std::net::TcpListener;
use std::path::Path;

use gatepost_cli::{ExitStatus, run};
use serde_json::{Value, json};

struct Outcome {
    status: ExitStatus,
    out: String,
    err: String,
}

fn gatepost_with(stdin: &str, arguments: &[&str]) -> Outcome {
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let arguments = ["gatepost"].iter().chain(arguments);
    let status = run(arguments, &mut stdin.as_bytes(), &mut out, &mut err);
    let text = |bytes| String::from_utf8(bytes).unwrap();
    Outcome { status, out: text(out), err: text(err) }
}

fn gatepost(arguments: &[&str]) -> Outcome {
    gatepost_with("", arguments)
}

fn lines(outcome: &Outcome) -> Vec<Value> {
    outcome.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn document(effect: &str, resource: &str) -> Value {
    json!({
        "Version": "2012-10-17",
        "Statement": { "Effect": effect, "Action": "execute-api:Invoke", "Resource": resource },
    })
}

const ARN: &str = "arn:aws:execute-api:eu-west-1:123456789012:a1/prod/GET/movies";

#[test]
fn decide_answers_every_line_with_the_statements_that_decided() {
    let (allow, deny) = (document("Allow", "GET/*"), document("Deny", "GET/movies"));
    let input = [
        json!({ "id": 1, "documents": [allow], "resource": ARN }),
        json!({ "id": 2, "documents": [allow, deny], "resource": ARN }),
        json!({ "id": 3, "documents": [], "resource": ARN }),
        json!({ "id": 4, "documents": [allow], "resource": ARN, "action": "execute-api:InvalidateCache" }),
    ];
    let outcome = gatepost_with(&input.map(|line| format!("{line}\n")).concat(), &["decide"]);
    assert_eq!(
        lines(&outcome),
        [
            json!({ "id": 1, "decision": "allow", "statements": [{ "document": 0, "statement": 0 }] }),
            json!({ "id": 2, "decision": "explicit_deny", "statements": [{ "document": 1, "statement": 0 }] }),
            json!({ "id": 3, "decision": "implicit_deny", "statements": [] }),
            json!({ "id": 4, "decision": "implicit_deny", "statements": [] }),
        ]
    );
    assert_eq!(outcome.status, ExitStatus::Yes);
}

#[test]
fn decide_names_the_member_that_is_wrong() {
    for (line, want) in [
        (json!({ "resource": ARN }), "`documents` is missing"),
        (
            json!({ "documents": {}, "resource": ARN }),
            "`documents` must be an array, not an object",
        ),
        (json!({ "documents": [] }), "`resource` is missing"),
        (
            json!({ "documents": [], "resource": "arn:aws:s3:::b" }),
            "`resource`: not an `execute-api` ARN",
        ),
        (
            json!({ "documents": [], "resource": ARN, "action": 1 }),
            "`action` must be a string, not a number",
        ),
        (json!({ "documents": [], "resource": ARN, "contxt": {} }), "unknown member `contxt`"),
        (
            json!({ "documents": [], "resource": ARN, "context": [] }),
            "the context must be an object of condition keys",
        ),
        (
            json!({ "documents": [{}, { "Statement": { "Efect": 1 } }], "resource": ARN }),
            "`/documents/0` the document has no `Statement` [missing-statement]",
        ),
    ] {
        let outcome = gatepost_with(&line.to_string(), &["decide"]);
        assert_eq!(lines(&outcome)[0], json!({ "id": null, "error": want }), "{line}");
        assert_eq!(outcome.status, ExitStatus::CouldNot, "{line}");
        assert!(outcome.err.starts_with("1 of 1 lines could not be answered"), "{}", outcome.err);
    }
}

#[test]
fn merge_counts_the_bytes_it_returns_and_binds_to_the_api_when_asked() {
    let documents = [document("Allow", "GET/movies/*"), document("Allow", "GET/movies/7")];
    let unbound = json!({ "id": "u", "documents": documents });
    let bound = json!({ "id": "b", "documents": documents, "method_arn": ARN });
    let outcome = gatepost_with(&format!("{unbound}\n{bound}\n"), &["merge"]);
    let lines = lines(&outcome);
    assert_eq!(lines[0]["document"]["Statement"][0]["Resource"], "GET/movies/*");
    assert_eq!(lines[1]["document"]["Statement"][0]["Resource"], format!("{ARN}/*"));
    let line = outcome.out.lines().next().unwrap();
    let start = line.find("{\"Version\"").unwrap();
    let length = line.find(",\"bytes\"").unwrap() - start;
    assert_eq!(lines[0]["bytes"], length);
}

#[test]
fn merge_says_what_it_leaves_out_when_asked() {
    let documents = json!([
        document("Allow", "GET/movies/*"),
        { "Statement": { "Sid": "One", "Effect": "Allow", "Action": "execute-api:Invoke",
                         "Resource": ["GET/movies/7", "GET/shows"] } },
    ]);
    let line = json!({ "documents": documents, "method_arn": ARN }).to_string();
    let outcome = gatepost_with(&line, &["merge", "--explain"]);
    let by = json!({ "document": 0, "statement": 0, "pattern": "GET/movies/*" });
    let want = json!([{ "document": 1, "statement": 0, "sid": "One", "pattern": "GET/movies/7",
                        "reason": "within", "by": by }]);
    assert_eq!(lines(&outcome)[0]["dropped"], want);
    assert!(lines(&gatepost_with(&line, &["merge"]))[0].get("dropped").is_none());
}

#[test]
fn merge_fills_in_claims_only_where_it_binds() {
    let documents = json!([document("Allow", "GET/users/${token:sub}")]);
    let context = json!({ "token:sub": "u-1" });
    let bound = json!({ "documents": documents, "method_arn": ARN, "context": context });
    let unbound = json!({ "documents": documents, "context": context });
    let outcome = gatepost_with(&format!("{bound}\n{unbound}\n"), &["merge"]);
    let resource = &lines(&outcome)[0]["document"]["Statement"][0]["Resource"];
    assert!(resource.as_str().unwrap().ends_with("/prod/GET/users/u-1"), "{resource}");
    assert_eq!(lines(&outcome)[1]["error"], "unknown member `context`");
}

#[test]
fn a_file_can_be_read_instead_of_standard_input() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("requests.jsonl");
    fs::write(&file, json!({ "documents": [], "resource": ARN }).to_string()).unwrap();
    assert_eq!(gatepost(&["decide", file.to_str().unwrap()]).status, ExitStatus::Yes);
    let missing = gatepost(&["decide", "/nowhere/x.jsonl"]);
    assert_eq!(missing.status, ExitStatus::CouldNot);
    assert!(missing.err.contains("cannot read `/nowhere/x.jsonl`"), "{}", missing.err);
}

#[test]
fn lint_has_nothing_against_the_example_policies() {
    let policies = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../policies");
    let outcome = gatepost(&["lint", policies.to_str().unwrap()]);
    assert_eq!(outcome.status, ExitStatus::Yes, "{}", outcome.out);
    let last = "3 files: 1 note; `gatepost lint --explain missing-root` says more\n";
    assert!(outcome.out.ends_with(last), "{}", outcome.out);
}

#[test]
fn lint_names_file_place_and_rule() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("groups")).unwrap();
    let file = folder.path().join("groups/a.json");
    fs::write(&file, r#"{"Statement":{"Effect":"allow","Action":"*","Resource":"*"}}"#).unwrap();
    let folder = folder.path().to_str().unwrap();

    let text = gatepost(&["lint", folder]);
    assert_eq!(text.status, ExitStatus::No);
    let place = "  1:24   error `/Statement/Effect` must be `Allow` or `Deny`";
    assert!(text.out.starts_with(&format!("{}\n{place}", file.display())), "{}", text.out);
    assert!(text.out.ends_with("[invalid-effect]\n\n1 file: 1 error\n"), "{}", text.out);

    let report = &lines(&gatepost(&["lint", "--format", "json", folder]))[0];
    assert_eq!(report["files"], 1);
    assert_eq!(report["findings"][0]["rule"], "invalid-effect");
    assert_eq!(report["findings"][0]["pointer"], "/Statement/Effect");
}

#[test]
fn lint_finds_what_no_store_would_take() {
    let folder = tempfile::tempdir().unwrap();
    let groups = folder.path().join("groups");
    fs::create_dir(&groups).unwrap();
    let good = r#"{"Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}"#;
    for (name, text) in
        [("BAD.JSON", "{}"), ("100%.json", good), ("a.json", good), ("%61.json", good)]
    {
        fs::write(groups.join(name), text).unwrap();
    }
    let outcome = gatepost(&["lint", "--format", "json", folder.path().to_str().unwrap()]);
    let report = &lines(&outcome)[0];
    let rules: std::collections::BTreeSet<&str> = report["findings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["rule"].as_str().unwrap())
        .collect();
    assert_eq!(report["files"], 4);
    assert_eq!(rules, ["file-name", "missing-statement", "repeated-subject"].into());
}

#[test]
fn lint_of_nothing_is_not_a_success() {
    let folder = tempfile::tempdir().unwrap();
    let outcome = gatepost(&["lint", folder.path().to_str().unwrap()]);
    assert_eq!(outcome.status, ExitStatus::CouldNot);
    assert!(outcome.err.contains("nothing was looked at"), "{}", outcome.err);
    assert_eq!(gatepost(&["lint", "/nowhere"]).status, ExitStatus::CouldNot);
}

/// A folder for the keys of a development issuer of the test's own.
struct Issuer(tempfile::TempDir);

impl Issuer {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn run(&self, stdin: &str, arguments: &[&str]) -> Outcome {
        let state = ["--state", self.0.path().to_str().unwrap()];
        gatepost_with(stdin, &[arguments, &state].concat())
    }

    fn token(&self, arguments: &[&str]) -> String {
        let outcome = self.run("", &[&["token"], arguments].concat());
        assert_eq!(outcome.status, ExitStatus::Yes, "{}", outcome.err);
        outcome.out
    }

    fn verify(&self, token: &str, arguments: &[&str]) -> Value {
        let outcome = self.run(token, &[&["verify", "-", "--format", "json"], arguments].concat());
        let report: Value = serde_json::from_str(&outcome.out).unwrap();
        let want = if report["accepted"] == true { ExitStatus::Yes } else { ExitStatus::No };
        assert_eq!(outcome.status, want);
        report
    }
}

#[test]
fn a_machine_token_is_accepted_as_dev_accepts_it() {
    let issuer = Issuer::new();
    let report = issuer.verify(&issuer.token(&["--machine"]), &[]);
    assert_eq!(report["accepted"], true, "{report}");
}

#[test]
fn a_minted_token_is_accepted_and_says_who_it_is() {
    let issuer = Issuer::new();
    let report = issuer.verify(&issuer.token(&["alice"]), &[]);
    assert_eq!(report["accepted"], true, "{report}");
    assert_eq!(report["groups"], json!(["movies-group"]));
    let steps: Vec<&str> = report["steps"]
        .as_array()
        .unwrap()
        .iter()
        .map(|step| step["step"].as_str().unwrap())
        .collect();
    assert_eq!(steps, ["shape", "issuer", "key", "signature", "claims", "groups"]);
}

#[test]
fn a_token_of_an_issuer_that_is_not_there_comes_with_a_note() {
    let issuer = Issuer::new();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let there = issuer.run("", &["token", "alice", "--issuer", &url]);
    assert_eq!((there.status, there.err.as_str()), (ExitStatus::Yes, ""));
    drop(listener);
    let gone = issuer.run("", &["token", "alice", "--issuer", &url]);
    assert_eq!(gone.status, ExitStatus::Yes);
    assert!(gone.err.starts_with(&format!("note: nothing answers at {url}: ")), "{}", gone.err);
    let elsewhere = issuer.run("", &["token", "alice", "--issuer", "https://issuer.example"]);
    assert_eq!(elsewhere.err, "", "others are not asked");
}

#[test]
fn a_refused_token_is_refused_for_its_reason() {
    let issuer = Issuer::new();
    let another = Issuer::new();
    for (token, reason) in [
        (issuer.token(&["alice", "--expires-in", "0"]), "expired"),
        (issuer.token(&["alice", "--id"]), "token_use_mismatch"),
        (issuer.token(&["alice", "--issuer", "http://127.0.0.1:9"]), "issuer_mismatch"),
        (issuer.token(&["alice", "--claim", "client_id=other"]), "client_id_mismatch"),
        (another.token(&["alice"]), "key_unknown"),
        ("nonsense".to_owned(), "not_three_parts"),
    ] {
        assert_eq!(issuer.verify(&token, &[])["reason"], reason);
    }
    let report = issuer.verify(&issuer.token(&["alice", "--id"]), &["--token-use", "id"]);
    assert_eq!(report["accepted"], true, "{report}");
}

#[test]
fn tokens_can_be_given_other_groups_and_claims_and_read_back() {
    let issuer = Issuer::new();
    let token =
        issuer.token(&["erin", "--groups", "a,b", "--claim", "tenant=t-1", "--claim", "n=[1]"]);
    let read = gatepost_with(&format!("Bearer {token}"), &["token", "--read", "-"]);
    let claims: Value = serde_json::from_str(&read.out).unwrap();
    assert_eq!(claims["cognito:groups"], json!(["a", "b"]));
    assert_eq!((&claims["tenant"], &claims["n"]), (&json!("t-1"), &json!([1])));
    assert_eq!(claims["username"], "erin");
}

#[test]
fn mistakes_in_arguments_say_what_to_do() {
    let issuer = Issuer::new();
    let unknown = issuer.run("", &["token", "erin"]);
    assert_eq!(unknown.status, ExitStatus::CouldNot);
    assert!(unknown.err.contains("alice, bob, carol, admin, dave"), "{}", unknown.err);
    let spaced = issuer.run("", &["token", "erin", "--groups", "a, b"]);
    assert!(spaced.err.contains("begins or ends with a space"), "{}", spaced.err);
    let dropped = issuer.run("", &["token", "--machine", "--groups", "a"]);
    assert_eq!(dropped.status, ExitStatus::CouldNot);
    let empty = issuer.run("\n", &["verify", "-"]);
    assert!(empty.err.contains("the token is empty"), "{}", empty.err);
    for arguments in [&["token"][..], &["verify"], &["lint"], &["nonsense"], &[]] {
        let outcome = gatepost(arguments);
        assert_eq!(outcome.status, ExitStatus::CouldNot, "{arguments:?}");
        assert!(outcome.err.contains("Usage:"), "{arguments:?}: {}", outcome.err);
    }
    let help = gatepost(&["--help"]);
    assert_eq!((help.status, help.err.as_str()), (ExitStatus::Yes, ""));
}

#[test]
fn verify_reads_keys_from_a_file_for_any_issuer() {
    let issuer = Issuer::new();
    let folder = tempfile::tempdir().unwrap();
    let keys = folder.path().join("jwks.json");
    fs::write(&keys, r#"{"keys":[]}"#).unwrap();
    let token = issuer.token(&["alice", "--issuer", "https://issuer.example"]);
    let arguments =
        ["verify", "-", "--issuer", "https://issuer.example", "--audience", "gatepost-web"];
    let outcome =
        issuer.run(&token, &[&arguments[..], &["--jwks", keys.to_str().unwrap()]].concat());
    assert_eq!(outcome.status, ExitStatus::CouldNot);
    assert!(outcome.err.contains("jwks.json"), "{}", outcome.err);
}

/// A reader that has gone, as `head` goes.
struct Gone;

impl io::Write for Gone {
    fn write(&mut self, _bytes: &[u8]) -> io::Result<usize> {
        Err(io::ErrorKind::BrokenPipe.into())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn a_reader_that_has_seen_enough_is_no_error() {
    let policies = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../policies");
    let policies = policies.to_str().unwrap();
    for format in ["text", "json", "markdown"] {
        let mut err = Vec::new();
        let arguments = ["gatepost", "diff", policies, policies, "--format", format];
        let status = run(arguments, &mut "".as_bytes(), &mut Gone, &mut err);
        assert_eq!(
            (status, String::from_utf8(err).unwrap()),
            (ExitStatus::Yes, String::new()),
            "{format}"
        );
    }
}
