//! Signing out: here, at the provider, and wherever the browser goes then.

use form_urlencoded::Serializer;
use gatepost_core::csrf::csrf_token;
use gatepost_core::secret::Secret;
use gatepost_store::PolicyStore;
use http::StatusCode;
use serde::Serialize;

use super::{CSRF_HEADER, Call, Reply, Session};
use crate::answer::{self, redirect, set_cookie};
use crate::cookies::Cookie;
use crate::refusal::Refusal;

/// Where people are when they have signed out.
const SIGNED_OUT: &str = "/signed-out";

impl<S: PolicyStore> Session<S> {
    /// `GET /auth/logout`: a link cannot sign anyone out, but ask.
    pub(super) fn ask_to_sign_out(call: Call<'_>) -> Reply {
        match Cookie::Session.value(&call.request.headers) {
            Some(session) => Reply::done(answer::logout_page(&csrf_token(Secret::new(session)))),
            None => Reply::page(Refusal::NotSignedIn),
        }
    }

    /// `POST /auth/logout`, by a script or by the form of the page above.
    pub(super) async fn sign_out(&self, call: Call<'_>) -> Reply {
        let is_form = call.request.is_form() && call.request.header(CSRF_HEADER).is_none();
        let field = if is_form { call.request.field("csrf_token") } else { None };
        let presented = field.as_deref().or(call.request.header(CSRF_HEADER));
        let session = match self.protected(call, presented) {
            Ok(session) => session,
            Err(refusal) if is_form => return Reply::page(refusal),
            Err(refusal) => return Reply::json(refusal),
        };
        // A session that may go on elsewhere is no reason to leave its cookie in this browser.
        let mut reply = match self.end(session, call).await {
            Err(refusal) if is_form => Reply::page(refusal),
            Err(refusal) => Reply::json(refusal),
            Ok(()) => {
                let location = self.after_sign_out(call).await;
                Reply::done(if is_form {
                    redirect(StatusCode::SEE_OTHER, &location)
                } else {
                    answer::json(StatusCode::OK, &Location { location })
                })
            }
        };
        for cookie in [Cookie::Session, Cookie::Refresh, Cookie::Pages] {
            set_cookie(&mut reply.answer, cookie.clear());
        }
        reply
    }

    /// Ends the session, here and at the provider.
    async fn end(&self, session: &str, call: Call<'_>) -> Result<(), Refusal> {
        if let Some(table) = &self.table {
            return self.end_stored(table, session, call).await.map_err(Refusal::NotSignedOut);
        }
        if let Some(refreshing) = self.refreshing(&call.request.headers, session) {
            self.revoke(Secret::new(refreshing.t.as_str()), call).await;
        }
        Ok(())
    }

    /// Ends the session at the provider. Whoever wants to be out is out here in any case, so that a
    /// provider which cannot be told is only logged.
    pub(super) async fn revoke(&self, token: Secret<&str>, call: Call<'_>) {
        if let Err(error) = self.provider.revoke(&self.config.client, token, call.deadline).await {
            tracing::warn!(reason = error.reason(), %error, "refresh token not revoked");
        }
    }

    /// The provider has a session of its own, in cookies of its own: it must be asked by the browser.
    ///
    /// Amazon Cognito calls the way back `logout_uri`, OpenID Connect RP-Initiated Logout 1.0
    /// `post_logout_redirect_uri`; each ignores the other.
    async fn after_sign_out(&self, call: Call<'_>) -> String {
        let back = self.config.origin.at(SIGNED_OUT);
        let discovery = self.provider.discovery(call.deadline).await.ok();
        let Some(url) = discovery.as_ref().and_then(|found| found.end_session.as_ref()) else {
            return back;
        };
        let query = Serializer::new(String::new())
            .append_pair("client_id", &self.config.client.id)
            .append_pair("logout_uri", &back)
            .append_pair("post_logout_redirect_uri", &back)
            .finish();
        let separator = if url.as_str().contains('?') { '&' } else { '?' };
        format!("{url}{separator}{query}")
    }
}

#[derive(Serialize)]
struct Location {
    location: String,
}
