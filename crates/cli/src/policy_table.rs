//! The policy table of a deployment, for the commands that keep it.

use std::future::Future;
use std::time::Duration;

use anyhow::{Context as _, ensure};
use aws_sdk_dynamodb::Client;
use gatepost_core::subject::Subject;
use gatepost_store::{
    Revision, TableLayout, TableState, Transaction, TransactionError, history, read_table,
};
use tokio::runtime::Runtime;

use crate::table::Table;
use crate::visible::visible;

/// The longest that a table is read.
const PATIENCE: Duration = Duration::from_mins(5);

/// Which table is meant.
#[derive(clap::Args, Clone, Debug)]
pub(crate) struct TableArgs {
    /// The policy table's name or ARN
    #[arg(long, value_name = "NAME", env = "GATEPOST_POLICY_TABLE")]
    table: Option<String>,
}

/// A table of our own layout, and what is needed to wait for it.
pub(crate) struct PolicyTable {
    pub(crate) name: String,
    client: Client,
    runtime: Runtime,
}

impl PolicyTable {
    /// Finds out how to reach it.
    ///
    /// # Errors
    ///
    /// When a setting is missing or wrong.
    pub(crate) fn open(args: &TableArgs) -> anyhow::Result<Self> {
        let name = args
            .table
            .clone()
            .context("which table? name it with `--table`, or in GATEPOST_POLICY_TABLE")?;
        let Table { client, layout } = Table::from_environment()?;
        ensure!(
            layout == TableLayout::Gatepost,
            "the table of the AWS sample has no versions and no history: \
             `gatepost import --layout aws-sample` takes its documents over"
        );
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        Ok(Self { name, client, runtime })
    }

    /// Everything in it.
    ///
    /// # Errors
    ///
    /// When it cannot be read to its end, or a row belongs to nobody or has no version.
    pub(crate) fn read(&self) -> anyhow::Result<TableState> {
        self.within_patience(async { Ok(read_table(&self.client, &self.name).await?) })
    }

    /// The revisions of `subject`.
    ///
    /// # Errors
    ///
    /// When the table cannot be read.
    pub(crate) fn history(&self, subject: &Subject) -> anyhow::Result<Vec<Revision>> {
        self.within_patience(async { Ok(history(&self.client, &self.name, subject).await?) })
    }

    /// Writes all of a transaction or nothing.
    ///
    /// # Errors
    ///
    /// [`TransactionError`].
    pub(crate) fn write(&self, transaction: &Transaction) -> Result<(), TransactionError> {
        self.runtime.block_on(transaction.write(&self.client))
    }

    fn within_patience<T>(
        &self,
        asked: impl Future<Output = anyhow::Result<T>>,
    ) -> anyhow::Result<T> {
        self.runtime
            .block_on(async { tokio::time::timeout(PATIENCE, asked).await })
            .with_context(|| format!("no answer within {} s", PATIENCE.as_secs()))
            .flatten()
            .with_context(|| format!("the table `{}`", visible(&self.name)))
    }
}
