//! The DynamoDB table of a deployed authorizer, as the environment says how to reach it.

use std::env;
use std::future::Future;
use std::time::Duration;

use anyhow::Context as _;
use aws_sdk_dynamodb::Client;
use gatepost_authorizer::dynamodb::DynamoDbSettings;
use gatepost_authorizer::https::HttpsClient;
use gatepost_store::TableLayout;

/// A client, and how the table is laid out.
pub(crate) struct Table {
    pub(crate) client: Client,
    pub(crate) layout: TableLayout,
}

impl Table {
    /// Reads the variables that the authorizer reads too.
    ///
    /// # Errors
    ///
    /// Every setting that is missing or wrong.
    pub(crate) fn from_environment() -> anyhow::Result<Self> {
        let variable = |name: &str| env::var(name).ok();
        let layout = match variable("GATEPOST_TABLE_LAYOUT") {
            Some(text) => text.parse().context("GATEPOST_TABLE_LAYOUT")?,
            None => TableLayout::Gatepost,
        };
        let https = HttpsClient::from_vars(variable)?;
        let client = DynamoDbSettings::from_vars(variable)?.client(&https);
        Ok(Self { client, layout })
    }
}

/// Waits for what a table is asked, but not for ever.
///
/// # Errors
///
/// When it takes longer than `patience`.
pub(crate) fn wait_for<T>(patience: Duration, asked: impl Future<Output = T>) -> anyhow::Result<T> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime
        .block_on(async { tokio::time::timeout(patience, asked).await })
        .with_context(|| format!("no answer from the table within {} s", patience.as_secs()))
}
