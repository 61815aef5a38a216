//! A suite as it is written. Strict: an unknown or repeated member is a fault with its line.

use std::fmt;
use std::marker::PhantomData;
use std::net::IpAddr;

use gatepost_core::json::Json;
use serde::de::{Deserialize, Deserializer, Error as _, MapAccess, Visitor};
use time::OffsetDateTime;

use crate::explain::parse_time;

/// A file.
#[derive(Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SuiteFile {
    /// For readers.
    #[serde(default, rename = "description")]
    _description: Option<String>,
    pub(super) stage: Option<String>,
    pub(super) context: Option<ContextFile>,
    pub(super) principals: Entries<PrincipalFile>,
    #[serde(default)]
    pub(super) tests: Vec<TableFile>,
    #[serde(default)]
    pub(super) matrices: Vec<MatrixFile>,
}

/// Whoever asks.
#[derive(Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PrincipalFile {
    #[serde(default)]
    pub(super) groups: Vec<String>,
    pub(super) user: Option<String>,
    pub(super) client: Option<String>,
    #[serde(default)]
    pub(super) scopes: Vec<String>,
    #[serde(default)]
    pub(super) claims: Entries<String>,
}

/// What a request says of itself.
#[derive(Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ContextFile {
    pub(super) source_ip: Option<IpAddr>,
    pub(super) now: Option<Now>,
    pub(super) user_agent: Option<String>,
    #[serde(default)]
    pub(super) keys: Entries<Json>,
}

/// What becomes of the requests of one principal.
#[derive(Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct TableFile {
    pub(super) principal: String,
    pub(super) context: Option<ContextFile>,
    pub(super) requests: Entries<Expected>,
}

/// What becomes of the requests of several: a row for each request, a column for each principal.
#[derive(Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct MatrixFile {
    pub(super) principals: Vec<String>,
    pub(super) context: Option<ContextFile>,
    pub(super) requests: Entries<Vec<Expected>>,
}

/// What is to become of a request.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Expected {
    /// It is allowed.
    Allow,
    /// It is denied, in whatever way.
    Deny,
    /// A statement denies it.
    ExplicitDeny,
    /// No statement says anything of it.
    ImplicitDeny,
}

impl Expected {
    const ALL: [Self; 4] = [Self::Allow, Self::Deny, Self::ExplicitDeny, Self::ImplicitDeny];

    /// As it is written.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Allow => "allow",
            Self::Deny => "deny",
            Self::ExplicitDeny => "explicit_deny",
            Self::ImplicitDeny => "implicit_deny",
        }
    }
}

impl<'de> Deserialize<'de> for Expected {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::ALL.into_iter().find(|one| one.as_str() == text).ok_or_else(|| {
            let known = Self::ALL.map(Self::as_str).join(", ");
            D::Error::custom(format_args!("write one of {known} instead of `{text}`"))
        })
    }
}

/// A time.
#[derive(Debug)]
pub(super) struct Now(pub(super) OffsetDateTime);

impl<'de> Deserialize<'de> for Now {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        parse_time(&text).map(Self).map_err(D::Error::custom)
    }
}

/// A mapping in the order it is written, without a name that stands twice.
#[derive(Debug)]
pub(super) struct Entries<T>(pub(super) Vec<(String, T)>);

impl<T> Default for Entries<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Entries<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(EntriesVisitor(PhantomData))
    }
}

struct EntriesVisitor<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for EntriesVisitor<T> {
    type Value = Entries<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a mapping")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut entries: Vec<(String, T)> = Vec::new();
        while let Some(name) = map.next_key::<String>()? {
            if entries.iter().any(|(known, _)| *known == name) {
                return Err(A::Error::custom(format_args!("`{name}` stands twice: keep one")));
            }
            entries.push((name, map.next_value()?));
        }
        Ok(Entries(entries))
    }
}
