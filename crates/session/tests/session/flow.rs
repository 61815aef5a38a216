//! What people do.

use std::time::Duration;

use gatepost_emulator::issuer::WEB_CLIENT;
use http::Method;
use serde_json::json;

use crate::browser::{Answered as _, Jar};
use crate::world::{CLIENT_SECRET, SECRET_CLIENT, World, csrf};

#[tokio::test]
async fn someone_signs_in_looks_who_they_are_goes_on_and_signs_out() {
    let world = World::start().await;
    let mut jar = Jar::default();
    let me = world.get(&mut jar, "/auth/me").await;
    assert_eq!((me.code(), me.json()), (401, json!({"signed_in": false})));

    let back = world.come_back(&mut jar, "alice", "/movies?sort=year").await;
    assert!(jar.get("__Host-gatepost-login").is_some());
    let answer = world.get(&mut jar, &back).await;
    assert_eq!((answer.code(), answer.location()), (303, "/movies?sort=year"));
    let names = ["__Host-gatepost", "__Host-gatepost-pages", "__Secure-gatepost-refresh"];
    assert_eq!(jar.0.keys().collect::<Vec<_>>(), names);

    let me = world.get(&mut jar, "/auth/me").await;
    let alice = world.issuer.account("alice").unwrap();
    let want = json!({"signed_in": true, "sub": alice.sub, "username": "alice", "groups": alice.groups,
        "expires_at": world.seconds() + 3_600, "csrf_token": csrf(&jar)});
    assert_eq!((me.code(), me.json()), (200, want));

    let before = jar.clone();
    world.pass(Duration::from_mins(59));
    let refreshed = world.post(&mut jar, "/auth/refresh").await;
    assert_eq!(refreshed.code(), 200, "{}", refreshed.body());
    assert_eq!(refreshed.json()["expires_at"], world.seconds() + 3_600);
    assert_eq!(refreshed.json()["csrf_token"], csrf(&jar));
    for name in names {
        assert_ne!(jar.get(name), before.get(name), "{name} is new");
    }

    let out = world.post(&mut jar, "/auth/logout").await;
    let back = "http%3A%2F%2F127.0.0.1%3A3000%2Fsigned-out";
    let origin = &world.provider.origin;
    let want = format!(
        "{origin}/logout?client_id={WEB_CLIENT}&logout_uri={back}&post_logout_redirect_uri={back}"
    );
    assert_eq!((out.code(), out.json()), (200, json!({ "location": want })));
    assert!(jar.0.is_empty(), "every cookie is gone");
    assert_eq!(world.provider.asked.lock().unwrap().last().unwrap(), "/oauth2/revoke");
    assert_eq!(world.get(&mut jar, "/auth/me").await.code(), 401);
}

#[tokio::test]
async fn a_session_outlives_its_access_token() {
    let world = World::start().await;
    let mut jar = world.sign_in("alice").await;
    world.pass(Duration::from_hours(5));
    let me = world.get(&mut jar, "/auth/me").await;
    assert_eq!(
        (me.code(), me.json()),
        (401, json!({"signed_in": false, "csrf_token": csrf(&jar)}))
    );
    assert_eq!(world.post(&mut jar, "/auth/refresh").await.code(), 200);
    assert_eq!(world.get(&mut jar, "/auth/me").await.code(), 200);
}

#[tokio::test]
async fn what_was_revoked_at_sign_out_can_refresh_nothing() {
    let world = World::start().await;
    let mut jar = world.sign_in("alice").await;
    let mut stolen = jar.clone();
    assert_eq!(world.post(&mut jar, "/auth/logout").await.code(), 200);
    // Once it might be a race of two tabs; twice it is not.
    for want in [409, 401] {
        assert_eq!(world.post(&mut stolen, "/auth/refresh").await.code(), want);
    }
}

#[tokio::test]
async fn a_link_to_sign_out_asks_and_its_button_does() {
    let world = World::start().await;
    let mut jar = world.sign_in("alice").await;
    let page = world.get(&mut jar, "/auth/logout").await;
    assert_eq!(page.code(), 200);
    assert!(page.body().contains(&csrf(&jar)), "{}", page.body());
    assert!(jar.get("__Host-gatepost").is_some(), "still signed in");

    let form = [("content-type", "application/x-www-form-urlencoded")];
    let mut request = crate::browser::request(&jar, Method::POST, "/auth/logout", &form);
    let refused = world.session.respond(&request, world.now(), None).await;
    assert_eq!(refused.code(), 401, "{}", refused.body());
    request.body = format!("csrf_token={}", csrf(&jar)).into();
    let answer = world.session.respond(&request, world.now(), None).await;
    assert_eq!(answer.code(), 303, "{}", answer.body());
    assert!(answer.location().starts_with(&format!("{}/logout?", world.provider.origin)));
    jar.take(&answer);
    assert!(jar.0.is_empty());
    assert_eq!(world.get(&mut jar, "/auth/logout").await.code(), 401);
}

#[tokio::test]
async fn a_confidential_client_signs_people_in_by_its_secret() {
    let world = World::with(|issuer| {
        let issuer = json!({"issuer": issuer, "client_id": SECRET_CLIENT, "client_secret": CLIENT_SECRET,
            "scopes": ["openid", "email"]});
        vec![("GATEPOST_SESSION_ISSUER", issuer.to_string())]
    })
    .await;
    let mut jar = world.sign_in("alice").await;
    assert_eq!(world.post(&mut jar, "/auth/refresh").await.code(), 200);
    assert_eq!(world.post(&mut jar, "/auth/logout").await.code(), 200);

    let issuer = json!({"issuer": world.provider.origin, "client_id": SECRET_CLIENT, "client_secret": "wrong"});
    let world = world.another(&[("GATEPOST_SESSION_ISSUER", &issuer.to_string())]);
    let back = world.come_back(&mut jar, "alice", "/").await;
    let answer = world.get(&mut jar, &back).await;
    assert_eq!(answer.code(), 502, "{}", answer.body());
}

#[tokio::test]
async fn sessions_live_through_a_change_of_keys() {
    let world = World::start().await;
    let mut jar = world.sign_in("alice").await;
    let key = crate::world::KEY;
    let new = "AgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgI";
    let both = json!([{"id": "two", "key": new}, {"id": "one", "key": key}]).to_string();
    let world = world.another(&[("GATEPOST_SESSION_KEYS", &both)]);
    assert_eq!(world.post(&mut jar, "/auth/refresh").await.code(), 200);
    let later = json!([{"id": "two", "key": new}]).to_string();
    let world = world.another(&[("GATEPOST_SESSION_KEYS", &later)]);
    assert_eq!(world.post(&mut jar, "/auth/refresh").await.code(), 200);
}

#[tokio::test]
async fn who_goes_back_without_signing_in_is_told_so() {
    let world = World::start().await;
    let mut jar = Jar::default();
    let back = world.come_back(&mut jar, "", "/").await;
    let answer = world.get(&mut jar, &back).await;
    assert_eq!(answer.code(), 403, "{}", answer.body());
    assert!(answer.body().contains("without signing in"), "{}", answer.body());
    assert!(jar.0.is_empty(), "the login is over");
    assert_eq!(world.provider.exchanges(), 0);
}

#[tokio::test]
async fn other_addresses_and_methods_are_refused() {
    let world = World::start().await;
    for (method, path, want) in [
        (Method::GET, "/auth/refresh", 405),
        (Method::POST, "/auth/me", 405),
        (Method::POST, "/auth/login", 405),
        (Method::DELETE, "/auth/logout", 405),
        (Method::GET, "/auth/", 404),
        (Method::GET, "/auth/other", 404),
        (Method::GET, "/auth/me/", 404),
        (Method::GET, "/me", 404),
    ] {
        let answer = world.peek(&Jar::default(), method, path, &[]).await;
        assert_eq!(answer.code(), want, "{path}");
        assert!(answer.json()["message"].is_string());
    }
}
