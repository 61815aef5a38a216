//! The session function of `gatepost dev`, in this process: `/auth/…` on the API's port, so that a
//! browser app has one origin as it has behind CloudFront.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::SystemTime;

use anyhow::Context as _;
use aws_lc_rs::rand;
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{ConnectInfo, Request, State};
use axum::response::Response;
use axum::routing::any;
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use gatepost_authorizer::dynamodb::DynamoDbSettings;
use gatepost_authorizer::https::HttpsClient;
use gatepost_session::{Session, SessionConfig, wire};
use gatepost_store::DynamoDbStore;
use http::StatusCode;
use serde_json::{Map, Value, json};

use super::settings::Settings;
use super::tell;

/// The largest form: a token, with room to spare.
const MAX_BODY_BYTES: usize = 64 * 1024;

type Function = Arc<Session<DynamoDbStore>>;

/// The session function, ready to answer.
#[derive(Debug)]
pub(super) struct SessionFunction {
    function: Function,
    page_keys: BTreeMap<String, String>,
}

impl SessionFunction {
    /// The function at `origin`, for people of the development issuer and the table of `settings`.
    ///
    /// # Errors
    ///
    /// When its settings are at fault.
    pub(super) fn start(settings: &Settings, origin: &str) -> anyhow::Result<Self> {
        let variables = variables(settings, origin)?;
        let read = |name: &str| variables.get(name).cloned();
        let config = SessionConfig::from_vars(read, variables.keys().cloned())
            .context("the session function's settings")?;
        let https = HttpsClient::from_vars(read)?;
        let client = DynamoDbSettings::from_vars(read)?.client(&https);
        let store = DynamoDbStore::new(&client, &config.policy_table, config.table_layout);
        let page_keys = config.keys.page_keys().map(|(id, key)| (id.to_owned(), key)).collect();
        Ok(Self { function: Arc::new(Session::new(config, store, &client, https)?), page_keys })
    }

    /// What page passes are signed with, in base64url, by the ids of the session keys.
    pub(super) fn page_keys(&self) -> BTreeMap<String, String> {
        self.page_keys.clone()
    }

    /// The function alone.
    pub(super) fn router(&self) -> Router {
        Router::new().fallback(answer).with_state(Arc::clone(&self.function))
    }

    /// The function in front of an API.
    pub(super) fn before(&self, api: Router) -> Router {
        let function = Arc::clone(&self.function);
        Router::new().route("/auth/{*rest}", any(answer)).with_state(function).fallback_service(api)
    }
}

/// What the function would be told in Lambda; what the shell has set is not overwritten. Its keys are
/// new with each start, as are the refresh tokens of the development issuer.
fn variables(settings: &Settings, origin: &str) -> anyhow::Result<BTreeMap<String, String>> {
    let mut key = [0; 32];
    rand::fill(&mut key).context("no randomness to be had")?;
    let key = json!([{ "id": "dev", "key": BASE64_URL_SAFE_NO_PAD.encode(key) }]);
    let mut variables: BTreeMap<String, String> = [
        ("GATEPOST_SESSION_ISSUER", issuer(settings.get("GATEPOST_ISSUERS").as_deref())?),
        ("GATEPOST_SESSION_KEYS", key.to_string()),
        ("GATEPOST_SESSION_ORIGIN", origin.to_owned()),
    ]
    .map(|(name, value)| (name.to_owned(), value))
    .into();
    variables.extend(settings.everything().clone());
    Ok(variables)
}

/// The first issuer of the authorizer, as the session function is told of it: so it accepts the same
/// tokens.
fn issuer(issuers: Option<&str>) -> anyhow::Result<String> {
    let issuers: Vec<Map<String, Value>> = serde_json::from_str(issuers.unwrap_or("[]"))
        .context("the setting GATEPOST_ISSUERS is no list of objects")?;
    let mut issuer = issuers.into_iter().next().unwrap_or_default();
    issuer.remove("token_use");
    // Of the development issuer that is the client for people.
    let client = issuer.get("audience").and_then(|audience| audience.get(0)).cloned();
    issuer.insert("client_id".to_owned(), client.unwrap_or_default());
    Ok(Value::from(issuer).to_string())
}

async fn answer(
    State(function): State<Function>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    request: Request,
) -> Response {
    let (parts, body) = request.into_parts();
    let Ok(body) = to_bytes(body, MAX_BODY_BYTES).await else {
        let mut refusal = Response::new(Body::empty());
        *refusal.status_mut() = StatusCode::PAYLOAD_TOO_LARGE;
        return refusal;
    };
    let request = gatepost_session::Request {
        path: parts.uri.path().to_owned(),
        query: wire::query(parts.uri.query().unwrap_or_default()),
        method: parts.method,
        headers: parts.headers,
        body,
        source_ip: Some(peer.ip().to_string()),
    };
    let answer = function.respond(&request, SystemTime::now(), None).await;
    // A path may hold anything that HTTP lets through; a terminal must not act on it.
    let (status, path) = (answer.status().as_u16(), request.path.escape_debug());
    tell(&format!("{status}  {:<7} {path}", request.method.as_str()));
    answer.map(Body::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_function_accepts_what_the_authorizer_accepts() {
        let deployed = r#"[{ "issuer": "http://here", "audience": ["a", "b"], "token_use": ["access"],
            "groups_claim": "roles" }, { "issuer": "http://there", "audience": ["c"] }]"#;
        let read: Value = serde_json::from_str(&issuer(Some(deployed)).unwrap()).unwrap();
        let want = json!({ "issuer": "http://here", "audience": ["a", "b"], "groups_claim": "roles",
            "client_id": "a" });
        assert_eq!(read, want);
        assert!(issuer(Some("{")).is_err());
    }
}
