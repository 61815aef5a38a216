//! A provider that fails, and a table that does.

use std::time::Duration;

use http::Method;
use serde_json::json;

use crate::browser::{Answered as _, Jar};
use crate::world::{Fault, World, csrf};

const WELL_KNOWN: &str = "/.well-known/openid-configuration";

/// Status and body of the token endpoint, and what the browser is told at the callback.
fn cases() -> Vec<(Fault, u16)> {
    let answer = |status, body: &str| Fault::Answer(status, body.to_owned());
    vec![
        (answer(500, "oops"), 503),
        (answer(500, r#"{"error":"invalid_grant"}"#), 503),
        (answer(302, ""), 503),
        (answer(429, ""), 503),
        (answer(200, ""), 503),
        (answer(200, "<html>"), 503),
        (answer(200, "{}"), 503),
        (answer(200, r#"{"token_type":"mac","access_token":"x"}"#), 503),
        (answer(200, &"x".repeat(1_000_000)), 503),
        (answer(200, r#"{"token_type":"Bearer","access_token":"x"}"#), 502),
        (answer(200, r#"{"token_type":"Bearer","access_token":"x","id_token":"a.b.c"}"#), 502),
        (answer(400, r#"{"error":"invalid_grant"}"#), 400),
        (answer(401, r#"{"error":"invalid_client"}"#), 502),
        (answer(400, r#"{"error":"<script>"}"#), 503),
    ]
}

#[tokio::test]
async fn whatever_the_token_endpoint_says_nobody_is_signed_in_by_mistake() {
    let world = World::start().await;
    for (fault, want) in cases() {
        let mut jar = Jar::default();
        let back = world.come_back(&mut jar, "alice", "/").await;
        world.provider.fail("/oauth2/token", fault.clone());
        let answer = world.get(&mut jar, &back).await;
        assert_eq!(answer.code(), want, "{fault:?}: {}", answer.body());
        assert!(jar.0.is_empty(), "{fault:?}");
        assert!(!answer.body().contains("script"));
    }
}

#[tokio::test]
async fn a_provider_that_fails_ends_no_session() {
    let world = World::start().await;
    let mut jar = world.sign_in("alice").await;
    let before = jar.0.clone();
    for (fault, _) in cases().into_iter().filter(|(_, want)| *want == 503) {
        world.provider.fail("/oauth2/token", fault.clone());
        let answer = world.post(&mut jar, "/auth/refresh").await;
        assert_eq!(answer.code(), 503, "{fault:?}");
        assert_eq!(jar.0, before);
    }
    world.provider.heal();
    assert_eq!(world.post(&mut jar, "/auth/refresh").await.code(), 200);
}

#[tokio::test]
async fn a_silent_provider_is_given_up_on() {
    let world = World::start().await;
    let mut jar = Jar::default();
    let back = world.come_back(&mut jar, "alice", "/").await;
    world.provider.fail("/oauth2/token", Fault::Silence);
    let request = crate::browser::request(&jar, Method::GET, &back, &[]);
    // The function has less time than its own patience, and still answers.
    let left = Some(Duration::from_millis(500));
    let answer = world.session.respond(&request, world.now(), left).await;
    assert_eq!(answer.code(), 503, "{}", answer.body());
}

#[tokio::test]
async fn without_the_providers_addresses_nobody_leaves() {
    let world = World::start().await;
    let own = world.issuer.discovery();
    let other = |member: &str, value: &str| {
        let mut document = own.clone();
        document[member] = value.into();
        Fault::Answer(200, document.to_string())
    };
    for (fault, want) in [
        (Fault::Answer(500, String::new()), 503),
        (Fault::Answer(200, "{".to_owned()), 502),
        (other("issuer", "https://evil.example"), 502),
        (other("token_endpoint", "http://evil.example/token"), 502),
        (other("authorization_endpoint", "javascript:alert(1)"), 502),
    ] {
        world.provider.fail(WELL_KNOWN, fault.clone());
        let answer = world.get(&mut Jar::default(), "/auth/login").await;
        assert_eq!((answer.code(), answer.set_cookies()), (want, vec![]), "{fault:?}");
    }
    world.provider.heal();
    let mut jar = world.sign_in("alice").await;
    // Once known, they are used on.
    world.provider.fail(WELL_KNOWN, Fault::Answer(500, String::new()));
    assert_eq!(world.post(&mut jar, "/auth/refresh").await.code(), 200);
}

#[tokio::test]
async fn who_signs_out_is_out_even_if_the_provider_cannot_be_told() {
    let world = World::start().await;
    let mut jar = world.sign_in("alice").await;
    world.provider.fail("/oauth2/revoke", Fault::Answer(500, String::new()));
    let answer = world.post(&mut jar, "/auth/logout").await;
    assert_eq!(answer.code(), 200);
    assert!(jar.0.is_empty());
}

#[tokio::test]
async fn a_table_that_fails_makes_no_smaller_pass() {
    let world = World::start().await;
    *world.store.down.lock().unwrap() = true;
    let mut jar = Jar::default();
    jar.put("__Host-gatepost-pages", "of-someone-else", "/");
    let back = world.come_back(&mut jar, "alice", "/movies").await;
    let answer = world.get(&mut jar, &back).await;
    assert_eq!(answer.code(), 503, "{}", answer.body());
    assert_eq!(jar.get("__Host-gatepost-pages"), None);
    // The session itself is good, and gets its pass as soon as it can be made.
    let me = world.get(&mut jar, "/auth/me").await;
    assert_eq!((me.code(), me.json()["csrf_token"].clone()), (200, json!(csrf(&jar))));
    assert_eq!(jar.get("__Host-gatepost-pages"), None);
    *world.store.down.lock().unwrap() = false;
    assert_eq!(world.get(&mut jar, "/auth/me").await.code(), 200);
    assert!(jar.get("__Host-gatepost-pages").is_some());
}

#[tokio::test]
async fn a_refresh_with_the_table_down_leaves_the_pass_to_its_end() {
    let world = World::start().await;
    let mut jar = world.sign_in("alice").await;
    let pass = jar.get("__Host-gatepost-pages").unwrap().to_owned();
    *world.store.down.lock().unwrap() = true;
    assert_eq!(world.post(&mut jar, "/auth/refresh").await.code(), 200);
    assert_eq!(jar.get("__Host-gatepost-pages"), Some(pass.as_str()));
}
