//! Whether conditions are honoured, and at which moment.

use std::time::{Duration, SystemTime};

use crate::doctor::api::{Outcome, Seen};
use crate::doctor::plan::EXPIRING;
use crate::doctor::probe::{Probe, Verdict};
use crate::doctor::world::World;

/// Clocks are compared to the second, and differ from machine to machine.
const MARGIN: Duration = Duration::from_secs(2);

/// A result TTL with which the answer of the first call is there at the second one for certain.
const LONG_ENOUGH: Duration = Duration::from_mins(1);

/// An Allow that must hold, one that must not, and what hangs on it.
struct Pair {
    probe: Probe,
    met: &'static str,
    unmet: &'static str,
    key: &'static str,
}

pub(super) async fn ask(world: &mut World<'_>) -> anyhow::Result<()> {
    let time =
        Pair { probe: Probe::Time, met: "time-future", unmet: "time-past", key: "aws:CurrentTime" };
    world.facts.time = pair(world, &time).await?;
    let ip = Pair { probe: Probe::SourceIp, met: "ip-any", unmet: "ip-none", key: "aws:SourceIp" };
    world.facts.source_ip = pair(world, &ip).await?;
    let tls = Pair {
        probe: Probe::SecureTransport,
        met: "tls-yes",
        unmet: "tls-no",
        key: "aws:SecureTransport",
    };
    world.facts.secure_transport = pair(world, &tls).await?;
    Ok(())
}

async fn pair(world: &mut World<'_>, pair: &Pair) -> anyhow::Result<Option<bool>> {
    world.begin(pair.probe);
    let met = world.call(pair.met).await?;
    let unmet = world.call(pair.unmet).await?;
    let found = format!(
        "an Allow whose condition is met: {}; one whose condition is not: {}",
        met.brief(),
        unmet.brief()
    );
    let (verdict, holds, follows) = match (met.outcome(), unmet.outcome()) {
        (Outcome::Passed, Outcome::Denied) => (Verdict::Safe, Some(true), String::new()),
        (_, Outcome::Passed) => (
            Verdict::Unsafe,
            Some(false),
            format!("conditions on `{}` do not bind: write no document that has one", pair.key),
        ),
        (Outcome::Denied, Outcome::Denied) => (
            Verdict::Amiss,
            Some(false),
            format!("conditions on `{}` are never met: an Allow with one allows nothing", pair.key),
        ),
        _ => (Verdict::Unknown, None, failed(world, &met, &unmet)),
    };
    world.found(pair.probe, verdict, found, follows);
    Ok(holds)
}

/// What may be behind a call that failed where nothing of the condition could make it.
fn failed(world: &World<'_>, met: &Seen, unmet: &Seen) -> String {
    let explicit = world.setting("GATEPOST_IMPLICIT_DENY") == Some("explicit");
    let failed = [met, unmet].iter().any(|seen| seen.outcome() == Outcome::Failed);
    if explicit && failed {
        "GATEPOST_IMPLICIT_DENY=explicit may have no opposite of the condition (docs/adr/0009)"
            .to_owned()
    } else {
        String::new()
    }
}

/// The first call of the caller whose right ends at `end`: now there is an answer to be kept.
/// False if it came too late to tell anything.
pub(super) async fn before_the_end(world: &mut World<'_>, end: SystemTime) -> anyhow::Result<bool> {
    world.begin(Probe::Expiry);
    let seen = world.call(EXPIRING).await?;
    let in_time = world.now() + MARGIN < end;
    if in_time && seen.passed() {
        return Ok(true);
    }
    let found = if in_time {
        format!("before its end: {}", seen.brief())
    } else {
        "the probes before took too long, and the moment was past".to_owned()
    };
    world.found(Probe::Expiry, Verdict::Unknown, found, "");
    Ok(false)
}

/// The second one, after the end.
pub(super) async fn after_the_end(
    world: &mut World<'_>,
    end: SystemTime,
) -> anyhow::Result<Outcome> {
    world.wait_until(end + MARGIN).await?;
    Ok(world.call(EXPIRING).await?.outcome())
}

/// What the second call says, now that it is known whether answers are kept at all: one that was
/// made anew says nothing of those.
pub(super) fn of_kept_answers(world: &mut World<'_>, after: Outcome) {
    let authorizer = world.deployed.as_ref().and_then(|deployed| deployed.authorizer.as_ref());
    let ttl = authorizer.map(|authorizer| authorizer.ttl_seconds);
    let is_short = ttl.is_some_and(|seconds| seconds < LONG_ENOUGH.as_secs());
    let (verdict, binds, found, follows) = match (after, world.facts.kept) {
        (Outcome::Passed, _) => (
            Verdict::Unsafe,
            Some(false),
            "a right was still good after its moment",
            "GATEPOST_EXPIRY_CONDITION=on does not end a kept answer: an answer outlives its token \
             by the result TTL, which is to be as short as that may be",
        ),
        (Outcome::Denied, Some(true)) if !is_short => {
            (Verdict::Safe, Some(true), "a right in a kept answer ended at its moment", "")
        }
        (Outcome::Denied, Some(_)) => (
            Verdict::Safe,
            None,
            "a right ended at its moment; answers are kept for less time than that, or not at all",
            "",
        ),
        (Outcome::Denied, None) => (
            Verdict::Unknown,
            None,
            "a right ended at its moment; whether its answer was kept until then is not known",
            "",
        ),
        _ => (Verdict::Unknown, None, "the call after the moment has failed", ""),
    };
    world.facts.expiry = binds;
    world.found(Probe::Expiry, verdict, found, follows);
}
