//! A method of an API: who may call it, and what answers it.

use std::fmt;

use gatepost_core::gateway::VERBS;
use http::{HeaderMap, StatusCode};

/// A method of a REST API's resource, or what a route of an HTTP API leads to.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Method {
    /// Who may call it.
    pub access: Access,
    /// What answers it.
    pub integration: Integration,
}

/// Who may call a method.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Access {
    /// Whoever the policy lets through that this authorizer returns.
    Guarded(AuthorizerId),
    /// Nobody: before it stands what is not emulated, by this name.
    NotEmulated(&'static str),
    /// Everyone: the method has no authorizer.
    Public,
}

/// One of the authorizers of an API.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct AuthorizerId(pub(super) usize);

/// What answers a method.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Integration {
    /// The backend.
    Backend {
        /// Headers that the API puts on the backend's answer, in place of its own.
        headers: HeaderMap,
    },
    /// The gateway itself. API Gateway fails where a mock has no answer set up.
    Mock(Option<MockAnswer>),
}

impl Integration {
    /// A backend to whose answer nothing is added.
    pub fn backend() -> Self {
        Self::Backend { headers: HeaderMap::new() }
    }
}

/// An answer that is always the same, without a body.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct MockAnswer {
    /// Its status.
    pub status: StatusCode,
    /// Its headers.
    pub headers: HeaderMap,
}

/// The verb a method is set up for.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum MethodVerb {
    /// Any verb that there is no method for beside it.
    Any,
    /// One of [`VERBS`].
    One(&'static str),
}

impl MethodVerb {
    /// The verb of preflight requests.
    pub const OPTIONS: Self = Self::One("OPTIONS");

    /// The verb of `text`, in capitals; `None` for one that API Gateway does not know.
    pub fn one(text: &str) -> Option<Self> {
        VERBS.into_iter().find(|verb| *verb == text).map(Self::One)
    }

    /// As [`one`](Self::one), or `ANY`.
    pub fn one_or_any(text: &str) -> Option<Self> {
        if text == "ANY" { Some(Self::Any) } else { Self::one(text) }
    }
}

/// `GET`, or `ANY`.
impl fmt::Display for MethodVerb {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Any => "ANY",
            Self::One(verb) => verb,
        })
    }
}
