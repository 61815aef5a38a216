//! As whom calls are made.

use super::{Aws, AwsCall, AwsError, STS};

/// The ARN of whoever the credentials belong to: `GetCallerIdentity`, which nobody can be denied.
///
/// # Errors
///
/// [`AwsError`] where the credentials are no good, or nobody answers.
pub(crate) async fn caller_arn(aws: &Aws) -> Result<String, AwsError> {
    let call = AwsCall {
        service: STS,
        method: "POST",
        path: "/",
        headers: &[
            ("accept", "application/json"),
            ("content-type", "application/x-www-form-urlencoded"),
        ],
        body: b"Action=GetCallerIdentity&Version=2011-06-15",
    };
    let answer = aws.call(&call).await?;
    let arn = answer.pointer("/GetCallerIdentityResponse/GetCallerIdentityResult/Arn");
    arn.and_then(|arn| arn.as_str()).map(ToOwned::to_owned).ok_or(AwsError::Garbled)
}
