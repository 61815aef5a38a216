//! Who a token belongs to, told to whoever holds it.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use gatepost_core::token::{Claims, ExpectedToken, KeySet, UnverifiedToken};
use http::{HeaderMap, header};
use serde_json::{Value, json};

use super::Issuer;
use super::oauth_error::OAuthError;

/// `GET` or `POST /oauth2/userInfo`: needs an access token with the scope `openid`.
///
/// As in Cognito, `email_verified` is a string here and a boolean in the ID token.
pub(super) async fn user_info(
    State(issuer): State<Arc<Issuer>>,
    headers: HeaderMap,
) -> Result<Json<Value>, OAuthError> {
    let claims = bearer_token(&headers)
        .and_then(|token| issuer.verify(token))
        .filter(|claims| claims.scopes().any(|scope| scope == "openid"))
        .ok_or(OAuthError::InvalidToken)?;
    let username = claims.username().unwrap_or_default();
    Ok(Json(match issuer.account(username) {
        Some(account) => json!({
            "sub": claims.sub(),
            "username": username,
            "email": account.email,
            "email_verified": "true",
        }),
        None => json!({ "sub": claims.sub(), "username": username }),
    }))
}

impl Issuer {
    /// The claims of an access token of this issuer that is good now.
    fn verify(&self, token: &str) -> Option<Claims> {
        let client_ids = self.settings.clients.iter().map(|client| &client.id);
        let expected = ExpectedToken::new(self.origin(), client_ids).ok()?;
        let keys = KeySet::parse(self.jwks().to_string().as_bytes()).ok()?;
        let unverified = UnverifiedToken::parse(token).ok()?;
        let key = keys.get(unverified.kid())?;
        unverified.verify(key, &expected, self.settings.clock.now()).ok()
    }
}

fn bearer_token(headers: &HeaderMap) -> Option<&str> {
    let (scheme, token) = headers.get(header::AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then_some(token)
}
