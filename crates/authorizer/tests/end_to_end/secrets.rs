//! What the function writes while it is at its most verbose: nothing of any token, cookie or claim.
//!
//! That holds for every call of every other test here too; see [`crate::world::World::get`].

use std::collections::BTreeSet;

use bytes::Bytes;
use gatepost_emulator::invoke::{Invocation, Invoke};
use serde_json::{Value, json};

use crate::tokens::recipe::Recipe;
use crate::tokens::{corpus, issuers};
use crate::world::World;
use crate::world::secrets::secrets_of;

const COOKIE: &str = "cookie-that-is-secret";
const QUERY: &str = "query-that-is-secret";
const HEADER: &str = "header-that-is-secret";
const PATH: &str = "path-that-is-secret";

const ARN: &str = "arn:aws:execute-api:eu-west-1:123456789012:a1b2c3/prod/GET/path-that-is-secret";

/// The ways in which a token can come.
fn events(token: &str) -> [Value; 4] {
    let request = |more: Value| {
        let mut event = json!({
            "type": "REQUEST", "methodArn": ARN, "path": format!("/{PATH}"),
            "headers": {"Cookie": format!("id={COOKIE}"), "X-Api-Key": HEADER},
            "queryStringParameters": {"q": QUERY},
        });
        for (name, value) in more.as_object().unwrap() {
            event[name] = value.clone();
        }
        event
    };
    let cookies = format!("id={COOKIE}; session={token}");
    [
        json!({"type": "TOKEN", "methodArn": ARN, "authorizationToken": format!("Bearer {token}")}),
        request(json!({"headers": {"authorization": format!("Bearer {token}"), "Cookie": COOKIE}})),
        request(json!({"headers": {"cookie": cookies, "X-Api-Key": HEADER}})),
        request(json!({"queryStringParameters": {"token": token, "q": QUERY}})),
    ]
}

#[tokio::test]
async fn nothing_of_any_token_of_the_corpus_is_written_down() {
    let corpus = corpus();
    let settings = [
        ("GATEPOST_ISSUERS", issuers(&corpus)),
        ("GATEPOST_SUBJECTS", "group,user,client,scope".to_owned()),
        ("GATEPOST_CONTEXT_CLAIMS", "sub,username,email,custom:tenant,groups".to_owned()),
        ("GATEPOST_TOKEN_SOURCES", "header:Authorization,cookie:session,query:token".to_owned()),
    ];
    let settings = settings.each_ref().map(|(name, value)| (*name, value.as_str()));
    let world = World::start_with(&settings, None, None).await;
    world.put_movies_group().await;

    let mut secrets: BTreeSet<String> =
        [COOKIE, QUERY, HEADER, PATH].map(str::to_owned).into_iter().collect();
    let mut calls = 0;
    let mut policies = 0;
    for token in corpus.iter().map(Recipe::make) {
        secrets.extend(secrets_of(&token));
        for event in events(&token) {
            let event = Bytes::from(event.to_string());
            let invocation = world.function.invoke(event).await;
            calls += 1;
            policies += usize::from(matches!(invocation, Invocation::Returned(_)));
        }
    }
    let lines = world.end().await;
    assert_eq!(lines.iter().filter(|line| line.contains("\"decision\"")).count(), calls);
    assert!(policies > 50 && policies < calls / 2, "{policies} policies of {calls} calls");
    for line in &lines {
        for secret in &secrets {
            assert!(!line.contains(secret.as_str()), "the log holds {secret}: {line}");
        }
    }
}
