//! Calls to AWS services other than DynamoDB: plain requests, signed and repeated here.
//!
//! The SDK's crates for Cognito and API Gateway would add minutes to every first build of the
//! command, for a handful of calls. What is hard in a call, its signature, is `aws-sigv4`'s, which
//! the DynamoDB SDK brings anyway; connections and credentials are those that the authorizer uses.
//!
//! A call is made anew where the service is busy or was not heard. Whoever creates something must
//! therefore be ready to find that it was created at the first try.

mod api_gateway;
mod cognito;
mod error;
mod lambda;
mod service;
mod sts;

use std::env;
use std::time::{Duration, SystemTime};

use aws_sdk_dynamodb::config::Credentials;
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4;
use aws_smithy_runtime_api::client::http::HttpConnector as _;
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::http::Headers;
use gatepost_authorizer::https::HttpsClient;
use http_body_util::{BodyExt as _, Limited};
use serde_json::Value;
use tokio::time::{sleep, timeout};

pub(crate) use self::api_gateway::{
    Authorizer, RestApi, Stage, find_stage, flush_authorizers_cache,
};
pub(crate) use self::cognito::{SIGN_IN_FLOW, SignIn, UserPool};
pub(crate) use self::error::AwsError;
pub(crate) use self::lambda::{FunctionArn, function_environment};
pub(crate) use self::service::{API_GATEWAY, COGNITO, LAMBDA, STS, Service};
pub(crate) use self::sts::caller_arn;

/// One try of a call.
const TRY_TIMEOUT: Duration = Duration::from_secs(20);

/// How often a call is tried.
const TRIES: u32 = 6;

/// The first wait is at most this long, and each further one at most twice as long as the one
/// before. With full jitter, five waits are 6 s on average.
const FIRST_WAIT: Duration = Duration::from_millis(400);

/// Answers are a few kilobytes; an API may have many authorizers.
const MAX_ANSWER_BYTES: usize = 4 * 1024 * 1024;

/// Who calls, from where, and through which connections.
pub(crate) struct Aws {
    https: HttpsClient,
    region: String,
    credentials: Credentials,
    variable: fn(&str) -> Option<String>,
}

/// One call of a service.
#[derive(Clone, Copy, Debug)]
pub(crate) struct AwsCall<'a> {
    pub(crate) service: Service,
    pub(crate) method: &'a str,
    /// Beginning with a slash, percent-encoded, with the query if there is one.
    pub(crate) path: &'a str,
    /// Names in lower case.
    pub(crate) headers: &'a [(&'a str, &'a str)],
    pub(crate) body: &'a [u8],
}

impl Aws {
    /// Whoever has these credentials, in this region.
    pub(crate) fn new(https: HttpsClient, region: String, credentials: Credentials) -> Self {
        Self { https, region, credentials, variable: |name| env::var(name).ok() }
    }

    /// The region that is asked.
    pub(crate) fn region(&self) -> &str {
        &self.region
    }

    /// Makes a call, again where that may help, and reads the answer as JSON; `null` if it is empty.
    ///
    /// # Errors
    ///
    /// [`AwsError`] with the service's own code where it refuses.
    pub(crate) async fn call(&self, call: &AwsCall<'_>) -> Result<Value, AwsError> {
        let mut tries = 1;
        loop {
            let outcome = timeout(TRY_TIMEOUT, self.try_once(call)).await;
            let error = match outcome.unwrap_or(Err(AwsError::TimedOut)) {
                Ok(answer) => return Ok(answer),
                Err(error) => error,
            };
            if tries >= TRIES || !error.may_pass() {
                return Err(error);
            }
            let bound = FIRST_WAIT.saturating_mul(1 << (tries - 1));
            sleep(bound.mul_f64(fastrand::f64())).await;
            tries += 1;
        }
    }

    async fn try_once(&self, call: &AwsCall<'_>) -> Result<Value, AwsError> {
        let request = self.signed(call, SystemTime::now())?;
        let answer = self.https.connector().call(request).await.map_err(|error| {
            let causes = std::iter::successors(Some(&error as &dyn std::error::Error), |&error| {
                error.source()
            });
            AwsError::Unreachable {
                why: causes.last().map(ToString::to_string).unwrap_or_default(),
            }
        })?;
        let status = answer.status().as_u16();
        let named = error::code_of(answer.headers());
        let body = Limited::new(answer.into_body(), MAX_ANSWER_BYTES)
            .collect()
            .await
            .map_err(|_| AwsError::Garbled)?
            .to_bytes();
        if !(200..300).contains(&status) {
            return Err(AwsError::refused(status, named, &body));
        }
        if body.is_empty() {
            return Ok(Value::Null);
        }
        serde_json::from_slice(&body).map_err(|_| AwsError::Garbled)
    }

    fn signed(&self, call: &AwsCall<'_>, now: SystemTime) -> Result<HttpRequest, AwsError> {
        let endpoint = call.service.endpoint(&self.region, self.variable)?;
        let url = format!("{}{}", endpoint.trim_end_matches('/'), call.path);
        let mut request = HttpRequest::new(call.body.to_vec().into());
        request.set_method(call.method).map_err(|_| AwsError::Unsendable)?;
        request.set_uri(url.as_str()).map_err(|_| AwsError::Unsendable)?;
        for (name, value) in call.headers {
            append(request.headers_mut(), name, value)?;
        }
        let identity = self.credentials.clone().into();
        let params = v4::SigningParams::builder()
            .identity(&identity)
            .region(&self.region)
            .name(call.service.signing_name)
            .time(now)
            .settings(SigningSettings::default())
            .build()
            .map_err(|_| AwsError::Unsendable)?
            .into();
        let signable = SignableRequest::new(
            call.method,
            url.as_str(),
            call.headers.iter().copied(),
            SignableBody::Bytes(call.body),
        )
        .map_err(|_| AwsError::Unsendable)?;
        let signed = sign(signable, &params).map_err(|_| AwsError::Unsendable)?;
        for (name, value) in signed.output().headers() {
            append(request.headers_mut(), name, value)?;
        }
        Ok(request)
    }
}

fn append(headers: &mut Headers, name: &str, value: &str) -> Result<(), AwsError> {
    headers
        .try_append(name.to_owned(), value.to_owned())
        .map(drop)
        .map_err(|_| AwsError::Unsendable)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn aws() -> Aws {
        Aws {
            https: HttpsClient::new(None).unwrap(),
            region: "eu-west-1".to_owned(),
            credentials: Credentials::new(
                "AKIDEXAMPLE",
                "secret",
                Some("session".into()),
                None,
                "",
            ),
            variable: |_| None,
        }
    }

    /// Against what `botocore` 1.44 makes of the same request, time and keys.
    #[test]
    fn a_request_is_signed_as_the_reference_signs_it() {
        let call = AwsCall {
            service: LAMBDA,
            method: "GET",
            path: "/2015-03-31/functions/arn%3Aaws%3Alambda/configuration",
            headers: &[("accept", "application/json")],
            body: b"",
        };
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_700_000_000);
        let request = aws().signed(&call, now).unwrap();
        assert_eq!(
            request.uri(),
            "https://lambda.eu-west-1.amazonaws.com/2015-03-31/functions/arn%3Aaws%3Alambda/configuration"
        );
        assert_eq!(request.headers().get("x-amz-security-token"), Some("session"));
        assert_eq!(request.headers().get("authorization"), Some(SIGNED));
    }

    const SIGNED: &str = "AWS4-HMAC-SHA256 \
        Credential=AKIDEXAMPLE/20231114/eu-west-1/lambda/aws4_request, \
        SignedHeaders=accept;host;x-amz-date;x-amz-security-token, \
        Signature=3162c969a0ae059e9d036af1860df9f0844f3bc86ff0464a36c5306cb653a8c4";

    #[tokio::test]
    async fn an_endpoint_that_would_send_keys_in_the_clear_is_refused() {
        let aws = Aws { variable: |_| Some("http://example.com".to_owned()), ..aws() };
        let call =
            AwsCall { service: COGNITO, method: "POST", path: "/", headers: &[], body: b"{}" };
        let error = aws.call(&call).await.unwrap_err().to_string();
        assert!(error.contains("AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER"), "{error}");
    }
}
