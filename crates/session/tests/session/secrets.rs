//! Nothing that is written down holds a credential.

use std::io;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use gatepost_authorizer::logging::JsonLine;
use http::Method;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::SubscriberExt as _;

use crate::browser::{Answered as _, Jar};
use crate::world::{CLIENT_SECRET, Fault, KEY, SECRET_CLIENT, World};

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Log {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

/// The parts of everything that a jar holds, by which any of it would be recognised.
fn parts(jar: &Jar) -> Vec<String> {
    let values = jar.0.values().flat_map(|(value, _)| value.split('.'));
    values.filter(|part| part.len() > 15).map(str::to_owned).collect()
}

#[tokio::test]
async fn not_even_at_the_finest_level_is_a_credential_logged() {
    nothing_is_shown(&[]).await;
}

#[tokio::test]
async fn nor_is_one_logged_or_in_a_row_where_sessions_are_in_a_table() {
    nothing_is_shown(&[
        ("GATEPOST_SESSION_MODE", "opaque"),
        ("GATEPOST_SESSION_TABLE", crate::tables::SESSIONS),
    ])
    .await;
}

async fn nothing_is_shown(settings: &[(&'static str, &str)]) {
    let log = Log::default();
    // What this project logs; the finest levels of HTTP clients are never heard in the function.
    let filter =
        tracing_subscriber::filter::Targets::new().with_target("gatepost", tracing::Level::TRACE);
    let layer = tracing_subscriber::fmt::layer().event_format(JsonLine).with_writer(log.clone());
    let subscriber = tracing_subscriber::registry().with(layer).with(filter);
    let _guard = tracing::subscriber::set_default(subscriber);

    let world = World::with(|issuer| {
        let issuer = serde_json::json!({"issuer": issuer, "client_id": SECRET_CLIENT, "client_secret": CLIENT_SECRET});
        let settings = settings.iter().map(|(name, value)| (*name, (*value).to_owned()));
        settings.chain([("GATEPOST_SESSION_ISSUER", issuer.to_string())]).collect()
    })
    .await;
    let mut secrets = vec![KEY.to_owned(), CLIENT_SECRET.to_owned(), "192.0.2.7".to_owned()];
    let mut jar = Jar::default();
    let back = world.come_back(&mut jar, "alice", "/movies").await;
    secrets.extend(parts(&jar));
    secrets.extend(back.split(['=', '&', '?']).filter(|part| part.len() > 15).map(str::to_owned));
    world.get(&mut jar, &back).await;
    secrets.extend(parts(&jar));
    let mut rows = String::new();
    if !settings.is_empty() {
        let row = world.tables.row(&jar).await.unwrap();
        let token = crate::tables::id(&jar).open(&row.access_token).unwrap();
        secrets.extend(token.expose().split('.').map(str::to_owned));
        rows = format!("{row:?}{}", world.tables.dump().await);
        assert!(rows.contains(&row.refresh_token.unwrap()), "{rows}");
    }
    world.get(&mut jar, &back).await;
    world.get(&mut jar, "/auth/me").await;
    world.get(&mut jar, "/auth/logout").await;
    world
        .send(&mut jar, Method::POST, "/auth/refresh", &[("x-csrf-token", "guess-of-an-attacker")])
        .await;
    secrets.push("guess-of-an-attacker".to_owned());
    world.pass(Duration::from_mins(1));
    world.post(&mut jar, "/auth/refresh").await;
    secrets.extend(parts(&jar));
    for body in ["secret-in-an-answer", r#"{"error":"secret-in-an-answer"}"#] {
        world.provider.fail("/oauth2/token", Fault::Answer(400, body.to_owned()));
        world.post(&mut jar, "/auth/refresh").await;
    }
    secrets.push("secret-in-an-answer".to_owned());
    world.provider.fail("/oauth2/revoke", Fault::Answer(400, "secret-in-an-answer".to_owned()));
    world.pass(Duration::from_hours(2));
    world.get(&mut jar, "/auth/me").await;
    world.get(&mut jar, "/auth/callback?error=secret-in-an-answer&state=secret-in-an-answer").await;
    *world.store.down.lock().unwrap() = true;
    assert_eq!(world.post(&mut jar, "/auth/logout").await.code(), 200);
    for secret in &secrets {
        assert!(!rows.contains(secret), "{secret}: {rows}");
    }
    let alice = world.issuer.account("alice").unwrap();
    secrets.extend([alice.sub.clone(), "movies-group".to_owned()]);

    let text = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    let lines = text.lines().filter(|line| line.contains("\"endpoint\"")).count();
    assert!(lines >= 10, "{lines}: {text}");
    let shown = format!("{text}{:?}", world.session);
    for secret in secrets {
        assert!(!shown.contains(&secret), "{secret}: {shown}");
    }
}
