//! What the probes work with, and what they have found out.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::io::Write;
use std::time::{Duration, SystemTime};

use anyhow::Context as _;
use gatepost_core::secret::Secret;

use super::api::{Api, Ask, Seen};
use super::deployed::Deployed;
use super::documents::Documents;
use super::interrupt::Interrupt;
use super::paths::Paths;
use super::probe::{Finding, Probe, Verdict};
use super::tokens::Tokens;

/// Everything of one run.
pub(super) struct World<'a> {
    pub(super) api: Api,
    pub(super) paths: Paths,
    pub(super) interrupt: Interrupt,
    pub(super) talk: Talk<'a>,
    pub(super) deployed: Option<Deployed>,
    pub(super) documents: Option<Documents>,
    pub(super) tokens: Option<Tokens>,
    /// The tokens that were made, by caller.
    pub(super) minted: BTreeMap<&'static str, Secret<String>>,
    pub(super) findings: Vec<Finding>,
    pub(super) facts: Facts,
}

/// What the settings hang on; `None` where it is not known.
#[derive(Clone, Debug, Default)]
pub(super) struct Facts {
    /// Whether the API answers preflights, so that pages of other origins are among its callers.
    pub(super) has_pages: bool,
    pub(super) cors_of_401: Option<bool>,
    pub(super) cors_of_403: Option<bool>,
    /// How far the API's clock is before this machine's, in seconds; negative if it is behind.
    pub(super) clock_ahead: i64,
    pub(super) deny_wins: Option<bool>,
    pub(super) not_resource: Option<bool>,
    pub(super) time: Option<bool>,
    pub(super) source_ip: Option<bool>,
    pub(super) secure_transport: Option<bool>,
    /// Whether a condition on the time ends an answer that was made before.
    pub(super) expiry: Option<bool>,
    pub(super) spelling: Option<bool>,
    /// The largest policy, in bytes, that was taken.
    pub(super) taken_bytes: Option<usize>,
    /// Whether API Gateway keeps answers.
    pub(super) kept: Option<bool>,
    /// Whether an answer about one route is right for another.
    pub(super) whole_api: Option<bool>,
}

impl World<'_> {
    /// Sends a request, unless the run is to end.
    pub(super) async fn ask(&self, ask: &Ask<'_>) -> anyhow::Result<Seen> {
        self.interrupt.unless(self.api.ask(ask)).await?
    }

    /// A GET of `path` by `caller`.
    pub(super) async fn get(&self, caller: &str, path: &str) -> anyhow::Result<Seen> {
        let token = self.token(caller)?;
        self.ask(&Ask { tokens: &[token], ..Ask::get(path) }).await
    }

    /// A GET of the guarded path by `caller`.
    pub(super) async fn call(&self, caller: &str) -> anyhow::Result<Seen> {
        self.get(caller, &self.paths.guarded).await
    }

    pub(super) fn token(&self, caller: &str) -> anyhow::Result<&Secret<String>> {
        self.minted.get(caller).with_context(|| format!("there is no token of `{caller}`"))
    }

    pub(super) fn begin(&self, probe: Probe) {
        self.talk.say(&format!("probing  {}", probe.id()));
    }

    pub(super) fn found(
        &mut self,
        probe: Probe,
        verdict: Verdict,
        found: impl Into<String>,
        follows: impl Into<String>,
    ) {
        self.findings.push(Finding::new(probe, verdict, found, follows));
    }

    /// What the function is set to, where that is known.
    pub(super) fn setting(&self, name: &str) -> Option<&str> {
        self.deployed.as_ref()?.setting(name)
    }

    /// Waits until the API's clock shows `time`.
    pub(super) async fn wait_until(&self, time: SystemTime) -> anyhow::Result<()> {
        let left = time.duration_since(self.now()).unwrap_or_default();
        self.wait(left).await
    }

    pub(super) async fn wait(&self, time: Duration) -> anyhow::Result<()> {
        if time > Duration::from_secs(1) {
            self.talk.say(&format!("waiting  {} s", time.as_secs()));
        }
        self.interrupt.unless(tokio::time::sleep(time)).await
    }

    /// The time by the API's clock, to the second.
    pub(super) fn now(&self) -> SystemTime {
        let ahead = Duration::from_secs(self.facts.clock_ahead.unsigned_abs());
        if self.facts.clock_ahead < 0 {
            SystemTime::now() - ahead
        } else {
            SystemTime::now() + ahead
        }
    }
}

/// What is said to people meanwhile.
pub(super) struct Talk<'a>(RefCell<&'a mut dyn Write>);

impl<'a> Talk<'a> {
    pub(super) fn new(out: &'a mut dyn Write) -> Self {
        Self(RefCell::new(out))
    }

    /// That nobody reads it any more is no reason to leave things behind.
    pub(super) fn say(&self, line: &str) {
        let _ = writeln!(self.0.borrow_mut(), "{line}");
    }
}
