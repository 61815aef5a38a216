//! Who asks the provider for the new tokens of a session in a table, and what becomes of the others.
//! The development issuer replaces a refresh token with each use, and ends the session when an old one
//! turns up again: any second use shows.

use std::time::Duration;

use gatepost_core::secret::Secret;
use gatepost_core::token::TokenUse;
use gatepost_emulator::issuer::{Bearer, TokenRequest, WEB_CLIENT};
use gatepost_store::{Lease, NewTokens};
use http::Method;
use serde_json::{Map, Value};

use crate::browser::{Answered as _, Jar};
use crate::tables::{TableFault, id, soon};
use crate::world::{Fault, World};

/// How long a lease lasts.
const LEASE: Duration = Duration::from_secs(8);

/// Someone who signed in ten minutes ago.
async fn signed_in() -> (World, Jar) {
    let world = World::opaque().await;
    let jar = world.sign_in("alice").await;
    world.pass(Duration::from_mins(10));
    (world, jar)
}

async fn refresh(world: &World, jar: &Jar) -> (u16, Value) {
    let answer = world.post(&mut jar.clone(), "/auth/refresh").await;
    (answer.code(), answer.json())
}

async fn refresh_briefly(world: &World, jar: &Jar) -> (u16, Value) {
    let patience = Duration::from_secs(3);
    let answer = world.peek_for(patience, jar, Method::POST, "/auth/refresh").await;
    (answer.code(), answer.json())
}

/// Takes the lease, as an instance does that is never heard of again.
async fn vanish_with_the_lease(world: &World, jar: &Jar) {
    let row = world.tables.row(jar).await.unwrap();
    let lease = Lease { holder: "vanished".to_owned(), until: world.now() + LEASE };
    let sessions = world.tables.sessions();
    let taken = sessions.take_lease(id(jar).key(), row.revision, &lease, world.now(), soon()).await;
    assert_eq!(taken, Ok(true));
}

#[tokio::test]
async fn instances_that_refresh_at_once_make_one_exchange() {
    let (world, jar) = signed_in().await;
    let (second, third) = (world.another(&[]), world.another(&[]));
    let exchanges = world.provider.exchanges();
    let answers = tokio::join!(
        refresh(&world, &jar),
        refresh(&second, &jar),
        refresh(&third, &jar),
        refresh(&world, &jar)
    );
    for answer in [&answers.0, &answers.1, &answers.2, &answers.3] {
        assert_eq!(answer.0, 200, "{answer:?}");
        assert_eq!(answer.1, answers.0.1);
    }
    assert_eq!(world.provider.exchanges(), exchanges + 1);
    let row = world.tables.row(&jar).await.unwrap();
    assert_eq!((row.revision, row.lease), (2, None));
    // A tab that comes a little later gets the same still.
    world.pass(Duration::from_secs(29));
    assert_eq!(refresh(&second, &jar).await.1, answers.0.1);
    assert_eq!(world.provider.exchanges(), exchanges + 1);
    world.pass(Duration::from_secs(1));
    assert_eq!(refresh(&second, &jar).await.0, 200);
    assert_eq!(world.provider.exchanges(), exchanges + 2, "and the refresh token is the newest");
}

#[tokio::test]
async fn who_waits_gets_what_the_holder_of_the_lease_has_written() {
    let (world, jar) = signed_in().await;
    vanish_with_the_lease(&world, &jar).await;
    let exchanges = world.provider.exchanges();
    let write = async {
        let request = TokenRequest::new(
            TokenUse::Access,
            Bearer::NewSignIn(world.issuer.account("alice").unwrap().clone()),
            WEB_CLIENT,
            world.now(),
        );
        let token = world.issuer.mint(&TokenRequest { claims: Map::new(), ..request }).unwrap();
        let sealed = id(&jar).seal(Secret::new(&token)).unwrap();
        tokio::time::sleep(Duration::from_millis(100)).await;
        let tokens = NewTokens {
            access_token: Some(&sealed),
            refresh_token: None,
            renewed_at: world.now() - Duration::from_mins(5),
        };
        let sessions = world.tables.sessions();
        assert_eq!(sessions.renew(id(&jar).key(), "vanished", tokens, soon()).await, Ok(true));
    };
    let (answer, ()) = tokio::join!(refresh(&world, &jar), write);
    assert_eq!((answer.0, &answer.1["username"]), (200, &"alice".into()), "{answer:?}");
    assert_eq!(world.provider.exchanges(), exchanges);
}

#[tokio::test]
async fn a_lease_that_nobody_gives_back_is_waited_for_and_then_taken() {
    let (world, jar) = signed_in().await;
    vanish_with_the_lease(&world, &jar).await;
    let (status, answer) = refresh_briefly(&world, &jar).await;
    assert_eq!((status, &answer["error"]), (409, &"refresh_conflict".into()));
    world.pass(LEASE);
    assert_eq!(refresh(&world, &jar).await.0, 200);
}

#[tokio::test]
async fn who_has_no_time_for_the_answer_does_not_ask() {
    let (world, jar) = signed_in().await;
    let exchanges = world.provider.exchanges();
    let patience = Duration::from_secs(1);
    let answer = world.peek_for(patience, &jar, Method::POST, "/auth/refresh").await;
    assert_eq!((answer.code(), answer.json()["error"].as_str()), (409, Some("refresh_conflict")));
    assert_eq!(world.provider.exchanges(), exchanges);
    assert_eq!(world.tables.row(&jar).await.unwrap().lease, None);
}

#[tokio::test]
async fn a_provider_that_fails_ends_no_session_and_holds_nobody_up() {
    let (world, jar) = signed_in().await;
    for fault in [
        Fault::Answer(500, "oops".to_owned()),
        Fault::Answer(400, r#"{"error":"<script>"}"#.to_owned()),
        Fault::Answer(200, "{}".to_owned()),
        Fault::Answer(401, r#"{"error":"invalid_client"}"#.to_owned()),
        Fault::Silence,
    ] {
        world.provider.fail("/oauth2/token", fault.clone());
        let (status, _) = refresh_briefly(&world, &jar).await;
        assert!([502, 503].contains(&status), "{fault:?}: {status}");
        if !matches!(fault, Fault::Silence) {
            assert_eq!(world.tables.row(&jar).await.unwrap().lease, None, "{fault:?}");
        }
    }
    world.provider.heal();
    world.pass(LEASE);
    assert_eq!(refresh(&world, &jar).await.0, 200);
}

#[tokio::test]
async fn a_refresh_token_that_is_refused_ends_the_session() {
    let (world, jar) = signed_in().await;
    let refused = Fault::Answer(400, r#"{"error":"invalid_grant"}"#.to_owned());
    world.provider.fail("/oauth2/token", refused);
    let (status, answer) = refresh(&world, &jar).await;
    assert_eq!((status, &answer["error"]), (401, &"session_over".into()));
    assert_eq!(world.tables.row(&jar).await, None);
}

#[tokio::test]
async fn tokens_of_someone_else_are_not_taken() {
    let (world, jar) = signed_in().await;
    let before = world.tables.row(&jar).await;
    let other = serde_json::json!({"sub": "00000000-0000-4000-8000-000000000000"});
    world.provider.fail("/oauth2/token", crate::attacks::answer(&world, &other, None));
    assert_eq!(refresh(&world, &jar).await.0, 502);
    assert_eq!(world.tables.row(&jar).await, before);
}

#[tokio::test]
async fn new_tokens_that_cannot_be_verified_just_now_are_not_lost() {
    let (world, jar) = signed_in().await;
    // A new instance has no keys yet.
    let instance = world.another(&[]);
    world.provider.fail("/.well-known/jwks.json", Fault::Answer(500, String::new()));
    let (status, answer) = refresh(&instance, &jar).await;
    assert_eq!((status, &answer["error"]), (503, &"provider_unavailable".into()));
    let row = world.tables.row(&jar).await.unwrap();
    assert_eq!((row.revision, row.lease), (2, None));
    world.provider.heal();
    world.pass(Duration::from_secs(30));
    assert_eq!(refresh(&world, &jar).await.0, 200, "by the refresh token that was kept");
}

#[tokio::test]
async fn who_signs_out_while_new_tokens_come_is_out() {
    let (world, jar) = signed_in().await;
    let held = Fault::held();
    world.provider.fail("/oauth2/token", held.clone());
    let exchanges = world.provider.exchanges();
    let out = async {
        while world.provider.exchanges() == exchanges {
            tokio::task::yield_now().await;
        }
        assert_eq!(world.post(&mut jar.clone(), "/auth/logout").await.code(), 200);
        held.let_go();
    };
    let ((status, answer), ()) = tokio::join!(refresh(&world, &jar), out);
    assert_eq!((status, &answer["error"]), (401, &"session_over".into()));
    assert_eq!(world.tables.row(&jar).await, None, "nothing brings it back");
}

/// What is lost with an instance that has asked and not written: with this provider, the session.
#[tokio::test]
async fn tokens_that_could_not_be_written_are_known_to_their_instance_only() {
    for survives in [true, false] {
        let (world, jar) = signed_in().await;
        let held = Fault::held();
        world.provider.fail("/oauth2/token", held.clone());
        let exchanges = world.provider.exchanges();
        let fail_then = async {
            while world.provider.exchanges() == exchanges {
                tokio::task::yield_now().await;
            }
            world.tables.fail(&["UpdateItem"], TableFault::Throttled);
            held.let_go();
        };
        let ((status, answer), ()) = tokio::join!(refresh_briefly(&world, &jar), fail_then);
        assert_eq!((status, &answer["error"]), (503, &"sessions_unavailable".into()));
        world.tables.heal();
        world.provider.heal();
        world.pass(LEASE);
        let other = world.another(&[]);
        let next = if survives { &world } else { &other };
        let (status, answer) = refresh(next, &jar).await;
        if survives {
            assert_eq!(status, 200, "{answer}");
            assert_eq!(world.provider.exchanges(), exchanges + 1);
        } else {
            assert_eq!((status, &answer["error"]), (401, &"session_over".into()));
        }
    }
}
