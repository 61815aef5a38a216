//! `gatepost dev --site`: pages beside the API, for those whose page pass allows them.

use std::fs;
use std::path::Path;

use crate::program::dev;
use crate::{Dev, location, sign_in};

/// A folder with a public page, and one for admins.
fn pages() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for name in ["index.html", "app/admin/index.html", "signed-out.html"] {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, format!("this is {name}")).unwrap();
    }
    folder
}

fn start(folder: &Path) -> Dev {
    Dev::start(&["--site", folder.to_str().unwrap()])
}

#[test]
fn a_page_is_seen_by_those_whose_groups_may() {
    let folder = pages();
    let dev = start(folder.path());
    let get = |path: &str, cookie: &str| {
        let (status, head, body) = dev.exchange(&format!("GET {path}"), &[("Cookie", cookie)]);
        (status, location(&head), body)
    };
    let sent = |status: u16, to: &str| (status, to.to_owned(), String::new());
    let shown = |text: &str| (200, String::new(), text.to_owned());

    let customer = sign_in(&dev, "alice", "/app/admin/");
    let admin = sign_in(&dev, "admin", "/app/admin/");
    assert_eq!(get("/app/admin/?a=1", ""), sent(302, "/auth/login?next=%2Fapp%2Fadmin%2F%3Fa%3D1"));
    assert_eq!(get("/app/admin/", &customer), sent(302, "/"));
    assert_eq!(get("/app/admin/", &admin), shown("this is app/admin/index.html"));
    dev.line_with("GET     /app/admin/  page, ");
    assert_eq!(get("/", ""), shown("this is index.html"));
    assert_eq!(get("/signed-out", ""), shown("this is signed-out.html"));

    let forged = admin.replace("gatepost-pages=eyJ", "gatepost-pages=eyK");
    assert_ne!(forged, admin);
    assert_eq!(get("/app/admin/", &forged).0, 302);
    assert_eq!(get("/app/%2e%2e/%2e%2e/etc/passwd", &admin).0, 400);
    assert_eq!(get("/app/admin/missing.html", &admin).0, 404);
    dev.line_with("/app/admin/missing.html  there is no file app/admin/missing.html, ");

    fs::write(folder.path().join("index.html"), "built anew").unwrap();
    assert_eq!(get("/", ""), shown("built anew"));
}

#[test]
fn api_and_session_function_stay_where_they_were() {
    let folder = pages();
    let dev = start(folder.path());
    assert_eq!(dev.get("/movies", Some(&dev.token("alice"))), 200);
    assert_eq!(dev.get("/movies/7", None), 401);
    assert_eq!(dev.send("GET /auth/me", &[]).0, 401);
    assert!(dev.said.iter().any(|line| line.starts_with("note     the API's method at /")));

    let routes = dev.folder.path().join("policies/routes/openapi.yaml");
    let text = fs::read_to_string(&routes).unwrap();
    fs::write(&routes, text.replace("  /movies:", "  /{proxy+}:")).unwrap();
    dev.line_with("takes every path");
    assert_eq!(dev.get("/movies/7", None), 401);
    fs::write(&routes, text.replace("  /movies", "  /films")).unwrap();
    dev.line_with("in force now");
    assert_eq!(dev.get("/films/7", None), 401);
    assert_eq!(dev.get("/movies/7", None), 302, "a page by now");
}

/// What a start that fails says.
fn refusal(arguments: &[&str], variables: &[(&str, &str)]) -> String {
    let policies = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../policies");
    let state = tempfile::tempdir().unwrap();
    let output = dev(["--table-port", "0"])
        .arg("--policies")
        .arg(policies)
        .arg("--state")
        .arg(state.path())
        .args(arguments)
        .envs(variables.iter().copied())
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(2), "{output:?}");
    String::from_utf8(output.stderr).unwrap()
}

#[test]
fn a_site_that_could_show_no_page_is_not_served() {
    let folder = pages();
    let site = folder.path().to_str().unwrap();
    let without_session = refusal(&["--site", site], &[("GATEPOST_SESSION_MODE", "jwt")]);
    assert!(
        without_session.contains("`GATEPOST_SESSION_MODE` must be `token`"),
        "{without_session}"
    );
    let nowhere = refusal(&["--site", &format!("{site}/nowhere")], &[]);
    assert!(nowhere.contains("build them first"), "{nowhere}");
    let routes = folder.path().join("routes.yaml");
    let greedy = "openapi: 3.0.3\ninfo: { title: a, version: '1' }\npaths:\n  /{proxy+}: { get: { responses: { '200': { description: '' } } } }\n";
    fs::write(&routes, greedy).unwrap();
    let greedy = refusal(&["--site", site, "--routes", routes.to_str().unwrap()], &[]);
    assert!(greedy.contains("`/{proxy+}` takes every path"), "{greedy}");
}
