//! The probes that need no token: what refusals look like, and who is refused.

use std::time::SystemTime;

use anyhow::bail;
use gatepost_core::secret::Secret;

use crate::doctor::api::{Ask, Outcome, Seen};
use crate::doctor::probe::{Probe, Verdict};
use crate::doctor::world::World;

/// Well-formed, and signed by nobody.
const FORGED: &str = "eyJhbGciOiJSUzI1NiIsImtpZCI6Im5vbmUifQ.eyJzdWIiOiJub2JvZHkifQ.AAAA";

/// What a page needs to see a refusal.
pub(super) const ADD_CORS: &str =
    "add Access-Control-Allow-Origin to the gateway responses (CorsGatewayResponses of infra/)";

/// Asks everything.
///
/// # Errors
///
/// When the API cannot be reached, or the guarded path is none.
pub(super) async fn ask(world: &mut World<'_>) -> anyhow::Result<()> {
    preflight(world).await?;
    unauthorized(world).await?;
    unknown_route(world).await?;
    https_only(world).await
}

async fn preflight(world: &mut World<'_>) -> anyhow::Result<()> {
    world.begin(Probe::Preflight);
    let ask = Ask {
        verb: "OPTIONS",
        headers: &[
            ("access-control-request-method", "GET"),
            ("access-control-request-headers", "authorization"),
        ],
        ..Ask::get(&world.paths.guarded)
    };
    let seen = world.ask(&ask).await?;
    let found = format!("OPTIONS {}: {}", world.paths.guarded, seen.brief());
    let lists_authorization = seen.allow_headers.as_deref().is_some_and(|names| {
        names.split(',').any(|name| name.trim().eq_ignore_ascii_case("authorization"))
    });
    let (verdict, found, follows) = match seen.outcome() {
        Outcome::NoRoute => {
            (Verdict::Safe, format!("{found}: the API is not for pages of other origins"), "")
        }
        Outcome::Unauthorized | Outcome::Denied | Outcome::Failed => (
            Verdict::Amiss,
            format!("{found}: the preflight is asked for a token, which it never carries"),
            "leave OPTIONS without an authorizer, or pages of other origins cannot call the API",
        ),
        Outcome::Passed if seen.allow_origin.is_none() => (
            Verdict::Amiss,
            format!("{found}, without Access-Control-Allow-Origin"),
            "have OPTIONS answer with CORS headers, or take it away",
        ),
        Outcome::Passed if !lists_authorization => {
            world.facts.has_pages = true;
            (
                Verdict::Amiss,
                format!("{found}: Access-Control-Allow-Headers does not name Authorization"),
                "name Authorization in Access-Control-Allow-Headers: `*` does not include it",
            )
        }
        Outcome::Passed => {
            world.facts.has_pages = true;
            (Verdict::Safe, format!("{found}, with CORS headers"), "")
        }
        Outcome::Stopped => (Verdict::Unknown, found, ""),
    };
    world.found(Probe::Preflight, verdict, found, follows);
    Ok(())
}

async fn unauthorized(world: &mut World<'_>) -> anyhow::Result<()> {
    world.begin(Probe::Unauthorized);
    let path = world.paths.guarded.clone();
    let without = world.ask(&Ask::get(&path)).await?;
    if let Some(date) = without.date {
        world.facts.clock_ahead = seconds_between(SystemTime::now(), date);
    }
    match without.outcome() {
        Outcome::NoRoute => bail!(
            "GET {path} is no route of the API ({}): name one that needs a token with --path",
            without.brief()
        ),
        Outcome::Passed => {
            world.found(
                Probe::Unauthorized,
                Verdict::Unsafe,
                format!("GET {path} without a token: {}: it reaches the back end", without.brief()),
                "give the method the authorizer, and deploy; or name a guarded one with --path",
            );
            bail!("GET {path} is open to everyone, so that nothing can be told from it");
        }
        Outcome::Unauthorized | Outcome::Denied | Outcome::Failed | Outcome::Stopped => {}
    }
    let mut asked = vec![("no token", without)];
    for (name, text) in [("no JWT", "gatepost-doctor"), ("a forged token", FORGED)] {
        let token = Secret::new(text.to_owned());
        asked.push((name, world.ask(&Ask { tokens: &[&token], ..Ask::get(&path) }).await?));
    }
    let let_in = asked.iter().find(|(_, seen)| seen.passed());
    let odd = asked.iter().find(|(_, seen)| seen.outcome() != Outcome::Unauthorized);
    let silent = asked.iter().find(|(_, seen)| seen.allow_origin.is_none());
    world.facts.cors_of_401 = Some(silent.is_none());
    let (verdict, found, follows) = if let Some((name, seen)) = let_in {
        (
            Verdict::Unsafe,
            format!("with {name}: {}: it reaches the back end", seen.brief()),
            "look at the authorizer: it lets everyone in",
        )
    } else if let Some((name, seen)) = odd {
        (
            Verdict::Amiss,
            format!("with {name}: {}", seen.in_full()),
            "callers cannot tell that they have to sign in: see docs/faults.md for what a 500 means",
        )
    } else if let (true, Some((name, seen))) = (world.facts.has_pages, silent) {
        (Verdict::Amiss, format!("with {name}: {}, without CORS headers", seen.brief()), ADD_CORS)
    } else {
        (Verdict::Safe, described(&asked), "")
    };
    world.found(Probe::Unauthorized, verdict, found, follows);
    Ok(())
}

fn described(asked: &[(&str, Seen)]) -> String {
    let first = asked.first().map(|(_, seen)| seen.in_full()).unwrap_or_default();
    let cors = asked.iter().all(|(_, seen)| seen.allow_origin.is_some());
    let names: Vec<&str> = asked.iter().map(|(name, _)| *name).collect();
    let cors = if cors { "with" } else { "without" };
    format!("{}: {first}, {cors} CORS headers", names.join(", "))
}

async fn unknown_route(world: &mut World<'_>) -> anyhow::Result<()> {
    world.begin(Probe::UnknownRoute);
    let seen = world.ask(&Ask::get("/gatepost-doctor/nowhere")).await?;
    let found = format!("GET /gatepost-doctor/nowhere: {}", seen.brief());
    if seen.passed() {
        world.found(
            Probe::UnknownRoute,
            Verdict::Amiss,
            format!("{found}: it reaches a back end without a token"),
            "a route without an authorizer takes every path that is no other route, also the \
             misspelt ones of guarded routes: see that its back end serves none of those",
        );
    } else {
        world.found(Probe::UnknownRoute, Verdict::Safe, found, "");
    }
    Ok(())
}

async fn https_only(world: &mut World<'_>) -> anyhow::Result<()> {
    world.begin(Probe::HttpsOnly);
    if world.api.is_plain() {
        world.found(
            Probe::HttpsOnly,
            Verdict::Skipped,
            "the API is on this machine, and asked over plain HTTP",
            "",
        );
        return Ok(());
    }
    let path = world.paths.guarded.clone();
    let seen = world.interrupt.unless(world.api.ask_in_the_clear(&path)).await?;
    let (verdict, found, follows) = in_the_clear(seen.as_ref());
    world.found(Probe::HttpsOnly, verdict, found, follows);
    Ok(())
}

/// A server that only says that it wants HTTPS (a redirection, 400 on the port of HTTPS, 403 of
/// `CloudFront`) has not asked for a token.
fn in_the_clear(seen: Option<&Seen>) -> (Verdict, String, &'static str) {
    match seen {
        None => (Verdict::Safe, "nobody answers over plain HTTP".to_owned(), ""),
        Some(seen) if seen.status == 401 || (200..300).contains(&seen.status) => (
            Verdict::Unsafe,
            format!("over plain HTTP: {}: tokens that are sent there can be read", seen.brief()),
            "have whatever stands before the API take HTTPS only",
        ),
        Some(seen) => (Verdict::Safe, format!("over plain HTTP: {}, and no more", seen.status), ""),
    }
}

fn seconds_between(one: SystemTime, other: SystemTime) -> i64 {
    let seconds = |time: SystemTime| {
        let since = time.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        i64::try_from(since.as_secs()).unwrap_or_default()
    };
    seconds(other) - seconds(one)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_asks_for_a_token_in_the_clear_is_unsafe() {
        let verdict = |status: u16| in_the_clear(Some(&Seen::of_status(status))).0;
        assert_eq!(in_the_clear(None).0, Verdict::Safe);
        assert_eq!([301, 400, 403].map(verdict), [Verdict::Safe; 3]);
        assert_eq!([200, 401].map(verdict), [Verdict::Unsafe; 2]);
    }
}
