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

use super::call::Call;

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
        resource: &str,
        variables: &BTreeMap<String, String>,
    ) -> SourceValues {
        match self {
            Self::Context(variable) => vec![variable.value(call, resource).into_bytes()],
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
}

impl FromStr for IdentitySource {
    type Err = IdentitySourceError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let named = |prefix: &str| text.strip_prefix(prefix).filter(|name| !name.is_empty());
        if let Some(name) = named("method.request.header.") {
            return name.parse().map(Self::Header).map_err(|_| IdentitySourceError::HeaderName);
        }
        if let Some(name) = named("method.request.querystring.") {
            return Ok(Self::Query(name.to_owned()));
        }
        if let Some(name) = named("stageVariables.") {
            return Ok(Self::StageVariable(name.to_owned()));
        }
        if let Some(name) = named("context.") {
            return name.parse().map(Self::Context);
        }
        Err(IdentitySourceError::Form)
    }
}

/// As it is written in an API's definition.
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
}

impl ContextVariable {
    const ALL: [Self; 5] =
        [Self::HttpMethod, Self::Path, Self::ResourcePath, Self::SourceIp, Self::UserAgent];

    fn name(self) -> &'static str {
        match self {
            Self::HttpMethod => "httpMethod",
            Self::Path => "path",
            Self::ResourcePath => "resourcePath",
            Self::SourceIp => "identity.sourceIp",
            Self::UserAgent => "identity.userAgent",
        }
    }

    fn value(self, call: &Call, resource: &str) -> String {
        match self {
            Self::HttpMethod => call.verb.to_string(),
            Self::Path => call.path.as_sent().to_owned(),
            Self::ResourcePath => resource.to_owned(),
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
         resourcePath, identity.sourceIp and identity.userAgent"
    )]
    ContextVariable,

    /// None of the four forms.
    #[error(
        "not an identity source; expected method.request.header.NAME, \
         method.request.querystring.NAME, stageVariables.NAME or context.NAME"
    )]
    Form,

    /// A header name with characters no header name can have.
    #[error("not the name of a header")]
    HeaderName,
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
            assert_eq!(text.parse::<IdentitySource>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn what_is_no_source_is_refused_with_its_reason() {
        for (text, error) in [
            ("", IdentitySourceError::Form),
            ("Authorization", IdentitySourceError::Form),
            ("method.request.path.id", IdentitySourceError::Form),
            ("$request.header.Authorization", IdentitySourceError::Form),
            ("method.request.header.", IdentitySourceError::Form),
            ("method.request.header.a b", IdentitySourceError::HeaderName),
            ("context.requestId", IdentitySourceError::ContextVariable),
        ] {
            assert_eq!(text.parse::<IdentitySource>(), Err(error), "{text}");
        }
    }
}
