//! The host: who answers which path, and with which headers.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::ConnectInfo;
use axum::response::Response;
use gatepost_emulator::clock::Clock;
use gatepost_emulator::edge::{ApiPaths, Distribution, DistributionConfig, PageRecord};
use gatepost_emulator::gateway::Api;
use http::{HeaderMap, Request};
use serde_json::Value;
use tower::ServiceExt as _;

use crate::world::{file, now};

const ROUTES: &str = "
openapi: 3.0.3
info: { title: a, version: '1' }
paths:
  /movies/{id}: { get: { responses: { '200': { description: '' } } } }
";

struct World {
    distribution: Distribution,
    records: Arc<Mutex<Vec<PageRecord>>>,
    folder: tempfile::TempDir,
    /// Allows `page/app/` and `page/app/movies/*`, but denies `page/app/admin/*`.
    cookie: String,
}

fn says(text: &'static str) -> Router {
    Router::new().fallback(move || async move { text })
}

impl World {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        for name in ["index.html", "app/movies/index.html", "app/admin/index.html", "assets/a.js"] {
            let path = folder.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, name).unwrap();
        }
        let vector: Value = serde_json::from_str(&file("infra/tests/pages/vector.json")).unwrap();
        let page_key = vector["page_key"].as_str().unwrap().to_owned();
        let records = Arc::new(Mutex::new(Vec::new()));
        let told = Arc::clone(&records);
        let distribution = Distribution::new(DistributionConfig {
            folder: folder.path().to_owned(),
            page_keys: BTreeMap::from([("new".to_owned(), page_key)]),
            api: says("api"),
            api_paths: ApiPaths::of(&Api::from_openapi(ROUTES).unwrap()).unwrap(),
            session: says("session"),
            clock: Clock::reading(now),
            observer: Arc::new(move |record| told.lock().unwrap().push(record.clone())),
        });
        let cookie = vector["cookie"].as_str().unwrap().to_owned();
        Self { distribution: distribution.unwrap(), records, folder, cookie }
    }

    async fn send(&self, request: &str, cookie: &str) -> (u16, HeaderMap, String) {
        let (verb, path) = request.split_once(' ').unwrap();
        let mut request = Request::builder()
            .method(verb)
            .uri(path)
            .header("Host", "www.example")
            .header("Cookie", cookie)
            .body(Body::empty())
            .unwrap();
        request.extensions_mut().insert(ConnectInfo(SocketAddr::from(([192, 0, 2, 1], 1))));
        let answer: Response = self.distribution.router().oneshot(request).await.unwrap();
        let (parts, body) = answer.into_parts();
        let body = to_bytes(body, usize::MAX).await.unwrap();
        (parts.status.as_u16(), parts.headers, String::from_utf8(body.to_vec()).unwrap())
    }

    fn last_outcome(&self) -> String {
        self.records.lock().unwrap().last().unwrap().outcome.to_string()
    }
}

#[tokio::test]
async fn pages_are_seen_by_those_only_whose_pass_allows_them() {
    let world = World::new();
    let cookie = world.cookie.clone();
    let forged = cookie.replace("=eyJ", "=eyK");
    assert_ne!(forged, cookie);
    for (path, cookie, status, outcome) in [
        ("/", "", 200, "page"),
        ("/assets/a.js", "", 200, "page"),
        ("/app/movies/?a=1", "", 302, "to /auth/login"),
        ("/app/movies/", &*forged, 302, "to /auth/login"),
        ("/app/movies/", &*cookie, 200, "page"),
        ("/app/admin/", &*cookie, 302, "to /"),
        ("/app/movies/../admin/", &*cookie, 400, "refused"),
        ("/app/movies/gone.html", &*cookie, 404, "there is no file app/movies/gone.html"),
    ] {
        let (got, _, body) = world.send(&format!("GET {path}"), cookie).await;
        assert_eq!((got, &*world.last_outcome()), (status, outcome), "{path}: {body}");
        if status == 200 {
            let file = [path.split('?').next().unwrap().trim_start_matches('/'), "index.html"];
            assert!(file.concat().starts_with(&body), "{path}: {body}");
        }
    }
    let (status, headers, body) = world.send("GET /app/movies/?a=1", "").await;
    assert_eq!((status, &*body), (302, ""));
    assert_eq!(headers["location"], "/auth/login?next=%2Fapp%2Fmovies%2F%3Fa%3D1");
}

#[tokio::test]
async fn each_path_goes_where_it_belongs() {
    let world = World::new();
    for (request, want) in [
        ("GET /movies", "api"),
        ("POST /movies/7", "api"),
        ("POST /auth/refresh", "session"),
        ("GET /auth/", "session"),
    ] {
        assert_eq!(world.send(request, "").await.2, want, "{request}");
    }
    assert!(world.records.lock().unwrap().is_empty());
    for request in ["GET /shows", "GET /movies2", "GET //movies", "POST /", "GET /auth"] {
        let (status, _, body) = world.send(request, "").await;
        assert!(![200, 404].contains(&status) && body != "api", "{request}: {status} {body}");
    }
    assert_eq!(world.send("DELETE /", &world.cookie).await.0, 403);
    assert_eq!(world.send("HEAD /", "").await.0, 200);

    let other = Api::from_openapi(&ROUTES.replace("movies", "shows")).unwrap();
    world.distribution.set_api_paths(ApiPaths::of(&other).unwrap());
    assert_eq!(world.send("GET /shows", "").await.2, "api");
    assert_eq!(world.send("GET /movies", "").await.0, 302);
}

#[tokio::test]
async fn headers_are_those_of_the_distribution() {
    let world = World::new();
    let (_, page, _) = world.send("GET /", "").await;
    assert_eq!(page["content-type"], "text/html");
    assert_eq!(page["cache-control"], "private, no-cache");
    assert_eq!(page["x-frame-options"], "DENY");
    let policy = page["content-security-policy"].to_str().unwrap();
    assert!(policy.starts_with("default-src 'none'; script-src 'self'; "), "{policy}");
    assert!(page.contains_key("permissions-policy"));
    let (_, asset, _) = world.send("GET /assets/a.js", "").await;
    assert_eq!(asset["cache-control"], "public, max-age=31536000, immutable");
    let (_, api, _) = world.send("GET /movies", "").await;
    assert_eq!(api["x-content-type-options"], "nosniff");
    assert!(!api.contains_key("content-security-policy"));
    let (_, redirect, _) = world.send("GET /app/", "").await;
    assert_eq!(redirect["cache-control"], "no-store");
}

#[tokio::test]
async fn files_are_read_at_each_request() {
    let world = World::new();
    std::fs::write(world.folder.path().join("index.html"), "new").unwrap();
    assert_eq!(world.send("GET /", "").await.2, "new");
}
