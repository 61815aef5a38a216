//! Page passes: what is in them, and when they are made.

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use crate::browser::{Answered as _, Jar};
use crate::world::{World, pages};

const PASS: &str = "__Host-gatepost-pages";

/// What a pass says.
pub(crate) fn payload(jar: &Jar) -> Value {
    let payload = jar.get(PASS).unwrap().split_once('.').unwrap().0;
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).unwrap()).unwrap()
}

#[tokio::test]
async fn a_pass_has_the_pages_of_the_callers_groups() {
    let world = World::start().await;
    for (username, rules) in [
        ("alice", json!([["allow", ["page/app/", "page/app/movies/*"]]])),
        ("carol", json!([["allow", ["page/app/", "page/app/movies/*", "page/app/shows/*"]]])),
        ("admin", json!([["deny", ["page/app/admin/secret"]], ["allow", ["page/app/*"]]])),
        ("dave", json!([])),
    ] {
        let jar = world.sign_in(username).await;
        let want =
            json!({"k": "one", "h": "127.0.0.1:3000", "e": world.seconds() + 300, "r": rules});
        assert_eq!(payload(&jar), want, "{username}");
    }
}

#[tokio::test]
async fn claims_and_conditions_are_judged_when_the_pass_is_made() {
    let world = World::start().await;
    let document = json!({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Action": "gatepost:ViewPage", "Resource": "page/of/${token:sub}"},
        {"Effect": "Allow", "Action": "gatepost:ViewPage", "Resource": "page/office",
            "Condition": {"IpAddress": {"aws:SourceIp": "192.0.2.0/24"}}},
        {"Effect": "Allow", "Action": "gatepost:ViewPage", "Resource": "page/elsewhere",
            "Condition": {"IpAddress": {"aws:SourceIp": "198.51.100.0/24"}}},
    ]});
    world.store.of.lock().unwrap().insert("group:movies-group".to_owned(), document);
    let jar = world.sign_in("alice").await;
    let sub = &world.issuer.account("alice").unwrap().sub;
    assert_eq!(payload(&jar)["r"], json!([["allow", [format!("page/of/{sub}"), "page/office"]]]));
}

#[tokio::test]
async fn a_pass_is_renewed_when_half_its_life_is_over() {
    let world = World::start().await;
    let mut jar = world.sign_in("alice").await;
    let first = jar.get(PASS).unwrap().to_owned();
    world.pass(Duration::from_secs(150));
    let me = world.get(&mut jar, "/auth/me").await;
    assert_eq!((me.code(), me.set_cookies()), (200, vec![]));
    world.pass(Duration::from_secs(1));
    assert_eq!(world.get(&mut jar, "/auth/me").await.code(), 200);
    assert_ne!(jar.get(PASS), Some(first.as_str()));
    assert_eq!(payload(&jar)["e"], world.seconds() + 300);
}

#[tokio::test]
async fn a_pass_that_is_not_ours_is_replaced() {
    let world = World::start().await;
    let mut jar = world.sign_in("alice").await;
    let forged = jar.get(PASS).unwrap().replace(['A', 'Q'], "x");
    jar.put(PASS, &forged, "/");
    assert_eq!(world.get(&mut jar, "/auth/me").await.code(), 200);
    assert_ne!(jar.get(PASS), Some(forged.as_str()));
}

#[tokio::test]
async fn a_pass_ends_with_the_token_at_the_latest() {
    let world = World::start().await;
    let mut jar = world.sign_in("alice").await;
    let end = world.seconds() + 3_600;
    world.pass(Duration::from_mins(58));
    assert_eq!(world.get(&mut jar, "/auth/me").await.code(), 200);
    assert_eq!(payload(&jar)["e"], end);
}

#[tokio::test]
async fn a_new_right_is_in_the_next_pass() {
    let world = World::start().await;
    let mut jar = world.sign_in("alice").await;
    let document = pages(&["page/new"], &[]);
    world.store.of.lock().unwrap().insert("group:movies-group".to_owned(), document);
    assert_eq!(world.post(&mut jar, "/auth/refresh").await.code(), 200);
    assert_eq!(payload(&jar)["r"], json!([["allow", ["page/new"]]]));
}

#[tokio::test]
async fn a_pass_for_which_there_is_no_room_is_not_made_smaller() {
    let world = World::start().await;
    let many: Vec<_> = (0..400).map(|index| format!("page/number-{index}")).collect();
    let many: Vec<_> = many.iter().map(String::as_str).collect();
    world.store.of.lock().unwrap().insert("group:movies-group".to_owned(), pages(&many, &[]));
    let mut jar = Jar::default();
    let back = world.come_back(&mut jar, "alice", "/").await;
    let answer = world.get(&mut jar, &back).await;
    assert_eq!(answer.code(), 500);
    assert!(answer.body().contains("3800"), "{}", answer.body());
    assert_eq!(jar.get(PASS), None);
    assert_eq!(world.get(&mut jar, "/auth/me").await.code(), 200, "the API can be called");
}
