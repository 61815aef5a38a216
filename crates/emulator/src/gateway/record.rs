//! What is told of each request: one record, without token, query or claim.

use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

/// What became of one request.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct DecisionRecord {
    /// The id that the client got as `x-amzn-requestid`.
    pub request_id: String,
    /// When the request came in.
    pub received: SystemTime,
    /// The address it came from.
    pub source_ip: IpAddr,
    /// The verb of the request, after `X-HTTP-Method-Override`.
    pub verb: String,
    /// The path as sent, without the query.
    pub path: String,
    /// The resource it was routed to, such as `/movies/{id}`.
    pub resource: Option<String>,
    /// The status of the response.
    pub status: u16,
    /// How the request was decided.
    pub outcome: Outcome,
    /// What the result cache did for it.
    pub cache: CacheUse,
    /// The `principalId` the authorizer returned.
    pub principal_id: Option<String>,
    /// From the request's arrival to the response's head.
    pub duration: Duration,
    /// Why, in words for the developer, where status and outcome do not say all.
    pub reason: Option<String>,
}

/// How a request was decided.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum Outcome {
    /// The policy allows the method.
    Allow,
    /// The authorizer failed or could not be understood: 500.
    AuthorizerFailure,
    /// A statement of the policy denies the method.
    ExplicitDeny,
    /// No statement of the policy allows the method.
    ImplicitDeny,
    /// Before the method stands what is not emulated: 501.
    NotEmulated,
    /// The gateway answered a CORS preflight.
    Preflight,
    /// The method has no authorizer.
    Public,
    /// The request is over a limit of API Gateway.
    TooLarge,
    /// An identity source was empty, or the authorizer said `Unauthorized`: 401.
    Unauthorized,
    /// The API has no such method.
    UnknownRoute,
}

/// `allow`, `explicit_deny`, …
impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Allow => "allow",
            Self::AuthorizerFailure => "authorizer_failure",
            Self::ExplicitDeny => "explicit_deny",
            Self::ImplicitDeny => "implicit_deny",
            Self::NotEmulated => "not_emulated",
            Self::Preflight => "preflight",
            Self::Public => "public",
            Self::TooLarge => "too_large",
            Self::Unauthorized => "unauthorized",
            Self::UnknownRoute => "unknown_route",
        })
    }
}

/// What the result cache did for a request.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum CacheUse {
    /// The policy was in the cache; the authorizer was not invoked.
    Hit,
    /// The authorizer was invoked; a policy it returned is kept.
    Miss,
    /// The authorizer was invoked; the result TTL is zero.
    Off,
    /// No policy was needed, or none was asked for.
    Unused,
}

/// `hit`, `miss`, …
impl fmt::Display for CacheUse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Hit => "hit",
            Self::Miss => "miss",
            Self::Off => "off",
            Self::Unused => "unused",
        })
    }
}

/// Is told of every request, on the request's own task: it must not block.
#[derive(Clone)]
pub struct Observer(Arc<dyn Fn(&DecisionRecord) + Send + Sync>);

impl Observer {
    /// An observer that calls `tell` once a request, when its response is ready.
    pub fn new(tell: impl Fn(&DecisionRecord) + Send + Sync + 'static) -> Self {
        Self(Arc::new(tell))
    }

    pub(super) fn tell(&self, record: &DecisionRecord) {
        (self.0)(record);
    }
}

impl fmt::Debug for Observer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Observer")
    }
}
