//! What the documentation of AWS leaves open, asked of a deployment.
//!
//! Probes are requests like any caller's. Those about rights need throw-away documents in the
//! policy table and tokens that name their groups; both are taken away again, however the run
//! ends. No step is cut in two: Ctrl-C is looked at between them, so that it is known at each
//! moment what is there. What a killed run leaves is found by its prefix at the next one.

mod api;
mod deployed;
mod documents;
mod interrupt;
mod paths;
mod plan;
mod pool;
mod probe;
mod probes;
mod report;
mod settings;
mod tokens;
mod world;

use std::collections::BTreeMap;
use std::env;
use std::io::Write;
use std::time::Duration;

use anyhow::{Context as _, ensure};
use gatepost_authorizer::https::HttpsClient;
use gatepost_authorizer::url::SecureUrl;
use gatepost_store::TableLayout;

pub(crate) use self::paths::GuardedPath;

use self::api::Api;
use self::deployed::Deployed;
use self::documents::Documents;
use self::interrupt::Interrupt;
use self::paths::Paths;
use self::pool::PoolUser;
use self::probe::Verdict;
use self::report::Report;
use self::tokens::Tokens;
use self::world::{Facts, Talk, World};
use crate::aws::UserPool;
use crate::command::Format;
use crate::exit_status::ExitStatus;
use crate::paint::Paint;
use crate::table::{Access, Table};

/// The probes are given up after this long, and what was made is taken away.
const TOTAL: Duration = Duration::from_mins(5);

/// What to ask, and with what.
pub(crate) struct Examination {
    pub(crate) url: SecureUrl,
    pub(crate) paths: Vec<GuardedPath>,
    /// Which API and stage it is in API Gateway.
    pub(crate) stage: Option<(String, String)>,
    pub(crate) table: Option<String>,
    pub(crate) tokens: Option<TokenOrigin>,
    pub(crate) format: Format,
}

/// Where tokens come from.
pub(crate) enum TokenOrigin {
    /// A command that prints one.
    Command(String),
    /// A Cognito user pool.
    Pool(UserPool),
}

impl Examination {
    /// Asks, cleans up, and writes the report to `stdout`; `stderr` is told of the progress.
    ///
    /// # Errors
    ///
    /// When nothing could be begun, or the report cannot be written.
    pub(crate) fn run(
        self,
        stdout: &mut dyn Write,
        stderr: &mut dyn Write,
    ) -> anyhow::Result<ExitStatus> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        runtime.block_on(self.examine(stdout, stderr))
    }

    async fn examine(
        self,
        stdout: &mut dyn Write,
        stderr: &mut dyn Write,
    ) -> anyhow::Result<ExitStatus> {
        let interrupt = Interrupt::listen(TOTAL).context("cannot listen for Ctrl-C")?;
        let deployed = match self.stage {
            Some((api_id, stage)) => {
                let aws = Access::from_environment().await?.aws().await?;
                let read = Deployed::read(aws, api_id, stage);
                Some(interrupt.unless(read).await??)
            }
            None => None,
        };
        let (documents, left_before) = match self.table {
            Some(name) => {
                let table = Table::from_environment().await?;
                ensure!(
                    table.layout == TableLayout::Gatepost,
                    "documents for probes cannot be written to the table of the AWS sample"
                );
                let (documents, left) =
                    interrupt.unless(Documents::open(table.client, name)).await??;
                (Some(documents), left)
            }
            None => (None, Vec::new()),
        };
        let tokens = match self.tokens {
            Some(TokenOrigin::Command(command)) => Some(Tokens::Command(command)),
            Some(TokenOrigin::Pool(pool)) => {
                let user = Box::new(PoolUser::new(pool));
                let aws = Access::from_environment().await?.aws().await?;
                Some(Tokens::Pool { aws, user })
            }
            None => None,
        };
        let mut world = World {
            api: Api::new(HttpsClient::from_vars(|name| env::var(name).ok())?, &self.url),
            paths: Paths::new(self.paths),
            interrupt,
            talk: Talk::new(stderr),
            deployed,
            documents,
            tokens,
            minted: BTreeMap::new(),
            findings: Vec::new(),
            facts: Facts::default(),
        };
        world.talk.say(&format!("{}: {}", self.url, probes::cost(&world)));
        let outcome = probes::run(&mut world).await;
        let left = clean(&mut world).await;
        let stopped = outcome.err().map(|error| format!("{error:#}"));
        probes::skip_the_rest(&mut world, stopped.as_deref());

        let report = Report {
            url: self.url.as_str(),
            findings: &world.findings,
            advice: &settings::safe(&world.facts),
            stopped: stopped.as_deref(),
            left: &left,
            left_before: &left_before,
        };
        match self.format {
            Format::Json => writeln!(stdout, "{:#}", report.json())?,
            Format::Text => report.text(stdout, Paint::for_stdout())?,
        }
        if let Some(why) = &stopped {
            world.talk.say(&format!("error: {why}"));
        }
        let is_bad = |verdict: Verdict| matches!(verdict, Verdict::Unsafe | Verdict::Amiss);
        Ok(if world.findings.iter().any(|finding| finding.verdict == Verdict::Unsafe) {
            ExitStatus::No
        } else if stopped.is_some() || !left.is_empty() {
            ExitStatus::CouldNot
        } else if world.findings.iter().any(|finding| is_bad(finding.verdict)) {
            ExitStatus::No
        } else {
            ExitStatus::Yes
        })
    }
}

/// Takes away what was made. Returns what could not be, as commands that do it. A Ctrl-C now does
/// not wait for it.
async fn clean(world: &mut World<'_>) -> Vec<String> {
    world.talk.say("cleaning up");
    let World { documents, tokens, interrupt, .. } = world;
    let work = async {
        if let Some(documents) = documents.as_mut() {
            documents.clean().await;
        }
        if let Some(tokens) = tokens.as_mut() {
            tokens.clean().await;
        }
    };
    tokio::select! {
        () = work => {}
        () = interrupt.another() => {}
    }
    let mut left = documents.as_ref().map(Documents::left).unwrap_or_default();
    left.extend(tokens.as_ref().map(Tokens::left).unwrap_or_default());
    left
}
