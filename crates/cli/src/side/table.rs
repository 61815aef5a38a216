//! The current documents of a DynamoDB table.

use std::time::Duration;

use gatepost_store::{StoredPolicy, read_all};

use crate::table::{Table, wait_for};

/// The longest that a table is read.
const PATIENCE: Duration = Duration::from_mins(2);

/// Reads every current document of the table.
///
/// # Errors
///
/// When a setting is missing or wrong, the table cannot be read, or a row in it is unreadable.
pub(super) fn read(name: &str) -> anyhow::Result<Vec<StoredPolicy>> {
    wait_for(PATIENCE, async {
        let table = Table::from_environment().await?;
        Ok(read_all(&table.client, name, table.layout).await?)
    })?
}
