//! Sessions in the place of tokens: what the compiled function makes of a cookie with an id.

use std::time::{Duration, SystemTime};

use gatepost_core::csrf::csrf_token;
use gatepost_core::secret::Secret;
use gatepost_store::{SessionId, SessionRow, SessionTable};
use serde_json::json;
use tokio::time::Instant;

use crate::world::fault::Fault;
use crate::world::{PATIENCE, SESSIONS, Seen, World};

const SOURCES: (&str, &str) =
    ("GATEPOST_TOKEN_SOURCES", "session:__Host-gatepost,header:Authorization");
const CSRF: (&str, &str) = ("GATEPOST_CSRF_HEADER", "X-CSRF-Token");
const TABLE: (&str, &str) = ("GATEPOST_SESSION_TABLE", SESSIONS);

/// A world whose function keeps what it has read of a session for so many seconds.
async fn world(ttl: &str) -> World {
    let settings = [SOURCES, CSRF, TABLE, ("GATEPOST_SESSION_TTL_SECONDS", ttl)];
    let world = World::start_with(&settings, None, None).await;
    world.put_movies_group().await;
    world.put_suspended_group().await;
    world
}

fn table(world: &World) -> SessionTable {
    SessionTable::new(&world.client, SESSIONS)
}

fn soon() -> Instant {
    Instant::now() + PATIENCE
}

/// A row with a token that is sealed for `id`.
fn row(id: SessionId, token: &str) -> SessionRow {
    let now = SystemTime::now();
    SessionRow {
        access_token: id.seal(Secret::new(token)).unwrap(),
        refresh_token: Some("sealed".to_owned()),
        sub: "someone".to_owned(),
        created_at: now,
        renewed_at: now,
        revision: 1,
        expires_at: now + Duration::from_hours(1),
        lease: None,
    }
}

async fn begin(world: &World, token: &str) -> SessionId {
    let id = SessionId::random().unwrap();
    table(world).begin(id.key(), &row(id, token), soon()).await.unwrap();
    id
}

/// A call of a page of ours.
async fn get(world: &mut World, id: SessionId) -> Seen {
    let text = id.to_text();
    let csrf = csrf_token(Secret::new(text.expose().as_str()));
    let cookie = format!("theme=dark; __Host-gatepost={}", text.expose());
    world.get_with("/movies", &[("cookie", &cookie), ("x-csrf-token", &csrf)]).await
}

fn reason(seen: &Seen) -> (u16, &str) {
    (seen.status, seen.line["reason"].as_str().unwrap())
}

#[tokio::test]
async fn a_session_gets_what_its_token_does_and_nothing_else_does() {
    let mut world = world("0").await;
    let alice = begin(&world, &world.alice()).await;
    let seen = get(&mut world, alice).await;
    assert_eq!(reason(&seen), (200, "granted"), "{seen:?}");
    assert!(seen.line["session_us"].as_u64().unwrap() > 0, "{seen:?}");

    let suspended = world.token(&["movies-group", "suspended"], json!({}));
    let suspended = begin(&world, &suspended).await;
    assert_eq!(get(&mut world, suspended).await.status, 403);
    let ended = SystemTime::now() - Duration::from_hours(2);
    let ended = begin(&world, &world.token_at(ended, &["movies-group"], json!({}))).await;
    assert_eq!(reason(&get(&mut world, ended).await), (401, "expired"));

    let nobody = SessionId::random().unwrap();
    assert_eq!(reason(&get(&mut world, nobody).await), (401, "no_session"));
    let over = SessionId::random().unwrap();
    let row_of_over = SessionRow { expires_at: SystemTime::now(), ..row(over, &world.alice()) };
    table(&world).begin(over.key(), &row_of_over, soon()).await.unwrap();
    assert_eq!(reason(&get(&mut world, over).await), (401, "no_session"));
    // A row that somebody with access to the table has copied.
    let thief = SessionId::random().unwrap();
    let copied = row(alice, &world.alice());
    table(&world).begin(thief.key(), &copied, soon()).await.unwrap();
    assert_eq!(reason(&get(&mut world, thief).await), (401, "session_not_opened"));
    // And what stands in the table of an id does not stand for it.
    let key = SessionId::parse(Secret::new(&alice.key().to_string())).unwrap();
    assert_eq!(reason(&get(&mut world, key).await), (401, "no_session"));
}

#[tokio::test]
async fn what_is_refused_by_its_looks_is_not_looked_for() {
    let mut world = world("0").await;
    let alice = world.alice();
    let id = begin(&world, &alice).await.to_text();
    let id = id.expose().as_str();
    let csrf = |cookie| csrf_token(Secret::new(cookie));
    let (right, shorter) = (csrf(id), id.get(1..).unwrap());
    let cookie = format!("__Host-gatepost={id}");
    let bearer = format!("Bearer {alice}");
    let asked = world.store.requests();
    for (want, headers) in [
        ("csrf_token_missing", vec![("cookie", cookie.clone())]),
        ("csrf_token_mismatch", vec![("cookie", cookie.clone()), ("x-csrf-token", csrf("x"))]),
        (
            "malformed_session",
            vec![("cookie", format!("__Host-gatepost={shorter}")), ("x-csrf-token", csrf(shorter))],
        ),
        (
            "malformed_session",
            vec![("cookie", format!("__Host-gatepost={alice}")), ("x-csrf-token", csrf(&alice))],
        ),
        (
            "different_tokens",
            vec![
                ("cookie", cookie.clone()),
                ("x-csrf-token", right.clone()),
                ("authorization", bearer.clone()),
            ],
        ),
        ("repeated_token_source", vec![("cookie", format!("{cookie}; {cookie}"))]),
    ] {
        let headers: Vec<_> = headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let seen = world.get_with("/movies", &headers).await;
        assert_eq!(reason(&seen), (401, want));
    }
    assert_eq!(world.store.requests(), asked);
    assert_eq!(world.get("/movies", Some(&alice)).await.status, 200, "a token alone is one");
}

#[tokio::test]
async fn a_logout_counts_when_what_was_read_is_too_old() {
    let mut world = world("2").await;
    let id = begin(&world, &world.alice()).await;
    let began = Instant::now();
    assert_eq!(get(&mut world, id).await.status, 200);
    table(&world).end(id.key(), soon()).await.unwrap();
    loop {
        let seen = get(&mut world, id).await;
        if seen.status == 401 {
            assert_eq!(reason(&seen), (401, "no_session"));
            break;
        }
        assert_eq!(seen.status, 200);
        assert!(began.elapsed() < PATIENCE);
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert!(began.elapsed() >= Duration::from_secs(2), "it was kept");
}

#[tokio::test]
async fn without_the_table_nobody_gets_in_and_nobody_is_told_to_sign_in_again() {
    let mut world = world("0").await;
    let id = begin(&world, &world.alice()).await;
    assert_eq!(get(&mut world, id).await.status, 200);
    let error = |code: &str| {
        let body = json!({"__type": format!("com.amazon.coral.service#{code}")});
        serde_json::from_value(json!({"answer": {"status": 400, "body": body}})).unwrap()
    };
    for fault in [
        error("ThrottlingException"),
        error("AccessDeniedException"),
        error("ResourceNotFoundException"),
        Fault::Silent,
        Fault::HungUp,
        Fault::Refused,
        Fault::Truncated,
    ] {
        world.store.fail(fault.clone(), None).await;
        let seen = get(&mut world, id).await;
        assert_eq!(reason(&seen), (500, "sessions_unavailable"), "{fault:?}: {seen:?}");
        world.store.mend().await;
        assert_eq!(get(&mut world, id).await.status, 200, "{fault:?}");
    }
    // Once is no outage.
    world.store.fail(error("ThrottlingException"), Some(1)).await;
    assert_eq!(get(&mut world, id).await.status, 200);
}
