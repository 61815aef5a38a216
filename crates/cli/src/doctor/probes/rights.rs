//! Whether rights open what they should, and nothing else.

use anyhow::bail;
use gatepost_core::secret::Secret;

use super::open::ADD_CORS;
use crate::doctor::api::{Ask, Outcome, Seen};
use crate::doctor::probe::{Probe, Verdict};
use crate::doctor::tokens::Tokens;
use crate::doctor::world::World;

/// Whether the API takes our tokens at all, and gives nothing to those without a right: asked with
/// a token that names no group, so that no document is looked for before it is written.
///
/// # Errors
///
/// When the tokens are not accepted, or everyone gets in.
pub(super) async fn accepted(world: &mut World<'_>) -> anyhow::Result<()> {
    loop {
        let Some(tokens) = world.tokens.as_mut() else { bail!("there are no tokens") };
        let token = tokens.mint(&[]).await?;
        let path = world.paths.guarded.clone();
        let seen = world.ask(&Ask { tokens: &[&token], ..Ask::get(&path) }).await?;
        match seen.outcome() {
            Outcome::Denied => return Ok(()),
            Outcome::Passed => {
                world.found(
                    Probe::Routes,
                    Verdict::Unsafe,
                    format!("GET {path} by a user in no group: {}", seen.brief()),
                    "look at the authorizer of the method: whoever signs in is let in",
                );
                bail!("a user in no group gets in, so that nothing can be told from the others");
            }
            Outcome::Unauthorized => {
                let other = world.tokens.as_mut().is_some_and(Tokens::use_other_kind);
                if !other {
                    bail!(
                        "the API does not accept the tokens ({}): they are not of an issuer, \
                         client or kind that GATEPOST_ISSUERS names, or the function does not read \
                         them from `Authorization: Bearer`",
                        seen.brief()
                    );
                }
            }
            Outcome::Failed | Outcome::NoRoute | Outcome::Stopped => {
                bail!("GET {path} by a user in no group: {}: see docs/faults.md", seen.brief())
            }
        }
    }
}

/// Without this the rest means nothing: a right lets its own caller in, and nobody else, and
/// nowhere else.
///
/// # Errors
///
/// When it does not hold.
pub(super) async fn routes(world: &mut World<'_>) -> anyhow::Result<()> {
    world.begin(Probe::Routes);
    let path = world.paths.guarded.clone();
    let allowed = world.call("allowed").await?;
    if !allowed.passed() {
        bail!(
            "GET {path} by a user whose group allows it: {}. Either the function reads another \
             table, or it looks for the groups under another name (`groups_claim`, \
             `subject_prefix`), or its setting GATEPOST_SUBJECTS leaves groups out",
            allowed.brief()
        );
    }
    // At once, while the answer for the one before may be kept.
    let elsewhere = world.call("elsewhere").await?;
    let mut broken = Vec::new();
    if elsewhere.passed() {
        broken.push(format!("by a user whose group allows another path: {}", elsewhere.brief()));
    }
    if let Some(other) = world.paths.other.clone() {
        let seen = world.get("allowed", &other).await?;
        match seen.outcome() {
            Outcome::Denied => {}
            Outcome::Passed => broken.push(format!(
                "GET {other} by a user whose group allows {path} only: {}",
                seen.brief()
            )),
            Outcome::NoRoute => bail!("GET {other} is no route of the API: name another --path"),
            Outcome::Failed | Outcome::Stopped | Outcome::Unauthorized => {
                bail!("GET {other}: {}", seen.brief())
            }
        }
    }
    if !broken.is_empty() {
        world.found(
            Probe::Routes,
            Verdict::Unsafe,
            format!("GET {path} {}", broken.join("; ")),
            "set the result TTL to 0, and look at the authorizer's identity source: answers are \
             given to the wrong caller or for the wrong route",
        );
        bail!("rights are not kept apart, so that nothing can be told from them");
    }
    let found = format!(
        "GET {path}: {} for whom it is allowed, {} for another",
        allowed.brief(),
        elsewhere.brief()
    );
    world.found(Probe::Routes, Verdict::Safe, found, "");

    world.begin(Probe::Forbidden);
    let found = format!("not allowed by any statement: {}", elsewhere.brief());
    let cors = elsewhere.allow_origin.is_some();
    world.facts.cors_of_403 = Some(cors);
    if elsewhere.outcome() != Outcome::Denied {
        world.found(
            Probe::Forbidden,
            Verdict::Amiss,
            found,
            "callers cannot tell that they lack the right: see docs/faults.md",
        );
    } else if world.facts.has_pages && !cors {
        let found = format!("{found}, without CORS headers");
        world.found(Probe::Forbidden, Verdict::Amiss, found, ADD_CORS);
    } else {
        let found = format!("{found}, {} CORS headers", if cors { "with" } else { "without" });
        world.found(Probe::Forbidden, Verdict::Safe, found, "");
    }
    Ok(())
}

pub(super) async fn explicit_deny(world: &mut World<'_>) -> anyhow::Result<()> {
    world.begin(Probe::ExplicitDeny);
    let seen = world.call("denied").await?;
    let found = format!("one group allows GET/*, another denies the path: {}", seen.brief());
    let (verdict, wins, follows) = match seen.outcome() {
        Outcome::Denied => (Verdict::Safe, Some(true), ""),
        Outcome::Passed => {
            (Verdict::Unsafe, Some(false), "write no document that relies on a Deny here")
        }
        Outcome::Failed | Outcome::NoRoute | Outcome::Stopped | Outcome::Unauthorized => {
            (Verdict::Unknown, None, "")
        }
    };
    world.facts.deny_wins = wins;
    world.found(Probe::ExplicitDeny, verdict, found, follows);
    Ok(())
}

pub(super) async fn not_resource(world: &mut World<'_>) -> anyhow::Result<()> {
    world.begin(Probe::NotResource);
    let within = world.call("except-this").await?;
    let without = world.call("except-other").await?;
    let found = format!(
        "beside an Allow of GET/*, a Deny of all but the path: {}; of all but another: {}",
        within.brief(),
        without.brief()
    );
    let (verdict, holds, follows) = match (within.outcome(), without.outcome()) {
        (Outcome::Passed, Outcome::Denied) => (Verdict::Safe, Some(true), ""),
        (_, Outcome::Passed) => (
            Verdict::Unsafe,
            Some(false),
            "GATEPOST_IMPLICIT_DENY=explicit does not work here, and no document may have \
             NotResource",
        ),
        (Outcome::Denied, Outcome::Denied) => (
            Verdict::Amiss,
            Some(false),
            "NotResource denies too much: GATEPOST_IMPLICIT_DENY=explicit would keep everyone out",
        ),
        _ => (Verdict::Unknown, None, ""),
    };
    world.facts.not_resource = holds;
    world.found(Probe::NotResource, verdict, found, follows);
    Ok(())
}

/// Two tokens in one request, one of which has the right: refused, and nothing of it is kept.
pub(super) async fn two_tokens(world: &mut World<'_>) -> anyhow::Result<()> {
    world.begin(Probe::TwoTokens);
    let path = world.paths.guarded.clone();
    let both = |one: &Secret<String>, two: &Secret<String>| [one.clone(), two.clone()];
    let (allowed, elsewhere) = (world.token("allowed")?, world.token("elsewhere")?);
    let orders = [both(allowed, elsewhere), both(elsewhere, allowed)];
    let mut seen = Vec::new();
    for [one, two] in &orders {
        seen.push(world.ask(&Ask { tokens: &[one, two], ..Ask::get(&path) }).await?);
    }
    let after = world.call("elsewhere").await?;
    let statuses: Vec<String> = seen.iter().map(Seen::brief).collect();
    let found = format!(
        "with and without the right, in both orders: {}; without, afterwards: {}",
        statuses.join(", "),
        after.brief()
    );
    let (verdict, follows) = if after.passed() {
        (Verdict::Unsafe, "set the result TTL to 0: one caller gets another's answer")
    } else if seen.iter().any(Seen::passed) {
        (
            Verdict::Unsafe,
            "back ends must take the caller from the authorizer's context and never from the \
             header: the two may differ; an authorizer of the type REQUEST sees both tokens",
        )
    } else {
        (Verdict::Safe, "")
    };
    world.found(Probe::TwoTokens, verdict, found, follows);
    Ok(())
}
