//! The current documents of a DynamoDB table, as the environment says how to reach it.

use std::env;
use std::time::Duration;

use anyhow::Context as _;
use gatepost_authorizer::dynamodb::DynamoDbSettings;
use gatepost_authorizer::https::HttpsClient;
use gatepost_store::{StoredPolicy, TableLayout, read_all};

/// The longest that a table is read.
const PATIENCE: Duration = Duration::from_mins(2);

/// Reads every current document of the table.
///
/// # Errors
///
/// When a setting is missing or wrong, the table cannot be read, or a row in it is unreadable.
pub(super) fn read(name: &str) -> anyhow::Result<Vec<StoredPolicy>> {
    let variable = |name: &str| env::var(name).ok();
    let layout = match variable("GATEPOST_TABLE_LAYOUT") {
        Some(text) => text.parse().context("GATEPOST_TABLE_LAYOUT")?,
        None => TableLayout::Gatepost,
    };
    let https = HttpsClient::from_vars(variable)?;
    let client = DynamoDbSettings::from_vars(variable)?.client(&https);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let read = async { tokio::time::timeout(PATIENCE, read_all(&client, name, layout)).await };
    let policies = runtime.block_on(read).context("it does not end")??;
    Ok(policies)
}
