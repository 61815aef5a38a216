//! Signing in: leaving for the provider, and coming back.

use gatepost_core::secret::Secret;
use gatepost_core::token::Claims;
use gatepost_store::PolicyStore;
use http::StatusCode;
use tokio::join;

use super::{Call, Reply, Session};
use crate::answer::{error_page, redirect, set_cookie};
use crate::cookies::Cookie;
use crate::local_path::LocalPath;
use crate::login::{Login, redirect_uri};
use crate::provider::{ProviderError, Tokens};
use crate::refusal::Refusal;

impl<S: PolicyStore> Session<S> {
    /// `GET /auth/login?next=/path`.
    pub(super) async fn login(&self, call: Call<'_>) -> Reply {
        match self.begin(call).await {
            Ok(reply) => reply,
            Err(refusal) => Reply::page(refusal),
        }
    }

    async fn begin(&self, call: Call<'_>) -> Result<Reply, Refusal> {
        let discovery = self.provider.discovery(call.deadline).await?;
        let next = LocalPath::of(call.request.parameter("next").unwrap_or("/"));
        let login = Login::begin(&next, call.now)?;
        let cookie = Cookie::Login.set(&login.seal(&self.config.keys)?)?;
        let url = login.authorization_url(
            discovery.authorization.as_str(),
            &self.config.client,
            &self.config.origin,
        );
        let mut answer = redirect(StatusCode::FOUND, &url);
        set_cookie(&mut answer, cookie);
        Ok(Reply::done(answer))
    }

    /// `GET /auth/callback`.
    ///
    /// What does not belong to a login that was begun in this browser changes nothing, not even that
    /// login: or any page could break it off. All else ends it, so that it comes back once.
    pub(super) async fn callback(&self, call: Call<'_>) -> Reply {
        let cookies = Cookie::Login.values(&call.request.headers);
        let state = call.request.parameter("state");
        let login =
            state.and_then(|state| Login::find(cookies, &self.config.keys, state, call.now));
        let Some(login) = login else { return Reply::page(Refusal::LoginUnknown) };
        let mut reply = match self.finish(call, &login).await {
            Ok(reply) => reply,
            Err(refusal) => Reply::page(refusal),
        };
        set_cookie(&mut reply.answer, Cookie::Login.clear());
        reply
    }

    async fn finish(&self, call: Call<'_>, login: &Login) -> Result<Reply, Refusal> {
        let (tokens, claims) = self.redeem(call, login).await?;
        let cookies = match &self.table {
            None => self.session_cookies(&tokens, claims.sub(), None)?.to_vec(),
            Some(table) => vec![self.begin_stored(table, &tokens, &claims, call).await?],
        };
        let (pass, ()) = join!(self.page_pass(&claims, call), self.end_previous(call));
        // Without a pass no page opens, so someone on the way to one is told why. The session is good
        // all the same.
        let (mut reply, pass) = match pass {
            Ok(pass) => {
                let next = login.next();
                (Reply::done(redirect(StatusCode::SEE_OTHER, next.as_str())), pass)
            }
            Err(refusal) => {
                let answer = error_page(&refusal.told());
                (Reply { answer, refusal: Some(refusal) }, Cookie::Pages.clear())
            }
        };
        for cookie in cookies.into_iter().chain([pass]) {
            set_cookie(&mut reply.answer, cookie);
        }
        Ok(reply)
    }

    /// The tokens for the code that came back, and who they are about.
    async fn redeem(&self, call: Call<'_>, login: &Login) -> Result<(Tokens, Claims), Refusal> {
        let Call { request, now, deadline } = call;
        let discovery = self.provider.discovery(deadline).await?;
        // RFC 9207: that the answer is of the issuer that was asked, and of no other.
        let repeats = request.query.iter().filter(|(name, _)| name == "iss").count();
        match request.parameter("iss") {
            Some(issuer) if issuer != self.provider.issuer() => {
                return Err(Refusal::IssuerMismatch);
            }
            None if discovery.names_itself || repeats > 0 => return Err(Refusal::IssuerMismatch),
            Some(_) | None => {}
        }
        match request.parameter("error") {
            Some("access_denied") => return Err(Refusal::SignInDenied),
            Some(_) => return Err(Refusal::SignInFailed),
            None => {}
        }
        let code = request.parameter("code").map(Secret::new).ok_or(Refusal::NoCode)?;
        let back = redirect_uri(&self.config.origin);
        let client = &self.config.client;
        let tokens = self.provider.exchange(client, code, login.verifier(), &back, deadline).await;
        let tokens = tokens.map_err(|error| match error {
            ProviderError::Refused { code: "invalid_grant" } => Refusal::CodeRefused,
            ProviderError::Discovery(_)
            | ProviderError::Fetch(_)
            | ProviderError::Garbled
            | ProviderError::Refused { .. } => error.into(),
        })?;
        let id_token = tokens.id.as_ref().ok_or(Refusal::TokenOfAnotherLogin)?;
        let id_token = Secret::new(id_token.expose().as_str());
        let id_claims = self.provider.id_claims(id_token, now, deadline).await?;
        if !login.is_answered_by(id_claims.text("nonce")) {
            return Err(Refusal::TokenOfAnotherLogin);
        }
        let access = Secret::new(tokens.access.expose().as_str());
        let claims = self.provider.access_claims(access, now, deadline).await?;
        if claims.sub() != id_claims.sub() {
            return Err(Refusal::TokensOfTwo);
        }
        Ok((tokens, claims))
    }
}
