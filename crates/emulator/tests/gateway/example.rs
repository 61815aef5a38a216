//! The example in `policies/`: what the README promises for each account, method by method.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use axum::body::Body;
use bytes::Bytes;
use gatepost_core::gateway::MethodArn;
use gatepost_core::policy::{BoundPolicy, Context, PolicyDocument};
use gatepost_emulator::gateway::{Api, GatewayConfig};
use gatepost_emulator::invoke::{BoxFuture, Invocation, Invoke};
use http::Request;
use serde_json::{Value, json};

use super::support::{STAGE, Setup};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../policies")
}

/// Answers with the bound policy of the groups that the token lists: `movies-group,shows-group`.
struct GroupAuthorizer {
    documents: BTreeMap<String, PolicyDocument>,
}

impl GroupAuthorizer {
    fn load() -> Self {
        let mut documents = BTreeMap::new();
        for entry in folder().join("groups").read_dir().unwrap() {
            let path = entry.unwrap().path();
            let document = PolicyDocument::parse(&fs::read(&path).unwrap())
                .unwrap_or_else(|error| panic!("{}: {error}", path.display()));
            let group = path.file_stem().unwrap().to_string_lossy().into_owned();
            documents.insert(group, document);
        }
        Self { documents }
    }
}

impl Invoke for GroupAuthorizer {
    fn invoke(&self, event: Bytes) -> BoxFuture<'_, Invocation> {
        let event: Value = serde_json::from_slice(&event).unwrap();
        let groups = event["headers"]["authorization"].as_str().unwrap();
        let arn: MethodArn = event["methodArn"].as_str().unwrap().parse().unwrap();
        let documents = groups.split(',').map(|group| &self.documents[group]);
        let policy = BoundPolicy::build(documents, arn.stage_arn(), &Context::new()).unwrap();
        let answer = json!({ "principalId": "p", "policyDocument": policy });
        Box::pin(async move { Invocation::Returned(answer.to_string().into()) })
    }
}

fn setup() -> Setup {
    let text = fs::read_to_string(folder().join("routes/openapi.yaml")).unwrap();
    let api =
        Api::from_openapi(&text).unwrap_or_else(|error| panic!("{error}")).open_to_any_origin();
    let authorizer = Arc::new(GroupAuthorizer::load());
    Setup::new(GatewayConfig::new(STAGE.parse().unwrap(), api, authorizer))
}

const ALICE: &str = "movies-group";
const BOB: &str = "shows-group";
const CAROL: &str = "movies-group,shows-group";
const ADMIN: &str = "admin-group";

#[tokio::test]
async fn each_account_may_do_what_the_readme_says() {
    let setup = setup();
    for (verb, path, who) in [
        ("GET", "/movies", vec![ALICE, CAROL, ADMIN]),
        ("GET", "/movies/7", vec![ALICE, CAROL, ADMIN]),
        ("POST", "/movies", vec![ADMIN]),
        ("DELETE", "/movies/7", vec![ADMIN]),
        ("GET", "/shows", vec![BOB, CAROL, ADMIN]),
        ("GET", "/shows/7", vec![BOB, CAROL, ADMIN]),
        ("PUT", "/shows/7", vec![ADMIN]),
        ("GET", "/api/profile", vec![ALICE, BOB, CAROL, ADMIN]),
        ("PUT", "/api/profile", vec![]),
        ("GET", "/api/other", vec![]),
        ("GET", "/api/admin/users", vec![ADMIN]),
        ("DELETE", "/api/admin/users/7", vec![ADMIN]),
        ("GET", "/api/%61dmin/users", vec![]),
        ("GET", "/api//admin/users", vec![]),
        ("GET", "/api/profile/../admin/users", vec![]),
    ] {
        for account in [ALICE, BOB, CAROL, ADMIN] {
            let request = Request::builder()
                .method(verb)
                .uri(path)
                .header("authorization", account)
                .body(Body::empty())
                .unwrap();
            let want = if who.contains(&account) { 200 } else { 403 };
            assert_eq!(setup.send(request).await.status, want, "{account} {verb} {path}");
        }
    }
}

#[tokio::test]
async fn nobody_needs_a_token_for_public_methods_and_preflight_requests() {
    let setup = setup();
    for (verb, path, status) in [
        ("GET", "/", 200),
        ("GET", "/health", 200),
        ("OPTIONS", "/movies", 204),
        ("OPTIONS", "/api/profile", 204),
        ("OPTIONS", "/api/admin/users", 204),
        ("GET", "/movies", 401),
        ("GET", "/api/admin/users", 401),
    ] {
        let request = Request::builder().method(verb).uri(path).body(Body::empty()).unwrap();
        assert_eq!(setup.send(request).await.status, status, "{verb} {path}");
    }
}
