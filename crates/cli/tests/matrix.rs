//! `gatepost matrix`, run in this process through the command's one way in.
#![cfg(test)]

use std::fs;
use std::path::{Path, PathBuf};

use gatepost_cli::{ExitStatus, run};
use serde_json::{Value, json};
use tempfile::TempDir;

struct Outcome {
    status: ExitStatus,
    out: String,
    err: String,
}

fn matrix(policies: &Path, arguments: &[&str]) -> Outcome {
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let common = ["gatepost", "matrix", "--policies", policies.to_str().unwrap()];
    let width: &[&str] = if arguments.contains(&"--width") { &[] } else { &["--width", "100"] };
    let arguments = common.iter().chain(width).chain(arguments);
    let status = run(arguments, &mut &b""[..], &mut out, &mut err);
    let text = |bytes| String::from_utf8(bytes).unwrap();
    Outcome { status, out: text(out), err: text(err) }
}

/// Standard output of a run that did what it was asked.
fn shown(policies: &Path, arguments: &[&str]) -> String {
    let outcome = matrix(policies, arguments);
    assert_eq!((outcome.status, outcome.err.as_str()), (ExitStatus::Yes, ""), "{arguments:?}");
    outcome.out
}

fn example() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../policies")
}

fn case(name: &str) -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases/matrix");
    fs::read_to_string(folder.join(name)).unwrap()
}

/// A folder with every kind of cell: its groups are `readers`, and `<b>&"`, whose name is a test of
/// its own.
fn world() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let write = |path: &str, content: Value| {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content.to_string()).unwrap();
    };
    let statement = |sid: &str, effect: &str, resource: Value| json!({ "Sid": sid, "Effect": effect, "Action": "execute-api:Invoke", "Resource": resource });
    let mut at_home = statement("AtHome", "Allow", json!("POST/movies"));
    at_home["Condition"] = json!({ "IpAddress": { "aws:SourceIp": "10.0.0.0/8" } });
    let readers = json!({ "Version": "2012-10-17", "Statement": [
        statement("Read", "Allow", json!(["GET/movies/*", "GET/api/*", "HEAD/api/*"])),
        statement("NoSecrets", "Deny", json!("GET/movies/secret")),
        statement("NoRemoving", "Deny", json!("DELETE/*")),
        at_home,
    ] });
    write("groups/readers.json", readers);
    let other = json!({ "Version": "2012-10-17", "Statement": {
        "Effect": "Allow", "Action": "*", "Resource": "*/movies" } });
    write("groups/%3Cb%3E&\".json", other);
    let guarded = |summary: &str| json!({ "summary": summary, "security": [{ "gatepost": [] }] });
    write(
        "routes/openapi.yaml",
        json!({ "openapi": "3.0.1", "info": { "title": "Movies <script>" }, "paths": {
            "/": { "get": { "summary": "=1+1" } },
            "/movies": { "get": guarded("List, \"all\""), "post": guarded("Add"), "options": {} },
            "/movies/{id}": { "get": guarded("<i>Show</i>"), "delete": guarded("Remove") },
            "/api/{proxy+}": { "x-amazon-apigateway-any-method": guarded("") },
            "/signed": { "get": { "x-amazon-apigateway-auth": { "type": "AWS_IAM" } } },
        } }),
    );
    folder
}

#[test]
fn example_policies_are_shown_as_in_the_guide() {
    assert_eq!(shown(&example(), &[]), case("example.txt"));
    let guide = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/matrix.md");
    let guide = fs::read_to_string(guide).unwrap();
    assert!(guide.contains(&case("example.txt")), "docs/matrix.md shows another matrix");
}

#[test]
fn every_kind_of_cell_is_told_with_a_request() {
    assert_eq!(shown(world().path(), &[]), case("kinds.txt"));
}

#[test]
fn names_that_do_not_fit_stand_above_their_columns_and_wrap_into_blocks() {
    assert_eq!(shown(&example(), &["--width", "48"]), case("narrow.txt"));
}

#[test]
fn a_person_in_several_groups_is_one_column() {
    let out = shown(
        &example(),
        &[
            "--format",
            "csv",
            "--subject",
            "group:shows-group",
            "--groups",
            "movies-group,shows-group",
        ],
    );
    let mut lines = out.lines();
    assert_eq!(
        lines.next(),
        Some("method,path,summary,guard,shows-group,movies-group + shows-group")
    );
    assert!(out.contains("GET,/movies,List the movies,authorizer,deny,allow\r\n"), "{out}");
}

#[test]
fn only_the_routes_that_are_asked_for_are_kept() {
    let out = shown(world().path(), &["--format", "csv", "--only", "partial"]);
    let paths: Vec<&str> =
        out.lines().skip(1).map(|line| line.split(',').nth(1).unwrap()).collect();
    assert_eq!(paths, ["/movies/{id}"]);
    let none = shown(&example(), &["--only", "conditional"]);
    assert_eq!(none, "no route is so for any of the subjects\n");
}

#[test]
fn csv_is_quoted_and_holds_no_formulas() {
    let out = shown(world().path(), &["--format", "csv"]);
    assert!(out.contains("GET,/,'=1+1,public,,\r\n"), "{out}");
    assert!(out.contains("GET,/movies,\"List, \"\"all\"\"\",authorizer,allow,deny\r\n"), "{out}");
    assert!(out.starts_with("method,path,summary,guard,\"<b>&\"\"\",readers\r\n"), "{out}");
}

#[test]
fn json_has_the_requests_and_their_statements() {
    let out = shown(world().path(), &["--format", "json", "--subject", "group:readers"]);
    let matrix: Value = serde_json::from_str(&out).unwrap();
    let counts = json!({ "allow": 1, "conditional": 1, "deny": 4, "partial": 1, "unknown": 0 });
    assert_eq!(matrix["subjects"][0]["counts"], counts);
    let routes = matrix["routes"].as_array().unwrap();
    let route = |path: &str, verb: &str| {
        let verb = Value::from(verb);
        let mut routes = routes.iter().filter(|route| route["path"] == path);
        routes.find(|route| route["verbs"].as_array().unwrap().contains(&verb)).unwrap()
    };
    let cell = &route("/movies/{id}", "GET")["cells"][0];
    assert_eq!(cell["decision"], "partial");
    assert_eq!(cell["denied"]["path"], "/movies/secret");
    assert_eq!(cell["denied"]["decision"], "explicit_deny");
    let statements = json!([{ "document": "group:readers", "statement": 1, "sid": "NoSecrets" }]);
    assert_eq!(cell["denied"]["statements"], statements);
    let conditional = &route("/movies", "POST")["cells"][0]["allowed"]["when"];
    assert_eq!(conditional, r#"only if {"IpAddress":{"aws:SourceIp":"10.0.0.0/8"}}"#);
    assert_eq!(route("/api/{proxy+}", "HEAD")["verbs"], json!(["GET", "HEAD"]));
    assert_eq!(route("/signed", "GET")["guard"], "other");
    assert_eq!(route("/", "GET")["cells"], json!([]));
}

#[test]
fn the_page_loads_nothing_and_runs_nothing() {
    let page = shown(world().path(), &["--format", "html", "--date", "2026-01-31"]);
    for foreign in
        ["http:", "https:", "//", "src=", "<script", "<link", "@import", "url(", "onload"]
    {
        assert!(!page.contains(foreign), "`{foreign}` is in the page");
    }
    for reference in page.split("href=\"").skip(1) {
        assert!(reference.starts_with('#'), "{reference:.40}");
    }
    assert!(page.contains("default-src 'none'"), "no content security policy");
    assert!(page.contains("2026-01-31"), "no date");
}

#[test]
fn what_documents_say_is_text_in_the_page() {
    let page = shown(world().path(), &["--format", "html"]);
    assert!(page.contains("<h1>Movies &lt;script&gt;</h1>"), "the title");
    assert!(page.contains("&lt;i&gt;Show&lt;/i&gt;") && !page.contains("<i>Show"), "a summary");
    assert!(page.contains("&lt;b&gt;&amp;&quot;") && !page.contains("<b>&\""), "a group");
}

/// Shapes and colours are for those who see them; each cell says the same in a word, and each row and
/// column has a head.
#[test]
fn every_cell_of_the_page_is_told_in_words() {
    let page = shown(world().path(), &["--format", "html"]);
    let body = page.split("<tbody>").skip(1).collect::<String>();
    let rows: Vec<&str> =
        body.split("<tr>").skip(1).filter(|row| row.contains("class=\"verb\"")).collect();
    assert_eq!(rows.len(), 9);
    let words = ["allow", "partial", "conditional", "deny", "explicit deny"];
    for row in &rows {
        assert!(row.starts_with("<th scope=\"row\""), "{row}");
        for cell in row.split("<td").skip(1).map(|cell| cell.split("</td>").next().unwrap()) {
            assert!(cell.contains("title=\""), "{cell}");
            let word = cell
                .split("<span class=\"u\">")
                .nth(1)
                .map(|rest| rest.split(['<', ',']).next().unwrap());
            let is_told = match word {
                Some(word) => words.contains(&word),
                None => cell.contains("<span>public</span>") || cell.contains("<span>IAM</span>"),
            };
            assert!(is_told, "{cell}");
        }
    }
    let heads = page.split("<thead>").nth(1).unwrap().split("</thead>").next().unwrap();
    assert_eq!(heads.matches("<th").count(), heads.matches("scope=\"col\"").count());
}

#[test]
fn a_file_is_written_instead_of_standard_output() {
    let world = world();
    let file = world.path().join("matrix.csv");
    let outcome = matrix(world.path(), &["--format", "csv", "--out", file.to_str().unwrap()]);
    assert_eq!((outcome.status, outcome.out.as_str()), (ExitStatus::Yes, ""));
    assert!(outcome.err.starts_with("written to "), "{}", outcome.err);
    assert!(fs::read_to_string(&file).unwrap().starts_with("method,path"));
}

#[test]
fn a_stage_decides_about_arns() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("one.json");
    let arn = |stage: &str| format!("arn:aws:execute-api:eu-west-1:123456789012:a1/{stage}");
    let resource = format!("{}/GET/*", arn("prod"));
    let document = json!({ "Version": "2012-10-17", "Statement": {
        "Effect": "Allow", "Action": "execute-api:Invoke", "Resource": resource } });
    fs::write(&file, document.to_string()).unwrap();
    let routes = example().join("routes/openapi.yaml");
    let decision = |arguments: &[&str]| {
        let common = ["--format", "csv", "--routes", routes.to_str().unwrap()];
        let out = shown(&file, &[&common, arguments].concat());
        let line = out.lines().find(|line| line.starts_with("GET,/movies,")).unwrap();
        line.rsplit(',').next().unwrap().to_owned()
    };
    assert_eq!(decision(&[]), "partial");
    assert_eq!(decision(&["--stage", &arn("prod")]), "allow");
    assert_eq!(decision(&["--stage", &arn("dev")]), "deny");
}

#[test]
fn a_path_without_methods_still_takes_requests_from_others() {
    let folder = world();
    let file = folder.path().join("api.json");
    let guarded = json!({ "get": { "security": [{ "a": [] }] } });
    let document = json!({ "openapi": "3.0.0",
        "paths": { "/movies/secret": { "parameters": [] }, "/movies/{id}": guarded } });
    fs::write(&file, document.to_string()).unwrap();
    let arguments = ["--routes", file.to_str().unwrap(), "--format", "csv"];
    let out = shown(folder.path(), &[&arguments[..], &["--subject", "group:readers"]].concat());
    assert!(out.ends_with("GET,/movies/{id},,authorizer,allow\r\n"), "{out}");
}

#[test]
fn what_cannot_be_done_says_why() {
    let example = example();
    let missing = matrix(Path::new("/nowhere"), &[]);
    let group = matrix(&example, &["--groups", "movies-group,nobody"]);
    let routes = matrix(&example, &["--routes", "/nowhere/api.yaml"]);
    for (outcome, want) in [
        (missing, "cannot read `/nowhere`"),
        (group, "`group:nobody` has no document; there are group:admin-group, group:movies-group"),
        (routes, "cannot read the routes in `/nowhere/api.yaml`: name an OpenAPI 3 document"),
    ] {
        assert_eq!(outcome.status, ExitStatus::CouldNot);
        assert!(outcome.err.contains(want), "{}", outcome.err);
    }
}

#[test]
fn what_was_passed_over_is_told_apart_from_the_matrix() {
    let world = world();
    let file = world.path().join("api.json");
    let document = json!({ "openapi": "3.0.0", "paths": { "/a": { "get": {}, "trace": {} } } });
    fs::write(&file, document.to_string()).unwrap();
    let outcome = matrix(world.path(), &["--routes", file.to_str().unwrap()]);
    assert_eq!(outcome.status, ExitStatus::Yes);
    assert!(
        outcome.err.contains("`/paths/~1a/trace`: no method of API Gateway"),
        "{}",
        outcome.err
    );
    assert!(!outcome.out.contains("trace"), "{}", outcome.out);
}
