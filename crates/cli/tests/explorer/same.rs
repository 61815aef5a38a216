//! What the API answers is what the commands write.

use std::fs;
use std::path::Path;

use serde_json::{Map, Value, json};

use crate::asking::{Explorer, example, json_of, written};
use crate::generated;
use crate::program::copy;

/// A name in an address.
fn encoded(text: &str) -> String {
    text.bytes().fold(String::new(), |all, byte| format!("{all}%{byte:02X}"))
}

fn without(mut value: Value, names: &[&str]) -> Value {
    for name in names {
        value.as_object_mut().unwrap().remove(*name);
    }
    value
}

/// Every cell, by subject: as the command has it, but for the subject's whole name.
fn cells_of(matrix: &Value, row: &Value) -> Vec<Value> {
    let subjects = matrix["subjects"].as_array().unwrap();
    let cells = row["cells"].as_array().unwrap().iter().zip(subjects);
    cells
        .map(|(cell, subject)| {
            let mut cell = cell.clone();
            cell["subject"] = subject["documents"][0].clone();
            cell
        })
        .collect()
}

fn letter(cell: &Value) -> char {
    match (cell["decision"].as_str().unwrap(), cell["explicit"].as_bool().unwrap()) {
        ("allow", _) => 'a',
        ("conditional", _) => 'c',
        ("partial", _) => 'p',
        ("deny", true) => 'x',
        ("deny", false) => 'd',
        _ => 'u',
    }
}

fn assert_same_map(folder: &Path) {
    let explorer = Explorer::start(folder, &[]);
    let text = written(folder, &["matrix", "--format", "json"]);
    let matrix: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(explorer.get("/api/matrix").body, text);
    let csv = explorer.get("/api/matrix?format=csv");
    assert_eq!(csv.body, written(folder, &["matrix", "--format", "csv"]));
    assert!(csv.head.contains("content-type: text/csv"), "{csv:?}");

    let map = explorer.got("/api/map");
    for (mine, subject) in
        map["subjects"].as_array().unwrap().iter().zip(matrix["subjects"].as_array().unwrap())
    {
        assert_eq!(mine["subject"], subject["documents"][0]);
        assert_eq!(mine["name"], subject["name"]);
        assert_eq!(mine["counts"], subject["counts"]);
    }
    let rows = matrix["routes"].as_array().unwrap();
    assert_eq!(map["routes"].as_array().unwrap().len(), rows.len());
    let mut of_one = Vec::new();
    for (at, row) in rows.iter().enumerate() {
        for name in ["verbs", "path", "summary", "guard"] {
            assert_eq!(map["routes"][at][name], row[name]);
        }
        let cells = cells_of(&matrix, row);
        assert_eq!(map["cells"][at], cells.iter().map(letter).collect::<String>());
        of_one.push(cells.first().cloned().unwrap_or(Value::Null));
        let path = encoded(row["path"].as_str().unwrap());
        let place = match row["verbs"].as_array().unwrap().last() {
            Some(verb) => format!("verb={}&path={path}", verb.as_str().unwrap()),
            None => format!("page={path}"),
        };
        let who = explorer.got(&format!("/api/who?{place}"));
        let found = who["subjects"].as_array().unwrap().iter();
        let found: Vec<Value> = found.map(|cell| without(cell.clone(), &["sentence"])).collect();
        assert_eq!(found, cells, "{place}");
        for cell in cells {
            let subject = encoded(cell["subject"].as_str().unwrap());
            let found = explorer.got(&format!("/api/cell?subject={subject}&{place}"));
            assert!(found["sentence"].as_str().unwrap().ends_with('.'), "{found}");
            assert_eq!(without(found, &["sentence"]), cell);
        }
    }
    let first = map["subjects"][0]["subject"].as_str().unwrap();
    let what = explorer.got(&format!("/api/what?subject={}", encoded(first)));
    let found = what["routes"].as_array().unwrap().iter().map(|route| {
        let cell = route["cell"].clone();
        if cell.is_null() { cell } else { without(cell, &["sentence"]) }
    });
    assert_eq!(found.collect::<Vec<_>>(), of_one);
}

#[test]
fn the_map_of_the_example_is_its_matrix() {
    assert_same_map(example().path());
}

#[test]
fn the_map_of_a_generated_set_is_its_matrix() {
    assert_same_map(generated::policies().path());
}

/// A token that nobody has signed.
fn token(claims: &Value) -> String {
    use base64::Engine as _;
    let part = |value: &Value| base64::prelude::BASE64_URL_SAFE_NO_PAD.encode(value.to_string());
    format!("{}.{}.c2lnbmF0dXJl", part(&json!({ "alg": "RS256" })), part(claims))
}

const NOW: &str = "2026-05-01T12:00:00Z";

#[test]
fn an_explanation_is_that_of_the_command() {
    let folder = generated::policies();
    let explorer = Explorer::start(folder.path(), &[]);
    let token = token(&json!({ "sub": "u-1", "cognito:groups": ["team-03"], "exp": 1 }));
    let log = r#"{"outcome":"policy","reason":"granted","policy_digest":"0"}"#;
    for (body, arguments) in [
        (
            json!({ "groups": ["team-00", "team-01"], "method": "GET", "path": "/orders/7" }),
            vec!["--groups", "team-00,team-01", "--method", "GET", "--path", "/orders/7"],
        ),
        (
            json!({ "groups": [], "method": "DELETE", "path": "/users/u-1" }),
            vec!["--groups", "", "--method", "DELETE", "--path", "/users/u-1"],
        ),
        (
            json!({ "groups": ["nobody"], "user": "team-04", "claims": { "sub": "u-2" },
                    "source_ip": "10.1.2.3", "context": { "aws:UserAgent": "curl/8" },
                    "method": "put", "path": "/invoices/a1" }),
            vec![
                "--groups",
                "nobody",
                "--user",
                "team-04",
                "--claim",
                "sub=u-2",
                "--source-ip",
                "10.1.2.3",
                "--context",
                "aws:UserAgent=curl/8",
                "--method",
                "put",
                "--path",
                "/invoices/a1",
            ],
        ),
        (
            json!({ "groups": ["team-02"], "page": "/app/orders/" }),
            vec!["--groups", "team-02", "--page", "/app/orders/"],
        ),
        (
            json!({ "token": token, "method": "GET", "path": "/users/u-1", "log": log }),
            vec!["--token", &token, "--method", "GET", "--path", "/users/u-1", "--log", log],
        ),
        (
            json!({ "token": token, "subjects": ["group", "user"], "method": "GET", "path": "/orders" }),
            vec![
                "--token",
                &token,
                "--subjects",
                "group,user",
                "--method",
                "GET",
                "--path",
                "/orders",
            ],
        ),
        (json!({ "log": log }), vec!["--log", log]),
    ] {
        let mut body = body;
        let mut all = vec!["explain"];
        all.extend(&arguments);
        if arguments.contains(&"--method") || arguments.contains(&"--page") {
            body["now"] = NOW.into();
            all.extend(["--now", NOW]);
        }
        let answer = explorer.posted("/api/explain", &body);
        assert!(!answer.to_string().contains(&token), "{answer}");
        let lines: Vec<&str> =
            answer["lines"].as_array().unwrap().iter().map(|line| line.as_str().unwrap()).collect();
        assert_eq!(lines.join("\n"), written(folder.path(), &all).trim_end(), "{body}");
        let mut plain = without(answer.clone(), &["lines"]);
        for statement in
            plain.get_mut("statements").into_iter().flat_map(|all| all.as_array_mut().unwrap())
        {
            *statement = without(statement.take(), &["place"]);
        }
        all.extend(["--format", "json"]);
        assert_eq!(plain, json_of(folder.path(), &all), "{body}");
        assert_places(&explorer, &answer);
    }
}

/// Where a statement is said to stand, it stands.
fn assert_places(explorer: &Explorer, answer: &Value) {
    for statement in answer["statements"].as_array().into_iter().flatten() {
        let name = statement["subject"].as_str().unwrap();
        let text = explorer.got(&format!("/api/documents/{}", encoded(name)))["text"].clone();
        let units: Vec<u16> = text.as_str().unwrap().encode_utf16().collect();
        let at = |name: &str| usize::try_from(statement["place"][name].as_u64().unwrap()).unwrap();
        let found = String::from_utf16(&units[at("from")..at("to")]).unwrap();
        let found: Value = serde_json::from_str(&found).unwrap();
        assert_eq!(found["Sid"], statement["sid"]);
    }
}

/// What drafts would do is what the commands say of a folder that has them.
#[test]
fn a_try_is_what_the_commands_say_of_the_folder_that_it_would_be() {
    for (folder, subject, file) in [
        (example(), "group:movies-group", "policies/groups/movies-group.json"),
        (generated::policies(), "group:team-00", "policies/groups/team-00.json"),
        (generated::policies(), "group:new", "policies/groups/new.json"),
    ] {
        let explorer = Explorer::start(folder.path(), &[]);
        let text = json!({ "Version": "2012-10-17", "Statement": [
            { "Sid": "ReadAll", "Effect": "Allow", "Action": "execute-api:Invoke",
              "Resource": ["GET/*", "GET/movies", "DELETE/nowhere"] } ] });
        let text = format!("{text:#}");
        let after = tempfile::tempdir().unwrap();
        copy(&folder.path().join("policies"), &after.path().join("policies"));
        fs::write(after.path().join(file), &text).unwrap();

        let answer = explorer.posted("/api/try", &json!({ "subject": subject, "text": text }));
        let lint = ["lint", file, "--routes", "policies/routes/openapi.yaml", "--format", "json"];
        let found = json_of(after.path(), &lint);
        let own: Vec<&Value> = found["findings"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|one| one["file"] == file)
            .collect();
        assert!(!own.is_empty(), "{found}");
        assert_eq!(answer["lint"], json!(own));
        assert_eq!(answer["faults"], json!([]));

        let other = after.path().join("policies");
        let diff =
            ["diff", "policies", other.to_str().unwrap(), "--subject", subject, "--format", "json"];
        assert_eq!(answer["diff"], json_of(folder.path(), &diff)["subjects"][0]);

        let failed = |folder: &Path| -> Vec<Value> {
            let run = json_of(folder, &["test", "--format", "json"]);
            let suites = run["suites"].as_array().unwrap().iter();
            let cases = suites.flat_map(|suite| {
                let cases = suite["cases"].as_array().unwrap().clone().into_iter();
                cases.map(|mut case| {
                    case["file"] = suite["file"].clone();
                    case
                })
            });
            cases.filter(|case| case["passed"] == false).collect()
        };
        let before = failed(folder.path());
        let found = answer["suite"]["failed"].as_array().unwrap().iter();
        let found: Vec<Value> =
            found.map(|case| without(case.clone(), &["before", "difference"])).collect();
        assert_eq!(found, failed(after.path()));
        for case in answer["suite"]["failed"].as_array().unwrap() {
            let key = |case: &Value| {
                ["file", "principal", "method", "path"].map(|name| case[name].clone())
            };
            let failed_before = before.iter().any(|one| key(one) == key(case));
            assert_eq!(case["before"], if failed_before { "fail" } else { "pass" });
        }

        let name = subject.strip_prefix("group:").unwrap();
        let drafts =
            json!({ "drafts": Map::from_iter([(subject.to_owned(), text.clone().into())]) });
        let map = explorer.posted("/api/map", &drafts);
        let matrix = json_of(after.path(), &["matrix", "--format", "json"]);
        for (at, row) in matrix["routes"].as_array().unwrap().iter().enumerate() {
            let letters: String = cells_of(&matrix, row).iter().map(letter).collect();
            assert_eq!(map["cells"][at], letters, "{row}");
        }
        let call = json!({ "groups": [name], "method": "GET", "path": "/movies/7",
                           "now": NOW, "drafts": drafts["drafts"] });
        let found = explorer.posted("/api/explain", &call);
        let explain = ["explain", "--groups", name, "--method", "GET", "--path", "/movies/7"];
        let wanted = written(after.path(), &explain);
        let lines = found["lines"].as_array().unwrap().iter().map(|line| line.as_str().unwrap());
        assert_eq!(lines.collect::<Vec<_>>().join("\n"), wanted.trim_end());

        let gone = json!({ "drafts": Map::from_iter([(subject.to_owned(), Value::Null)]) });
        let map = explorer.posted("/api/map", &gone);
        assert!(map["subjects"].as_array().unwrap().iter().all(|one| one["subject"] != subject));
    }
}

#[test]
fn what_is_no_document_is_said_with_its_places_and_nothing_else() {
    let folder = example();
    let explorer = Explorer::start(folder.path(), &[]);
    let text = r#"{ "Version": "2012-10-17", "Statement": [{ "Effect": "Alow" }] }"#;
    let answer =
        explorer.posted("/api/try", &json!({ "subject": "group:movies-group", "text": text }));
    fs::write(folder.path().join("policies/groups/movies-group.json"), text).unwrap();
    let lint =
        json_of(folder.path(), &["lint", "policies/groups/movies-group.json", "--format", "json"]);
    assert_eq!(answer["faults"], lint["findings"]);
    assert_eq!(answer["lint"], json!([]));
    for name in ["diff", "suite", "size"] {
        assert!(answer[name].is_null(), "{answer}");
    }
    let drafts = json!({ "drafts": { "group:movies-group": text } });
    let answer = explorer.send("POST /api/map", &drafts);
    assert_eq!(
        (answer.status, answer.json()["field"].as_str()),
        (422, Some("drafts.group:movies-group"))
    );
}

/// A document that cannot be read may hold a Deny, so that nothing is answered without it.
#[test]
fn with_a_faulty_file_nothing_is_answered_but_what_to_mend() {
    let folder = example();
    let file = folder.path().join("policies/groups/shows-group.json");
    fs::write(&file, "{").unwrap();
    let explorer = Explorer::start(folder.path(), &[]);
    for path in ["/api/map", "/api/who?verb=GET&path=/movies", "/api/matrix"] {
        let answer = explorer.get(path);
        assert_eq!(answer.status, 409, "{path}");
        assert!(answer.error().contains("shows-group.json"), "{answer:?}");
    }
    let call = json!({ "groups": ["movies-group"], "method": "GET", "path": "/movies" });
    assert_eq!(explorer.send("POST /api/explain", &call).status, 409);
    let one = explorer.got("/api/documents/group:shows-group");
    assert_eq!(one["text"], "{");
    assert!(one["fault"].is_string() && explorer.got("/api/about")["faults"][0].is_string());
    let mended = json!({ "drafts": { "group:shows-group": r#"{"Statement":[]}"# } });
    assert_eq!(explorer.posted("/api/map", &mended)["subjects"].as_array().unwrap().len(), 3);
}

#[test]
fn a_pattern_asks_for_all_that_it_names() {
    let folder = example();
    let explorer = Explorer::start(folder.path(), &[]);
    let decisions = |path: &str| -> Vec<String> {
        let found = explorer.got(path);
        let subjects = found["subjects"].as_array().unwrap().iter();
        subjects.map(|one| one["decision"].as_str().unwrap().to_owned()).collect()
    };
    // Of admin-group, movies-group and shows-group.
    assert_eq!(
        decisions("/api/who?verb=DELETE&path=/api/admin/users/*"),
        ["allow", "deny", "deny"]
    );
    assert_eq!(decisions("/api/who?verb=GET&path=/movies*"), ["partial", "partial", "deny"]);
    assert_eq!(decisions("/api/who?verb=GET&path=/movies/7"), ["allow", "allow", "deny"]);
    assert_eq!(decisions("/api/who?page=/app/movies/new/*"), ["allow", "allow", "deny"]);
    for (path, field) in [
        ("/api/who?verb=GET", "path"),
        ("/api/who?path=/movies", "verb"),
        ("/api/who?verb=GET&path=/movies/{key}", "path"),
        ("/api/who?verb=FETCH&path=/movies", "path"),
        ("/api/what?subject=nobody", "subject"),
        ("/api/cell?verb=GET&path=/movies", "subject"),
    ] {
        let answer = explorer.get(path);
        assert_eq!(
            (answer.status, answer.json()["field"].as_str()),
            (400, Some(field)),
            "{answer:?}"
        );
    }
    assert_eq!(explorer.get("/api/what?subject=group:nobody").status, 404);
    assert_eq!(explorer.get("/api/documents/group:nobody").status, 404);
}

#[test]
fn a_call_becomes_a_test_that_holds() {
    let folder = example();
    let explorer = Explorer::start(folder.path(), &[]);
    let token = token(
        &json!({ "sub": "u-1", "email": "alice@example.org", "cognito:groups": ["movies-group"] }),
    );
    for call in [
        json!({ "groups": ["movies-group"], "method": "GET", "path": "/movies/7", "expect": "allow",
                "source_ip": "10.0.0.1", "now": NOW, "context": { "aws:Referer": "x" } }),
        json!({ "groups": ["movies-group"], "page": "/app/shows/", "expect": "deny" }),
        json!({ "token": token, "subjects": ["group", "user"], "method": "DELETE",
                "path": "/movies/7", "expect": "implicit_deny" }),
    ] {
        let yaml = explorer.posted("/api/case", &call)["yaml"].as_str().unwrap().to_owned();
        assert!(!yaml.contains("alice@example.org"), "no document asks for it: {yaml}");
        fs::write(folder.path().join("case.yaml"), &yaml).unwrap();
        let run = json_of(folder.path(), &["test", "case.yaml", "--format", "json"]);
        assert_eq!((&run["total"], &run["failed"]), (&json!(1), &json!(0)), "{yaml}");
    }
    let missing = json!({ "groups": [], "method": "GET", "path": "/movies" });
    assert_eq!(explorer.send("POST /api/case", &missing).json()["field"], "expect");
}

#[test]
fn a_revision_is_shown_as_it_was() {
    let folder = example();
    let git = |arguments: &[&str]| crate::world::git(folder.path(), arguments);
    git(&["init", "-q"]);
    git(&["add", "."]);
    git(&["commit", "-qm", "the first"]);
    let before = written(folder.path(), &["matrix", "--format", "csv"]);
    fs::write(
        folder.path().join("policies/groups/movies-group.json"),
        r#"{"Version":"2012-10-17","Statement":[]}"#,
    )
    .unwrap();
    git(&["commit", "-qam", "the second"]);

    let explorer = Explorer::start(folder.path(), &["git:HEAD~1:policies"]);
    assert_eq!(explorer.get("/api/matrix?format=csv").body, before);
    let about = explorer.got("/api/about");
    assert_eq!(about["source"], json!({ "kind": "git", "name": "git:HEAD~1:policies" }));
    assert_eq!(about["routes_file"], "git:HEAD~1:policies/routes/openapi.yaml");
    let place = &explorer.got("/api/documents/group:movies-group")["place"];
    assert_eq!(place, "git:HEAD~1:policies/groups/movies-group.json");

    let explorer = Explorer::start(folder.path(), &[]);
    assert_eq!(explorer.got("/api/about")["history"], true);
    let history = explorer.got("/api/history/group:movies-group");
    let revisions = history["revisions"].as_array().unwrap();
    let comments: Vec<&Value> = revisions.iter().map(|one| &one["comment"]).collect();
    assert_eq!(comments, ["the first", "the second"]);
    assert_eq!(revisions[1]["updated_by"], "Ada <ada@example.org>");
    let diff = explorer.got("/api/history/group:movies-group/diff?from=1&to=2");
    let wanted = json_of(
        folder.path(),
        &[
            "diff",
            "git:HEAD~1:policies",
            "policies",
            "--subject",
            "group:movies-group",
            "--format",
            "json",
        ],
    );
    assert_eq!(without(diff.clone(), &["texts"]), wanted["subjects"][0]);
    assert!(diff["texts"]["from"].as_str().unwrap().contains("ReadMovies"));
    assert_eq!(explorer.got("/api/history/group:movies-group/diff?from=1"), diff);
    assert_eq!(explorer.get("/api/history/group:movies-group/diff?from=9").status, 404);
}
