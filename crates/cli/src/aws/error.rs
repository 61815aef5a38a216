//! Why a call to AWS has no answer.

use aws_smithy_runtime_api::http::Headers;
use gatepost_authorizer::url::SecureUrlError;
use serde_json::Value;

use crate::visible::visible;

/// Why a call to AWS has no answer.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub(crate) enum AwsError {
    /// The variable for another address has one that is not accepted.
    #[error("`{variable}` {why}")]
    Endpoint {
        /// Which variable.
        variable: String,
        /// Why.
        why: SecureUrlError,
    },

    /// The answer is not JSON, or larger than any of these answers is.
    #[error("the answer of AWS cannot be read")]
    Garbled,

    /// The service says no.
    #[error("{code} (status {status}){}", .message.as_deref().map(|text| format!(": {text}")).unwrap_or_default())]
    Refused {
        /// The service's code, such as `NotAuthorizedException`.
        code: String,
        /// The HTTP status.
        status: u16,
        /// In the service's words, where they cannot hold what was sent.
        message: Option<String>,
    },

    /// No answer in time.
    #[error("no answer of AWS in time")]
    TimedOut,

    /// The service cannot be reached.
    #[error("AWS cannot be reached: {why}")]
    Unreachable {
        /// In the system's words.
        why: String,
    },

    /// The request cannot be written or signed.
    #[error("the request to AWS cannot be written or signed")]
    Unsendable,
}

/// A code longer than this is none of AWS's.
const MAX_CODE_BYTES: usize = 80;

/// More of a message helps nobody.
const MAX_MESSAGE_CHARACTERS: usize = 300;

/// The refusals whose message is shown. Others may repeat what was sent: that of a wrong signature
/// repeats the whole request, session token included.
const TOLD: [&str; 12] = [
    "AccessDeniedException",
    "BadRequestException",
    "ConflictException",
    "ForbiddenException",
    "GroupExistsException",
    "InvalidParameterException",
    "InvalidPasswordException",
    "NotAuthorizedException",
    "NotFoundException",
    "ResourceNotFoundException",
    "UserNotFoundException",
    "UsernameExistsException",
];

impl AwsError {
    /// An answer that is none of success. `named` is the code in its head, if there is one.
    pub(super) fn refused(status: u16, named: Option<String>, body: &[u8]) -> Self {
        let body: Value = serde_json::from_slice(body).unwrap_or_default();
        let text = |names: [&str; 2]| {
            names.iter().find_map(|name| body.get(name)?.as_str()).map(str::to_owned)
        };
        let code = named.or_else(|| text(["__type", "code"]).as_deref().and_then(plain_code));
        let code = code.unwrap_or_else(|| "no code".to_owned());
        let message = text(["message", "Message"]).filter(|_| TOLD.contains(&code.as_str()));
        let message = message
            .map(|text| visible(&text.chars().take(MAX_MESSAGE_CHARACTERS).collect::<String>()));
        Self::Refused { code, status, message }
    }

    /// Whether trying again may help: the service is busy, or was not heard.
    pub(super) fn may_pass(&self) -> bool {
        match self {
            Self::Refused { code, status, .. } => {
                *status == 429
                    || *status >= 500
                    || matches!(
                        code.as_str(),
                        "RequestLimitExceeded" | "ThrottlingException" | "TooManyRequestsException"
                    )
            }
            Self::TimedOut | Self::Unreachable { .. } => true,
            Self::Endpoint { .. } | Self::Garbled | Self::Unsendable => false,
        }
    }

    /// The service's code, if it said no.
    pub(crate) fn code(&self) -> Option<&str> {
        match self {
            Self::Refused { code, .. } => Some(code),
            Self::Endpoint { .. }
            | Self::Garbled
            | Self::TimedOut
            | Self::Unreachable { .. }
            | Self::Unsendable => None,
        }
    }

    /// Whether what was asked about is not there.
    pub(crate) fn is_not_found(&self) -> bool {
        matches!(
            self.code(),
            Some("NotFoundException" | "ResourceNotFoundException" | "UserNotFoundException")
        )
    }
}

/// The code in the head of an answer.
pub(super) fn code_of(headers: &Headers) -> Option<String> {
    headers.get("x-amzn-errortype").and_then(plain_code)
}

/// `TooManyRequestsException`, of `com.amazonaws…#TooManyRequestsException:http://…`.
fn plain_code(text: &str) -> Option<String> {
    let text = text.rsplit('#').next()?.split(':').next()?;
    let is_code = !text.is_empty()
        && text.len() <= MAX_CODE_BYTES
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric());
    is_code.then(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_read_from_every_place_they_stand_in() {
        let code = |named: Option<&str>, body: &str| {
            let error = AwsError::refused(400, named.map(str::to_owned), body.as_bytes());
            error.code().unwrap().to_owned()
        };
        assert_eq!(code(Some("NotFoundException"), "{}"), "NotFoundException");
        assert_eq!(code(None, r#"{"__type":"com.amazonaws.x#A"}"#), "A");
        assert_eq!(code(None, r#"{"__type":"B:http://x/"}"#), "B");
        assert_eq!(code(None, "<xml/>"), "no code");
        assert_eq!(code(None, r#"{"__type":"a b\u001b"}"#), "no code");
    }

    #[test]
    fn the_message_of_a_wrong_signature_is_not_repeated() {
        let body =
            br#"{"__type":"InvalidSignatureException","message":"x-amz-security-token:SECRET"}"#;
        let error = AwsError::refused(403, None, body);
        assert_eq!(error.to_string(), "InvalidSignatureException (status 403)");
        let body = br#"{"__type":"NotAuthorizedException","message":"Auth flow not enabled"}"#;
        let error = AwsError::refused(400, None, body).to_string();
        assert_eq!(error, "NotAuthorizedException (status 400): Auth flow not enabled");
    }
}
