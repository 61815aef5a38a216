//! Which attributes of a table hold what.

use std::collections::HashMap;
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use aws_sdk_dynamodb::types::AttributeValue;
use gatepost_core::json::Json;
use gatepost_core::revocable::{Revocable, RevocableKind};
use gatepost_core::secret::Secret;
use gatepost_core::subject::{Subject, SubjectError, SubjectKind};

use super::revision::digest_of;
use super::row::{self, Row};
use crate::policy_store::{Candidate, Revocation, StoreError, StoredPolicy};

/// The sort key of a subject's current document; its history has 1, 2, 3 and so on.
pub(super) const CURRENT: u64 = 0;

/// How a table is laid out.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum TableLayout {
    /// The table of [`aws-samples/amazon-cognito-api-gateway`][sample]: partition key `group`, a
    /// string, and a map `policy`. Subjects other than groups have no place in it, and documents
    /// no version.
    ///
    /// [sample]: https://github.com/aws-samples/amazon-cognito-api-gateway
    AwsSample,
    /// Gatepost's own: partition key `subject`, a string such as `group:movies-group`; sort key
    /// `revision`, a number; a map `document` and a number `version`.
    Gatepost,
}

impl TableLayout {
    /// Every layout, by name.
    pub const ALL: [Self; 2] = [Self::AwsSample, Self::Gatepost];

    /// The layout's name in settings: `aws-sample`, `gatepost`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::AwsSample => "aws-sample",
            Self::Gatepost => "gatepost",
        }
    }

    /// Whether revocations can be in the table at all.
    pub(super) fn holds_revocations(self) -> bool {
        self == Self::Gatepost
    }

    /// Whether a document of this subject can be in the table at all.
    pub(super) fn holds(self, subject: &Subject) -> bool {
        match self {
            Self::AwsSample => subject.kind() == SubjectKind::Group,
            Self::Gatepost => true,
        }
    }

    /// The partition key of a subject's row.
    pub(super) fn partition(self, subject: &Subject) -> String {
        match self {
            Self::AwsSample => subject.name().to_owned(),
            Self::Gatepost => subject.to_string(),
        }
    }

    /// Whose row it is that has this partition key.
    pub(super) fn subject_of(self, partition: &str) -> Result<Subject, SubjectError> {
        match self {
            Self::AwsSample => Subject::new(SubjectKind::Group, partition),
            Self::Gatepost => partition.parse(),
        }
    }

    /// The whole key of the row with the current document under this partition key.
    pub(super) fn key(self, partition: &str) -> Row {
        let partition = AttributeValue::S(partition.to_owned());
        match self {
            Self::AwsSample => HashMap::from([("group".to_owned(), partition)]),
            Self::Gatepost => HashMap::from([
                ("subject".to_owned(), partition),
                ("revision".to_owned(), AttributeValue::N(CURRENT.to_string())),
            ]),
        }
    }

    /// The partition key of a row or a key that came back.
    pub(super) fn partition_of(self, row: &Row) -> Option<&str> {
        row.get(self.partition_attribute())?.as_s().ok().map(String::as_str)
    }

    /// The attributes a read needs.
    pub(super) fn attributes(self) -> &'static [&'static str] {
        match self {
            Self::AwsSample => &["group", "policy"],
            Self::Gatepost => &[
                "subject",
                "document",
                "version",
                "candidate",
                "usage_identifier_key",
                "expires_at",
            ],
        }
    }

    /// Reads the row of `subject`.
    pub(super) fn policy(self, subject: &Subject, row: &Row) -> Result<StoredPolicy, StoreError> {
        let read = || match self {
            Self::AwsSample => {
                let mut map = row::native_map(row, "policy")?;
                respell_sids(&mut map);
                Ok(StoredPolicy::new(subject.clone(), 0, row::document("policy", &map)?))
            }
            Self::Gatepost => {
                let map = row::native_map(row, "document")?;
                let (version, document) = (row::version(row)?, row::document("document", &map)?);
                Ok(StoredPolicy {
                    candidate: candidate(row),
                    usage_identifier_key: row::text(row, "usage_identifier_key")?.map(Secret::new),
                    ..StoredPolicy::new(subject.clone(), version, document)
                })
            }
        };
        read().map_err(|fault| StoreError::Row { kind: subject.kind().as_str(), fault })
    }

    fn partition_attribute(self) -> &'static str {
        match self {
            Self::AwsSample => "group",
            Self::Gatepost => "subject",
        }
    }
}

/// The partition key of the row by which `revocable` is revoked, in a table of our own layout.
pub(super) fn revocation_partition(revocable: &Revocable) -> String {
    format!("{}{revocable}", Revocable::PREFIX)
}

/// Reads the row by which `revocable` is revoked.
pub(super) fn revocation(revocable: &Revocable, row: &Row) -> Result<Revocation, StoreError> {
    match row::expires_at(row) {
        Ok(expires_at) => Ok(Revocation { revocable: revocable.clone(), expires_at }),
        Err(fault) => {
            let kind = match revocable.kind() {
                RevocableKind::Session => "revoked session",
                RevocableKind::Token => "revoked token",
                RevocableKind::User => "revoked user",
            };
            Err(StoreError::Row { kind, fault })
        }
    }
}

impl fmt::Display for TableLayout {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for TableLayout {
    type Err = TableLayoutError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|layout| layout.as_str() == text).ok_or(TableLayoutError)
    }
}

/// A text that names no layout.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("not a table layout: neither `aws-sample` nor `gatepost`")]
pub struct TableLayoutError;

/// The row's candidate. One that cannot be read is no fault of the row's, since nothing depends on
/// it: it is left out, and said to be so in the log.
fn candidate(row: &Row) -> Option<Candidate> {
    row.get("candidate")?;
    let read = row::native_map(row, "candidate").and_then(|map| row::document("candidate", &map));
    let document =
        read.inspect_err(|fault| tracing::warn!(%fault, "a candidate cannot be read")).ok()?;
    let digest = digest_of(&document);
    Some(Candidate { document: Arc::new(document), digest })
}

/// Takes everything but letters and digits out of each Sid.
///
/// The sample's one document has the Sid `PetStore-API`. IAM takes no hyphen there, and neither
/// does our parser; API Gateway never minded. A Sid decides nothing, so such a table is read.
fn respell_sids(document: &mut Json) {
    let statements = match member(document, "Statement") {
        Some(Json::Array(statements)) => statements.as_mut_slice(),
        Some(statement) => std::slice::from_mut(statement),
        None => return,
    };
    for statement in statements {
        if let Some(Json::String(sid)) = member(statement, "Sid") {
            sid.retain(|character| character.is_ascii_alphanumeric());
        }
    }
}

fn member<'a>(json: &'a mut Json, name: &str) -> Option<&'a mut Json> {
    let Json::Object(members) = json else { return None };
    members.iter_mut().find_map(|(key, value)| (key == name).then_some(value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn layouts_read_back_as_they_are_written() {
        for layout in TableLayout::ALL {
            assert_eq!(layout.to_string().parse(), Ok(layout));
        }
        assert_eq!("Gatepost".parse::<TableLayout>(), Err(TableLayoutError));
    }
}
