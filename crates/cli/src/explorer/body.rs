//! Bodies of requests. They may hold a token: what is wrong with one is said without its values.

use std::collections::BTreeMap;

use axum::body::Bytes;
use axum::extract::{FromRequest, Request};
use gatepost_core::subject::Subject;
use http::StatusCode;
use serde::de::DeserializeOwned;

use super::fault::Fault;

/// The longest body, in bytes: drafts of a dozen of the longest documents.
pub(super) const MAX_BYTES: usize = 6 * 1024 * 1024;

/// The longest name that is repeated to whoever asked, in bytes.
const MAX_NAME: usize = 80;

/// Texts for documents, by subject; `null` takes a document away.
pub(super) type Drafts = BTreeMap<String, Option<String>>;

/// A body, no longer than it may be.
pub(super) struct Body(Bytes);

impl<S: Send + Sync> FromRequest<S> for Body {
    type Rejection = Fault;

    async fn from_request(request: Request, state: &S) -> Result<Self, Fault> {
        let read = Bytes::from_request(request, state).await.map(Self);
        read.map_err(|error| Fault::new(error.status(), error.body_text()))
    }
}

/// Reads a body.
///
/// # Errors
///
/// Where it is not JSON, or which member is not as it should be.
pub(super) fn read<T: DeserializeOwned>(Body(text): &Body) -> Result<T, Fault> {
    let mut reader = serde_json::Deserializer::from_slice(text);
    let read = serde_path_to_error::deserialize(&mut reader).map_err(|error| {
        let path = error.path().to_string();
        // What somebody took for a member may be a token.
        let path = if path.len() <= MAX_NAME { path } else { "a member".to_owned() };
        let inner = error.inner();
        if inner.is_data() {
            Fault::new(
                StatusCode::BAD_REQUEST,
                format!("`{path}` is missing, unknown or not as docs/explorer.md has it"),
            )
            .of(&path)
        } else {
            not_json(inner)
        }
    })?;
    reader.end().map_err(|error| not_json(&error))?;
    Ok(read)
}

fn not_json(error: &serde_json::Error) -> Fault {
    let (line, column) = (error.line(), error.column());
    Fault::new(
        StatusCode::BAD_REQUEST,
        format!("the body is not JSON: see line {line}, column {column}"),
    )
}

/// A subject as it is written: `group:movies-group`.
///
/// # Errors
///
/// When it is none, with the name of where it stood.
pub(super) fn subject(text: &str, field: &str) -> Result<Subject, Fault> {
    text.parse().map_err(|error| Fault::from(anyhow::Error::from(error)).of(field))
}

/// Drafts by their subjects.
///
/// # Errors
///
/// When a name is no subject's.
pub(super) fn drafts(drafts: Drafts) -> Result<BTreeMap<Subject, Option<String>>, Fault> {
    let drafts = drafts.into_iter();
    drafts.map(|(name, text)| Ok((subject(&name, "drafts")?, text))).collect()
}
