//! Why a request is not answered.

use axum::Json;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use serde_json::{Map, Value};

/// A status, and a sentence that says what to do.
///
/// INVARIANT: the sentence never holds a token or a cookie.
#[derive(Debug)]
pub(super) struct Fault {
    status: StatusCode,
    members: Map<String, Value>,
}

impl Fault {
    pub(super) fn new(status: StatusCode, error: impl Into<String>) -> Self {
        let members = Map::from_iter([("error".to_owned(), Value::String(error.into()))]);
        Self { status, members }
    }

    /// What to do.
    pub(super) fn sentence(&self) -> &str {
        self.members.get("error").and_then(Value::as_str).unwrap_or_default()
    }

    /// The same, about the member or parameter of this name.
    #[must_use]
    pub(super) fn of(self, field: &str) -> Self {
        self.with("field", field.into())
    }

    /// The same, with one more member.
    #[must_use]
    pub(super) fn with(mut self, name: &str, value: Value) -> Self {
        self.members.insert(name.to_owned(), value);
        self
    }
}

/// What was asked for is at fault.
impl From<anyhow::Error> for Fault {
    fn from(error: anyhow::Error) -> Self {
        Self::new(StatusCode::BAD_REQUEST, format!("{error:#}"))
    }
}

impl IntoResponse for Fault {
    fn into_response(self) -> Response {
        (self.status, Json(Value::Object(self.members))).into_response()
    }
}
