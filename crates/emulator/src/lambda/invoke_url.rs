//! An authorizer behind any endpoint that speaks Lambda's Invoke API without a signature:
//! cargo-lambda, the Runtime Interface Emulator, SAM.
//!
//! Source: [Invoke](https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html). A failed
//! function is told apart by the header `X-Amz-Function-Error`; the emulators leave that out, so a
//! payload with an `errorMessage` counts as one too, which no authorizer's answer has.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use bytes::Bytes;
use http::uri::Scheme;
use http::{Request, StatusCode, Uri, header};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use serde_json::Value;

use crate::invoke::{BoxFuture, Invocation, Invoke};

/// The largest payload a function can return, in bytes.
const MAX_PAYLOAD_BYTES: usize = 6 * 1024 * 1024;

/// How long an endpoint may take: more than the gateway waits, so that the gateway's limit counts.
const TIMEOUT: Duration = Duration::from_mins(1);

/// An Invoke endpoint: `http://host:port/2015-03-31/functions/NAME/invocations`.
#[derive(Clone, Debug)]
pub struct InvokeUrl {
    url: Uri,
    client: Client<HttpConnector, Full<Bytes>>,
}

impl InvokeUrl {
    async fn call(&self, event: Bytes) -> Result<Invocation, String> {
        let request = Request::post(self.url.clone())
            .header(header::CONTENT_TYPE, "application/json")
            .header("x-amz-invocation-type", "RequestResponse")
            .body(Full::new(event))
            .map_err(|error| error.to_string())?;
        let response = self.client.request(request).await.map_err(|error| describe(&error))?;
        let status = response.status();
        let is_function_error = response.headers().contains_key("x-amz-function-error");
        let payload = Limited::new(response.into_body(), MAX_PAYLOAD_BYTES)
            .collect()
            .await
            .map_err(|error| format!("the answer is unusable: {error}"))?
            .to_bytes();
        Ok(match (error_message(&payload), is_function_error) {
            (Some(message), _) => Invocation::FunctionError { message },
            (None, true) => Invocation::FunctionError { message: String::new() },
            (None, false) if status == StatusCode::OK => Invocation::Returned(payload),
            (None, false) => {
                Invocation::Unreachable { why: format!("the endpoint answered {status}") }
            }
        })
    }
}

impl Invoke for InvokeUrl {
    fn invoke(&self, event: Bytes) -> BoxFuture<'_, Invocation> {
        Box::pin(async move {
            match tokio::time::timeout(TIMEOUT, self.call(event)).await {
                Ok(Ok(invocation)) => invocation,
                Ok(Err(why)) => Invocation::Unreachable { why },
                Err(_) => Invocation::TimedOut,
            }
        })
    }
}

impl FromStr for InvokeUrl {
    type Err = InvokeUrlError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let url: Uri = text.parse().map_err(|_| InvokeUrlError::Form)?;
        if url.scheme() != Some(&Scheme::HTTP) {
            return Err(InvokeUrlError::Scheme);
        }
        Ok(Self { url, client: Client::builder(TokioExecutor::new()).build_http() })
    }
}

impl fmt::Display for InvokeUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.url.fmt(f)
    }
}

/// Why a text is not an Invoke endpoint.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum InvokeUrlError {
    /// Not a URL.
    #[error(
        "not a URL; expected one like \
         `http://127.0.0.1:9000/2015-03-31/functions/function/invocations`"
    )]
    Form,
    /// Another scheme; AWS's own endpoints also want a signature.
    #[error("only `http:` endpoints can be invoked; AWS's own want a signature")]
    Scheme,
}

fn error_message(payload: &[u8]) -> Option<String> {
    let payload: Value = serde_json::from_slice(payload).ok()?;
    payload.get("errorMessage")?.as_str().map(ToOwned::to_owned)
}

/// The client's error with its causes, of which the last says most: `connection refused`.
fn describe(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    text
}
