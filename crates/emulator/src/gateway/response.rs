//! Every answer the gateway makes up itself, with status, body and error type as AWS sends them.
//!
//! Sources: the gateway response types, and what AWS's knowledge centre and users report of the
//! header `x-amzn-errortype` and of the spelling of `message` (the two 403 of a policy write
//! `Message`). Of HTTP APIs less is documented: theirs are the status and the texts that users
//! report, and they cannot be set up otherwise.

use axum::body::Body;
use axum::response::Response;
use http::{HeaderValue, StatusCode, header};

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
    /// The method ARN is over its limit: `DEFAULT_4XX`.
    UriTooLong,
}

impl GatewayResponse {
    /// The type by which a REST API sets it up; `None` for what cannot be set up.
    ///
    /// 413 cannot be customised ([gateway response types][types]); a request with too many headers
    /// belongs to no API yet.
    ///
    /// [types]: https://docs.aws.amazon.com/apigateway/latest/developerguide/supported-gateway-response-types.html
    pub(super) fn response_type(self) -> Option<&'static str> {
        match self {
            Self::AuthorizerFailure => Some("AUTHORIZER_CONFIGURATION_ERROR"),
            Self::ExplicitDeny | Self::ImplicitDeny => Some("ACCESS_DENIED"),
            Self::HeadersTooLarge | Self::PayloadTooLarge => None,
            Self::IntegrationError => Some("DEFAULT_5XX"),
            Self::IntegrationFailure => Some("INTEGRATION_FAILURE"),
            Self::IntegrationTimeout => Some("INTEGRATION_TIMEOUT"),
            Self::Unauthorized => Some("UNAUTHORIZED"),
            Self::UnknownRoute => Some("MISSING_AUTHENTICATION_TOKEN"),
            Self::UriTooLong => Some("DEFAULT_4XX"),
        }
    }

    /// The status a client of a REST API sees.
    pub(super) fn rest_status(self) -> StatusCode {
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

    /// What `$context.error.message` says; `None` where it says nothing.
    pub(super) fn message(self) -> Option<&'static str> {
        match self {
            Self::AuthorizerFailure => None,
            Self::ExplicitDeny => {
                Some("User is not authorized to access this resource with an explicit deny")
            }
            Self::HeadersTooLarge => Some("HTTP header is larger than 10240 bytes."),
            Self::ImplicitDeny => Some("User is not authorized to access this resource"),
            Self::IntegrationError => Some("Internal server error"),
            Self::IntegrationFailure => Some("Network error communicating with endpoint"),
            Self::IntegrationTimeout => Some("Endpoint request timed out"),
            Self::PayloadTooLarge => Some("HTTP content length exceeded 10485760 bytes."),
            Self::Unauthorized => Some("Unauthorized"),
            Self::UnknownRoute => Some("Missing Authentication Token"),
            Self::UriTooLong => Some("Request URI too long"),
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

    /// The whole response of a REST API that has set up nothing.
    pub(super) fn render_rest(self) -> Response {
        let body = self.body();
        let media_type = if body.starts_with('{') { "application/json" } else { "text/plain" };
        let mut response = response(self.rest_status(), media_type, body);
        if let Some(error_type) = self.error_type() {
            response.headers_mut().insert(ERROR_TYPE, HeaderValue::from_static(error_type));
        }
        response
    }

    /// The whole response of an HTTP API.
    pub(super) fn render_http(self) -> Response {
        let (status, body) = match self {
            Self::AuthorizerFailure | Self::IntegrationError => {
                (StatusCode::INTERNAL_SERVER_ERROR, r#"{"message":"Internal Server Error"}"#)
            }
            Self::ExplicitDeny | Self::ImplicitDeny => {
                (StatusCode::FORBIDDEN, r#"{"message":"Forbidden"}"#)
            }
            Self::HeadersTooLarge => (
                StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE,
                r#"{"message":"Request Header Fields Too Large"}"#,
            ),
            Self::IntegrationFailure | Self::IntegrationTimeout => {
                (StatusCode::SERVICE_UNAVAILABLE, r#"{"message":"Service Unavailable"}"#)
            }
            Self::PayloadTooLarge => {
                (StatusCode::PAYLOAD_TOO_LARGE, r#"{"message":"Request Entity Too Large"}"#)
            }
            Self::Unauthorized => (StatusCode::UNAUTHORIZED, r#"{"message":"Unauthorized"}"#),
            Self::UnknownRoute => (StatusCode::NOT_FOUND, r#"{"message":"Not Found"}"#),
            Self::UriTooLong => (StatusCode::URI_TOO_LONG, r#"{"message":"URI Too Long"}"#),
        };
        response(status, "application/json", body)
    }
}

/// The answer of a method behind something that is not emulated: AWS never sends it, so that nobody
/// takes it for a decision.
pub(super) fn not_emulated(what: &str) -> Response {
    let body = format!("{{\"message\":\"Not emulated: {what}\"}}");
    response(StatusCode::NOT_IMPLEMENTED, "application/json", body)
}

fn response(status: StatusCode, media_type: &'static str, body: impl Into<Body>) -> Response {
    let mut response = Response::new(body.into());
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(media_type));
    response
}

/// Adds the id that every answer of an HTTP API carries.
pub(super) fn add_http_request_id(response: &mut Response, request_id: &str) {
    if let Ok(id) = HeaderValue::from_str(&extended_request_id(request_id)) {
        response.headers_mut().insert("apigw-requestid", id);
    }
}

/// Adds the ids that every answer of a REST API carries.
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
