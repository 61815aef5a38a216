//! What a function is told by its environment.

use std::collections::BTreeMap;
use std::fmt;

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;

use super::{Aws, AwsCall, AwsError, LAMBDA};

/// The ARN of a function, with its alias or version if it has one.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct FunctionArn(String);

impl FunctionArn {
    /// The function that an authorizer's `authorizerUri` calls; `None` where a stage variable says
    /// which.
    pub(crate) fn of_authorizer_uri(uri: &str) -> Option<Self> {
        let (_, rest) = uri.split_once("/functions/")?;
        let arn = rest.strip_suffix("/invocations")?;
        (arn.starts_with("arn:") && !arn.contains("${")).then(|| Self(arn.to_owned()))
    }

    /// The account it is in.
    pub(crate) fn account(&self) -> Option<&str> {
        self.0.split(':').nth(4)
    }

    /// The partition it is in.
    pub(crate) fn partition(&self) -> Option<&str> {
        self.0.split(':').nth(1)
    }
}

impl fmt::Display for FunctionArn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The variables of a function: `GetFunctionConfiguration`.
///
/// # Errors
///
/// [`AwsError`] where it may not be read.
pub(crate) async fn function_environment(
    aws: &Aws,
    function: &FunctionArn,
) -> Result<BTreeMap<String, String>, AwsError> {
    let name = utf8_percent_encode(&function.0, NON_ALPHANUMERIC);
    let path = format!("/2015-03-31/functions/{name}/configuration");
    let call = AwsCall {
        service: LAMBDA,
        method: "GET",
        path: &path,
        headers: &[("accept", "application/json")],
        body: b"",
    };
    let answer = aws.call(&call).await?;
    let variables = answer.pointer("/Environment/Variables").and_then(Value::as_object);
    Ok(variables
        .into_iter()
        .flatten()
        .filter_map(|(name, value)| Some((name.clone(), value.as_str()?.to_owned())))
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_function_is_found_in_the_uri_of_its_authorizer() {
        let uri = |function: &str| {
            format!(
                "arn:aws:apigateway:eu-west-1:lambda:path/2015-03-31/functions/{function}/invocations"
            )
        };
        let arn = "arn:aws:lambda:eu-west-1:123456789012:function:gatepost:live";
        let function = FunctionArn::of_authorizer_uri(&uri(arn)).unwrap();
        assert_eq!(function.to_string(), arn);
        assert_eq!(function.account(), Some("123456789012"));
        assert_eq!(FunctionArn::of_authorizer_uri(&uri("arn:aws:${stageVariables.f}")), None);
        assert_eq!(FunctionArn::of_authorizer_uri("arn:aws:cognito-idp:x"), None);
    }
}
