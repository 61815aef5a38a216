//! A stand-in for Cognito, API Gateway's control plane and Lambda: it takes signed requests only,
//! and keeps what was made until it is deleted.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::process::Command;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};
use tokio::net::TcpListener;

/// What it holds, and how it answers.
#[derive(Default)]
pub(crate) struct Aws {
    pub(crate) users: BTreeMap<String, Option<String>>,
    pub(crate) groups: BTreeMap<String, BTreeSet<String>>,
    /// The actions that were asked for, in order.
    pub(crate) actions: Vec<String>,
    /// What the authorizer of the API looks like.
    pub(crate) authorizer: Value,
    /// What API Gateway answers with by itself.
    pub(crate) gateway_responses: Value,
    /// The environment of the function behind it.
    pub(crate) environment: Value,
    /// Calls that are refused with 429 before one is answered.
    pub(crate) busy: usize,
    /// Whether names of users must be email addresses, or must not be.
    pub(crate) are_names_emails: bool,
    /// Whether the client lets programs sign in.
    pub(crate) is_flow_allowed: bool,
    /// Makes an access token when it is given `--groups` and a list.
    pub(crate) mint: Vec<String>,
    /// Touched, so that `gatepost dev` forgets its answers.
    pub(crate) flushes: PathBuf,
}

pub(crate) type Shared = Arc<Mutex<Aws>>;

/// Starts it, and returns its address.
pub(crate) async fn start(aws: &Shared) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let router = Router::new().fallback(answer).with_state(Arc::clone(aws));
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    address
}

async fn answer(
    State(aws): State<Shared>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    tokio::task::spawn_blocking(move || {
        let mut aws = aws.lock().unwrap();
        if aws.busy > 0 {
            aws.busy -= 1;
            return refusal(429, "TooManyRequestsException", "slow down");
        }
        match headers.get("x-amz-target") {
            Some(target) => {
                require_signature(&headers, "cognito-idp");
                let target = target.to_str().unwrap();
                let action = target.strip_prefix("AWSCognitoIdentityProviderService.").unwrap();
                let body = serde_json::from_slice(&body).unwrap();
                aws.cognito(action, &body)
            }
            None if uri.path().starts_with("/2015-03-31/functions/") => {
                require_signature(&headers, "lambda");
                assert!(uri.path().contains("function%3Agatepost%3Alive"), "{uri}");
                let environment = json!({ "Environment": { "Variables": aws.environment } });
                axum::Json(environment).into_response()
            }
            None => {
                require_signature(&headers, "apigateway");
                // Without this the real service answers in another form.
                assert_eq!(headers["accept"], "application/json");
                aws.api_gateway(&method, uri.path())
            }
        }
    })
    .await
    .unwrap()
}

fn require_signature(headers: &HeaderMap, service: &str) {
    let text = headers["authorization"].to_str().unwrap();
    let scope = format!("/eu-west-1/{service}/aws4_request, SignedHeaders=");
    assert!(text.starts_with("AWS4-HMAC-SHA256 Credential=development/"), "{text}");
    assert!(text.contains(&scope), "{text}");
    assert!(headers.contains_key("x-amz-date"));
}

fn refusal(status: u16, code: &str, message: &str) -> Response {
    let body = json!({ "__type": code, "message": message }).to_string();
    (StatusCode::from_u16(status).unwrap(), body).into_response()
}

fn done(body: &Value) -> Response {
    axum::Json(body.clone()).into_response()
}

impl Aws {
    fn cognito(&mut self, action: &str, body: &Value) -> Response {
        self.actions.push(action.to_owned());
        let text = |name: &str| body[name].as_str().unwrap_or_default().to_owned();
        assert_eq!(text("UserPoolId"), "eu-west-1_pool");
        let (user, group) = (text("Username"), text("GroupName"));
        match action {
            "AdminCreateUser" => {
                assert_eq!(text("MessageAction"), "SUPPRESS");
                assert_eq!(body["UserAttributes"][0]["Name"], "email");
                if user.contains('@') != self.are_names_emails {
                    let message = "Username is not of the format that this pool is set up for";
                    return refusal(400, "InvalidParameterException", message);
                }
                let name =
                    if self.are_names_emails { "0b1c-drawn-by-the-pool".into() } else { user };
                assert!(self.users.insert(name.clone(), None).is_none());
                return done(&json!({ "User": { "Username": name } }));
            }
            "AdminSetUserPassword" => {
                assert_eq!(body["Permanent"], true);
                self.users.insert(user, Some(text("Password"))).unwrap();
            }
            "AdminDeleteUser" => {
                self.users.remove(&user).unwrap();
                for members in self.groups.values_mut() {
                    members.remove(&user);
                }
            }
            "CreateGroup" => assert!(self.groups.insert(group, BTreeSet::new()).is_none()),
            "AdminAddUserToGroup" => assert!(self.groups.get_mut(&group).unwrap().insert(user)),
            "AdminRemoveUserFromGroup" => {
                assert!(self.groups.get_mut(&group).unwrap().remove(&user));
            }
            "DeleteGroup" => {
                let members = self.groups.remove(&group).unwrap();
                assert!(members.is_empty(), "only groups without members can be deleted");
            }
            "AdminInitiateAuth" => return self.sign_in(body),
            _ => panic!("{action}"),
        }
        done(&json!({}))
    }

    fn sign_in(&self, body: &Value) -> Response {
        assert_eq!(body["AuthFlow"], "ADMIN_USER_PASSWORD_AUTH");
        assert_eq!(body["ClientId"], "client");
        if !self.is_flow_allowed {
            let message = "Auth flow not enabled for this client";
            return refusal(400, "InvalidParameterException", message);
        }
        let parameters = &body["AuthParameters"];
        let user = parameters["USERNAME"].as_str().unwrap();
        assert_eq!(self.users[user].as_deref(), parameters["PASSWORD"].as_str());
        let groups: Vec<&str> = self
            .groups
            .iter()
            .filter(|(_, members)| members.contains(user))
            .map(|(group, _)| group.as_str())
            .collect();
        let (program, arguments) = self.mint.split_first().unwrap();
        let output =
            Command::new(program).args(arguments).args(["--groups", &groups.join(",")]).output();
        let token = String::from_utf8(output.unwrap().stdout).unwrap().trim().to_owned();
        // An authorizer that takes access tokens only is not to be given the other.
        let tokens = json!({ "AccessToken": token, "IdToken": "not-this-one" });
        done(&json!({ "AuthenticationResult": tokens, "ChallengeParameters": {} }))
    }

    fn api_gateway(&mut self, method: &Method, path: &str) -> Response {
        self.actions.push(format!("{method} {path}"));
        match (method.as_str(), path) {
            ("GET", "/restapis/a1b2c3") => done(&json!({ "id": "a1b2c3", "name": "movies" })),
            ("GET", "/restapis/a1b2c3/authorizers") => done(&json!({ "item": [self.authorizer] })),
            ("GET", "/restapis/a1b2c3/gatewayresponses") => {
                done(&json!({ "item": self.gateway_responses }))
            }
            ("GET", "/restapis/a1b2c3/stages/prod") => done(&json!({ "stageName": "prod" })),
            ("DELETE", "/restapis/a1b2c3/stages/prod/cache/authorizers") => {
                let text = std::fs::read_to_string(&self.flushes).unwrap();
                std::fs::write(&self.flushes, format!("{text}\n# flushed\n")).unwrap();
                StatusCode::ACCEPTED.into_response()
            }
            _ => refusal(404, "NotFoundException", "Invalid API identifier specified"),
        }
    }
}
