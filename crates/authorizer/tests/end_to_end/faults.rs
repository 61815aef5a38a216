//! Everything that can go wrong around the function, one fault at a time: what the client of the
//! API sees, what stands in the log, how long it takes, and what happens afterwards.
//!
//! The faults stand in `faults/*.json`. `docs/faults.md` tells of them, and is held to what is
//! found here. `scripts/reference` writes a table anew, with the times of that run, if it tells something
//! else.

mod case;
mod page;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::world::World;
use crate::world::proxy::Proxy;
use case::{At, Case, File, Outcome, Rotation, TokenKind, Want};
use gatepost_emulator::issuer::OldKeys;
use serde_json::json;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep};

/// The limit that the function is given for one call.
const DEADLINE: Duration = Duration::from_millis(1_500);

/// What anything may take beyond its time: the machine may be busy with other tests.
const ALLOWANCE: Duration = Duration::from_secs(2);

/// How many worlds there are at once.
const WORLDS: usize = 4;

#[tokio::test(flavor = "multi_thread")]
async fn every_fault_of_the_table_is_answered_as_it_should_be() {
    every_fault(include_str!("faults/store.json")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_fault_of_the_issuer_is_answered_as_it_should_be() {
    every_fault(include_str!("faults/keys.json")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_difference_of_clocks_is_answered_as_it_should_be() {
    every_fault(include_str!("faults/clock.json")).await;
}

async fn every_fault(text: &str) {
    let file = File::read(text);
    let at_once = Arc::new(Semaphore::new(WORLDS));
    let mut runs = JoinSet::new();
    for (index, case) in file.cases.iter().cloned().enumerate() {
        let (at, at_once) = (file.at, Arc::clone(&at_once));
        runs.spawn(async move {
            let _permit = at_once.acquire().await.unwrap();
            (index, run(at, &case).await)
        });
    }
    let mut outcomes = runs.join_all().await;
    outcomes.sort_by_key(|(index, _)| *index);
    let (outcomes, failures): (Vec<_>, Vec<_>) =
        outcomes.into_iter().map(|(_, outcome)| outcome).partition(Result::is_ok);
    let failures: Vec<String> = failures.into_iter().filter_map(Result::err).collect();
    assert!(failures.is_empty(), "{} cases fail:\n{}", failures.len(), failures.join("\n"));
    page::hold(&file, &outcomes.into_iter().flatten().collect::<Vec<_>>());
}

/// Puts one case to a world of its own.
async fn run(at: At, case: &Case) -> Result<Outcome, String> {
    let from_start = case.fault.clone().filter(|_| case.cold).map(|fault| (fault, case.requests));
    let (keys_fault, store_fault) = match at {
        At::Keys => (from_start, None),
        At::Store => (None, from_start),
    };
    let deadline = DEADLINE.as_millis().to_string();
    let settings = [("GATEPOST_DEADLINE_MS", deadline.as_str())];
    let mut world = World::start_with(&settings, keys_fault, store_fault).await;
    world.put_movies_group().await;
    world.put_suspended_group().await;
    let alice = world.alice();
    if !case.cold {
        let seen = world.get("/movies", Some(&alice)).await;
        Want::Right
            .check(TokenKind::Alice, &seen)
            .map_err(|why| format!("{}: before: {why}", case.name))?;
    }
    match case.rotate {
        None => {}
        Some(Rotation::Published) => world.rotate(OldKeys::Published).await,
        Some(Rotation::Withdrawn) => world.rotate(OldKeys::Withdrawn).await,
    }
    let token = match case.token {
        TokenKind::Old => alice,
        TokenKind::Alice | TokenKind::Expired | TokenKind::Suspended | TokenKind::UnknownKey => {
            token(&world, case.token, &case.times)
        }
    };
    if let (Some(fault), false) = (&case.fault, case.cold) {
        proxy(&world, at).fail(fault.clone(), case.requests).await;
    }

    let began = Instant::now();
    let seen = world.get("/movies", Some(&token)).await;
    let took = began.elapsed();
    case.want.check(case.token, &seen).map_err(|why| format!("{}: {why}", case.name))?;
    if took > DEADLINE + ALLOWANCE {
        return Err(format!("{}: took {took:?}", case.name));
    }

    proxy(&world, at).mend().await;
    let mended = Instant::now();
    loop {
        let waited = mended.elapsed();
        let again = world.get("/movies", Some(&token)).await;
        let Err(why) = case.then.check(case.token, &again) else { break };
        let limit = Duration::from_secs(case.within_seconds) + ALLOWANCE;
        if waited > limit || case.within_seconds == 0 {
            return Err(format!("{}: {waited:?} after the fault is gone: {why}", case.name));
        }
        case.want.check(case.token, &again).map_err(|why| format!("{}: then: {why}", case.name))?;
        sleep(Duration::from_millis(20)).await;
    }
    Ok(Outcome { seen, took })
}

fn proxy(world: &World, at: At) -> &Proxy {
    match at {
        At::Keys => &world.keys,
        At::Store => &world.store,
    }
}

/// A token of this kind, with the issuer's keys of now.
fn token(world: &World, kind: TokenKind, times: &BTreeMap<String, i64>) -> String {
    let now = SystemTime::now();
    let mut claims = json!({"nickname": "secret-nickname"});
    for (name, seconds) in times {
        let since = now.duration_since(UNIX_EPOCH).unwrap().as_secs();
        claims[name] = json!(since.checked_add_signed(*seconds).unwrap());
    }
    let movies = &["movies-group"][..];
    match kind {
        TokenKind::Alice | TokenKind::Old => world.token(movies, claims),
        TokenKind::Expired => world.token_at(now - Duration::from_hours(2), movies, claims),
        TokenKind::Suspended => world.token(&["movies-group", "suspended"], claims),
        TokenKind::UnknownKey => world.token_of_key("no-such-key"),
    }
}
