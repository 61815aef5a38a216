//! The policy table of a deployment, for the commands that keep it.

use std::env;
use std::future::Future;
use std::time::{Duration, SystemTime};

use anyhow::{Context as _, ensure};
use aws_sdk_dynamodb::Client;
use gatepost_core::revocable::Revocable;
use gatepost_core::subject::Subject;
use gatepost_store::{
    Revision, RevocationNote, TableLayout, TableState, Transaction, TransactionError, history,
    lift_revocation, read_table, revoke,
};
use tokio::runtime::Runtime;

use crate::aws::{Aws, Stage, caller_arn, flush_authorizers_cache};
use crate::table::{Access, Table};
use crate::visible::visible;

/// The longest that a table is read.
const PATIENCE: Duration = Duration::from_mins(5);

/// A write of one row that takes longer has failed.
const WRITE_PATIENCE: Duration = Duration::from_secs(30);

/// The longest that another service is asked.
const AWS_PATIENCE: Duration = Duration::from_secs(30);

/// Which table is meant.
#[derive(clap::Args, Clone, Debug)]
pub(crate) struct TableArgs {
    /// The policy table's name or ARN
    #[arg(long, value_name = "NAME", env = "GATEPOST_POLICY_TABLE")]
    table: Option<String>,
}

impl TableArgs {
    /// The table of that name or ARN.
    pub(crate) fn of(name: &str) -> Self {
        Self { table: Some(name.to_owned()) }
    }
}

/// A table of our own layout, and what is needed to wait for it.
pub(crate) struct PolicyTable {
    pub(crate) name: String,
    client: Client,
    access: Access,
    runtime: Runtime,
}

impl PolicyTable {
    /// Finds out how to reach it.
    ///
    /// # Errors
    ///
    /// When a setting is missing or wrong.
    pub(crate) fn open(args: &TableArgs) -> anyhow::Result<Self> {
        let name = args.table.clone().context(
            "which table? name it with `--table`, or in GATEPOST_POLICY_TABLE. (That of `gatepost dev` \
             is `gatepost-policies`, and AWS_ENDPOINT_URL_DYNAMODB is to be the address in its line \
             `Table`)",
        )?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let Table { client, layout, access } = runtime.block_on(Table::from_environment())?;
        ensure!(
            layout == TableLayout::Gatepost,
            "the table of the AWS sample has no versions, no history and no revocations: \
             `gatepost import --layout aws-sample` takes its documents over"
        );
        Ok(Self { name, client, access, runtime })
    }

    /// Everything in it.
    ///
    /// # Errors
    ///
    /// When it cannot be read to its end, or a row belongs to nobody or has no version.
    pub(crate) fn read(&self) -> anyhow::Result<TableState> {
        self.within(PATIENCE, async { Ok(read_table(&self.client, &self.name).await?) })
    }

    /// The revisions of `subject`.
    ///
    /// # Errors
    ///
    /// When the table cannot be read.
    pub(crate) fn history(&self, subject: &Subject) -> anyhow::Result<Vec<Revision>> {
        self.within(PATIENCE, async { Ok(history(&self.client, &self.name, subject).await?) })
    }

    /// Writes all of a transaction or nothing.
    ///
    /// # Errors
    ///
    /// [`TransactionError`].
    pub(crate) fn write(&self, transaction: &Transaction) -> Result<(), TransactionError> {
        self.runtime.block_on(transaction.write(&self.client))
    }

    /// Revokes tokens, until then or until when they are revoked already; `None` is for ever.
    ///
    /// # Errors
    ///
    /// When the table cannot be written.
    pub(crate) fn revoke(
        &self,
        revocable: &Revocable,
        until: SystemTime,
        note: &RevocationNote<'_>,
    ) -> anyhow::Result<Option<SystemTime>> {
        let written = revoke(&self.client, &self.name, revocable, until, note);
        self.within(WRITE_PATIENCE, async { Ok(written.await?) })
    }

    /// Takes a revocation back. Returns whether there was one.
    ///
    /// # Errors
    ///
    /// When the table cannot be written.
    pub(crate) fn lift_revocation(&self, revocable: &Revocable) -> anyhow::Result<bool> {
        let lifted = lift_revocation(&self.client, &self.name, revocable);
        self.within(WRITE_PATIENCE, async { Ok(lifted.await?) })
    }

    /// Who it is that asks, as AWS says; `None` for an engine that is not AWS's.
    ///
    /// # Errors
    ///
    /// When AWS does not say.
    pub(crate) fn caller(&self) -> Option<anyhow::Result<String>> {
        let is_set = |name: &str| env::var(name).is_ok_and(|value| !value.is_empty());
        let is_elsewhere =
            ["AWS_ENDPOINT_URL_DYNAMODB", "AWS_ENDPOINT_URL"].into_iter().any(is_set);
        if is_elsewhere && !is_set("AWS_ENDPOINT_URL_STS") {
            return None;
        }
        Some(self.of_aws(async |aws| Ok(caller_arn(aws).await?)))
    }

    /// Ends every answer that a stage of a REST API keeps.
    ///
    /// # Errors
    ///
    /// When it may not be done, or nobody answers.
    pub(crate) fn flush(&self, stage: Stage<'_>) -> anyhow::Result<()> {
        self.of_aws(async |aws| Ok(flush_authorizers_cache(aws, stage).await?))
    }

    fn of_aws<T>(&self, asked: impl AsyncFnOnce(&Aws) -> anyhow::Result<T>) -> anyhow::Result<T> {
        let asked = async { asked(&self.access.aws().await?).await };
        self.runtime
            .block_on(async { tokio::time::timeout(AWS_PATIENCE, asked).await })
            .with_context(|| format!("no answer within {} s", AWS_PATIENCE.as_secs()))
            .flatten()
    }

    fn within<T>(
        &self,
        patience: Duration,
        asked: impl Future<Output = anyhow::Result<T>>,
    ) -> anyhow::Result<T> {
        self.runtime
            .block_on(async { tokio::time::timeout(patience, asked).await })
            .with_context(|| format!("no answer within {} s", patience.as_secs()))
            .flatten()
            .with_context(|| format!("the table `{}`", visible(&self.name)))
    }
}
