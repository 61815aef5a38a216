//! Where a request carries the caller's identity, and how it is read from there.
//!
//! API Gateway asks for each source before it calls the function: one that is absent or empty means
//! 401 without a call. The values together are the key of the result cache. Path parameters cannot
//! be identity sources.
//!
//! Source:
//! [`identitySource`](https://docs.aws.amazon.com/apigateway/latest/api/API_CreateAuthorizer.html).

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use http::HeaderName;

use super::api::Protocol;
use super::call::Call;
use super::route::RouteMatch;

/// All values that one source has in a request.
pub(super) type SourceValues = Vec<Vec<u8>>;

/// One identity source, such as `method.request.header.Authorization`.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum IdentitySource {
    /// `context.NAME`: a fact about the request.
    Context(ContextVariable),
    /// `method.request.header.NAME`.
    ///
    /// Looked up without regard to case. Whether a REST API does so is not documented, but its
    /// clients speak HTTP/2, which has lower-case names only.
    Header(HeaderName),
    /// `method.request.querystring.NAME`, in the case it is written in.
    Query(String),
    /// `stageVariables.NAME`.
    StageVariable(String),
}

impl IdentitySource {
    /// The source's values in `call`: none, or all of a header or parameter that is repeated.
    pub(super) fn values(
        &self,
        call: &Call,
        route: &RouteMatch<'_>,
        variables: &BTreeMap<String, String>,
    ) -> SourceValues {
        match self {
            Self::Context(variable) => vec![variable.value(call, route).into_bytes()],
            Self::Header(name) => call
                .headers
                .get_all(name)
                .iter()
                .map(|value| value.as_bytes().trim_ascii().to_vec())
                .collect(),
            Self::Query(name) => call
                .query
                .iter()
                .filter(|(key, _)| key == name)
                .map(|(_, value)| value.clone().into_bytes())
                .collect(),
            Self::StageVariable(name) => {
                variables.get(name).map(|value| value.clone().into_bytes()).into_iter().collect()
            }
        }
    }

    /// Reads a source as an API of this kind writes it.
    ///
    /// # Errors
    ///
    /// [`IdentitySourceError`] for what is no source of such an API.
    pub fn parse(protocol: Protocol, text: &str) -> Result<Self, IdentitySourceError> {
        let (request, sign) = match protocol {
            Protocol::Http => ("$request.", "$"),
            Protocol::Rest => ("method.request.", ""),
        };
        let named = |prefix: &str, kind: &str| {
            text.strip_prefix(prefix)?.strip_prefix(kind).filter(|name| !name.is_empty())
        };
        if let Some(name) = named(request, "header.") {
            return name.parse().map(Self::Header).map_err(|_| IdentitySourceError::HeaderName);
        }
        if let Some(name) = named(request, "querystring.") {
            return Ok(Self::Query(name.to_owned()));
        }
        if let Some(name) = named(sign, "stageVariables.") {
            return Ok(Self::StageVariable(name.to_owned()));
        }
        if let Some(name) = named(sign, "context.") {
            let variable: ContextVariable = name.parse()?;
            if variable == ContextVariable::RouteKey && protocol == Protocol::Rest {
                return Err(IdentitySourceError::ContextVariable);
            }
            return Ok(Self::Context(variable));
        }
        Err(IdentitySourceError::Form(protocol))
    }
}

/// As it is written in the definition of a REST API.
impl fmt::Display for IdentitySource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Context(variable) => write!(f, "context.{}", variable.name()),
            Self::Header(name) => write!(f, "method.request.header.{name}"),
            Self::Query(name) => write!(f, "method.request.querystring.{name}"),
            Self::StageVariable(name) => write!(f, "stageVariables.{name}"),
        }
    }
}

/// The `$context` variables that can be an identity source here.
///
/// Which names API Gateway accepts is not documented; these are the ones it knows before it calls
/// the authorizer and that the emulator has too.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum ContextVariable {
    /// `httpMethod`
    HttpMethod,
    /// `path`
    Path,
    /// `resourcePath`
    ResourcePath,
    /// `identity.sourceIp`
    SourceIp,
    /// `identity.userAgent`
    UserAgent,
    /// `routeKey`, of an HTTP API only
    RouteKey,
}

impl ContextVariable {
    const ALL: [Self; 6] = [
        Self::HttpMethod,
        Self::Path,
        Self::ResourcePath,
        Self::SourceIp,
        Self::UserAgent,
        Self::RouteKey,
    ];

    fn name(self) -> &'static str {
        match self {
            Self::HttpMethod => "httpMethod",
            Self::Path => "path",
            Self::ResourcePath => "resourcePath",
            Self::SourceIp => "identity.sourceIp",
            Self::UserAgent => "identity.userAgent",
            Self::RouteKey => "routeKey",
        }
    }

    fn value(self, call: &Call, route: &RouteMatch<'_>) -> String {
        match self {
            Self::HttpMethod => call.verb.to_string(),
            Self::Path => call.path.as_sent().to_owned(),
            Self::ResourcePath => route.template.to_owned(),
            Self::RouteKey => route.key.unwrap_or_default().to_owned(),
            Self::SourceIp => call.peer.to_string(),
            Self::UserAgent => call.header_text(&http::header::USER_AGENT).unwrap_or_default(),
        }
    }
}

impl FromStr for ContextVariable {
    type Err = IdentitySourceError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|variable| variable.name() == text)
            .ok_or(IdentitySourceError::ContextVariable)
    }
}

/// Why a text is not an identity source.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum IdentitySourceError {
    /// A `context.` variable that the emulator does not have.
    #[error(
        "this context variable is not emulated as an identity source; known are httpMethod, path, \
         resourcePath, identity.sourceIp, identity.userAgent and, of HTTP APIs, routeKey"
    )]
    ContextVariable,

    /// None of the four forms that an API of this kind knows.
    #[error("not an identity source; expected {}", forms(*.0))]
    Form(Protocol),

    /// A header name with characters no header name can have.
    #[error("not the name of a header")]
    HeaderName,
}

fn forms(protocol: Protocol) -> &'static str {
    match protocol {
        Protocol::Http => {
            "$request.header.NAME, $request.querystring.NAME, $stageVariables.NAME or $context.NAME"
        }
        Protocol::Rest => {
            "method.request.header.NAME, method.request.querystring.NAME, stageVariables.NAME or \
             context.NAME"
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sources_print_as_they_are_written() {
        for text in [
            "method.request.header.authorization",
            "method.request.querystring.Token",
            "stageVariables.tenant",
            "context.identity.sourceIp",
        ] {
            assert_eq!(IdentitySource::parse(Protocol::Rest, text).unwrap().to_string(), text);
        }
    }

    #[test]
    fn an_http_api_writes_the_same_sources_otherwise() {
        for (http, rest) in [
            ("$request.header.Authorization", "method.request.header.authorization"),
            ("$request.querystring.t", "method.request.querystring.t"),
            ("$stageVariables.tenant", "stageVariables.tenant"),
            ("$context.routeKey", "context.routeKey"),
        ] {
            let source = IdentitySource::parse(Protocol::Http, http).unwrap();
            assert_eq!(source.to_string(), rest);
        }
    }

    #[test]
    fn what_is_no_source_is_refused_with_its_reason() {
        use IdentitySourceError as E;
        use Protocol::{Http, Rest};
        for (protocol, text, error) in [
            (Rest, "", E::Form(Rest)),
            (Rest, "Authorization", E::Form(Rest)),
            (Rest, "method.request.path.id", E::Form(Rest)),
            (Rest, "$request.header.Authorization", E::Form(Rest)),
            (Rest, "method.request.header.", E::Form(Rest)),
            (Rest, "method.request.header.a b", E::HeaderName),
            (Rest, "context.requestId", E::ContextVariable),
            (Rest, "context.routeKey", E::ContextVariable),
            (Http, "method.request.header.Authorization", E::Form(Http)),
            (Http, "context.routeKey", E::Form(Http)),
        ] {
            assert_eq!(IdentitySource::parse(protocol, text), Err(error), "{text}");
        }
    }
}
