//! The probes, in the order in which the least is waited for.
//!
//! What takes time to happen (a right ends, a change is seen) is begun first and looked at last.
//! Every caller has a group and a token of its own, so that neither the function nor API Gateway
//! answers one probe from what it remembers of another.

mod conditions;
mod kept;
mod limits;
mod open;
mod rights;
mod spelling;

use std::time::Duration;

use anyhow::Context as _;

use self::kept::Kept;
use self::limits::Sizes;
use super::plan::{self, CALLERS, EXPIRING};
use super::probe::{Finding, Probe, Verdict};
use super::settings;
use super::world::World;

/// From the last document written to the first one asked for: DynamoDB's eventually consistent
/// reads are usually less than a second behind.
const SETTLE: Duration = Duration::from_secs(2);

/// From the last document written to the end of the right in it.
const RIGHT_ENDS_AFTER: Duration = Duration::from_secs(15);

/// Calls of the API that need no token.
const OPEN_CALLS: usize = 6;

/// Calls of the API with tokens, where a flush is seen at once.
const GUARDED_CALLS: usize = 50;

/// Documents of [`Sizes`], and tokens for them at most.
const SIZES: (usize, usize) = (9, 6);

/// Asks everything that can be asked.
///
/// # Errors
///
/// When the run cannot go on. What was found until then is in the world.
pub(super) async fn run(world: &mut World<'_>) -> anyhow::Result<()> {
    open::ask(world).await?;
    if world.documents.is_some() && world.tokens.is_some() {
        guarded(world).await?;
    }
    settings::compare(world);
    Ok(())
}

async fn guarded(world: &mut World<'_>) -> anyhow::Result<()> {
    rights::accepted(world).await?;
    world.talk.say("making   tokens");
    for caller in &CALLERS {
        world.mint(caller.name, caller.documents).await?;
    }
    world.talk.say("writing  throw-away documents");
    for (name, document) in plan::documents(&world.paths) {
        world.write(name, &document).await?;
    }
    let sizes = Sizes::write(world).await?;
    let end = world.now() + RIGHT_ENDS_AFTER;
    let document = plan::expiring(&world.paths, end)?;
    world.write(EXPIRING, &document).await?;
    world.wait(SETTLE).await?;

    rights::routes(world).await?;
    let is_ending = conditions::before_the_end(world, end).await?;
    let kept = Kept::begin(world).await?;
    rights::explicit_deny(world).await?;
    rights::not_resource(world).await?;
    conditions::ask(world).await?;
    spelling::paths(world).await?;
    spelling::methods(world).await?;
    rights::two_tokens(world).await?;
    limits::resource_length(world).await?;
    sizes.ask(world).await?;
    let after = if is_ending { Some(conditions::after_the_end(world, end).await?) } else { None };
    if let Some(kept) = kept {
        kept.end(world).await?;
    }
    if let Some(after) = after {
        conditions::of_kept_answers(world, after);
    }
    kept::flush(world).await
}

/// What it will cost, for people.
pub(super) fn cost(world: &World<'_>) -> String {
    let Some(tokens) = world.tokens.as_ref().filter(|_| world.documents.is_some()) else {
        return format!("{OPEN_CALLS} calls of the API, a few seconds");
    };
    let documents = plan::documents(&world.paths).len() + 1 + SIZES.0;
    let count = CALLERS.len() + 1 + SIZES.1;
    let groups = CALLERS.iter().map(|caller| caller.documents.len()).sum::<usize>() + SIZES.1;
    let cognito = match tokens.calls(count, groups) {
        0 => format!("{count} runs of the token command"),
        calls => format!("{calls} calls of Cognito"),
    };
    format!(
        "about {} calls of the API, {cognito}, {} requests to the table ({documents} documents \
         written and taken away); half a minute to a minute",
        OPEN_CALLS + GUARDED_CALLS,
        5 * documents + 8,
    )
}

/// For every probe that nothing was found of: which options it needs, or why it was not reached.
pub(super) fn skip_the_rest(world: &mut World<'_>, stopped: Option<&str>) {
    let missing = missing_options(world);
    for probe in Probe::ALL {
        if world.findings.iter().any(|finding| finding.probe == probe) {
            continue;
        }
        let needs_open_only = matches!(
            probe,
            Probe::Unauthorized | Probe::Preflight | Probe::HttpsOnly | Probe::UnknownRoute
        );
        let why = match (stopped, probe) {
            (_, Probe::Settings) if world.deployed.is_none() => "needs --api-id and --stage",
            _ if !needs_open_only && !missing.is_empty() => missing.as_str(),
            (Some(_), _) => "not reached",
            (None, _) => "not asked, because of another finding",
        };
        world.findings.push(Finding::new(probe, Verdict::Skipped, why, ""));
    }
    world.findings.sort_by_key(|finding| finding.probe);
}

fn missing_options(world: &World<'_>) -> String {
    let mut missing = Vec::new();
    if world.documents.is_none() {
        missing.push("--table");
    }
    if world.tokens.is_none() {
        missing.push("--token-command, or --user-pool and --client-id");
    }
    if missing.is_empty() { String::new() } else { format!("needs {}", missing.join(", and ")) }
}

impl World<'_> {
    /// Makes the token of a caller in the groups of these documents.
    async fn mint(&mut self, caller: &'static str, documents: &[&str]) -> anyhow::Result<()> {
        self.interrupt.go_on()?;
        let named = self.documents.as_ref().context("there is no table")?;
        let groups: Vec<String> = documents.iter().map(|name| named.group(name)).collect();
        let tokens = self.tokens.as_mut().context("there are no tokens")?;
        let token = tokens.mint(&groups).await?;
        self.minted.insert(caller, token);
        Ok(())
    }

    async fn write(&mut self, name: &str, document: &serde_json::Value) -> anyhow::Result<()> {
        self.interrupt.go_on()?;
        let documents = self.documents.as_mut().context("there is no table")?;
        documents.write(name, document).await
    }
}
