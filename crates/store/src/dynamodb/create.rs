//! Making a table for policy documents, for laptops and tests.

use std::time::Duration;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::error::{BuildError, SdkError};
use aws_sdk_dynamodb::operation::create_table::CreateTableError as CreateFault;
use aws_sdk_dynamodb::types::{
    AttributeDefinition, BillingMode, KeySchemaElement, KeyType, ScalarAttributeType, TableStatus,
};
use tokio::time::{sleep, timeout};

use crate::policy_store::StoreError;

/// How long a new table may take to become active.
const PATIENCE: Duration = Duration::from_mins(1);

/// How often to look whether it has.
const INTERVAL: Duration = Duration::from_millis(200);

/// Makes sure that there is an active table of [`TableLayout::Gatepost`](super::TableLayout) with
/// this name: creates one that is billed by request, or takes the one that exists.
///
/// # Errors
///
/// [`CreateTableError`] when the service refuses, takes longer than a minute, or has a table of
/// this name with another key.
pub async fn create_table(client: &Client, table: &str) -> Result<(), CreateTableError> {
    let request = client
        .create_table()
        .table_name(table)
        .billing_mode(BillingMode::PayPerRequest)
        .set_attribute_definitions(Some(vec![
            attribute("subject", ScalarAttributeType::S)?,
            attribute("revision", ScalarAttributeType::N)?,
        ]))
        .set_key_schema(Some(key()?));
    match request.send().await {
        Ok(_) => {}
        Err(error) if exists(&error) => {}
        Err(error) => return Err(CreateTableError::Store(error.into())),
    }
    timeout(PATIENCE, active(client, table)).await.unwrap_or(Err(StoreError::TimedOut.into()))
}

/// Why there is no table to write to.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum CreateTableError {
    /// A table of this name exists and has another key.
    #[error("the table exists, but its key is not `subject` and `revision`")]
    OtherKey,

    /// The service could not be asked, or refused.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<BuildError> for CreateTableError {
    fn from(error: BuildError) -> Self {
        Self::Store(error.into())
    }
}

fn attribute(name: &str, of_type: ScalarAttributeType) -> Result<AttributeDefinition, BuildError> {
    AttributeDefinition::builder().attribute_name(name).attribute_type(of_type).build()
}

fn key() -> Result<Vec<KeySchemaElement>, BuildError> {
    [("subject", KeyType::Hash), ("revision", KeyType::Range)]
        .into_iter()
        .map(|(name, role)| KeySchemaElement::builder().attribute_name(name).key_type(role).build())
        .collect()
}

fn exists<R>(error: &SdkError<CreateFault, R>) -> bool {
    error.as_service_error().is_some_and(CreateFault::is_resource_in_use_exception)
}

/// Waits until the table can be used. The SDK has a waiter for this, which looks every 20 seconds.
async fn active(client: &Client, table: &str) -> Result<(), CreateTableError> {
    loop {
        match client.describe_table().table_name(table).send().await.map_err(StoreError::from) {
            Ok(answer) => {
                let description = answer.table.ok_or(StoreError::Garbled)?;
                if description.table_status == Some(TableStatus::Active) {
                    let same = description.key_schema == Some(key()?);
                    return if same { Ok(()) } else { Err(CreateTableError::OtherKey) };
                }
            }
            // A table is not seen everywhere in the moment it is created.
            Err(StoreError::TableNotFound) => {}
            Err(error) => return Err(error.into()),
        }
        sleep(INTERVAL).await;
    }
}
