//! How long a resource and how large an answer may be.

use gatepost_core::gateway::StageArn;
use gatepost_core::policy::{BoundPolicy, Context, PolicyDocument};

use crate::development::STAGE;
use crate::doctor::api::Outcome;
use crate::doctor::deployed::Deployed;
use crate::doctor::plan;
use crate::doctor::probe::{Probe, Verdict};
use crate::doctor::world::World;

/// `GATEPOST_MAX_POLICY_BYTES` where it is not set.
const DEFAULT_BUDGET: usize = 8_192;

/// What the budget covers beside the policy: the context, with groups and claims. More than that
/// and it is the budget that is left, not a guess.
const CONTEXT_BYTES: usize = 1_024;

/// The smallest policy that is tried, unless the budget is smaller.
const SMALLEST: usize = 4_096;

/// The largest one: its row and that row's history must be within DynamoDB's 400 KB.
const LARGEST: usize = 256 * 1_024;

/// How many sizes between the two there are to choose from.
const STEPS: usize = 8;

/// The names of their groups, the smallest first; the last is over the function's budget.
const NAMES: [&str; STEPS + 1] =
    ["size-1", "size-2", "size-3", "size-4", "size-5", "size-6", "size-7", "size-8", "size-9"];

pub(super) async fn resource_length(world: &mut World<'_>) -> anyhow::Result<()> {
    world.begin(Probe::ResourceLength);
    let long = world.call("long").await?;
    let too_long = world.call("too-long").await?;
    let found = format!(
        "beside the path, a resource just within the limit: {}; one over it: {}",
        long.brief(),
        too_long.brief()
    );
    let (verdict, found, follows) = match (long.outcome(), too_long.outcome()) {
        (Outcome::Passed, Outcome::Failed) => (
            Verdict::Safe,
            format!("{found}, as the function refuses it before API Gateway sees it"),
            "",
        ),
        (Outcome::Passed, Outcome::Passed) => (
            Verdict::Amiss,
            format!("{found}: the function does not refuse it"),
            "the function is not this version of Gatepost",
        ),
        (Outcome::Passed, Outcome::Denied) => (
            Verdict::Amiss,
            format!("{found}: the whole answer is spoilt, and says nothing of why"),
            "keep resources under 512 characters, ARN and all",
        ),
        (Outcome::Failed | Outcome::Denied, _) => (
            Verdict::Amiss,
            format!("{found}: one long resource spoils the whole answer"),
            "keep resources much shorter than 512 characters, ARN and all",
        ),
        _ => (Verdict::Unknown, found, ""),
    };
    world.found(Probe::ResourceLength, verdict, found, follows);
    Ok(())
}

/// Documents of growing size, written before the probes begin.
pub(super) struct Sizes {
    /// The policies that come of them, in bytes.
    bytes: Vec<usize>,
    budget: usize,
    /// Whether the budget is the function's, or the default.
    is_known: bool,
}

impl Sizes {
    /// Writes them.
    ///
    /// # Errors
    ///
    /// When the table cannot be written.
    pub(super) async fn write(world: &mut World<'_>) -> anyhow::Result<Self> {
        let told = world.setting("GATEPOST_MAX_POLICY_BYTES").and_then(|text| text.parse().ok());
        let is_known = world.deployed.as_ref().is_some_and(|deployed| deployed.settings.is_ok());
        let budget: usize = told.unwrap_or(DEFAULT_BUDGET);
        let stage = world.deployed.as_ref().and_then(Deployed::stage_arn);
        let stage = match stage {
            Some(stage) => stage,
            None => STAGE.parse()?,
        };
        let per_filler = policy_bytes(world, &stage, 200)?
            .saturating_sub(policy_bytes(world, &stage, 100)?)
            .div_ceil(100)
            .max(1);
        let none = policy_bytes(world, &stage, 0)?;
        let top = budget.saturating_sub(CONTEXT_BYTES).min(LARGEST);
        let low = SMALLEST.min(top);
        let mut wanted: Vec<usize> =
            (0..STEPS).map(|step| low + (top - low) * step / (STEPS - 1)).collect();
        wanted.push((budget + CONTEXT_BYTES).min(LARGEST));
        let mut bytes = Vec::new();
        for (name, wanted) in NAMES.into_iter().zip(wanted) {
            let fillers = wanted.saturating_sub(none) / per_filler;
            bytes.push(policy_bytes(world, &stage, fillers)?);
            let document = plan::sized(&world.paths, fillers);
            world.interrupt.go_on()?;
            if let Some(documents) = world.documents.as_mut() {
                documents.write(name, &document).await?;
            }
        }
        Ok(Self { bytes, budget, is_known })
    }

    /// Asks for the largest within the budget, and halves the rest where it is not taken.
    pub(super) async fn ask(&self, world: &mut World<'_>) -> anyhow::Result<()> {
        world.begin(Probe::AnswerSize);
        let over = self.passes(world, STEPS).await?;
        let (mut taken, mut refused) = (None, None);
        let mut next = STEPS - 1;
        loop {
            if self.passes(world, next).await? {
                taken = Some(next);
            } else {
                refused = Some(next);
            }
            let low = taken.map_or(0, |step| step + 1);
            let high = refused.unwrap_or(STEPS);
            if low >= high {
                break;
            }
            next = low + (high - low) / 2;
        }
        let bytes = |step: usize| self.bytes.get(step).copied().unwrap_or_default();
        world.facts.taken_bytes = taken.map(bytes);
        let budget = if self.is_known {
            format!("GATEPOST_MAX_POLICY_BYTES, {} bytes", self.budget)
        } else {
            format!("GATEPOST_MAX_POLICY_BYTES, taken to be {} bytes, the default", self.budget)
        };
        let (verdict, found, follows) = match (taken, refused) {
            (Some(step), None) if over && bytes(STEPS) > self.budget => (
                Verdict::Safe,
                format!(
                    "a policy of {} bytes is taken, and one of {}, over {budget}, as well",
                    bytes(step),
                    bytes(STEPS)
                ),
                "the function's budget is larger than that, and API Gateway's limit too",
            ),
            (Some(step), None) if over => {
                (Verdict::Safe, format!("a policy of {} bytes is taken", bytes(step)), "")
            }
            (Some(step), None) => (
                Verdict::Safe,
                format!(
                    "a policy of {} bytes is taken; one of {} is refused by the function, since \
                     it is over {budget}. Where API Gateway's own limit is was not reached",
                    bytes(step),
                    bytes(STEPS)
                ),
                "",
            ),
            (taken, Some(step)) => (
                Verdict::Amiss,
                format!(
                    "a policy of {} bytes is refused, within {budget}{}; {}",
                    bytes(step),
                    taken
                        .map(|step| format!("; one of {} is taken", bytes(step)))
                        .unwrap_or_default(),
                    if self.is_known {
                        "it is API Gateway that refuses it, or the token's claims are very long"
                    } else {
                        "by API Gateway, or by the function with a smaller budget: both look \
                         alike from outside; with --api-id and --stage the budget is known"
                    }
                ),
                "set GATEPOST_MAX_POLICY_BYTES to what is taken, so that the reason is in the log",
            ),
            (None, None) => (Verdict::Unknown, "nothing was asked".to_owned(), ""),
        };
        world.found(Probe::AnswerSize, verdict, found, follows);
        Ok(())
    }

    async fn passes(&self, world: &mut World<'_>, step: usize) -> anyhow::Result<bool> {
        let Some(name) = NAMES.get(step) else { return Ok(false) };
        world.mint(name, &[name]).await?;
        Ok(world.call(name).await?.passed())
    }
}

/// The length of the policy that the function makes of a document of this size.
fn policy_bytes(world: &World<'_>, stage: &StageArn, fillers: usize) -> anyhow::Result<usize> {
    let document = plan::sized(&world.paths, fillers).to_string();
    let document = PolicyDocument::parse(document.as_bytes())?;
    let policy = BoundPolicy::build([&document], stage, &Context::new())?;
    let twice = world.setting("GATEPOST_IMPLICIT_DENY") == Some("explicit");
    let policy = if twice { policy.explicit()? } else { policy };
    Ok(serde_json::to_string(&policy)?.len())
}
