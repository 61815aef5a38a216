//! What the issuer says when it refuses, in the words of OAuth 2.0.

use axum::Json;
use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};
use serde_json::json;

use super::CryptoError;
use super::grant::GrantError;

/// A refusal that an application reads: as the query of its redirect address ([RFC 6749], 4.1.2.1)
/// or as JSON (5.2).
///
/// [RFC 6749]: https://www.rfc-editor.org/rfc/rfc6749#section-4.1.2.1
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub(super) enum OAuthError {
    #[error("the user did not sign in")]
    AccessDenied,
    #[error("the client is unknown, or its secret is wrong or missing")]
    InvalidClient,
    #[error("{0}")]
    InvalidGrant(GrantError),
    #[error("{0}")]
    InvalidRequest(&'static str),
    #[error("the client may not ask for one of the scopes")]
    InvalidScope,
    #[error("the access token is missing or not good here")]
    InvalidToken,
    #[error("nobody is signed in, and `prompt=none` forbids to ask")]
    LoginRequired,
    #[error("the issuer failed")]
    Server,
    #[error("the client may not use this grant")]
    UnauthorizedClient,
    #[error("grant_type must be authorization_code, refresh_token or client_credentials")]
    UnsupportedGrantType,
    #[error("response_type must be code")]
    UnsupportedResponseType,
    #[error("only refresh tokens can be revoked")]
    UnsupportedTokenType,
}

impl OAuthError {
    /// The `error` parameter.
    pub(super) fn code(self) -> &'static str {
        match self {
            Self::AccessDenied => "access_denied",
            Self::InvalidClient => "invalid_client",
            Self::InvalidGrant(_) => "invalid_grant",
            Self::InvalidRequest(_) => "invalid_request",
            Self::InvalidScope => "invalid_scope",
            Self::InvalidToken => "invalid_token",
            Self::LoginRequired => "login_required",
            Self::Server => "server_error",
            Self::UnauthorizedClient => "unauthorized_client",
            Self::UnsupportedGrantType => "unsupported_grant_type",
            Self::UnsupportedResponseType => "unsupported_response_type",
            Self::UnsupportedTokenType => "unsupported_token_type",
        }
    }

    fn status(self) -> StatusCode {
        match self {
            Self::InvalidClient | Self::InvalidToken => StatusCode::UNAUTHORIZED,
            Self::Server => StatusCode::INTERNAL_SERVER_ERROR,
            Self::AccessDenied
            | Self::InvalidGrant(_)
            | Self::InvalidRequest(_)
            | Self::InvalidScope
            | Self::LoginRequired
            | Self::UnauthorizedClient
            | Self::UnsupportedGrantType
            | Self::UnsupportedResponseType
            | Self::UnsupportedTokenType => StatusCode::BAD_REQUEST,
        }
    }

    /// How to authenticate, which goes with every 401 ([RFC 9110], section 11.6.1).
    ///
    /// [RFC 9110]: https://www.rfc-editor.org/rfc/rfc9110#section-11.6.1
    fn challenge(self) -> Option<HeaderValue> {
        match self {
            Self::InvalidClient => Some(HeaderValue::from_static("Basic realm=\"gatepost\"")),
            Self::InvalidToken => Some(HeaderValue::from_static("Bearer error=\"invalid_token\"")),
            Self::AccessDenied
            | Self::InvalidGrant(_)
            | Self::InvalidRequest(_)
            | Self::InvalidScope
            | Self::LoginRequired
            | Self::Server
            | Self::UnauthorizedClient
            | Self::UnsupportedGrantType
            | Self::UnsupportedResponseType
            | Self::UnsupportedTokenType => None,
        }
    }
}

impl IntoResponse for OAuthError {
    fn into_response(self) -> Response {
        tracing::debug!(error = self.code(), reason = %self, "refused");
        let body = json!({ "error": self.code(), "error_description": self.to_string() });
        let mut response = (self.status(), Json(body)).into_response();
        if let Some(challenge) = self.challenge() {
            response.headers_mut().insert(header::WWW_AUTHENTICATE, challenge);
        }
        response
    }
}

impl From<CryptoError> for OAuthError {
    fn from(_: CryptoError) -> Self {
        Self::Server
    }
}

impl From<GrantError> for OAuthError {
    fn from(error: GrantError) -> Self {
        match error {
            GrantError::Crypto(_) => Self::Server,
            GrantError::OtherClient
            | GrantError::OtherRedirectUri
            | GrantError::ReplayedCode
            | GrantError::ReplayedRefreshToken
            | GrantError::UnknownCode
            | GrantError::UnknownRefreshToken
            | GrantError::WrongVerifier => Self::InvalidGrant(error),
        }
    }
}
