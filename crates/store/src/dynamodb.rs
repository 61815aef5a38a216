//! Reading policy documents from a DynamoDB table.
//!
//! One `BatchGetItem` reads everything a caller needs, up to 100 subjects; more are read in turn.
//! What the service leaves unprocessed, and only that, is asked for again, with backoff, until the
//! deadline; so is a request that failed in passing. Whatever is still unread then is an error.
//!
//! Reads are eventually consistent. They cost half, do not depend on one replica, and are
//! [usually][read] less than a second behind, while the caches before and behind this one are
//! minutes behind by design.
//!
//! [read]: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/HowItWorks.ReadConsistency.html

mod attribute;
mod backoff;
mod create;
mod fault;
mod layout;
mod read_all;
mod revision;
mod row;
mod row_size;
mod seed;

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::retry::RetryConfig;
use aws_sdk_dynamodb::types::KeysAndAttributes;
use gatepost_core::subject::Subject;
use tokio::time::{Instant, timeout_at};

use self::backoff::Backoff;
use self::row::Row;
use crate::policy_store::{PolicyStore, StoreError, StoredPolicy};

pub use self::create::{CreateTableError, create_table};
pub use self::layout::{TableLayout, TableLayoutError};
pub use self::read_all::{ReadAllError, UnreadableRow, read_all};
pub use self::revision::{NewRevision, WriteError, Written, delete_policy, put_policy};
pub use self::row::RowFault;
pub use self::seed::{SeedReport, seed};

/// The most keys one `BatchGetItem` takes.
///
/// Source: [BatchGetItem](https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchGetItem.html).
const MAX_KEYS: usize = 100;

/// Policy documents in a DynamoDB table.
#[derive(Clone, Debug)]
pub struct DynamoDbStore {
    client: Client,
    table: String,
    layout: TableLayout,
}

impl DynamoDbStore {
    /// A store over the table with this name or ARN.
    ///
    /// Connections, credentials and endpoint are those of `client`. Its retries are not used: they
    /// know nothing of unprocessed keys or of the caller's deadline, so the store has its own.
    pub fn new(client: &Client, table: impl Into<String>, layout: TableLayout) -> Self {
        let config = client.config().to_builder().retry_config(RetryConfig::disabled()).build();
        Self { client: Client::from_conf(config), table: table.into(), layout }
    }

    /// Sends one `BatchGetItem` for these partition keys.
    async fn ask(&self, partitions: impl Iterator<Item = &String>) -> Result<Answer, StoreError> {
        let mut keys = KeysAndAttributes::builder()
            .set_keys(Some(partitions.map(|partition| self.layout.key(partition)).collect()));
        // Placeholders, because some of the names, such as `group`, are reserved words.
        let mut projection = Vec::new();
        for (index, name) in self.layout.attributes().iter().enumerate() {
            keys = keys.expression_attribute_names(format!("#{index}"), *name);
            projection.push(format!("#{index}"));
        }
        let keys = keys.projection_expression(projection.join(",")).build()?;
        let answer = self.client.batch_get_item().request_items(&self.table, keys).send().await?;
        // An answer about no table would make every document absent. Which of its names the one
        // table is called by, where it has an ARN too, makes no difference.
        let tables: Vec<Vec<Row>> =
            answer.responses.into_iter().flat_map(HashMap::into_values).collect();
        let [rows] = <[_; 1]>::try_from(tables).map_err(|_| StoreError::Garbled)?;
        let left = answer.unprocessed_keys.into_iter().flat_map(HashMap::into_values);
        Ok(Answer { rows, left: left.flat_map(|left| left.keys).collect() })
    }

    /// Moves the documents of an answer to `found` and returns the subjects that were put off. The
    /// rest of those `asked` for have no row.
    fn settle<'a>(
        &self,
        mut asked: BTreeMap<String, &'a Subject>,
        answer: &Answer,
        found: &mut BTreeMap<&'a Subject, StoredPolicy>,
    ) -> Result<Vec<&'a Subject>, StoreError> {
        // Each key can be taken once, as a row or as put off.
        let mut take = |row: &Row| {
            let partition = self.layout.partition_of(row).ok_or(StoreError::UnaskedRow)?;
            asked.remove(partition).ok_or(StoreError::UnaskedRow)
        };
        for row in &answer.rows {
            let subject = take(row)?;
            found.insert(subject, self.layout.policy(subject, row)?);
        }
        answer.left.iter().map(take).collect()
    }
}

impl PolicyStore for DynamoDbStore {
    async fn read(
        &self,
        subjects: &[Subject],
        deadline: Instant,
    ) -> Result<Vec<StoredPolicy>, StoreError> {
        let subjects: BTreeSet<&Subject> =
            subjects.iter().filter(|subject| self.layout.holds(subject)).collect();
        let mut unread: VecDeque<&Subject> = subjects.iter().copied().collect();
        let mut found = BTreeMap::new();
        let mut backoff = Backoff::until(deadline);
        while !unread.is_empty() {
            let asked: BTreeMap<String, &Subject> = unread
                .iter()
                .take(MAX_KEYS)
                .map(|subject| (self.layout.partition(subject), *subject))
                .collect();
            let count = asked.len();
            let attempt = timeout_at(backoff.attempt_deadline(), self.ask(asked.keys()));
            let fault = match attempt.await.unwrap_or(Err(StoreError::TimedOut)) {
                Ok(answer) => {
                    let left = self.settle(asked, &answer, &mut found)?;
                    unread.drain(..count);
                    if left.len() < count {
                        backoff.reset();
                    }
                    if left.is_empty() {
                        continue;
                    }
                    unread.extend(left);
                    StoreError::Unprocessed { asked: subjects.len(), unread: unread.len() }
                }
                Err(fault) => fault,
            };
            if !fault.may_pass() || !backoff.pause().await {
                return Err(fault);
            }
            tracing::warn!(reason = fault.reason(), unread = unread.len(), "reading again");
        }
        Ok(found.into_values().collect())
    }
}

/// What came back from one `BatchGetItem`.
struct Answer {
    rows: Vec<Row>,
    /// The keys that were put off.
    left: Vec<Row>,
}
