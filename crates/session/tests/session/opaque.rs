//! Sessions in a table, of which the browser has the id.

use std::time::Duration;

use gatepost_core::secret::Secret;
use gatepost_store::SessionId;
use http::Method;
use serde_json::{Value, json};

use crate::browser::{Answered as _, Jar};
use crate::tables::{TableFault, id, soon};
use crate::world::{Fault, World, csrf};

const SESSION: &str = "__Host-gatepost";

/// Time enough for what succeeds.
const BRIEFLY: Duration = Duration::from_secs(1);

async fn me(world: &World, jar: &Jar) -> (u16, Value) {
    let answer = world.peek(jar, Method::GET, "/auth/me", &[]).await;
    (answer.code(), answer.json())
}

fn nobody() -> (u16, Value) {
    (401, json!({"signed_in": false}))
}

/// The code of an error.
async fn refused(world: &World, jar: &Jar, target: &str) -> (u16, String) {
    let answer = world.post(&mut jar.clone(), target).await;
    assert_eq!(answer.set_cookies(), [""; 0], "no cookie is set or taken away");
    (answer.code(), answer.json()["error"].as_str().unwrap_or_default().to_owned())
}

fn over() -> (u16, String) {
    (401, "session_over".to_owned())
}

#[tokio::test]
async fn someone_signs_in_goes_on_and_signs_out_with_one_cookie() {
    let world = World::opaque().await;
    let mut jar = Jar::default();
    let back = world.come_back(&mut jar, "alice", "/movies").await;
    let answer = world.get(&mut jar, &back).await;
    assert_eq!((answer.code(), answer.location()), (303, "/movies"));
    assert_eq!(jar.0.keys().collect::<Vec<_>>(), [SESSION, "__Host-gatepost-pages"]);
    let cookie = jar.get(SESSION).unwrap().to_owned();
    assert_eq!(cookie.len(), 43);

    let alice = world.issuer.account("alice").unwrap();
    let who = |expires_at| {
        json!({"signed_in": true, "sub": alice.sub, "username": "alice", "groups": alice.groups,
            "expires_at": expires_at, "csrf_token": csrf(&jar)})
    };
    assert_eq!(me(&world, &jar).await, (200, who(world.seconds() + 3_600)));
    let row = world.tables.row(&jar).await.unwrap();
    assert_eq!((row.sub.as_str(), row.revision), (alice.sub.as_str(), 1));
    assert_eq!(row.expires_at, world.now() + Duration::from_hours(24));

    world.pass(Duration::from_mins(59));
    let refreshed = world.post(&mut jar.clone(), "/auth/refresh").await;
    assert_eq!((refreshed.code(), refreshed.json()), (200, who(world.seconds() + 3_600)));
    let pass = refreshed.set_cookies();
    assert!(pass.len() == 1 && pass[0].starts_with("__Host-gatepost-pages="), "{pass:?}");
    let renewed = world.tables.row(&jar).await.unwrap();
    assert_eq!(
        (renewed.revision, renewed.expires_at),
        (2, row.expires_at),
        "no longer than before"
    );

    let mut browser = jar.clone();
    let out = world.post(&mut browser, "/auth/logout").await;
    assert_eq!(out.code(), 200);
    assert!(out.json()["location"].as_str().unwrap().contains("/logout?"));
    assert!(browser.0.is_empty());
    assert_eq!(world.provider.asked.lock().unwrap().last().unwrap(), "/oauth2/revoke");
    assert_eq!(world.tables.row(&jar).await, None);
    // Whoever has a copy of the cookie has nothing.
    assert_eq!(me(&world, &jar).await, nobody());
    assert_eq!(refused(&world, &jar, "/auth/refresh").await, over());
    assert_eq!(world.post(&mut jar, "/auth/logout").await.code(), 200, "out is out");
}

#[tokio::test]
async fn a_session_outlives_its_access_token_but_not_its_own_time() {
    let world = World::opaque().await;
    let mut jar = world.sign_in("alice").await;
    for _ in 0..4 {
        world.pass(Duration::from_hours(5));
        let again = json!({"signed_in": false, "csrf_token": csrf(&jar)});
        assert_eq!(me(&world, &jar).await, (401, again));
        assert_eq!(world.post(&mut jar, "/auth/refresh").await.code(), 200);
        assert_eq!(me(&world, &jar).await.0, 200);
    }
    world.pass(Duration::from_mins(4 * 60 - 1));
    assert_eq!(world.post(&mut jar, "/auth/refresh").await.code(), 200);
    world.pass(Duration::from_mins(1));
    assert!(world.tables.row(&jar).await.is_some(), "DynamoDB takes its time");
    assert_eq!(me(&world, &jar).await, nobody());
    assert_eq!(refused(&world, &jar, "/auth/refresh").await, over());
}

#[tokio::test]
async fn a_lifetime_of_another_length_can_be_set() {
    let world = World::opaque().await;
    let world = world.another(&[("GATEPOST_SESSION_SECONDS", "300")]);
    let jar = world.sign_in("alice").await;
    world.pass(Duration::from_secs(299));
    assert_eq!(me(&world, &jar).await.0, 200);
    world.pass(Duration::from_secs(1));
    assert_eq!(me(&world, &jar).await, nobody());
}

#[tokio::test]
async fn a_token_that_no_cookie_could_hold_fits() {
    let world = World::opaque().await;
    let mut jar = Jar::default();
    let (back, nonce) = crate::attacks::back_with_nonce(&world, &mut jar).await;
    let groups: Vec<_> = (0..200).map(|index| format!("group-number-{index}")).collect();
    let access = json!({ "cognito:groups": groups });
    let tokens = crate::attacks::answer(&world, &access, Some(&json!({ "nonce": nonce })));
    world.provider.fail("/oauth2/token", tokens);
    assert_eq!(world.get(&mut jar, &back).await.code(), 303);
    assert_eq!(me(&world, &jar).await.1["groups"], json!(groups));
}

#[tokio::test]
async fn each_sign_in_has_a_new_id_and_ends_the_session_before() {
    let world = World::opaque().await;
    let mut jar = world.sign_in("bob").await;
    let before = jar.clone();
    let back = world.come_back(&mut jar, "alice", "/").await;
    assert_eq!(me(&world, &jar).await.1["username"], "bob", "nothing is over yet");
    assert_eq!(world.get(&mut jar, &back).await.code(), 303);
    assert_ne!(jar.get(SESSION), before.get(SESSION));
    assert_eq!(me(&world, &jar).await.1["username"], "alice");
    assert_eq!(me(&world, &before).await, nobody());
    assert_eq!(world.provider.asked.lock().unwrap().last().unwrap(), "/oauth2/revoke");
    // An id that somebody else has thought of, and put there.
    let planted = SessionId::random().unwrap();
    let mut victim = Jar::default();
    victim.put(SESSION, planted.to_text().expose(), "/");
    let back = world.come_back(&mut victim, "alice", "/").await;
    assert_eq!(world.get(&mut victim, &back).await.code(), 303);
    assert_ne!(victim.get(SESSION), Some(planted.to_text().expose().as_str()));
    assert_eq!(world.tables.sessions().read(planted.key(), soon()).await, Ok(None));
}

#[tokio::test]
async fn a_sign_in_that_is_refused_ends_nothing() {
    let world = World::opaque().await;
    let mut jar = world.sign_in("bob").await;
    let before = jar.clone();
    let back = world.come_back(&mut jar, "", "/").await;
    assert_eq!(world.get(&mut jar, &back).await.code(), 403);
    assert_eq!(me(&world, &before).await.0, 200);
}

#[tokio::test]
async fn what_is_no_id_is_not_looked_for() {
    let world = World::opaque().await;
    let genuine = world.sign_in("alice").await.get(SESSION).unwrap().to_owned();
    let asked = world.tables.asked();
    let (shorter, longer) = (genuine.get(1..).unwrap().to_owned(), format!("{genuine}A"));
    for value in ["x", "a.b.c", &shorter, &longer, &format!("{genuine}="), &"x".repeat(100_000)] {
        let mut jar = Jar::default();
        jar.put(SESSION, value, "/");
        assert_eq!(me(&world, &jar).await, nobody());
        assert_eq!(refused(&world, &jar, "/auth/refresh").await, over());
        assert_eq!(world.post(&mut jar, "/auth/logout").await.code(), 200);
    }
    assert_eq!(world.tables.asked(), asked);
    let mut jar = Jar::default();
    jar.put(SESSION, SessionId::random().unwrap().to_text().expose(), "/");
    assert_eq!(me(&world, &jar).await, nobody());
    assert!(world.tables.asked() > asked);
}

#[tokio::test]
async fn nothing_is_changed_or_even_read_without_the_token_of_this_session() {
    let world = World::opaque().await;
    let (jar, bob) = (world.sign_in("alice").await, csrf(&world.sign_in("bob").await));
    let asked = world.tables.asked();
    for path in ["/auth/refresh", "/auth/logout"] {
        for token in [None, Some("x"), Some(bob.as_str())] {
            let header = token.map(|token| ("x-csrf-token", token));
            let headers: Vec<_> = header.into_iter().collect();
            let answer = world.peek(&jar, Method::POST, path, &headers).await;
            assert_eq!((answer.code(), answer.json()["error"].as_str()), (401, Some("csrf_token")));
            assert_eq!(answer.set_cookies(), [""; 0]);
        }
    }
    assert_eq!(world.tables.asked(), asked);
    assert_eq!(me(&world, &jar).await.0, 200);
}

#[tokio::test]
async fn who_writes_in_the_table_makes_nobody_someone_else() {
    let world = World::opaque().await;
    let (alice, bob) = (world.sign_in("alice").await, world.sign_in("bob").await);
    world.tables.swap(&alice, &bob, "access_token").await;
    for jar in [&alice, &bob] {
        assert_eq!(me(&world, jar).await, nobody());
        assert_eq!(refused(&world, jar, "/auth/refresh").await, over());
    }
    world.tables.swap(&alice, &bob, "access_token").await;
    assert_eq!(me(&world, &alice).await.1["username"], "alice");
    world.tables.swap(&alice, &bob, "refresh_token").await;
    world.pass(Duration::from_mins(10));
    let exchanges = world.provider.exchanges();
    for jar in [&alice, &bob] {
        assert_eq!(refused(&world, jar, "/auth/refresh").await, over());
    }
    assert_eq!(world.provider.exchanges(), exchanges, "no token of another's is shown to anyone");
}

#[tokio::test]
async fn sessions_live_through_a_change_of_keys_and_end_with_the_last_that_opens_them() {
    let world = World::opaque().await;
    let (jar, idle) = (world.sign_in("alice").await, world.sign_in("bob").await);
    let keys = |ids: &[&str]| {
        let new = "AgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgI";
        let key = |id: &&str| json!({"id": id, "key": if *id == "one" { crate::world::KEY } else { new }});
        json!(ids.iter().map(key).collect::<Vec<_>>()).to_string()
    };
    world.pass(Duration::from_mins(10));
    let both = world.another(&[("GATEPOST_SESSION_KEYS", &keys(&["two", "one"]))]);
    assert_eq!(both.post(&mut jar.clone(), "/auth/refresh").await.code(), 200);
    world.pass(Duration::from_mins(10));
    let later = world.another(&[("GATEPOST_SESSION_KEYS", &keys(&["two"]))]);
    assert_eq!(later.post(&mut jar.clone(), "/auth/refresh").await.code(), 200);
    assert_eq!(me(&later, &idle).await.0, 200, "its access token is none of the keys'");
    assert_eq!(refused(&later, &idle, "/auth/refresh").await, over());
}

#[tokio::test]
async fn with_the_table_down_nobody_is_signed_in_out_or_taken_for_nobody() {
    let world = World::opaque().await;
    let mut jar = world.sign_in("alice").await;
    let all = ["DeleteItem", "GetItem", "PutItem", "UpdateItem"];
    world.tables.fail(&all, TableFault::Throttled);
    let unavailable = |answer: &http::Response<String>| {
        assert_eq!(answer.code(), 503, "{}", answer.body());
        assert_eq!(answer.set_cookies(), [""; 0]);
    };
    unavailable(&world.peek_for(BRIEFLY, &jar, Method::GET, "/auth/me").await);
    unavailable(&world.peek_for(BRIEFLY, &jar, Method::POST, "/auth/refresh").await);
    let mut newcomer = Jar::default();
    let back = world.come_back(&mut newcomer, "bob", "/").await;
    let answer = world.peek_for(BRIEFLY, &newcomer, Method::GET, &back).await;
    assert_eq!(answer.code(), 503, "{}", answer.body());
    let cookies = answer.set_cookies();
    assert!(cookies.iter().all(|cookie| cookie.starts_with("__Host-gatepost-login=;")));

    // The browser forgets; but that the session is over is not said.
    let out = world.peek_for(BRIEFLY, &jar, Method::POST, "/auth/logout").await;
    assert_eq!((out.code(), out.json()["error"].as_str()), (503, Some("not_signed_out")));
    assert_eq!(out.json()["location"], Value::Null);
    let before = jar.clone();
    jar.take(&out);
    assert_eq!(jar.get(SESSION), None);

    world.tables.heal();
    assert_eq!(me(&world, &before).await.0, 200, "as it was said");
    world.sign_in("alice").await;
}

#[tokio::test]
async fn a_session_before_that_cannot_be_ended_keeps_nobody_from_signing_in() {
    let world = World::opaque().await;
    let mut jar = world.sign_in("bob").await;
    let back = world.come_back(&mut jar, "alice", "/").await;
    world.tables.fail(&["DeleteItem"], TableFault::Throttled);
    let answer = world.peek_for(BRIEFLY, &jar, Method::GET, &back).await;
    assert_eq!(answer.code(), 303, "{}", answer.body());
    jar.take(&answer);
    assert_eq!(me(&world, &jar).await.1["username"], "alice");
}

#[tokio::test]
async fn lost_answers_of_the_table_are_no_loss() {
    let world = World::opaque().await;
    world.tables.fail(&["PutItem"], TableFault::LostOnce);
    let jar = world.sign_in("alice").await;
    world.pass(Duration::from_mins(10));
    let exchanges = world.provider.exchanges();
    // That the lease was taken is not told.
    world.tables.fail(&["GetItem", "UpdateItem"], TableFault::LostOnce);
    assert_eq!(world.post(&mut jar.clone(), "/auth/refresh").await.code(), 200);
    assert_eq!(world.provider.exchanges(), exchanges + 1);
    world.tables.fail(&["DeleteItem"], TableFault::LostOnce);
    assert_eq!(world.post(&mut jar.clone(), "/auth/logout").await.code(), 200);
    assert_eq!(me(&world, &jar).await, nobody());
}

#[tokio::test]
async fn a_provider_that_cannot_be_told_keeps_nobody_signed_in() {
    let world = World::opaque().await;
    let jar = world.sign_in("alice").await;
    world.provider.fail("/oauth2/revoke", Fault::Answer(500, String::new()));
    assert_eq!(world.post(&mut jar.clone(), "/auth/logout").await.code(), 200);
    assert_eq!(me(&world, &jar).await, nobody());
}

#[tokio::test]
async fn a_row_that_cannot_be_read_is_not_taken_for_none() {
    let world = World::opaque().await;
    let (alice, bob) = (world.sign_in("alice").await, world.sign_in("bob").await);
    let mut row = world.tables.row(&bob).await.unwrap();
    row.sub = String::new();
    world.tables.sessions().begin(id(&alice).key(), &row, soon()).await.unwrap();
    let answer = world.peek(&alice, Method::GET, "/auth/me", &[]).await;
    assert_eq!(
        (answer.code(), answer.json()["error"].as_str()),
        (503, Some("sessions_unavailable"))
    );
    assert_eq!(world.post(&mut alice.clone(), "/auth/logout").await.code(), 200);
    assert_eq!(me(&world, &alice).await, nobody());
}

#[tokio::test]
async fn cookies_of_the_other_mode_are_nobodys() {
    let world = World::start().await;
    let tokens = world.sign_in("alice").await;
    let opaque = World::opaque().await;
    assert_eq!(me(&opaque, &tokens).await, nobody());
    let id = opaque.sign_in("alice").await;
    assert_eq!(me(&world, &id).await, nobody());
    assert!(SessionId::parse(Secret::new(tokens.get(SESSION).unwrap())).is_none());
}
