//! The row of a session: what it holds, written and read strictly.
//!
//! | attribute | type | what |
//! | --- | --- | --- |
//! | `session` | text, the key | see [`SessionRowKey`] |
//! | `access_token` | binary | sealed by the session's id |
//! | `refresh_token` | text, or absent | sealed by whoever signs people in |
//! | `sub` | text | whose session it is |
//! | `created_at`, `renewed_at` | seconds since 1970 | when it began, and when its tokens came |
//! | `revision` | number from 1 | how many times tokens came |
//! | `expires_at` | seconds since 1970 | when it is over; DynamoDB's TTL |
//! | `lease`, `lease_until` | text, milliseconds since 1970; both or none | who is asking for new tokens, and how long nobody else is to |

use std::fmt;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::AttributeValue;

use super::row::{self, Row, RowFault};
use crate::policy_store::StoreError;
use crate::session_id::SessionRowKey;

/// The session of one browser.
#[derive(Clone, Eq, PartialEq)]
pub struct SessionRow {
    /// Opened by the session's id.
    pub access_token: Vec<u8>,
    /// Sealed as well, for the function that signs people in; none where the provider gave none.
    pub refresh_token: Option<String>,
    /// Whose session it is.
    pub sub: String,
    /// When it began, to the second.
    pub created_at: SystemTime,
    /// When its tokens came, to the second.
    pub renewed_at: SystemTime,
    /// From 1; one more each time tokens came.
    pub revision: u64,
    /// When it is over, to the second.
    pub expires_at: SystemTime,
    /// Who is asking the provider for new tokens.
    pub lease: Option<Lease>,
}

/// The right to ask the provider for new tokens.
#[derive(Clone, Eq, PartialEq)]
pub struct Lease {
    /// Who has it.
    pub holder: String,
    /// When others may take it, to the millisecond.
    pub until: SystemTime,
}

/// What a reader of tokens needs of a row.
#[derive(Clone, Eq, PartialEq)]
pub struct SealedAccess {
    /// Opened by the session's id.
    pub access_token: Vec<u8>,
    /// When the session is over, to the second.
    pub expires_at: SystemTime,
}

impl SessionRow {
    /// Whether the session is over. DynamoDB may leave a row for days after its time.
    pub fn is_over(&self, now: SystemTime) -> bool {
        self.expires_at <= now
    }

    pub(super) fn read(row: &Row) -> Result<Self, StoreError> {
        Ok(Self {
            access_token: access_token(row)?,
            refresh_token: row::text(row, "refresh_token").map_err(unreadable)?,
            sub: required(row, "sub", row::text)?,
            created_at: required(row, "created_at", row::seconds)?,
            renewed_at: required(row, "renewed_at", row::seconds)?,
            revision: required(row, "revision", row::number)?,
            expires_at: required(row, "expires_at", row::seconds)?,
            lease: lease(row)?,
        })
    }

    pub(super) fn write(&self, key: SessionRowKey) -> Row {
        let mut row = self::key(key);
        let mut put = |name: &str, value| row.insert(name.to_owned(), value);
        put("access_token", AttributeValue::B(Blob::new(self.access_token.clone())));
        if let Some(token) = &self.refresh_token {
            put("refresh_token", AttributeValue::S(token.clone()));
        }
        put("sub", AttributeValue::S(self.sub.clone()));
        put("created_at", seconds(self.created_at));
        put("renewed_at", seconds(self.renewed_at));
        put("revision", AttributeValue::N(self.revision.to_string()));
        put("expires_at", seconds(self.expires_at));
        if let Some(lease) = &self.lease {
            put("lease", AttributeValue::S(lease.holder.clone()));
            put("lease_until", milliseconds(lease.until));
        }
        row
    }
}

impl Lease {
    /// Whether nobody else may take it yet.
    pub fn holds_at(&self, now: SystemTime) -> bool {
        now < self.until
    }
}

impl SealedAccess {
    pub(super) const ATTRIBUTES: [&str; 3] = ["session", "access_token", "expires_at"];

    pub(super) fn read(row: &Row) -> Result<Self, StoreError> {
        Ok(Self {
            access_token: access_token(row)?,
            expires_at: required(row, "expires_at", row::seconds)?,
        })
    }
}

/// Sealed or not, tokens and names are nothing to show.
impl fmt::Debug for SessionRow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SessionRow").field("revision", &self.revision).finish_non_exhaustive()
    }
}

impl fmt::Debug for SealedAccess {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SealedAccess").finish_non_exhaustive()
    }
}

impl fmt::Debug for Lease {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Lease").field("until", &self.until).finish_non_exhaustive()
    }
}

/// The key of a row.
pub(super) fn key(key: SessionRowKey) -> Row {
    Row::from([("session".to_owned(), AttributeValue::S(key.to_string()))])
}

/// Whether it is the row of that key.
pub(super) fn is_of(row: &Row, key: SessionRowKey) -> bool {
    matches!(row.get("session"), Some(AttributeValue::S(text)) if *text == key.to_string())
}

pub(super) fn seconds(time: SystemTime) -> AttributeValue {
    AttributeValue::N(since_1970(time).as_secs().to_string())
}

pub(super) fn milliseconds(time: SystemTime) -> AttributeValue {
    AttributeValue::N(since_1970(time).as_millis().to_string())
}

fn since_1970(time: SystemTime) -> Duration {
    time.duration_since(UNIX_EPOCH).unwrap_or_default()
}

fn access_token(row: &Row) -> Result<Vec<u8>, StoreError> {
    required(row, "access_token", row::bytes)
}

fn lease(row: &Row) -> Result<Option<Lease>, StoreError> {
    let Some(holder) = row::text(row, "lease").map_err(unreadable)? else { return Ok(None) };
    let milliseconds = required(row, "lease_until", row::number)?;
    let until = UNIX_EPOCH.checked_add(Duration::from_millis(milliseconds));
    // A time that no clock comes to is one that is over: the lease is only to save a request.
    Ok(until.map(|until| Lease { holder, until }))
}

fn required<T>(
    row: &Row,
    attribute: &'static str,
    read: impl FnOnce(&Row, &'static str) -> Result<Option<T>, RowFault>,
) -> Result<T, StoreError> {
    let value = read(row, attribute).map_err(unreadable)?;
    value.ok_or_else(|| unreadable(RowFault::Missing { attribute }))
}

fn unreadable(fault: RowFault) -> StoreError {
    StoreError::Row { kind: "session", fault }
}
