//! How a REST API is deployed, and the end of the answers that it keeps.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;

use super::{API_GATEWAY, Aws, AwsCall, AwsError};

/// A REST API, as far as it says who may call it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct RestApi {
    /// Whether it has a resource policy.
    pub(crate) has_resource_policy: bool,
    /// Every authorizer, also those that no method uses.
    pub(crate) authorizers: Vec<Authorizer>,
}

/// An authorizer of a REST API.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Authorizer {
    /// Its name.
    pub(crate) name: String,
    /// `TOKEN`, `REQUEST`, `COGNITO_USER_POOLS`, `JWT`.
    pub(crate) kind: String,
    /// With commas, as it is written; empty if there is none.
    pub(crate) identity_source: String,
    /// How long answers are kept, in seconds.
    pub(crate) ttl_seconds: u64,
    /// What it calls.
    pub(crate) uri: String,
}

/// A stage of an API.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Stage<'a> {
    pub(crate) api_id: &'a str,
    pub(crate) name: &'a str,
}

/// `authorizerResultTtlInSeconds` where it is not said.
///
/// Source: [`CreateAuthorizer`](https://docs.aws.amazon.com/apigateway/latest/api/API_CreateAuthorizer.html).
const DEFAULT_TTL_SECONDS: u64 = 300;

/// The marks that names of stages have beside letters and digits stay as they are.
const STAGE_NAME: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_');

/// Without it, lists come in the form of HAL, under other names.
const JSON: &[(&str, &str)] = &[("accept", "application/json")];

impl RestApi {
    /// Reads the API and its authorizers: `GetRestApi`, `GetAuthorizers`.
    ///
    /// # Errors
    ///
    /// [`AwsError`], with `NotFoundException` for an API that is none, or an HTTP API.
    pub(crate) async fn read(aws: &Aws, api_id: &str) -> Result<Self, AwsError> {
        let path = format!("/restapis/{}", utf8_percent_encode(api_id, NON_ALPHANUMERIC));
        let api = call(aws, "GET", &path).await?;
        let policy = api.get("policy").and_then(Value::as_str).unwrap_or_default();
        // An API has ten authorizers, or as many more as its owner asked for.
        let list = call(aws, "GET", &format!("{path}/authorizers?limit=500")).await?;
        let authorizers = list.get("item").and_then(Value::as_array);
        Ok(Self {
            has_resource_policy: !policy.is_empty(),
            authorizers: authorizers.into_iter().flatten().map(Authorizer::read).collect(),
        })
    }
}

impl Authorizer {
    fn read(value: &Value) -> Self {
        let text =
            |name: &str| value.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
        let ttl = value.get("authorizerResultTtlInSeconds").and_then(Value::as_u64);
        Self {
            name: text("name"),
            kind: text("type"),
            identity_source: text("identitySource"),
            ttl_seconds: ttl.unwrap_or(DEFAULT_TTL_SECONDS),
            uri: text("authorizerUri"),
        }
    }
}

/// Ends every answer that the stage keeps: `FlushStageAuthorizersCache`.
///
/// # Errors
///
/// [`AwsError`] if it may not be done.
pub(crate) async fn flush_authorizers_cache(aws: &Aws, stage: Stage<'_>) -> Result<(), AwsError> {
    let path = format!(
        "/restapis/{}/stages/{}/cache/authorizers",
        utf8_percent_encode(stage.api_id, NON_ALPHANUMERIC),
        utf8_percent_encode(stage.name, STAGE_NAME),
    );
    call(aws, "DELETE", &path).await.map(drop)
}

async fn call(aws: &Aws, method: &str, path: &str) -> Result<Value, AwsError> {
    aws.call(&AwsCall { service: API_GATEWAY, method, path, headers: JSON, body: b"" }).await
}
