//! Every answer the gateway makes up itself, with status, body and error type as AWS sends them.
//!
//! Sources: the gateway response types, and what AWS's knowledge centre and users report of the
//! header `x-amzn-errortype` and of the spelling of `message` (the two 403 of a policy write
//! `Message`).

use axum::body::Body;
use axum::response::Response;
use http::{HeaderValue, StatusCode, header};

use super::cors::Cors;
use super::event::extended_request_id;

/// The header with the name of the error.
pub(super) const ERROR_TYPE: &str = "x-amzn-errortype";

/// A gateway response.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum GatewayResponse {
    /// The authorizer failed, or answered nonsense: `AUTHORIZER_CONFIGURATION_ERROR`.
    AuthorizerFailure,
    /// A statement of the policy denies: `ACCESS_DENIED`.
    ExplicitDeny,
    /// The header values are over the quota.
    HeadersTooLarge,
    /// No statement of the policy allows: `ACCESS_DENIED`.
    ImplicitDeny,
    /// The backend's answer cannot be passed on: `DEFAULT_5XX`.
    IntegrationError,
    /// The backend cannot be reached: `INTEGRATION_FAILURE`.
    IntegrationFailure,
    /// The backend takes too long: `INTEGRATION_TIMEOUT`.
    IntegrationTimeout,
    /// The request's body is over the quota: `REQUEST_TOO_LARGE`.
    PayloadTooLarge,
    /// An identity source is empty, or the authorizer said `Unauthorized`: `UNAUTHORIZED`.
    Unauthorized,
    /// There is no such method: `MISSING_AUTHENTICATION_TOKEN`.
    UnknownRoute,
    /// The method ARN is over its limit.
    UriTooLong,
}

impl GatewayResponse {
    /// The status a client sees.
    pub(super) fn status(self) -> StatusCode {
        match self {
            Self::AuthorizerFailure | Self::IntegrationError => StatusCode::INTERNAL_SERVER_ERROR,
            Self::ExplicitDeny | Self::ImplicitDeny | Self::UnknownRoute => StatusCode::FORBIDDEN,
            // Reported by users (backbencher.dev, GitHub); AWS documents the quota only.
            Self::HeadersTooLarge => StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE,
            Self::IntegrationFailure | Self::IntegrationTimeout => StatusCode::GATEWAY_TIMEOUT,
            Self::PayloadTooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::Unauthorized => StatusCode::UNAUTHORIZED,
            Self::UriTooLong => StatusCode::URI_TOO_LONG,
        }
    }

    fn body(self) -> &'static str {
        match self {
            Self::AuthorizerFailure => r#"{"message":null}"#,
            Self::ExplicitDeny => {
                r#"{"Message":"User is not authorized to access this resource with an explicit deny"}"#
            }
            Self::HeadersTooLarge => "HTTP header is larger than 10240 bytes.",
            Self::ImplicitDeny => r#"{"Message":"User is not authorized to access this resource"}"#,
            Self::IntegrationError => r#"{"message": "Internal server error"}"#,
            Self::IntegrationFailure => {
                r#"{"message": "Network error communicating with endpoint"}"#
            }
            Self::IntegrationTimeout => r#"{"message": "Endpoint request timed out"}"#,
            Self::PayloadTooLarge => "HTTP content length exceeded 10485760 bytes.",
            Self::Unauthorized => r#"{"message":"Unauthorized"}"#,
            Self::UnknownRoute => r#"{"message":"Missing Authentication Token"}"#,
            Self::UriTooLong => r#"{"message":"Request URI too long"}"#,
        }
    }

    /// `None` where no report tells what AWS sends.
    fn error_type(self) -> Option<&'static str> {
        match self {
            Self::AuthorizerFailure => Some("AuthorizerConfigurationException"),
            Self::ExplicitDeny | Self::ImplicitDeny => Some("AccessDeniedException"),
            Self::IntegrationError | Self::IntegrationFailure | Self::IntegrationTimeout => {
                Some("InternalServerErrorException")
            }
            Self::Unauthorized => Some("UnauthorizedException"),
            Self::UnknownRoute => Some("MissingAuthenticationTokenException"),
            Self::HeadersTooLarge | Self::PayloadTooLarge | Self::UriTooLong => None,
        }
    }

    /// Whether an API's own gateway responses, and so its CORS headers, apply.
    ///
    /// 413 cannot be customised ([gateway response types][types]); a request with too many headers
    /// belongs to no API yet.
    ///
    /// [types]: https://docs.aws.amazon.com/apigateway/latest/developerguide/supported-gateway-response-types.html
    fn is_customisable(self) -> bool {
        !matches!(self, Self::HeadersTooLarge | Self::PayloadTooLarge)
    }

    /// The whole response.
    pub(super) fn render(self, cors: Option<&Cors>) -> Response {
        let body = self.body();
        let mut response = Response::new(Body::from(body));
        *response.status_mut() = self.status();
        let media_type = if body.starts_with('{') { "application/json" } else { "text/plain" };
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(media_type));
        if let Some(error_type) = self.error_type() {
            headers.insert(ERROR_TYPE, HeaderValue::from_static(error_type));
        }
        if let Some(cors) = cors.filter(|_| self.is_customisable()) {
            cors.mark(headers);
        }
        response
    }
}

/// Adds the ids that every answer of API Gateway carries.
pub(super) fn add_request_ids(response: &mut Response, request_id: &str) {
    let ids = [
        ("x-amzn-requestid", request_id.to_owned()),
        ("x-amz-apigw-id", extended_request_id(request_id)),
    ];
    for (name, id) in ids {
        if let Ok(id) = HeaderValue::from_str(&id) {
            response.headers_mut().insert(name, id);
        }
    }
}
