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
    /// The gateway responses that have a header Access-Control-Allow-Origin, by their type.
    cors: Vec<String>,
    /// The gateway responses that were changed, by their type.
    changed: Vec<String>,
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

/// How a gateway response says that it has the header.
const CORS: &str = "gatewayresponse.header.Access-Control-Allow-Origin";

/// Without it, lists come in the form of HAL, under other names.
const JSON: &[(&str, &str)] = &[("accept", "application/json")];

impl RestApi {
    /// Reads the API, its authorizers and its gateway responses: `GetRestApi`, `GetAuthorizers`,
    /// `GetGatewayResponses`.
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
        let responses = call(aws, "GET", &format!("{path}/gatewayresponses?limit=500")).await?;
        let (mut cors, mut changed) = (Vec::new(), Vec::new());
        for response in responses.get("item").and_then(Value::as_array).into_iter().flatten() {
            let Some(name) = response.get("responseType").and_then(Value::as_str) else { continue };
            if response.get("defaultResponse").and_then(Value::as_bool) != Some(true) {
                changed.push(name.to_owned());
            }
            let headers = response.get("responseParameters").and_then(Value::as_object);
            if headers.into_iter().flatten().any(|(name, _)| name.eq_ignore_ascii_case(CORS)) {
                cors.push(name.to_owned());
            }
        }
        Ok(Self {
            cors,
            changed,
            has_resource_policy: !policy.is_empty(),
            authorizers: authorizers.into_iter().flatten().map(Authorizer::read).collect(),
        })
    }
}

impl RestApi {
    /// Whether gateway responses of this type with a status of 4xx have CORS headers.
    ///
    /// Source: [gateway response types][types], on what those fall back to that are not changed.
    ///
    /// [types]: https://docs.aws.amazon.com/apigateway/latest/developerguide/supported-gateway-response-types.html
    pub(crate) fn has_cors(&self, response_type: &str) -> bool {
        let is_changed = self.changed.iter().any(|name| name == response_type);
        let name = if is_changed { response_type } else { "DEFAULT_4XX" };
        self.cors.iter().any(|one| one == name)
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

/// Looks whether the stage is there: `GetStage`.
///
/// # Errors
///
/// [`AwsError`], with `NotFoundException` if it is not.
pub(crate) async fn find_stage(aws: &Aws, stage: Stage<'_>) -> Result<(), AwsError> {
    call(aws, "GET", &path_of(stage)).await.map(drop)
}

/// Ends every answer that the stage keeps: `FlushStageAuthorizersCache`.
///
/// # Errors
///
/// [`AwsError`] if it may not be done.
pub(crate) async fn flush_authorizers_cache(aws: &Aws, stage: Stage<'_>) -> Result<(), AwsError> {
    call(aws, "DELETE", &format!("{}/cache/authorizers", path_of(stage))).await.map(drop)
}

fn path_of(stage: Stage<'_>) -> String {
    format!(
        "/restapis/{}/stages/{}",
        utf8_percent_encode(stage.api_id, NON_ALPHANUMERIC),
        utf8_percent_encode(stage.name, STAGE_NAME),
    )
}

async fn call(aws: &Aws, method: &str, path: &str) -> Result<Value, AwsError> {
    aws.call(&AwsCall { service: API_GATEWAY, method, path, headers: JSON, body: b"" }).await
}

#[cfg(test)]
mod tests {
    use super::*;

    fn api(cors: &[&str], changed: &[&str]) -> RestApi {
        let owned = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        RestApi {
            has_resource_policy: false,
            authorizers: Vec::new(),
            cors: owned(cors),
            changed: owned(changed),
        }
    }

    #[test]
    fn what_is_not_changed_is_as_the_default_is() {
        assert!(api(&["DEFAULT_4XX"], &["DEFAULT_4XX"]).has_cors("UNAUTHORIZED"));
        let own = api(&["DEFAULT_4XX"], &["DEFAULT_4XX", "UNAUTHORIZED"]);
        assert!(!own.has_cors("UNAUTHORIZED") && own.has_cors("ACCESS_DENIED"));
        assert!(api(&["UNAUTHORIZED"], &["UNAUTHORIZED"]).has_cors("UNAUTHORIZED"));
    }
}
