//! How an API is set up to call its authorizer: kind, identity sources, result cache.

use std::time::Duration;

use http::HeaderName;
use regex::Regex;

use super::identity::IdentitySource;

/// The authorizer of an API, as `CreateAuthorizer` describes it.
#[derive(Clone, Debug)]
pub struct AuthorizerSettings {
    kind: AuthorizerKind,
    // INVARIANT: zero if `kind` has no identity source; a cache without a key would give one
    // caller's policy to the next.
    result_ttl: ResultTtl,
}

/// The two kinds of Lambda authorizer.
#[derive(Clone, Debug)]
pub enum AuthorizerKind {
    /// The function gets the whole request.
    Request {
        /// In which form, and in which form it answers.
        format: PayloadFormat,
        /// Every one must be present and not empty, or the answer is 401.
        identity_sources: Vec<IdentitySource>,
    },
    /// The function gets one header.
    Token {
        /// The header. It must be present and not empty, or the answer is 401.
        header: HeaderName,
        /// What the header's whole value must match, or the answer is 401.
        expression: Option<ValidationExpression>,
    },
}

/// The form of an authorizer's event and answer.
///
/// Source: [Lambda authorizers for HTTP APIs][doc], "Payload format version".
///
/// [doc]: https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-lambda-authorizer.html
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum PayloadFormat {
    /// An HTTP API's `1.0`: answered by a policy.
    Http1,
    /// An HTTP API's `2.0`, answered by a policy.
    Http2,
    /// An HTTP API's `2.0`, answered by `isAuthorized`.
    Http2Simple,
    /// That of a REST API: answered by a policy.
    Rest,
}

impl AuthorizerSettings {
    /// The settings of an authorizer.
    ///
    /// # Errors
    ///
    /// [`MissingIdentitySource`] if answers should be kept that have no key.
    pub fn new(kind: AuthorizerKind, result_ttl: ResultTtl) -> Result<Self, MissingIdentitySource> {
        let mut settings = Self { kind, result_ttl: ResultTtl::OFF };
        settings.set_result_ttl(result_ttl)?;
        Ok(settings)
    }

    /// What the authorizer is told, and where the caller's identity is read.
    pub fn kind(&self) -> &AuthorizerKind {
        &self.kind
    }

    /// How long an answer is kept.
    pub fn result_ttl(&self) -> ResultTtl {
        self.result_ttl
    }

    /// Changes how long an answer is kept.
    ///
    /// # Errors
    ///
    /// [`MissingIdentitySource`] if answers should be kept that have no key. Nothing is changed.
    pub fn set_result_ttl(&mut self, ttl: ResultTtl) -> Result<(), MissingIdentitySource> {
        if !ttl.is_off() && self.identity_sources().is_empty() {
            return Err(MissingIdentitySource);
        }
        self.result_ttl = ttl;
        Ok(())
    }

    /// The form of the event and the answer.
    pub(super) fn format(&self) -> PayloadFormat {
        match &self.kind {
            AuthorizerKind::Request { format, .. } => *format,
            AuthorizerKind::Token { .. } => PayloadFormat::Rest,
        }
    }

    /// The sources that make up the key of the result cache.
    pub fn identity_sources(&self) -> Vec<IdentitySource> {
        match &self.kind {
            AuthorizerKind::Request { identity_sources, .. } => identity_sources.clone(),
            AuthorizerKind::Token { header, .. } => vec![IdentitySource::Header(header.clone())],
        }
    }
}

/// A REQUEST authorizer has no identity source, but its answers should be kept.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error(
    "`identitySource` is missing: with caching on, API Gateway needs it as the key (or set \
     `authorizerResultTtlInSeconds` to 0)"
)]
pub struct MissingIdentitySource;

/// How long the gateway keeps an authorizer's answer: 0 (not at all) to 3600 seconds.
///
/// Source: [`authorizerResultTtlInSeconds`][api].
///
/// [api]: https://docs.aws.amazon.com/apigateway/latest/api/API_CreateAuthorizer.html
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct ResultTtl(Duration);

impl ResultTtl {
    /// The longest time API Gateway keeps an answer.
    pub const MAX: Duration = Duration::from_hours(1);

    /// No cache.
    pub const OFF: Self = Self(Duration::ZERO);

    /// The TTL of `seconds`; `None` over [`MAX`](Self::MAX).
    pub fn from_seconds(seconds: u64) -> Option<Self> {
        let ttl = Duration::from_secs(seconds);
        (ttl <= Self::MAX).then_some(Self(ttl))
    }

    /// The time as a duration.
    pub fn duration(self) -> Duration {
        self.0
    }

    /// Whether nothing is kept.
    pub fn is_off(self) -> bool {
        self.0.is_zero()
    }
}

/// API Gateway's default: 300 seconds.
impl Default for ResultTtl {
    fn default() -> Self {
        Self(Duration::from_mins(5))
    }
}

/// The `identityValidationExpression` of a TOKEN authorizer.
///
/// It must match the whole value: AWS's own example says that `\w{5}` lets values of five word
/// characters through ([401 errors of a Lambda authorizer][kb]). API Gateway reads Java's regular
/// expressions; look-around and back-references are not known here.
///
/// [kb]: https://repost.aws/knowledge-center/api-gateway-401-error-lambda-authorizer
#[derive(Clone, Debug)]
pub struct ValidationExpression(Regex);

impl ValidationExpression {
    /// Reads a regular expression.
    ///
    /// # Errors
    ///
    /// When `text` is not one.
    pub fn parse(text: &str) -> Result<Self, regex::Error> {
        // The expression is compiled alone first, so that `)(` cannot break out of the group.
        Regex::new(text)?;
        Regex::new(&format!("^(?:{text})$")).map(Self)
    }

    /// Whether the whole of `value` matches.
    pub fn accepts(&self, value: &str) -> bool {
        self.0.is_match(value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ttl_has_the_bounds_of_api_gateway() {
        assert_eq!(ResultTtl::default().duration().as_secs(), 300);
        assert_eq!(ResultTtl::from_seconds(0), Some(ResultTtl::OFF));
        assert!(ResultTtl::from_seconds(3600).is_some());
        assert_eq!(ResultTtl::from_seconds(3601), None);
    }

    #[test]
    fn expression_matches_the_whole_value() {
        let expression = ValidationExpression::parse(r"Bearer \w+|x").unwrap();
        assert!(expression.accepts("Bearer abc"));
        assert!(expression.accepts("x"));
        assert!(!expression.accepts("Bearer a b"));
        assert!(!expression.accepts("ax"));
    }

    #[test]
    fn expression_cannot_break_out_of_its_anchors() {
        assert!(ValidationExpression::parse("a)|(?:b").is_err());
    }
}
