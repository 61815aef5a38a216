//! `gatepost explain`, run in this process against a small folder of policies.
#![cfg(test)]

use std::fs;

use anstream::adapter::strip_str;
use gatepost_cli::{ExitStatus, run};
use serde_json::{Value, json};
use tempfile::TempDir;

struct Outcome {
    status: ExitStatus,
    out: String,
    err: String,
}

/// A folder with two groups and a user.
struct Policies(TempDir);

impl Policies {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        for (name, statements) in [
            (
                "groups/readers.json",
                json!([
                    { "Sid": "Read", "Effect": "Allow", "Action": "execute-api:Invoke",
                      "Resource": ["GET/movies", "GET/movies/*"] },
                    { "Sid": "Office", "Effect": "Allow", "Action": "execute-api:Invoke",
                      "Resource": "POST/movies",
                      "Condition": { "IpAddress": { "aws:SourceIp": "203.0.113.0/24" } } },
                    { "Effect": "Deny", "Action": "execute-api:Invoke", "Resource": "GET/movies/secret" },
                    { "Sid": "Own", "Effect": "Allow", "Action": "execute-api:Invoke",
                      "Resource": "GET/users/${token:sub}/lists" },
                ]),
            ),
            (
                "groups/editors.json",
                json!([{ "Sid": "Edit", "Effect": "Allow", "Action": "*", "Resource": "*/movies/*" }]),
            ),
            (
                "users/u-1.json",
                json!([{ "Sid": "Mine", "Effect": "Allow", "Action": "*", "Resource": "GET/mine" }]),
            ),
        ] {
            let path = folder.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            let document = json!({ "Version": "2012-10-17", "Statement": statements });
            fs::write(path, document.to_string()).unwrap();
        }
        Self(folder)
    }

    fn explain(&self, stdin: &str, arguments: &[&str]) -> Outcome {
        let policies = self.0.path().to_str().unwrap();
        let (mut out, mut err) = (Vec::new(), Vec::new());
        let all = [&["gatepost", "explain", "--policies", policies], arguments].concat();
        let status = run(all, &mut stdin.as_bytes(), &mut out, &mut err);
        let text = |bytes: &[u8]| strip_str(std::str::from_utf8(bytes).unwrap()).to_string();
        // What differs from run to run is where the folder is.
        let out = text(&out).replace(&format!("{policies}/"), "");
        Outcome { status, out, err: text(&err) }
    }

    fn call(&self, groups: &str, verb: &str, path: &str) -> Outcome {
        self.explain("", &["--groups", groups, "--method", verb, "--path", path])
    }
}

#[test]
fn an_allowed_call_names_the_statement_and_its_file() {
    let outcome = Policies::new().call("readers", "GET", "/movies/7");
    assert_eq!(
        outcome.out,
        "ALLOWED  GET /movies/7\n  by Read of group:readers  groups/readers.json\n    `GET/movies/*` matches\n"
    );
    assert_eq!((outcome.status, outcome.err.as_str()), (ExitStatus::Yes, ""));
}

#[test]
fn a_call_that_nothing_allows_tells_what_came_close_and_what_would_allow_it() {
    let outcome = Policies::new().call("readers,ghosts", "delete", "/movies/7");
    assert_eq!(
        outcome.out,
        "DENIED  DELETE /movies/7  (implicit deny: no statement allows it)
  looked at: group:readers
  group:ghosts has no document, and so no rights: groups/ghosts.json is missing

Close, but:
  Read of group:readers  groups/readers.json
    `GET/movies/*` is for GET, and this is DELETE

What would allow it, any one of these:
  - add `DELETE/movies/7` to the Resource of Read of group:readers
  - be a member of group:editors, which allows it by Edit
"
    );
    assert_eq!(outcome.status, ExitStatus::No);
}

#[test]
fn a_deny_names_itself_and_what_it_outranks() {
    let outcome = Policies::new().call("readers", "GET", "/movies/secret");
    assert_eq!(
        outcome.out,
        "DENIED  GET /movies/secret  (explicit deny)
  by statement `/Statement/2` of group:readers  groups/readers.json
    `GET/movies/secret` matches
  Read of group:readers would have allowed it; a Deny outranks it

What would allow it:
  - take statement `/Statement/2` of group:readers away
"
    );
}

#[test]
fn a_condition_tells_both_sides_and_can_be_met_by_a_flag() {
    let policies = Policies::new();
    let call = ["--groups", "readers", "--method", "POST", "--path", "/movies"];
    let outcome = policies.explain("", &[&call[..], &["--source-ip", "192.0.2.1"]].concat());
    let wanted = "its condition `IpAddress` wants `aws:SourceIp` `203.0.113.0/24`; the request has `192.0.2.1`";
    assert!(outcome.out.contains(wanted), "{}", outcome.out);
    let met = policies.explain("", &[&call[..], &["--source-ip", "203.0.113.9"]].concat());
    assert_eq!(met.status, ExitStatus::Yes);
    let by_key =
        policies.explain("", &[&call[..], &["--context", "aws:sourceip=203.0.113.9"]].concat());
    assert_eq!(by_key.status, ExitStatus::Yes);
}

#[test]
fn users_and_claims_count() {
    let policies = Policies::new();
    let own = ["--method", "GET", "--path", "/users/u-1/lists", "--groups", "readers"];
    assert!(policies.explain("", &own).out.contains("needs the claim `sub`, which is not given"));
    for claim in [&["--claim", "sub=u-1"], &["--user", "u-1"]] {
        let outcome = policies.explain("", &[&own[..], claim].concat());
        assert_eq!(outcome.status, ExitStatus::Yes, "{}", outcome.out);
    }
    let mine = policies.explain("", &["--user", "u-1", "--method", "GET", "--path", "/mine"]);
    assert!(mine.out.contains("by Mine of user:u-1"), "{}", mine.out);
}

fn token(claims: &Value) -> String {
    use base64::Engine as _;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;
    let part = |text: &str| URL_SAFE_NO_PAD.encode(text);
    format!("{}.{}.{}", part(r#"{"alg":"RS256"}"#), part(&claims.to_string()), part("signature"))
}

#[test]
fn a_token_gives_groups_and_claims_is_said_to_be_unverified_and_is_never_printed() {
    let policies = Policies::new();
    let token = token(&json!({ "sub": "u-1", "username": "una", "cognito:groups": ["readers"] }));
    let call = ["--token", "-", "--method", "GET", "--path", "/users/u-1/lists"];
    for format in ["text", "json"] {
        let outcome = policies.explain(&token, &[&call[..], &["--format", format]].concat());
        assert_eq!(outcome.status, ExitStatus::Yes, "{}{}", outcome.out, outcome.err);
        assert!(!outcome.out.contains(&token) && !outcome.err.contains(&token));
        let unverified = ["not verified", "\"claims_verified\":false"];
        assert!(unverified.iter().any(|words| outcome.out.contains(words)), "{}", outcome.out);
    }
    let old = self::token(&json!({ "exp": 1, "cognito:groups": ["readers"] }));
    let expired = policies.explain(&old, &call);
    assert!(expired.out.contains("has expired"), "{}", expired.out);
    let mine = ["--token", &token, "--method", "GET", "--path", "/mine"];
    assert_eq!(policies.explain("", &mine).status, ExitStatus::No);
    let with_user = policies.explain("", &[&mine[..], &["--subjects", "group,user"]].concat());
    assert_eq!(with_user.status, ExitStatus::Yes, "{}", with_user.out);
}

#[test]
fn json_has_every_statement_with_its_standing() {
    let policies = Policies::new();
    let call =
        ["--groups", "readers", "--method", "GET", "--path", "/movies/secret", "--format", "json"];
    let outcome = policies.explain("", &call);
    let report: Value = serde_json::from_str(&outcome.out).unwrap();
    assert_eq!(report["decision"], "explicit_deny");
    let standing: Vec<&Value> =
        report["statements"].as_array().unwrap().iter().map(|one| &one["standing"]).collect();
    assert_eq!(standing, ["outranked", "elsewhere", "decided", "elsewhere"]);
    assert_eq!(report["suggestions"][0][0]["change"], "remove_statement");
}

#[test]
fn a_log_line_is_explained_by_its_reason_alone() {
    let policies = Policies::new();
    for (line, status, words) in [
        (r#"{"outcome":"policy","reason":"granted"}"#, ExitStatus::Yes, "has rights"),
        (r#"2026 {"outcome":"unauthorized","reason":"expired"}"#, ExitStatus::No, "has expired"),
        (r#"{"outcome":"failure","reason":"throttled"}"#, ExitStatus::No, "are throttled"),
        (r#"{"outcome":"deny","reason":"no_documents"}"#, ExitStatus::No, "exact names"),
        (r#"{"outcome":"failure","reason":"new"}"#, ExitStatus::No, "does not know the reason"),
    ] {
        let outcome = policies.explain(line, &["--log", "-"]);
        assert_eq!(outcome.status, status, "{line}");
        assert!(outcome.out.contains(words) && outcome.out.contains("Next"), "{}", outcome.out);
    }
    for line in
        ["nothing", "{}", r#"{"outcome":"policy"}"#, "{\"outcome\":\"a\",\"reason\":\"b\"}\n{}"]
    {
        let outcome = policies.explain(line, &["--log", "-"]);
        assert_eq!(outcome.status, ExitStatus::CouldNot, "{line}: {}", outcome.out);
    }
}

#[test]
fn the_digest_of_a_log_line_is_compared_with_todays_policy() {
    // The answer of `denied-no-groups.json` among the authorizer's events.
    let stage = "arn:aws:execute-api:eu-west-1:123456789012:a1b2c3/prod";
    let digest = "14ac6b994b7ec8fc35f53dde152a3cb08178174b51f85719cf10c1789fa1b527";
    let line =
        json!({ "outcome": "deny", "reason": "no_subjects", "policy_digest": digest }).to_string();
    let policies = Policies::new();
    for (groups, words) in [("", "the very policy"), ("readers", "another policy today")] {
        let call = ["--groups", groups, "--method", "GET", "--path", "/movies", "--stage", stage];
        let outcome = policies.explain("", &[&call[..], &["--log", &line]].concat());
        assert!(outcome.out.contains(words), "{groups}: {}", outcome.out);
    }
}

#[test]
fn mistakes_say_what_to_do() {
    let policies = Policies::new();
    for (arguments, words) in [
        (&["--groups", "x"][..], "say which call"),
        (&["--method", "GET", "--path", "/a"], "say who calls"),
        (&["--groups", "x", "--method", "FETCH", "--path", "/a"], "write one of DELETE, GET"),
        (&["--groups", "x", "--method", "GET", "--path", "a"], "begin with a slash"),
        (&["--groups", "x", "--method", "GET", "--path", "/a?b"], "leave it out"),
        (&["--groups", "x", "--method", "GET", "--path", "/a b"], "%20"),
        (&["--groups", "x", "--method", "GET"], "--path"),
        (&["--groups", "x", "--method", "GET", "--path", "/", "--now", "noon"], "RFC 3339"),
        (
            &["--groups", "x", "--method", "GET", "--path", "/", "--context", "token:sub=1"],
            "give it as a claim",
        ),
        (&["--token", "-", "--log", "-"], "cannot both read"),
        (&["--token", "a.b", "--method", "GET", "--path", "/"], "this is no token"),
    ] {
        let outcome = policies.explain("", arguments);
        assert_eq!(outcome.status, ExitStatus::CouldNot, "{arguments:?}");
        assert!(outcome.err.contains(words), "{arguments:?}: {}", outcome.err);
    }
    fs::write(policies.0.path().join("groups/broken.json"), "{").unwrap();
    let broken = policies.call("readers", "GET", "/movies");
    assert!(broken.err.contains("mend these first") && broken.err.contains("broken.json"));
    assert_eq!(broken.status, ExitStatus::CouldNot);
}
