//! The port: what the authorizer asks of any place where policy documents live.

use std::future::Future;
use std::sync::Arc;
use std::time::SystemTime;

use gatepost_core::policy::PolicyDocument;
use gatepost_core::revocable::Revocable;
use gatepost_core::secret::Secret;
use gatepost_core::subject::Subject;
use tokio::time::Instant;

use crate::dynamodb::RowFault;

/// A place that holds at most one current policy document for each subject, and revocations.
pub trait PolicyStore: Send + Sync {
    /// The current documents of those `subjects` that have one, sorted by subject, and those of
    /// `revocables` that are revoked, all in one reading.
    ///
    /// Subjects may repeat; each document comes once. A subject without a document is left out,
    /// and nothing else is: there is no partial answer.
    ///
    /// # Errors
    ///
    /// [`StoreError`] if anything could not be had, or not before `deadline`.
    fn read_rows(
        &self,
        subjects: &[Subject],
        revocables: &[Revocable],
        deadline: Instant,
    ) -> impl Future<Output = Result<Rows, StoreError>> + Send;

    /// The same, of subjects only.
    ///
    /// # Errors
    ///
    /// As [`read_rows`](Self::read_rows).
    fn read(
        &self,
        subjects: &[Subject],
        deadline: Instant,
    ) -> impl Future<Output = Result<Vec<StoredPolicy>, StoreError>> + Send {
        async move { Ok(self.read_rows(subjects, &[], deadline).await?.policies) }
    }
}

/// What one reading found.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Rows {
    /// Sorted by subject.
    pub policies: Vec<StoredPolicy>,
    /// Sorted by what is revoked.
    pub revocations: Vec<Revocation>,
}

/// A subject's current policy document.
#[derive(Clone, Debug, PartialEq)]
pub struct StoredPolicy {
    /// Whose document it is.
    pub subject: Subject,
    /// The number of its revision, from 1; 0 where the store keeps none.
    pub version: u64,
    /// The document.
    pub document: Arc<PolicyDocument>,
    /// A document to be tried in the shadow: compared with the other one, never enforced.
    pub candidate: Option<Candidate>,
    /// The API key of the usage plan that the subject's calls count for.
    pub usage_identifier_key: Option<Secret<String>>,
}

impl StoredPolicy {
    /// A document with nothing beside it.
    pub fn new(subject: Subject, version: u64, document: impl Into<Arc<PolicyDocument>>) -> Self {
        let document = document.into();
        Self { subject, version, document, candidate: None, usage_identifier_key: None }
    }
}

/// A document that may become a subject's.
#[derive(Clone, Debug, PartialEq)]
pub struct Candidate {
    /// The document.
    pub document: Arc<PolicyDocument>,
    /// SHA-256 of its canonical text, in hexadecimal digits: a candidate has no version.
    pub digest: String,
}

/// That something was revoked.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Revocation {
    /// What was.
    pub revocable: Revocable,
    /// When that ends, to the second: when the last token that it is about has ended. `None` if
    /// it does not.
    pub expires_at: Option<SystemTime>,
}

impl Revocation {
    /// Whether it holds at the time `now`. DynamoDB may leave a row for days after its time.
    pub fn holds_at(&self, now: SystemTime) -> bool {
        self.expires_at.is_none_or(|end| now < end)
    }
}

/// Why the documents could not be read.
///
/// Made to be logged: neither a subject's name, which comes from a claim, nor any value of a
/// document stands in it. Of a faulty document it has the place and the rule, for which a JSON
/// Pointer can hold names of the document's members.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum StoreError {
    /// The credentials are refused or do not allow the action.
    #[error("access to the table is denied ({code})")]
    AccessDenied {
        /// The service's name for the error.
        code: String,
    },

    /// The service failed on its side.
    #[error("the table's service failed with HTTP status {status}")]
    Failing {
        /// HTTP status, 500 or more.
        status: u16,
    },

    /// The service answered, but what it said is no answer to this question.
    #[error("the table's answer cannot be understood")]
    Garbled,

    /// The service would not take the request as it is.
    #[error("the table refused the request ({code}, HTTP status {status})")]
    Refused {
        /// The service's name for the error.
        code: String,
        /// HTTP status.
        status: u16,
    },

    /// A row is there but cannot be read as a policy document, or as a revocation.
    #[error("the row of a {kind} is unreadable: {fault}")]
    Row {
        /// Whose row it is, as far as may be told: `group`, `revoked session`.
        kind: &'static str,
        /// What is wrong with it.
        fault: RowFault,
    },

    /// There is no such table.
    #[error("there is no such table")]
    TableNotFound,

    /// The table or the account is over its throughput.
    #[error("reads from the table are throttled")]
    Throttled,

    /// No answer in time.
    #[error("no answer from the table in time")]
    TimedOut,

    /// A row nobody asked for, or one that came twice.
    #[error("the table's answer holds a row that was not asked for")]
    UnaskedRow,

    /// The service kept putting off a part of the request.
    #[error("the table left {unread} of {asked} subjects unprocessed until the deadline")]
    Unprocessed {
        /// Subjects asked for, without repeats.
        asked: usize,
        /// How many of them had no answer.
        unread: usize,
    },

    /// The service could not be reached.
    #[error("the table's service is unreachable: {why}")]
    Unreachable {
        /// In the words of the network stack.
        why: String,
    },

    /// The request could not be built or signed: an endpoint, a region or credentials are missing.
    #[error("the request to the table could not be made: {why}")]
    Unsendable {
        /// In the words of the AWS SDK.
        why: String,
    },
}

impl StoreError {
    /// A code for logs and metrics that stays the same when the wording changes.
    pub fn reason(&self) -> &'static str {
        match self {
            Self::AccessDenied { .. } => "access_denied",
            Self::Failing { .. } => "service_failing",
            Self::Garbled => "garbled_answer",
            Self::Refused { .. } => "request_refused",
            Self::Row { .. } => "unreadable_row",
            Self::TableNotFound => "table_not_found",
            Self::Throttled => "throttled",
            Self::TimedOut => "timed_out",
            Self::UnaskedRow => "unasked_row",
            Self::Unprocessed { .. } => "unprocessed_keys",
            Self::Unreachable { .. } => "unreachable",
            Self::Unsendable { .. } => "unsendable",
        }
    }

    /// Whether the same request may succeed a moment later.
    pub(crate) fn may_pass(&self) -> bool {
        match self {
            Self::Failing { .. }
            | Self::Garbled
            | Self::Throttled
            | Self::TimedOut
            | Self::Unprocessed { .. }
            | Self::Unreachable { .. } => true,
            Self::AccessDenied { .. }
            | Self::Refused { .. }
            | Self::Row { .. }
            | Self::TableNotFound
            | Self::UnaskedRow
            | Self::Unsendable { .. } => false,
        }
    }
}
