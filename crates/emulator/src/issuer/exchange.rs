//! The token endpoint and the revocation endpoint: what applications call themselves.

use std::sync::Arc;

use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::digest::{SHA256, digest};
use axum::Json;
use axum::extract::rejection::FormRejection;
use axum::extract::{Form, State};
use base64::Engine as _;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};
use gatepost_core::token::TokenUse;
use http::{HeaderMap, StatusCode, header};
use serde::{Deserialize, Serialize};

use super::client::Flow;
use super::grant::{Granted, Redemption};
use super::oauth_error::OAuthError;
use super::token::{Bearer, TokenRequest};
use super::{Client, Issuer};

#[derive(Deserialize)]
pub(super) struct TokenForm {
    client_id: Option<String>,
    client_secret: Option<String>,
    code: Option<String>,
    code_verifier: Option<String>,
    grant_type: Option<String>,
    redirect_uri: Option<String>,
    refresh_token: Option<String>,
    scope: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct RevokeForm {
    client_id: Option<String>,
    client_secret: Option<String>,
    token: Option<String>,
}

/// A successful answer of the token endpoint ([RFC 6749], section 5.1).
///
/// [RFC 6749]: https://www.rfc-editor.org/rfc/rfc6749#section-5.1
#[derive(Serialize)]
pub(super) struct TokenResponse {
    access_token: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    id_token: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    refresh_token: Option<String>,
    token_type: &'static str,
    expires_in: u64,
    scope: String,
}

/// `POST /oauth2/token`.
pub(super) async fn token(
    State(issuer): State<Arc<Issuer>>,
    headers: HeaderMap,
    form: Result<Form<TokenForm>, FormRejection>,
) -> Result<Json<TokenResponse>, OAuthError> {
    let Form(form) = form.map_err(|_| OAuthError::InvalidRequest("the form cannot be read"))?;
    let client =
        issuer.authenticate(&headers, form.client_id.as_deref(), form.client_secret.as_deref())?;
    let now = issuer.settings.clock.now();
    let grant_type = form.grant_type.as_deref().ok_or(invalid("grant_type is missing"))?;
    match (grant_type, &client.flow) {
        ("authorization_code", Flow::AuthorizationCode { .. }) => {
            let presented = Redemption {
                code: form.code.as_deref().ok_or(invalid("code is missing"))?,
                client_id: &client.id,
                redirect_uri: form
                    .redirect_uri
                    .as_deref()
                    .ok_or(invalid("redirect_uri is missing"))?,
                code_verifier: form
                    .code_verifier
                    .as_deref()
                    .ok_or(invalid("code_verifier is missing"))?,
            };
            let granted = issuer.grants().redeem(presented, now)?;
            issuer.user_tokens(granted)
        }
        ("refresh_token", Flow::AuthorizationCode { .. }) => {
            let refresh_token =
                form.refresh_token.as_deref().ok_or(invalid("refresh_token is missing"))?;
            let granted = issuer.grants().refresh(refresh_token, &client.id, now)?;
            issuer.user_tokens(granted)
        }
        ("client_credentials", Flow::ClientCredentials) => {
            let scope =
                client.grant_scope(form.scope.as_deref()).ok_or(OAuthError::InvalidScope)?;
            issuer.machine_token(client, scope)
        }
        ("authorization_code" | "refresh_token" | "client_credentials", _) => {
            Err(OAuthError::UnauthorizedClient)
        }
        _ => Err(OAuthError::UnsupportedGrantType),
    }
    .map(Json)
}

/// `POST /oauth2/revoke` ([RFC 7009]). A token that is not known is as good as revoked.
///
/// [RFC 7009]: https://www.rfc-editor.org/rfc/rfc7009#section-2.2
pub(super) async fn revoke(
    State(issuer): State<Arc<Issuer>>,
    headers: HeaderMap,
    form: Result<Form<RevokeForm>, FormRejection>,
) -> Result<StatusCode, OAuthError> {
    let Form(form) = form.map_err(|_| OAuthError::InvalidRequest("the form cannot be read"))?;
    let client =
        issuer.authenticate(&headers, form.client_id.as_deref(), form.client_secret.as_deref())?;
    let token = form.token.as_deref().ok_or(invalid("token is missing"))?;
    // A JWT is good for as long as it says, whatever becomes of its sign-in.
    if token.split('.').count() == 3 {
        return Err(OAuthError::UnsupportedTokenType);
    }
    issuer.grants().revoke(token, &client.id, issuer.settings.clock.now());
    Ok(StatusCode::OK)
}

impl Issuer {
    /// The client that sends this, by HTTP Basic or in the form ([RFC 6749], section 2.3.1).
    ///
    /// As in Cognito, id and secret are not form-encoded before they become Basic credentials.
    ///
    /// [RFC 6749]: https://www.rfc-editor.org/rfc/rfc6749#section-2.3.1
    fn authenticate(
        &self,
        headers: &HeaderMap,
        form_id: Option<&str>,
        form_secret: Option<&str>,
    ) -> Result<&Client, OAuthError> {
        let basic = basic_credentials(headers)?;
        let (id, secret) = match (&basic, form_secret) {
            (Some(_), Some(_)) => return Err(invalid("the client authenticates in two ways")),
            (Some((id, _)), None) if form_id.is_some_and(|form_id| form_id != id) => {
                return Err(invalid("the client has two ids"));
            }
            (Some((id, secret)), None) => (id.as_str(), Some(secret.as_str())),
            (None, secret) => (form_id.ok_or(invalid("client_id is missing"))?, secret),
        };
        let client = self.client(id).ok_or(OAuthError::InvalidClient)?;
        match (&client.secret, secret) {
            (None, None) => Ok(client),
            (Some(known), Some(presented)) if is_same_secret(known, presented) => Ok(client),
            _ => Err(OAuthError::InvalidClient),
        }
    }

    fn user_tokens(&self, granted: Granted) -> Result<TokenResponse, OAuthError> {
        let Granted { authorization, refresh_token } = granted;
        let bearer = Bearer::SignedIn(authorization.sign_in);
        let access = TokenRequest {
            scope: authorization.scope,
            lifetime: self.settings.token_lifetime,
            ..TokenRequest::new(
                TokenUse::Access,
                bearer,
                authorization.client_id,
                self.settings.clock.now(),
            )
        };
        let mut response = self.access_token(&access)?;
        response.refresh_token = Some(refresh_token);
        if access.scope.split(' ').any(|scope| scope == "openid") {
            let mut id = TokenRequest { token_use: TokenUse::Id, ..access };
            let at_hash = access_token_hash(&response.access_token);
            id.claims.insert("at_hash".to_owned(), at_hash.into());
            let nonce = authorization.nonce.map(|nonce| ("nonce".to_owned(), nonce.into()));
            id.claims.extend(nonce);
            response.id_token = Some(self.mint(&id)?);
        }
        Ok(response)
    }

    fn machine_token(&self, client: &Client, scope: String) -> Result<TokenResponse, OAuthError> {
        let now = self.settings.clock.now();
        self.access_token(&TokenRequest {
            scope,
            lifetime: self.settings.token_lifetime,
            ..TokenRequest::new(TokenUse::Access, Bearer::Machine, &client.id, now)
        })
    }

    fn access_token(&self, request: &TokenRequest) -> Result<TokenResponse, OAuthError> {
        Ok(TokenResponse {
            access_token: self.mint(request)?,
            id_token: None,
            refresh_token: None,
            token_type: "Bearer",
            expires_in: request.lifetime.as_secs(),
            scope: request.scope.clone(),
        })
    }
}

fn invalid(what: &'static str) -> OAuthError {
    OAuthError::InvalidRequest(what)
}

/// Id and secret of an `Authorization: Basic` header, if there is one.
fn basic_credentials(headers: &HeaderMap) -> Result<Option<(String, String)>, OAuthError> {
    let Some(value) = headers.get(header::AUTHORIZATION) else { return Ok(None) };
    let credentials = value
        .to_str()
        .ok()
        .and_then(|text| text.split_once(' '))
        .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("basic"))
        .and_then(|(_, encoded)| BASE64_STANDARD.decode(encoded).ok())
        .and_then(|bytes| String::from_utf8(bytes).ok());
    match credentials.as_deref().and_then(|text| text.split_once(':')) {
        Some((id, secret)) => Ok(Some((id.to_owned(), secret.to_owned()))),
        None => Err(OAuthError::InvalidClient),
    }
}

fn is_same_secret(known: &str, presented: &str) -> bool {
    verify_slices_are_equal(known.as_bytes(), presented.as_bytes()).is_ok()
}

/// The `at_hash` claim of an ID token ([OpenID Connect Core], section 3.1.3.6).
///
/// [OpenID Connect Core]: https://openid.net/specs/openid-connect-core-1_0.html#CodeIDToken
fn access_token_hash(access_token: &str) -> String {
    let hash = digest(&SHA256, access_token.as_bytes());
    let (left_half, _) = hash.as_ref().split_at(hash.as_ref().len() / 2);
    BASE64_URL_SAFE_NO_PAD.encode(left_half)
}
