//! Making a table for policy documents or for sessions, for laptops and tests.

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
    const KEY: [Part; 2] = [
        ("subject", ScalarAttributeType::S, KeyType::Hash),
        ("revision", ScalarAttributeType::N, KeyType::Range),
    ];
    create(client, table, &KEY).await
}

/// The same for a table of sessions. It has no TTL: DynamoDB's engine of a laptop deletes nothing by
/// itself, and nobody goes by what has been deleted.
///
/// # Errors
///
/// As [`create_table`].
pub async fn create_session_table(client: &Client, table: &str) -> Result<(), CreateTableError> {
    create(client, table, &[("session", ScalarAttributeType::S, KeyType::Hash)]).await
}

/// An attribute of the key: its name, its type, its role.
type Part = (&'static str, ScalarAttributeType, KeyType);

async fn create(client: &Client, table: &str, key: &[Part]) -> Result<(), CreateTableError> {
    let attributes = key.iter().map(|(name, of_type, _)| {
        AttributeDefinition::builder().attribute_name(*name).attribute_type(of_type.clone()).build()
    });
    let request = client
        .create_table()
        .table_name(table)
        .billing_mode(BillingMode::PayPerRequest)
        .set_attribute_definitions(Some(attributes.collect::<Result<_, _>>()?))
        .set_key_schema(Some(schema(key)?));
    match request.send().await {
        Ok(_) => {}
        Err(error) if exists(&error) => {}
        Err(error) => return Err(CreateTableError::Store(error.into())),
    }
    timeout(PATIENCE, active(client, table, key)).await.unwrap_or(Err(StoreError::TimedOut.into()))
}

/// Why there is no table to write to.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum CreateTableError {
    /// A table of this name exists and has another key.
    #[error("the table exists, but its key is not {}", wanted.join(" and "))]
    OtherKey {
        /// The names of the attributes that its key must have.
        wanted: Vec<&'static str>,
    },

    /// The service could not be asked, or refused.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<BuildError> for CreateTableError {
    fn from(error: BuildError) -> Self {
        Self::Store(error.into())
    }
}

fn schema(key: &[Part]) -> Result<Vec<KeySchemaElement>, BuildError> {
    key.iter()
        .map(|(name, _, role)| {
            KeySchemaElement::builder().attribute_name(*name).key_type(role.clone()).build()
        })
        .collect()
}

fn exists<R>(error: &SdkError<CreateFault, R>) -> bool {
    error.as_service_error().is_some_and(CreateFault::is_resource_in_use_exception)
}

/// Waits until the table can be used. The SDK has a waiter for this, which looks every 20 seconds.
async fn active(client: &Client, table: &str, key: &[Part]) -> Result<(), CreateTableError> {
    loop {
        match client.describe_table().table_name(table).send().await.map_err(StoreError::from) {
            Ok(answer) => {
                let description = answer.table.ok_or(StoreError::Garbled)?;
                if description.table_status == Some(TableStatus::Active) {
                    if description.key_schema == Some(schema(key)?) {
                        return Ok(());
                    }
                    let wanted = key.iter().map(|(name, ..)| *name).collect();
                    return Err(CreateTableError::OtherKey { wanted });
                }
            }
            // A table is not seen everywhere in the moment it is created.
            Err(StoreError::TableNotFound) => {}
            Err(error) => return Err(error.into()),
        }
        sleep(INTERVAL).await;
    }
}
