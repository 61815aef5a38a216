//! Reading policy documents from a DynamoDB table.
//!
//! One `BatchGetItem` reads everything a caller needs, up to 100 rows; more are read in turn.
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
mod current;
mod erase;
mod fault;
mod history;
mod layout;
mod read_all;
mod revision;
mod revoke;
mod row;
mod row_size;
mod seed;
mod session_row;
mod session_table;
mod table_state;
mod transaction;

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::retry::RetryConfig;
use aws_sdk_dynamodb::types::KeysAndAttributes;
use gatepost_core::revocable::Revocable;
use gatepost_core::subject::Subject;
use tokio::time::{Instant, timeout_at};

use self::backoff::Backoff;
use self::row::Row;
use crate::policy_store::{PolicyStore, Rows, StoreError};

pub use self::create::{CreateTableError, create_session_table, create_table};
pub use self::current::{CurrentRow, RevisionNote};
pub use self::erase::{erase, subjects_beginning};
pub use self::history::{Revision, history};
pub use self::layout::{TableLayout, TableLayoutError};
pub use self::read_all::{ReadAllError, UnreadableRow, read_all};
pub use self::revision::{NewRevision, WriteError, Written, delete_policy, digest_of, put_policy};
pub use self::revoke::{RevocationNote, lift_revocation, revoke};
pub use self::row::RowFault;
pub use self::seed::{SeedReport, seed};
pub use self::session_row::{Lease, SealedAccess, SessionRow};
pub use self::session_table::{NewTokens, SessionTable};
pub use self::table_state::{HandEdit, TableState, read_table};
pub use self::transaction::{
    Change, Content, MAX_CHANGES, Transaction, TransactionError, transactions,
};

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

    /// Moves the rows of an answer to `found` and returns what was put off. The rest of what was
    /// `asked` for has no row.
    fn settle<'a>(
        &self,
        mut asked: BTreeMap<String, Wanted<'a>>,
        answer: &Answer,
        found: &mut Rows,
    ) -> Result<Vec<Wanted<'a>>, StoreError> {
        // Each key can be taken once, as a row or as put off.
        let mut take = |row: &Row| {
            let partition = self.layout.partition_of(row).ok_or(StoreError::UnaskedRow)?;
            asked.remove(partition).ok_or(StoreError::UnaskedRow)
        };
        for row in &answer.rows {
            match take(row)? {
                Wanted::Policy(subject) => found.policies.push(self.layout.policy(subject, row)?),
                Wanted::Revocation(revocable) => {
                    found.revocations.push(layout::revocation(revocable, row)?);
                }
            }
        }
        answer.left.iter().map(take).collect()
    }
}

impl PolicyStore for DynamoDbStore {
    async fn read_rows(
        &self,
        subjects: &[Subject],
        revocables: &[Revocable],
        deadline: Instant,
    ) -> Result<Rows, StoreError> {
        let subjects = subjects.iter().filter(|subject| self.layout.holds(subject));
        let revocables = revocables.iter().filter(|_| self.layout.holds_revocations());
        let wanted: BTreeSet<Wanted<'_>> =
            subjects.map(Wanted::Policy).chain(revocables.map(Wanted::Revocation)).collect();
        let mut unread: VecDeque<Wanted<'_>> = wanted.iter().copied().collect();
        let mut found = Rows::default();
        let mut backoff = Backoff::until(deadline);
        while !unread.is_empty() {
            let asked: BTreeMap<String, Wanted<'_>> = unread
                .iter()
                .take(MAX_KEYS)
                .map(|wanted| (wanted.partition(self.layout), *wanted))
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
                    StoreError::Unprocessed { asked: wanted.len(), unread: unread.len() }
                }
                Err(fault) => fault,
            };
            backoff.after(fault).await?;
        }
        found.policies.sort_unstable_by(|one, other| one.subject.cmp(&other.subject));
        found.revocations.sort_unstable_by(|one, other| one.revocable.cmp(&other.revocable));
        Ok(found)
    }
}

/// A row that is asked for.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
enum Wanted<'a> {
    Policy(&'a Subject),
    Revocation(&'a Revocable),
}

impl Wanted<'_> {
    fn partition(self, layout: TableLayout) -> String {
        match self {
            Self::Policy(subject) => layout.partition(subject),
            Self::Revocation(revocable) => layout::revocation_partition(revocable),
        }
    }
}

/// What came back from one `BatchGetItem`.
struct Answer {
    rows: Vec<Row>,
    /// The keys that were put off.
    left: Vec<Row>,
}
