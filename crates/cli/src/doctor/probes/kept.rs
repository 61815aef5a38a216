//! The answers that API Gateway keeps: by what key, for which routes, and how they end.

use std::time::Duration;

use tokio::time::Instant;

use crate::doctor::api::Outcome;
use crate::doctor::plan;
use crate::doctor::probe::{Probe, Verdict};
use crate::doctor::world::World;

/// `GATEPOST_POLICY_TTL_SECONDS` where it is not set.
const DEFAULT_POLICY_TTL: u64 = 30;

/// How long a change may take to be read everywhere, with time to spare.
const READ_LAG: Duration = Duration::from_secs(2);

/// How long a flush may take to be everywhere.
const FLUSH_PATIENCE: Duration = Duration::from_secs(20);

/// An answer that may be kept, and the document behind it changed since.
pub(super) struct Kept {
    changed_at: Instant,
    other_route: Option<Outcome>,
    /// Whether the function saw the change at once, and if so, whether API Gateway did.
    at_once: Option<bool>,
}

impl Kept {
    /// Has an answer made, and changes the document behind it.
    ///
    /// `None`, and a finding, if there is no answer to be kept.
    pub(super) async fn begin(world: &mut World<'_>) -> anyhow::Result<Option<Self>> {
        world.begin(Probe::KeptAnswers);
        let first = world.call("kept-first").await?;
        if !first.passed() {
            let found = format!("a right that is there: {}", first.brief());
            world.found(Probe::KeptAnswers, Verdict::Unknown, found, "");
            return Ok(None);
        }
        let other_route = match world.paths.other.clone() {
            Some(other) => Some(world.get("kept-first", &other).await?.outcome()),
            None => None,
        };
        if let Some(documents) = world.documents.as_mut() {
            documents.write("kept", &plan::changed()).await?;
        }
        let changed_at = Instant::now();
        // Another token of the same group first: were both answered of old, it would be the
        // function that remembers, and not API Gateway.
        let at_once = if world.call("kept-second").await?.denied() {
            Some(world.call("kept-first").await?.passed())
        } else {
            None
        };
        Ok(Some(Self { changed_at, other_route, at_once }))
    }

    /// Asks again when the function must have seen the change.
    pub(super) async fn end(self, world: &mut World<'_>) -> anyhow::Result<()> {
        let told = world.setting("GATEPOST_POLICY_TTL_SECONDS").and_then(|text| text.parse().ok());
        let mut kept = self.at_once;
        if kept.is_none() {
            let seconds: u64 = told.unwrap_or(DEFAULT_POLICY_TTL);
            let seen_by = Duration::from_secs(seconds) + READ_LAG;
            world.wait(seen_by.saturating_sub(self.changed_at.elapsed())).await?;
            if world.call("kept-third").await?.denied() {
                kept = Some(world.call("kept-first").await?.passed());
            }
        }
        world.facts.kept = kept;
        let mut parts = vec![match kept {
            Some(true) => {
                "a right that was taken away is still good with the token it was used with, and \
                 gone with a new one"
            }
            Some(false) => "a right that was taken away is gone at once: answers are not kept",
            None => "whether answers are kept cannot be told: the function did not see the change",
        }];
        let (mut verdict, mut follows) = match kept {
            Some(_) => (Verdict::Safe, ""),
            None => (Verdict::Unknown, ""),
        };
        match self.other_route {
            Some(Outcome::Passed) => {
                world.facts.whole_api = Some(true);
                parts.push("an answer about one route is right for another");
            }
            Some(_) => {
                world.facts.whole_api = Some(false);
                parts.push("an answer about one route is wrong for another");
                if kept != Some(false) {
                    verdict = Verdict::Unsafe;
                    follows = "set GATEPOST_SCOPE=api, or the result TTL to 0";
                }
            }
            None => parts.push("name a second --path to see whether it is right for other routes"),
        }
        world.found(Probe::KeptAnswers, verdict, parts.join("; "), follows);
        Ok(())
    }
}

/// Ends the answers that are kept, and asks whether that one is gone.
pub(super) async fn flush(world: &mut World<'_>) -> anyhow::Result<()> {
    if world.deployed.is_none() {
        let found = "API Gateway is not asked: that needs --api-id and --stage";
        world.found(Probe::Flush, Verdict::Skipped, found, "");
        return Ok(());
    }
    if world.facts.kept != Some(true) {
        let found = "no answer is known to be kept";
        world.found(Probe::Flush, Verdict::Skipped, found, "");
        return Ok(());
    }
    world.begin(Probe::Flush);
    if let Some(deployed) = &world.deployed
        && let Err(error) = deployed.flush().await
    {
        let found = format!("FlushStageAuthorizersCache: {error}");
        world.found(Probe::Flush, Verdict::Unknown, found, "");
        return Ok(());
    }
    let begun = Instant::now();
    while world.call("kept-first").await?.passed() {
        if begun.elapsed() > FLUSH_PATIENCE {
            world.found(
                Probe::Flush,
                Verdict::Amiss,
                format!("{} s after it, the old answer is still given", FLUSH_PATIENCE.as_secs()),
                "in a hurry, wait for the result TTL, or revoke the user with GATEPOST_REVOCATION=on \
                 and a result TTL of 0",
            );
            return Ok(());
        }
        world.wait(Duration::from_millis(500)).await?;
    }
    let found = format!("the change was in force {} s after it", begun.elapsed().as_secs());
    world.found(Probe::Flush, Verdict::Safe, found, "");
    Ok(())
}
