//! How a REST API answers where it answers itself: the gateway responses it has set up.
//!
//! A response that has no settings of its own takes those of `DEFAULT_4XX` or `DEFAULT_5XX`; what
//! these leave open is as AWS sends it.
//!
//! Source: [Gateway response types][types].
//!
//! [types]: https://docs.aws.amazon.com/apigateway/latest/developerguide/supported-gateway-response-types.html

use std::collections::BTreeMap;

use axum::response::Response;
use http::{HeaderName, HeaderValue, StatusCode, header};

use super::facts::Facts;
use super::mapping::{Mapping, fill};
use super::response::GatewayResponse;

/// Every type there is.
const TYPES: [&str; 21] = [
    "ACCESS_DENIED",
    "API_CONFIGURATION_ERROR",
    "AUTHORIZER_CONFIGURATION_ERROR",
    "AUTHORIZER_FAILURE",
    "BAD_REQUEST_BODY",
    "BAD_REQUEST_PARAMETERS",
    "DEFAULT_4XX",
    "DEFAULT_5XX",
    "EXPIRED_TOKEN",
    "INTEGRATION_FAILURE",
    "INTEGRATION_TIMEOUT",
    "INVALID_API_KEY",
    "INVALID_SIGNATURE",
    "MISSING_AUTHENTICATION_TOKEN",
    "QUOTA_EXCEEDED",
    "REQUEST_TOO_LARGE",
    "RESOURCE_NOT_FOUND",
    "THROTTLED",
    "UNAUTHORIZED",
    "UNSUPPORTED_MEDIA_TYPE",
    "WAF_FILTERED",
];

/// The responses that an API has set up, by type.
#[derive(Clone, Debug, Default)]
pub(super) struct GatewayResponses(BTreeMap<&'static str, CustomResponse>);

/// What an API has set up for one type.
#[derive(Clone, Debug, Default)]
pub(super) struct CustomResponse {
    pub(super) status: Option<StatusCode>,
    pub(super) headers: Vec<ResponseHeader>,
    /// Media type, and the body with its variables.
    pub(super) template: Option<(HeaderValue, String)>,
}

/// A header, and where its value is from.
#[derive(Clone, Debug)]
pub(super) struct ResponseHeader {
    pub(super) name: HeaderName,
    pub(super) value: Mapping,
}

impl GatewayResponses {
    /// Sets up the response type of this name.
    ///
    /// # Errors
    ///
    /// [`UnknownResponseType`] if there is none.
    pub(super) fn set(
        &mut self,
        response_type: &str,
        response: CustomResponse,
    ) -> Result<(), UnknownResponseType> {
        let known = TYPES.into_iter().find(|known| *known == response_type);
        self.0.insert(known.ok_or(UnknownResponseType)?, response);
        Ok(())
    }

    /// Adds a header to every response that can have one.
    pub(super) fn add_default_header(&mut self, header: &ResponseHeader) {
        for response_type in ["DEFAULT_4XX", "DEFAULT_5XX"] {
            self.0.entry(response_type).or_default();
        }
        for response in self.0.values_mut() {
            if !response.headers.iter().any(|other| other.name == header.name) {
                response.headers.push(header.clone());
            }
        }
    }

    /// The whole response to a client.
    pub(super) fn render(&self, response: GatewayResponse, facts: &Facts<'_>) -> Response {
        let mut rendered = response.render_rest();
        let Some(custom) = self.of(response) else { return rendered };
        if let Some(status) = custom.status {
            *rendered.status_mut() = status;
        }
        if let Some((media_type, template)) = &custom.template {
            *rendered.body_mut() = fill(template, response, facts).into();
            rendered.headers_mut().insert(header::CONTENT_TYPE, media_type.clone());
        }
        for ResponseHeader { name, value } in &custom.headers {
            let value = value.value(response, facts);
            if let Some(Ok(value)) = value.map(HeaderValue::try_from) {
                rendered.headers_mut().insert(name.clone(), value);
            }
        }
        rendered
    }

    fn of(&self, response: GatewayResponse) -> Option<&CustomResponse> {
        // Some responses cannot be set up.
        let own = response.response_type()?;
        let status = response.rest_status();
        let default = if status.is_server_error() { "DEFAULT_5XX" } else { "DEFAULT_4XX" };
        self.0.get(own).or_else(|| self.0.get(default))
    }
}

/// A name that is no gateway response type.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("no gateway response type; known are {}", TYPES.join(", "))]
pub(super) struct UnknownResponseType;
