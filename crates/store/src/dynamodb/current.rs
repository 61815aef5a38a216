//! A subject's row as it stands, with all that those who change it must know of it.

use std::sync::Arc;

use aws_sdk_dynamodb::types::AttributeValue;
use gatepost_core::policy::PolicyDocument;
use gatepost_core::subject::Subject;

use super::attribute;
use super::revision::{digest_of, digest_of_text};
use super::row::{self, Row, RowFault};

/// The current row of a subject.
#[derive(Clone, Debug, PartialEq)]
pub struct CurrentRow {
    /// Whose row it is.
    pub subject: Subject,
    /// The number of its revision, from 1.
    pub version: u64,
    /// Its document. One that cannot be read fails every call of those whom it is about.
    pub document: Result<Arc<PolicyDocument>, RowFault>,
    /// SHA-256 of the document as it stands there, whatever the row says.
    pub digest: String,
    /// A document that is tried in the shadow.
    pub candidate: Option<Result<Arc<PolicyDocument>, RowFault>>,
    /// Who made the revision, when and why.
    pub note: RevisionNote,
    /// The digest that the row says it has.
    pub(super) said_digest: Option<String>,
    /// Everything in it.
    pub(super) native: Row,
}

/// Who made a revision, when and why, as far as it is said.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct RevisionNote {
    /// When, as RFC 3339.
    pub updated_at: Option<String>,
    /// Who.
    pub updated_by: Option<String>,
    /// Why.
    pub comment: Option<String>,
    /// The revision of the source that it was made from.
    pub source_revision: Option<String>,
}

impl CurrentRow {
    /// Reads a row.
    pub(super) fn read(subject: Subject, native: Row) -> Result<Self, RowFault> {
        let version = row::version(&native)?;
        let document = document(&native, "document");
        let digest = match &document {
            Ok(document) => digest_of(document),
            Err(_) => digest_of_native(native.get("document")),
        };
        Ok(Self {
            version,
            document: document.map(Arc::new),
            digest,
            candidate: native
                .contains_key("candidate")
                .then(|| self::document(&native, "candidate").map(Arc::new)),
            note: RevisionNote::read(&native),
            said_digest: text(&native, "digest"),
            subject,
            native,
        })
    }
}

impl RevisionNote {
    pub(super) fn read(row: &Row) -> Self {
        Self {
            updated_at: text(row, "updated_at"),
            updated_by: text(row, "updated_by"),
            comment: text(row, "comment").filter(|comment| !comment.is_empty()),
            source_revision: text(row, "source_revision"),
        }
    }
}

pub(super) fn document(row: &Row, attribute: &'static str) -> Result<PolicyDocument, RowFault> {
    row::document(attribute, &row::native_map(row, attribute)?)
}

/// A text, if it is one.
pub(super) fn text(row: &Row, attribute: &str) -> Option<String> {
    row.get(attribute).and_then(|value| value.as_s().ok()).cloned()
}

/// Of what is no document: that of its JSON text, and of what is no JSON that of nothing.
fn digest_of_native(value: Option<&AttributeValue>) -> String {
    let json = value.and_then(|value| attribute::to_json(value).ok());
    digest_of_text(&json.map_or_else(String::new, |json| json.to_string()))
}
