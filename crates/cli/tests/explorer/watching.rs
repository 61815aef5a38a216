//! The explorer of `gatepost dev`, which sees the calls that are made.

use std::fs;
use std::process::{Child, Stdio};
use std::sync::mpsc::Receiver;

use serde_json::{Value, json};

use crate::asking::{Events, PATIENCE, example, request};
use crate::program::{address, dev, gatepost, lines_of, lines_until};

struct Dev {
    process: Child,
    lines: Receiver<String>,
    api: String,
    issuer: String,
    explorer: String,
    folder: tempfile::TempDir,
}

impl Dev {
    fn start() -> Self {
        Self::start_with(&[])
    }

    fn start_with(arguments: &[&str]) -> Self {
        let folder = example();
        let mut process = dev(["--table-port", "0"])
            .args(arguments)
            .current_dir(folder.path())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = lines_of(&mut process);
        let host = |name: &str| {
            let (_, line) = lines_until(&lines, name, PATIENCE);
            let url = address(&line);
            url.strip_prefix("http://").unwrap().trim_end_matches('/').to_owned()
        };
        let (api, issuer, explorer) = (host("  API "), host("  Sign in "), host("  Explorer "));
        lines_until(&lines, "Ctrl-C", PATIENCE);
        Self { process, lines, api, issuer, explorer, folder }
    }

    fn token(&self, account: &str) -> String {
        let issuer = format!("http://{}", self.issuer);
        let output = gatepost()
            .args(["token", account, "--issuer", &issuer])
            .current_dir(self.folder.path())
            .output()
            .unwrap();
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    }

    fn call(&self, line: &str, token: Option<&str>) -> u16 {
        let bearer = token.map(|token| format!("Bearer {token}")).unwrap_or_default();
        let mut headers = vec![("Host", self.api.as_str())];
        if token.is_some() {
            headers.push(("Authorization", &bearer));
        }
        request(&self.api, line, &headers, "").status
    }
}

impl Drop for Dev {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

#[test]
fn calls_are_seen_with_their_reasons_and_without_their_tokens() {
    let dev = Dev::start();
    let token = dev.token("alice");
    let mut events = Events::of(&dev.explorer);
    events.next("changed");
    assert_eq!(dev.call("GET /movies?secret=1", Some(&token)), 200);
    let first = events.next("call");
    for (name, want) in [
        ("method", json!("GET")),
        ("path", json!("/movies")),
        ("resource", json!("/movies")),
        ("status", json!(200)),
        ("decision", json!("allow")),
        ("cache", json!("miss")),
        ("groups", json!(["movies-group"])),
    ] {
        assert_eq!(first[name], want, "{first}");
    }
    assert!(first["micros"].as_u64().unwrap() > 0 && first["time"].is_string(), "{first}");
    assert_eq!(dev.call("GET /shows", Some(&token)), 403);
    let second = events.next("call");
    assert_eq!((&second["decision"], &second["cache"]), (&json!("implicit_deny"), &json!("hit")));
    assert_eq!(second["groups"], json!(["movies-group"]), "also from the cache");
    assert_eq!(dev.call("GET /movies", None), 401);
    let third = events.next("call");
    assert_eq!((&third["decision"], &third["groups"]), (&json!("unauthorized"), &Value::Null));

    // Whoever comes later sees the same calls.
    let mut later = Events::of(&dev.explorer);
    for call in [&first, &second, &third] {
        assert_eq!(later.next("call"), *call);
        assert!(
            !call.to_string().contains(&token) && !call.to_string().contains("secret"),
            "{call}"
        );
    }
}

#[test]
fn a_save_in_the_explorer_is_in_force_at_once() {
    let dev = Dev::start();
    let token = dev.token("alice");
    let ask = |line: &str, body: &Value| {
        let headers = [
            ("Host", dev.explorer.as_str()),
            ("Content-Type", "application/json"),
            ("X-Gatepost-Explorer", "1"),
        ];
        request(&dev.explorer, line, &headers, &body.to_string())
    };
    let about = ask("GET /api/about", &json!({})).json();
    assert_eq!((&about["editable"], &about["watch"]), (&json!(true), &json!(true)));
    assert_eq!(dev.call("GET /shows", Some(&token)), 403);
    let before = ask("GET /api/documents/group:movies-group", &json!({})).json();
    let text = r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"execute-api:Invoke","Resource":"GET/shows"}}"#;
    let body = json!({ "text": text, "tag": before["tag"] });
    assert_eq!(ask("PUT /api/documents/group:movies-group", &body).status, 200);
    let file = dev.folder.path().join("policies/groups/movies-group.json");
    assert_eq!(fs::read_to_string(file).unwrap(), text);
    // The folder is followed, and says when what was saved is in force.
    lines_until(&dev.lines, "in force now", PATIENCE);
    assert_eq!(dev.call("GET /shows", Some(&token)), 200);
}

/// The routes are those of the API that is served, wherever it is defined.
#[test]
fn the_map_has_the_routes_of_a_template() {
    let folder = tempfile::tempdir().unwrap();
    let template = folder.path().join("stack.yaml");
    let text = include_str!("../cases/stack.yaml");
    fs::write(&template, text).unwrap();
    let dev = Dev::start_with(&["--template", template.to_str().unwrap()]);
    let routes = || -> Vec<String> {
        let map = request(&dev.explorer, "GET /api/map", &[("Host", &dev.explorer)], "").json();
        let routes =
            map["routes"].as_array().unwrap().iter().filter(|one| one["guard"] != "page_pass");
        let line = |route: &Value| {
            let text = |name: &str| route[name].as_str().unwrap().to_owned();
            format!("{} {} {}", text("method"), text("path"), text("guard"))
        };
        routes.map(line).collect()
    };
    assert_eq!(routes(), ["GET /movies authorizer", "POST /movies other"]);
    let mut events = Events::of(&dev.explorer);
    events.next("changed");
    fs::write(&template, text.replace("HttpMethod: GET", "HttpMethod: PUT")).unwrap();
    events.next("changed");
    assert_eq!(routes(), ["POST /movies other", "PUT /movies authorizer"]);
}

/// Whoever has the page open does not keep it from ending.
#[cfg(unix)]
#[test]
fn it_ends_while_somebody_watches() {
    let mut dev = Dev::start();
    let mut events = Events::of(&dev.explorer);
    events.next("changed");
    let id = dev.process.id().to_string();
    let status = std::process::Command::new("kill").args(["-INT", &id]).status().unwrap();
    assert!(status.success());
    events.end();
    assert!(dev.process.wait().unwrap().success());
}
