//! The words that cases are made of, read from `vocabulary.json`.

use std::sync::LazyLock;

use serde::Deserialize;
use serde_json::Value;

pub(crate) static VOCABULARY: LazyLock<Vocabulary> =
    LazyLock::new(|| serde_json::from_str(include_str!("vocabulary.json")).unwrap());

/// The words. What stands in a list more than once comes more often.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Vocabulary {
    /// Segments of the paths of requests.
    pub(crate) segments: Vec<String>,
    /// What a token may hold for a claim.
    pub(crate) claims: Vec<Value>,
    pub(crate) families: Vec<Family>,
}

/// A kind of condition operator.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Family {
    pub(crate) operators: Vec<String>,
    /// Context keys that hold values of the operators' type.
    pub(crate) keys: Vec<String>,
    /// What a policy may hold.
    pub(crate) wanted: Vec<Value>,
    /// What a request may hold.
    pub(crate) found: Vec<Value>,
    /// What a request may hold too, most of it not of the operators' type.
    pub(crate) strange: Vec<Value>,
    /// Whether a policy may list several values.
    pub(crate) several: bool,
}
