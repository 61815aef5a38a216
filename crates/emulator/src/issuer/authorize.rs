//! Signing in: the authorization endpoint, the sign-in page and signing out.
//!
//! `GET /oauth2/authorize` and `GET /login` take the same parameters and show the sign-in page, as
//! in Cognito. Its buttons post to `/login` with the same query, where it is read afresh: until
//! somebody has chosen an account there is nothing to remember.

use std::sync::Arc;

use axum::extract::rejection::{FormRejection, QueryRejection};
use axum::extract::{Form, Query, RawQuery, State};
use axum::response::{IntoResponse, Redirect, Response};
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use http::{HeaderMap, header};
use serde::Deserialize;
use url::Url;

use super::grant::{Authorization, CodeBinding};
use super::oauth_error::OAuthError;
use super::page::{self, Misuse};
use super::token::SignIn;
use super::{Account, Client, Issuer};

/// The query of an authorization request, as it was sent.
#[derive(Debug, Deserialize)]
pub(super) struct AuthorizeQuery {
    client_id: Option<String>,
    code_challenge: Option<String>,
    code_challenge_method: Option<String>,
    login_hint: Option<String>,
    nonce: Option<String>,
    prompt: Option<String>,
    redirect_uri: Option<String>,
    response_type: Option<String>,
    scope: Option<String>,
    state: Option<String>,
}

/// What the user did on the sign-in page.
#[derive(Debug, Deserialize)]
pub(super) struct Choice {
    /// The account that was chosen; none if the user went back.
    username: Option<String>,
}

#[derive(Debug, Deserialize)]
pub(super) struct LogoutQuery {
    client_id: Option<String>,
    logout_uri: Option<String>,
}

/// A request of a known client, whose answer may be sent to `redirect_uri`.
#[derive(Debug)]
struct AuthorizeRequest<'a> {
    client: &'a Client,
    // INVARIANT: the client may redirect to it.
    redirect_uri: String,
    state: Option<String>,
    nonce: Option<String>,
    scope: String,
    code_challenge: String,
    hinted: Option<Account>,
}

/// Shows the sign-in page.
///
/// A `login_hint` is followed without asking when our own start page sends it: there the click
/// was the choice. From anywhere else it only moves that account to the front.
pub(super) async fn authorize(
    State(issuer): State<Arc<Issuer>>,
    RawQuery(raw_query): RawQuery,
    query: Result<Query<AuthorizeQuery>, QueryRejection>,
    headers: HeaderMap,
) -> Response {
    let request = match AuthorizeRequest::parse(&issuer, query) {
        Ok(request) => request,
        Err(refusal) => return refusal.into_response(),
    };
    match &request.hinted {
        Some(account) if fetch_site(&headers) == Some("same-origin") => {
            sign_in(&issuer, &request, account)
        }
        hinted => page::sign_in(&page::SignInPage {
            accounts: &issuer.accounts(),
            client_id: &request.client.id,
            hinted: hinted.as_ref(),
            query: raw_query.as_deref().unwrap_or_default(),
            redirect_uri: &request.redirect_uri,
        })
        .into_response(),
    }
}

/// Takes the choice of the sign-in page.
pub(super) async fn choose(
    State(issuer): State<Arc<Issuer>>,
    query: Result<Query<AuthorizeQuery>, QueryRejection>,
    headers: HeaderMap,
    choice: Result<Form<Choice>, FormRejection>,
) -> Response {
    if !is_from_own_page(&headers) {
        return Misuse::ForeignForm.into_response();
    }
    let request = match AuthorizeRequest::parse(&issuer, query) {
        Ok(request) => request,
        Err(refusal) => return refusal.into_response(),
    };
    let Ok(Form(choice)) = choice else { return Misuse::MalformedForm.into_response() };
    match choice.username.map(|username| issuer.account(&username)) {
        Some(Some(account)) => sign_in(&issuer, &request, &account),
        Some(None) => Misuse::UnknownAccount.into_response(),
        None => Refusal::to(&request.redirect_uri, request.state, OAuthError::AccessDenied)
            .into_response(),
    }
}

/// Sends the browser back to where the client wants it after signing out. There is no session
/// here to end: every sign-in begins with the choice of an account.
pub(super) async fn log_out(
    State(issuer): State<Arc<Issuer>>,
    query: Result<Query<LogoutQuery>, QueryRejection>,
) -> Response {
    let Ok(Query(query)) = query else { return Misuse::MalformedQuery.into_response() };
    let Some(client) = query.client_id.and_then(|id| issuer.client(&id)) else {
        return Misuse::UnknownClient.into_response();
    };
    match query.logout_uri {
        Some(uri) if client.may_log_out_to(&uri) => Redirect::to(&uri).into_response(),
        _ => Misuse::UnregisteredLogoutUri.into_response(),
    }
}

fn sign_in(issuer: &Issuer, request: &AuthorizeRequest<'_>, account: &Account) -> Response {
    let now = issuer.settings.clock.now();
    let authorization = Authorization {
        client_id: request.client.id.clone(),
        scope: request.scope.clone(),
        nonce: request.nonce.clone(),
        sign_in: SignIn::new(account.clone(), now),
    };
    let binding = CodeBinding {
        redirect_uri: request.redirect_uri.clone(),
        code_challenge: request.code_challenge.clone(),
    };
    let code = issuer.grants().issue_code(authorization, binding, now);
    let state = request.state.clone();
    match code {
        Ok(code) => {
            let mut answer = vec![("code", code)];
            answer.extend(state.map(|state| ("state", state)));
            redirect(&request.redirect_uri, &answer)
        }
        Err(error) => Refusal::to(&request.redirect_uri, state, error.into()).into_response(),
    }
}

impl<'a> AuthorizeRequest<'a> {
    /// First the client and its address, because what is wrong with these must not be told to the
    /// address ([RFC 6749], section 4.1.2.1); then everything else.
    ///
    /// [RFC 6749]: https://www.rfc-editor.org/rfc/rfc6749#section-4.1.2.1
    fn parse(
        issuer: &'a Issuer,
        query: Result<Query<AuthorizeQuery>, QueryRejection>,
    ) -> Result<Self, Refusal> {
        let Ok(Query(query)) = query else { return Err(Misuse::MalformedQuery.into()) };
        let client_id = given(query.client_id).ok_or(Misuse::UnknownClient)?;
        let client = issuer.client(&client_id).ok_or(Misuse::UnknownClient)?;
        let redirect_uri =
            given(query.redirect_uri).filter(|uri| client.may_redirect_to(uri)).ok_or_else(
                || Misuse::UnregisteredRedirectUri { registered: client.redirect_uris().to_vec() },
            )?;
        let state = given(query.state);
        let refuse = |error| Refusal::to(&redirect_uri, state.clone(), error);
        let invalid = |what| refuse(OAuthError::InvalidRequest(what));

        match given(query.response_type).as_deref() {
            Some("code") => {}
            Some(_) => return Err(refuse(OAuthError::UnsupportedResponseType)),
            None => return Err(invalid("response_type is missing")),
        }
        let code_challenge = given(query.code_challenge)
            .ok_or_else(|| invalid("code_challenge is missing: PKCE is required"))?;
        // Without a method the challenge would be the verifier itself (RFC 7636, section 4.3).
        if query.code_challenge_method.as_deref() != Some("S256") {
            return Err(invalid("code_challenge_method must be S256"));
        }
        if !BASE64_URL_SAFE_NO_PAD.decode(&code_challenge).is_ok_and(|hash| hash.len() == 32) {
            return Err(invalid("code_challenge is no SHA-256 hash in base64url"));
        }
        let scope = client
            .grant_scope(query.scope.as_deref())
            .ok_or_else(|| refuse(OAuthError::InvalidScope))?;
        if query.prompt.as_deref() == Some("none") {
            return Err(refuse(OAuthError::LoginRequired));
        }
        let hinted = query.login_hint.and_then(|username| issuer.account(&username));
        let nonce = given(query.nonce);
        Ok(Self { client, redirect_uri, state, nonce, scope, code_challenge, hinted })
    }
}

/// Why an authorization request comes to nothing, and who is told.
#[derive(Debug)]
enum Refusal {
    /// The user: there is no address that the answer may be sent to.
    User(Misuse),
    /// The client.
    Client { redirect_uri: String, state: Option<String>, error: OAuthError },
}

impl Refusal {
    fn to(redirect_uri: &str, state: Option<String>, error: OAuthError) -> Self {
        Self::Client { redirect_uri: redirect_uri.to_owned(), state, error }
    }
}

impl From<Misuse> for Refusal {
    fn from(misuse: Misuse) -> Self {
        Self::User(misuse)
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        match self {
            Self::User(misuse) => misuse.into_response(),
            Self::Client { redirect_uri, state, error } => {
                let mut answer = vec![
                    ("error", error.code().to_owned()),
                    ("error_description", error.to_string()),
                ];
                answer.extend(state.map(|state| ("state", state)));
                redirect(&redirect_uri, &answer)
            }
        }
    }
}

/// Sends the browser to `redirect_uri` with `answer` added to its query.
fn redirect(redirect_uri: &str, answer: &[(&str, String)]) -> Response {
    match Url::parse(redirect_uri) {
        Ok(mut url) => {
            url.query_pairs_mut().extend_pairs(answer);
            Redirect::to(url.as_str()).into_response()
        }
        Err(_) => Misuse::UnusableRedirectUri.into_response(),
    }
}

/// A parameter without a value counts as left out ([RFC 6749], section 3.1).
///
/// [RFC 6749]: https://www.rfc-editor.org/rfc/rfc6749#section-3.1
fn given(parameter: Option<String>) -> Option<String> {
    parameter.filter(|value| !value.is_empty())
}

/// Whether a form was posted by a page of the issuer, as browsers tell: with `Sec-Fetch-Site`, or
/// before 2023 with `Origin`. What sends neither is no browser, and cannot be made to sign
/// somebody in.
fn is_from_own_page(headers: &HeaderMap) -> bool {
    if let Some(site) = fetch_site(headers) {
        // `none`: the user reloaded the page.
        return matches!(site, "same-origin" | "none");
    }
    match (headers.get(header::ORIGIN), headers.get(header::HOST)) {
        (None, _) => true,
        (Some(origin), Some(host)) => origin
            .to_str()
            .ok()
            .and_then(|origin| origin.split_once("://"))
            .is_some_and(|(_, authority)| authority.as_bytes() == host.as_bytes()),
        (Some(_), None) => false,
    }
}

fn fetch_site(headers: &HeaderMap) -> Option<&str> {
    headers.get("sec-fetch-site")?.to_str().ok()
}
