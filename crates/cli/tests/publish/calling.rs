//! What is asked of AWS beside the table: who this is, and to end the answers that are kept.

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::http::{Method, Uri};

use crate::world::{Ran, World};

/// A service that notes what it is asked.
async fn service() -> (String, Arc<Mutex<Vec<String>>>) {
    let asked = Arc::new(Mutex::new(Vec::new()));
    let noted = Arc::clone(&asked);
    let answer = move |method: Method, uri: Uri, body: String| {
        noted.lock().unwrap().push(format!("{method} {uri} {body}"));
        let identity = r#"{"GetCallerIdentityResponse":{"GetCallerIdentityResult":{"Arn":"arn:aws:sts::1:assumed-role/keeper/ada"}}}"#;
        std::future::ready(if method == Method::POST { identity } else { "" })
    };
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, Router::new().fallback(answer)).await });
    (endpoint, asked)
}

#[tokio::test(flavor = "multi_thread")]
async fn aws_says_who_it_is_and_ends_the_answers_it_keeps() {
    let world = World::start().await;
    let (endpoint, asked) = service().await;
    world.write("a", &["GET/a"]);
    let run = |arguments: &[&str]| {
        let mut command = world.command(arguments);
        command
            .env("AWS_ENDPOINT_URL_STS", &endpoint)
            .env("AWS_ENDPOINT_URL_API_GATEWAY", &endpoint);
        Ran::of(tokio::task::block_in_place(|| command.output().unwrap()))
    };
    let flush = ["--flush", "--api-id", "a1b2", "--stage", "prod", "--policy-ttl", "0"];
    let ran = run(&[&["apply", "--yes"][..], &flush].concat());
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert!(
        ran.out.ends_with("The answers that API Gateway kept are ended: every caller sees it.\n"),
        "{ran:?}"
    );
    assert_eq!(
        world.row("a", 1).await.unwrap()["updated_by"],
        "arn:aws:sts::1:assumed-role/keeper/ada"
    );
    assert_eq!(
        *asked.lock().unwrap(),
        [
            "POST / Action=GetCallerIdentity&Version=2011-06-15",
            "DELETE /restapis/a1b2/stages/prod/cache/authorizers ",
        ]
    );
    // Nothing to write, nothing to end; and who says who it is need not be asked.
    run(&[&["apply", "--as", "Ada"][..], &flush].concat());
    assert_eq!(asked.lock().unwrap().len(), 2);
    assert_eq!(run(&["apply", "--flush"]).code, Some(2));
}
