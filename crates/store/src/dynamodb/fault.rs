//! Which of our errors an error of the AWS SDK is.
//!
//! Told by the service's code and the HTTP status, so that one function serves every operation.
//! The service's message is not kept: it may repeat what was sent.

use std::error::Error;
use std::iter;

use aws_sdk_dynamodb::config::http::HttpResponse;
use aws_sdk_dynamodb::error::{BuildError, ProvideErrorMetadata, SdkError};

use crate::policy_store::StoreError;

/// A code longer than this is no code of AWS, whose longest has half the length.
const MAX_CODE_BYTES: usize = 80;

impl<E> From<SdkError<E, HttpResponse>> for StoreError
where
    E: Error + ProvideErrorMetadata + 'static,
{
    fn from(error: SdkError<E, HttpResponse>) -> Self {
        match &error {
            SdkError::DispatchFailure(failure) if failure.is_timeout() => Self::TimedOut,
            // What is no fault of the network came up before anything was sent: credentials,
            // region, endpoint.
            SdkError::DispatchFailure(failure)
                if failure.is_user()
                    || (failure.is_other()
                        && failure.as_other().is_none()
                        && !is_of_http_client(&error)) =>
            {
                Self::Unsendable { why: cause(&error) }
            }
            SdkError::DispatchFailure(_) => Self::Unreachable { why: cause(&error) },
            SdkError::ResponseError(response) => match response.raw().status().as_u16() {
                // A failing load balancer or proxy answers in words of its own.
                status @ 500.. => Self::Failing { status },
                _ => Self::Garbled,
            },
            SdkError::ServiceError(refusal) => {
                refused(refusal.err().code(), refusal.raw().status().as_u16())
            }
            SdkError::TimeoutError(_) => Self::TimedOut,
            SdkError::ConstructionFailure(_) | _ => Self::Unsendable { why: cause(&error) },
        }
    }
}

impl From<BuildError> for StoreError {
    fn from(error: BuildError) -> Self {
        Self::Unsendable { why: error.to_string() }
    }
}

fn refused(code: Option<&str>, status: u16) -> StoreError {
    let code = code
        .filter(|code| code.len() <= MAX_CODE_BYTES)
        .filter(|code| code.bytes().all(|byte| byte.is_ascii_alphanumeric()))
        .unwrap_or("no code");
    match code {
        "ProvisionedThroughputExceededException"
        | "RequestLimitExceeded"
        | "ThrottlingException" => StoreError::Throttled,
        "ResourceNotFoundException" => StoreError::TableNotFound,
        "AccessDeniedException"
        | "ExpiredTokenException"
        | "IncompleteSignatureException"
        | "InvalidSignatureException"
        | "MissingAuthenticationTokenException"
        | "UnrecognizedClientException" => StoreError::AccessDenied { code: code.to_owned() },
        // The SDK's word for an answer of success that it cannot read.
        _ if (200..300).contains(&status) => StoreError::Garbled,
        _ if status >= 500 => StoreError::Failing { status },
        _ => StoreError::Refused { code: code.to_owned(), status },
    }
}

/// Whether the HTTP client had a part in it, as when the answer is not HTTP.
fn is_of_http_client(error: &(dyn Error + 'static)) -> bool {
    let mut errors = iter::successors(Some(error), |&error| error.source());
    errors.any(<dyn Error>::is::<hyper_util::client::legacy::Error>)
}

/// The innermost error's words: `Connection refused (os error 111)`.
fn cause(error: &(dyn Error + 'static)) -> String {
    let mut innermost = error;
    while let Some(source) = innermost.source() {
        innermost = source;
    }
    innermost.to_string()
}
