//! `gatepost dev` as a newcomer runs it: the real program, tokens minted by the real command.
#![cfg(test)]

#[path = "../program/mod.rs"]
mod program;
mod site;

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::Receiver;
use std::time::Duration;

use serde_json::{Value, json};

use crate::program::{GATEPOST, address, copy, dev, gatepost, lines_of, lines_until};

/// Longer than anything takes on a busy machine: only a failure waits for it.
const PATIENCE: Duration = Duration::from_mins(1);

/// A running `gatepost dev` on a copy of the example policies, ended when it is dropped.
struct Dev {
    process: Child,
    lines: Receiver<String>,
    /// What it said until it was up.
    said: Vec<String>,
    api: String,
    issuer: String,
    folder: tempfile::TempDir,
}

impl Dev {
    fn start(arguments: &[&str]) -> Self {
        Self::start_with(arguments, &[])
    }

    fn start_with(arguments: &[&str], variables: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let example = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../policies");
        copy(&example, &folder.path().join("policies"));
        Self::start_in(folder, arguments, variables)
    }

    /// With the `policies` that are in `folder`.
    fn start_in(folder: tempfile::TempDir, arguments: &[&str], variables: &[(&str, &str)]) -> Self {
        let mut process = dev(["--table-port", "0"])
            .arg("--policies")
            .arg(folder.path().join("policies"))
            .arg("--state")
            .arg(folder.path().join("state"))
            .args(arguments)
            .envs(variables.iter().copied())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = lines_of(&mut process);
        let (api, issuer) = (String::new(), String::new());
        let mut dev = Self { process, lines, said: Vec::new(), api, issuer, folder };
        let (said, line) = dev.lines_until("  API ");
        dev.said = said;
        dev.api = address(&line);
        dev.issuer = address(&dev.line_with("  Sign in "));
        dev.said.extend(dev.lines_until("Ctrl-C").0);
        dev
    }

    /// The next line that holds `text`.
    fn line_with(&self, text: &str) -> String {
        self.lines_until(text).1
    }

    /// The next line that holds `text`, and those before it.
    fn lines_until(&self, text: &str) -> (Vec<String>, String) {
        lines_until(&self.lines, text, PATIENCE)
    }

    fn token(&self, account: &str) -> String {
        self.token_with(&[account])
    }

    fn token_with(&self, arguments: &[&str]) -> String {
        let output = gatepost()
            .arg("token")
            .args(arguments)
            .args(["--issuer", &self.issuer, "--state"])
            .arg(self.folder.path().join("state"))
            .output()
            .unwrap();
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    }

    /// The status of a GET.
    fn get(&self, path: &str, token: Option<&str>) -> u16 {
        let bearer = token.map(|token| format!("Bearer {token}"));
        let header = bearer.as_ref().map(|bearer| ("Authorization", bearer.as_str()));
        self.send(&format!("GET {path}"), &header.into_iter().collect::<Vec<_>>()).0
    }

    /// The status and body of the answer to `VERB /path`.
    fn send(&self, request: &str, headers: &[(&str, &str)]) -> (u16, String) {
        let (status, _, body) = self.exchange(request, headers);
        (status, body)
    }

    /// The same, with the head of the answer in the middle.
    fn exchange(&self, request: &str, headers: &[(&str, &str)]) -> (u16, String, String) {
        exchange(&self.api, request, headers, "")
    }

    fn policy_file(&self, group: &str) -> PathBuf {
        self.folder.path().join(format!("policies/groups/{group}.json"))
    }
}

/// Status, head and body of the answer of the server at `origin` to `VERB /path`.
fn exchange(
    origin: &str,
    request: &str,
    headers: &[(&str, &str)],
    body: &str,
) -> (u16, String, String) {
    let host = origin.strip_prefix("http://").unwrap();
    let mut stream = TcpStream::connect(host).unwrap();
    let headers: Vec<String> =
        headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
    let headers = headers.concat();
    write!(
        stream,
        "{request} HTTP/1.1\r\nHost: {host}\r\n{headers}Connection: close\r\n\r\n{body}"
    )
    .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    (head.split(' ').nth(1).unwrap().parse().unwrap(), head.replace("\r\n", "\n"), body.to_owned())
}

impl Drop for Dev {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// What every account gets for every path: a file, because templates are held to it too.
fn everyone_has_their_rights(dev: &Dev) {
    let rights: Value = serde_json::from_str(include_str!("../cases/rights.json")).unwrap();
    let texts = |value: &Value| -> Vec<String> {
        value.as_array().unwrap().iter().map(|text| text.as_str().unwrap().to_owned()).collect()
    };
    for (account, allowed) in rights["allowed"].as_object().unwrap() {
        let (token, allowed) = (dev.token(account), texts(allowed));
        for path in texts(&rights["paths"]) {
            let want = if allowed.contains(&path) { 200 } else { 403 };
            assert_eq!(dev.get(&path, Some(&token)), want, "{account} {path}");
        }
    }
    for path in texts(&rights["unauthorized"]) {
        assert_eq!(dev.get(&path, None), 401, "{path}");
        assert_eq!(dev.get(&path, Some("nonsense")), 401, "{path}");
    }
    for path in texts(&rights["public"]) {
        assert_eq!(dev.get(&path, None), 200, "{path}");
    }
}

#[test]
fn each_account_may_call_what_its_groups_may() {
    everyone_has_their_rights(&Dev::start(&[]));
}

#[test]
fn a_compiled_authorizer_under_the_runtime_api_decides_the_same() {
    // With the features of the whole workspace, as it has been built already where all is tested.
    let built = Command::new(env!("CARGO"))
        .args(["build", "--quiet", "--locked", "--workspace", "--bin", "gatepost-authorizer"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .status()
        .unwrap();
    assert!(built.success());
    let binary = Path::new(GATEPOST).with_file_name("gatepost-authorizer");
    everyone_has_their_rights(&Dev::start(&["--lambda", binary.to_str().unwrap()]));
}

/// A REST API whose function reads another header than the usual one.
const TEMPLATE: &str = include_str!("../cases/stack.yaml");

#[test]
fn a_template_is_served_as_it_would_be_deployed_and_its_mistakes_are_told() {
    let folder = tempfile::tempdir().unwrap();
    let template = folder.path().join("stack.yaml");
    fs::write(&template, TEMPLATE).unwrap();
    let dev = Dev::start(&["--template", template.to_str().unwrap()]);
    let notes = dev.said.join("\n");
    assert!(notes.contains("mistake  `/Resources/Authorizer/"), "{notes}");
    assert!(notes.contains("not here `/Resources/PostMovies/"), "{notes}");
    let token = dev.token("alice");
    assert_eq!(dev.get("/movies", Some(&token)), 401, "the header is X-Token");
    let bearer = format!("Bearer {token}");
    let (status, body) = dev.send("GET /movies", &[("X-Token", &bearer)]);
    assert_eq!(status, 200, "{body}");
    let (status, body) = dev.send("POST /movies", &[("X-Token", &bearer)]);
    assert_eq!(
        (status, body.as_str()),
        (501, r#"{"message":"Not emulated: AWS_IAM authorization"}"#)
    );

    fs::write(&template, TEMPLATE.replace("HttpMethod: GET", "HttpMethod: PUT")).unwrap();
    dev.line_with("stack.yaml: in force now");
    assert_eq!(dev.send("PUT /movies", &[("X-Token", &bearer)]).0, 403, "alice only reads");
}

#[test]
fn an_openapi_document_is_served_with_its_own_cors_only() {
    let folder = tempfile::tempdir().unwrap();
    let document = folder.path().join("api.yaml");
    let text = fs::read_to_string(
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../policies/routes/openapi.yaml"),
    );
    let responses = r#"
x-amazon-apigateway-gateway-responses:
  UNAUTHORIZED: { statusCode: 401, responseTemplates: { application/json: '{"sign_in":"/login"}' } }
"#;
    fs::write(&document, text.unwrap() + responses).unwrap();
    let dev = Dev::start(&["--openapi", document.to_str().unwrap()]);
    everyone_has_their_rights(&dev);
    assert_eq!(dev.send("GET /movies", &[]), (401, r#"{"sign_in":"/login"}"#.to_owned()));
    assert_eq!(dev.send("OPTIONS /movies", &[]).0, 500, "the mock says nothing of its answer");
}

#[test]
fn a_saved_policy_is_in_force_and_a_broken_one_is_told_and_not_taken() {
    let dev = Dev::start(&[]);
    let token = dev.token("alice");
    assert_eq!(dev.get("/shows", Some(&token)), 403);

    let file = dev.policy_file("movies-group");
    let text = fs::read_to_string(&file).unwrap();
    let wider = text.replace("\"GET/movies/*\"", "\"GET/movies/*\", \"GET/shows\"");
    assert_ne!(wider, text);
    fs::write(&file, &wider).unwrap();
    dev.line_with("changed  group:movies-group: in force now");
    assert_eq!(dev.get("/shows", Some(&token)), 200);

    fs::write(&file, wider.replace("\"Allow\"", "\"Alow\"")).unwrap();
    let fault = dev.line_with("fault ");
    let place = "movies-group.json:6:17: `/Statement/0/Effect`";
    assert!(fault.contains(place), "{fault}");
    assert_eq!(dev.get("/shows", Some(&token)), 200);

    fs::remove_file(&file).unwrap();
    dev.line_with("removed  group:movies-group: in force now");
    assert_eq!(dev.get("/movies", Some(&token)), 403);
}

/// An API of one's own, with an authorizer that is told of one header.
const ORDERS: &str = r"
openapi: 3.0.1
info: {}
paths:
  /orders:
    get:
      security: [{ header: [] }]
components:
  securitySchemes:
    header:
      type: apiKey
      name: Authorization
      in: header
      x-amazon-apigateway-authorizer: { type: token }
";

#[test]
fn members_of_groups_of_ones_own_can_sign_in_and_are_proposed() {
    let folder = tempfile::tempdir().unwrap();
    let policies = folder.path().join("policies");
    let document = |resource: &str| {
        json!({ "Statement": { "Effect": "Allow", "Action": "*", "Resource": resource } })
            .to_string()
    };
    fs::create_dir_all(policies.join("groups")).unwrap();
    fs::create_dir(policies.join("routes")).unwrap();
    fs::write(policies.join("groups/clerks.json"), document("GET/orders")).unwrap();
    fs::write(policies.join("routes/openapi.yaml"), ORDERS).unwrap();
    let dev = Dev::start_in(folder, &[], &[]);
    let said = dev.said.join("\n");
    assert!(said.contains(" clerks-member --groups clerks)\n"), "{said}");
    assert!(said.contains("note     1 method behind an authorizer of the type `token`"), "{said}");

    fs::write(policies.join("groups/packers.json"), document("GET/parcels")).unwrap();
    dev.line_with("added    group:packers: in force now");
    let page = exchange(&dev.issuer, "GET /", &[], "").2;
    for account in ["clerks-member", "packers-member", "alice"] {
        assert!(page.contains(&format!("data-username=\"{account}\"")), "{account}: {page}");
    }
}

#[test]
fn why_a_token_was_refused_is_told_at_the_terminal_and_not_to_the_caller() {
    let dev = Dev::start(&[]);
    let token = dev.token_with(&["alice", "--expires-in", "0"]);
    let bearer = format!("Bearer {token}");
    let answer = dev.send("GET /movies", &[("Authorization", &bearer)]);
    assert_eq!(answer, (401, r#"{"message":"Unauthorized"}"#.to_owned()));
    let (_, line) = dev.lines_until("the authorizer's reason is ");
    assert!(line.ends_with(" expired"), "{line}");
}

#[test]
fn saved_routes_are_in_force_and_broken_ones_are_told_and_not_taken() {
    let dev = Dev::start(&[]);
    assert_eq!(dev.get("/series", None), 403);
    let file = dev.folder.path().join("policies/routes/openapi.yaml");
    let text = fs::read_to_string(&file).unwrap();
    let more =
        text.replace("  /health:\n", "  /series:\n    get:\n      security: []\n\n  /health:\n");
    fs::write(&file, &more).unwrap();
    dev.line_with("openapi.yaml: in force now");
    assert_eq!(dev.get("/series", None), 200);
    fs::write(&file, "paths: 7").unwrap();
    let fault = dev.line_with("fault ");
    assert!(fault.contains("openapi.yaml"), "{fault}");
    assert_eq!(dev.get("/series", None), 200);
}

#[test]
fn a_port_that_is_taken_is_an_error_that_says_what_to_do() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let policies = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../policies");
    let output =
        gatepost().args(["dev", "--port", &port, "--policies"]).arg(policies).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    let error = String::from_utf8(output.stderr).unwrap();
    assert!(error.contains("choose another port with `--port`"), "{error}");
}

#[test]
fn routes_elsewhere_are_followed_too() {
    let elsewhere = tempfile::tempdir().unwrap();
    let file = elsewhere.path().join("api.yaml");
    fs::write(&file, "openapi: 3.0.1\npaths:\n  /a:\n    get: { security: [] }\n").unwrap();
    let dev = Dev::start(&["--routes", file.to_str().unwrap()]);
    assert_eq!((dev.get("/a", None), dev.get("/b", None)), (200, 403));
    fs::write(&file, "openapi: 3.0.1\npaths:\n  /b:\n    get: { security: [] }\n").unwrap();
    dev.line_with("api.yaml: in force now");
    assert_eq!((dev.get("/a", None), dev.get("/b", None)), (403, 200));
}

#[test]
fn a_program_that_waits_for_each_answer_gets_it() {
    let mut decide =
        gatepost().arg("decide").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut questions = decide.stdin.take().unwrap();
    let mut answers = BufReader::new(decide.stdout.take().unwrap());
    for _ in 0..3 {
        questions.write_all(b"{\"documents\":[]}\n").unwrap();
        let mut answer = String::new();
        answers.read_line(&mut answer).unwrap();
        assert!(answer.contains("`resource` is missing"), "{answer}");
    }
    drop(questions);
    assert_eq!(decide.wait().unwrap().code(), Some(2));
}

#[test]
fn a_table_that_is_not_of_this_machine_is_never_overwritten() {
    for url in ["https://dynamodb.eu-west-1.amazonaws.com", "http://dynamodb.example", "x"] {
        let output = gatepost().args(["dev", "--dynamodb-endpoint", url]).output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{url}");
    }
}

#[test]
fn settings_for_another_table_do_not_confuse_the_one_that_is_filled() {
    let dev = Dev::start_with(
        &[],
        &[("GATEPOST_TABLE_LAYOUT", "aws-sample"), ("GATEPOST_POLICY_TABLE", "other")],
    );
    assert_eq!(dev.get("/movies", Some(&dev.token("alice"))), 200);
}

#[test]
fn settings_that_are_misspelt_keep_it_from_starting() {
    let policies = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../policies");
    let state = tempfile::tempdir().unwrap();
    let output = dev(["--table-port", "0"])
        .arg("--state")
        .arg(state.path())
        .arg("--policies")
        .arg(policies)
        .env("GATEPOST_LEEWAY", "5")
        .env("GATEPOST_SCOPE", "everything")
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(2));
    let error = String::from_utf8(output.stderr).unwrap();
    assert!(error.contains("GATEPOST_LEEWAY") && error.contains("GATEPOST_SCOPE"), "{error}");
}

#[test]
fn a_browser_app_has_sign_in_session_and_api_at_one_address() {
    browser_app("cookie:__Host-gatepost");
}

#[test]
fn so_it_has_with_sessions_in_a_table() {
    let session = browser_app("session:__Host-gatepost");
    let id = session.split("; ").find_map(|cookie| cookie.strip_prefix("__Host-gatepost="));
    assert_eq!(id.unwrap().len(), 43, "no token");
}

/// Signs in, calls the API and signs out, where the authorizer has this token source, and wants a token
/// against request forgery beside it. Gives the cookies there were.
fn browser_app(source: &str) -> String {
    let settings = [("GATEPOST_TOKEN_SOURCES", source), ("GATEPOST_CSRF_HEADER", "X-CSRF-Token")];
    let dev = Dev::start_with(&[], &settings);
    let routes = dev.folder.path().join("policies/routes/openapi.yaml");
    let text = fs::read_to_string(&routes).unwrap();
    let source = "identitySource: method.request.header.";
    let both = format!("{source}Cookie, method.request.header.X-CSRF-Token");
    assert!(text.contains(source));
    fs::write(&routes, text.replace(&format!("{source}Authorization"), &both)).unwrap();
    dev.line_with("in force now");

    let session = sign_in(&dev, "alice", "/movies");
    let (status, _, me) = dev.exchange("GET /auth/me", &[("Cookie", &session)]);
    assert_eq!(status, 200, "{me}");
    let me: Value = serde_json::from_str(&me).unwrap();
    assert_eq!(me["username"], "alice");
    let csrf = me["csrf_token"].as_str().unwrap();
    for (path, headers, want) in [
        ("/movies", vec![("Cookie", session.as_str()), ("X-CSRF-Token", csrf)], 200),
        ("/shows", vec![("Cookie", session.as_str()), ("X-CSRF-Token", csrf)], 403),
        ("/movies", vec![("Cookie", session.as_str()), ("X-CSRF-Token", "x")], 401),
        ("/movies", vec![("Cookie", session.as_str())], 401),
    ] {
        assert_eq!(dev.send(&format!("GET {path}"), &headers).0, want, "{path}");
    }
    let headers = [("Cookie", session.as_str()), ("X-CSRF-Token", csrf), ("Content-Length", "0")];
    assert_eq!(dev.send("POST /auth/logout", &headers).0, 200);
    session
}

#[test]
fn faulty_settings_of_the_session_function_leave_the_api_as_it_is() {
    let dev = Dev::start_with(&[], &[("GATEPOST_SESSION_MODE", "jwt")]);
    let note = dev.said.iter().find(|line| line.contains("/auth/ is not served")).unwrap();
    assert!(note.contains("`GATEPOST_SESSION_MODE` must be `token`"), "{note}");
    assert_eq!(dev.get("/movies", Some(&dev.token("alice"))), 200);
    assert_ne!(dev.get("/auth/me", None), 200);
}

/// Signs in as a browser does that is on its way to `next`: what it then has of cookies.
fn sign_in(dev: &Dev, account: &str, next: &str) -> String {
    let (status, head, _) = dev.exchange(&format!("GET /auth/login?next={next}"), &[]);
    assert_eq!(status, 302, "{head}");
    let (login, page) = (cookies(&head), location(&head));
    let query = page.strip_prefix(&format!("{}/oauth2/authorize", dev.issuer)).unwrap().to_owned();
    let (status, head) = choose(&dev.issuer, &query, account);
    assert_eq!(status, 303, "{head}");
    let back = location(&head);
    let callback = back.strip_prefix(&dev.api).unwrap();
    let (status, head, body) = dev.exchange(&format!("GET {callback}"), &[("Cookie", &login)]);
    assert_eq!((status, location(&head).as_str()), (303, next), "{body}");
    cookies(&head)
}

/// Chooses an account on the sign-in page: the status and the head of the answer.
fn choose(issuer: &str, query: &str, account: &str) -> (u16, String) {
    let form = format!("username={account}");
    let (kind, length) = ("application/x-www-form-urlencoded", form.len().to_string());
    let headers = [("Content-Type", kind), ("Content-Length", length.as_str())];
    let (status, head, _) = exchange(issuer, &format!("POST /login{query}"), &headers, &form);
    (status, head)
}

/// What a browser would send of the cookies that an answer sets.
fn cookies(head: &str) -> String {
    let set = head.lines().filter_map(|line| line.strip_prefix("set-cookie: "));
    let kept = set.filter(|cookie| !cookie.ends_with("Max-Age=0"));
    let pairs = kept.map(|cookie| cookie.split(';').next().unwrap());
    pairs.collect::<Vec<_>>().join("; ")
}

fn location(head: &str) -> String {
    let line = head.lines().find_map(|line| line.strip_prefix("location: "));
    line.unwrap_or_default().to_owned()
}
