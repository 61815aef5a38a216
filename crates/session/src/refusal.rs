//! Why a request does not get what it asked for, and what its sender is told.

use gatepost_store::StoreError;
use http::StatusCode;

use crate::cookies::{CookieError, MAX_COOKIE_BYTES};
use crate::page_pass::{MAX_BYTES, PagePassError};
use crate::provider::{ProviderError, VerifyError};
use crate::seal::SealError;

/// Why. The text is for the log: no credential, and nothing that the sender chose, is in it.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub(crate) enum Refusal {
    /// The provider takes the code for used, or for another's.
    #[error("the provider does not accept the code")]
    CodeRefused,

    /// A cookie cannot be set.
    #[error(transparent)]
    Cookie(#[from] CookieError),

    /// No token against cross-site request forgery.
    #[error("the request has no token against cross-site request forgery")]
    CsrfTokenMissing,

    /// One that is not the cookie's.
    #[error("the token against cross-site request forgery is not that of the cookie")]
    CsrfTokenMismatch,

    /// The answer at the callback says that another issuer gave it (RFC 9207).
    #[error("the answer at the callback is not that of the issuer")]
    IssuerMismatch,

    /// No login cookie belongs to what came back.
    #[error("no login that was begun in this browser belongs to the answer")]
    LoginUnknown,

    /// The address has another verb.
    #[error("the address is not for this method")]
    MethodNotAllowed,

    /// The callback has neither a code nor an error.
    #[error("the answer at the callback has no code")]
    NoCode,

    /// No such address.
    #[error("there is no such address")]
    NotFound,

    /// No cookie, or one whose token is not good.
    #[error("nobody is signed in")]
    NotSignedIn,

    /// The row of the session could not be taken away.
    #[error("the session could not be ended: {0}")]
    NotSignedOut(StoreError),

    /// No page pass could be made.
    #[error(transparent)]
    PagePass(#[from] PagePassError),

    /// The documents for it could not be read.
    #[error("the policy documents cannot be read: {0}")]
    Policies(#[from] StoreError),

    /// The provider gave nothing.
    #[error(transparent)]
    Provider(#[from] ProviderError),

    /// The refresh token was used already, perhaps by another tab a moment ago.
    #[error("the refresh token is not accepted, and may have been used by another tab")]
    RefreshConflict,

    /// Randomness or a cipher failed.
    #[error(transparent)]
    Seal(#[from] SealError),

    /// There is nothing to refresh the session with.
    #[error("the session is over")]
    SessionOver,

    /// The row of the session could not be read or written.
    #[error("the table of sessions cannot be used: {0}")]
    Sessions(StoreError),

    /// The user did not sign in.
    #[error("the user did not sign in")]
    SignInDenied,

    /// The provider's page sent an error back.
    #[error("the provider's page answered with an error")]
    SignInFailed,

    /// A new token is not good.
    #[error("a token of the provider is not accepted: {0}")]
    Token(#[from] VerifyError),

    /// The ID token was made for another login.
    #[error("the ID token is missing, or was made for another login")]
    TokenOfAnotherLogin,

    /// Two tokens that came together are about two people.
    #[error("the tokens are about different people")]
    TokensOfTwo,
}

/// What the sender is told.
pub(crate) struct Told {
    pub(crate) status: StatusCode,
    /// In `snake_case`, for programs and the log.
    pub(crate) code: &'static str,
    /// For people.
    pub(crate) message: String,
}

impl Refusal {
    pub(crate) fn told(&self) -> Told {
        let (status, code, message) = match self {
            Self::CodeRefused => {
                (400, "code_refused", "This sign-in was used already. Please sign in again.")
            }
            Self::Cookie(CookieError::TooLong { cookie, bytes }) => {
                return Told {
                    status: StatusCode::INTERNAL_SERVER_ERROR,
                    code: "token_too_large",
                    message: format!(
                        "You cannot be signed in: the cookie {cookie} would have {bytes} bytes, and browsers keep {MAX_COOKIE_BYTES} at most. You may be in too many groups."
                    ),
                };
            }
            Self::PagePass(PagePassError::TooLong { bytes }) => {
                return Told {
                    status: StatusCode::INTERNAL_SERVER_ERROR,
                    code: "page_pass_too_large",
                    message: format!(
                        "You are signed in, but cannot open pages: the list of your pages would have {bytes} bytes, and {MAX_BYTES} are the most."
                    ),
                };
            }
            Self::Cookie(CookieError::Character { .. })
            | Self::Token(VerifyError::Token(_))
            | Self::TokenOfAnotherLogin
            | Self::TokensOfTwo => (
                502,
                "token_refused",
                "The sign-in service sent something that is not accepted here.",
            ),
            Self::CsrfTokenMissing | Self::CsrfTokenMismatch => {
                (401, "csrf_token", "Ask /auth/me for the token that X-CSRF-Token must have.")
            }
            Self::IssuerMismatch => (
                400,
                "issuer_mismatch",
                "This answer came from somewhere else. Please sign in again.",
            ),
            Self::LoginUnknown | Self::NoCode => (
                400,
                "login_unknown",
                "This sign-in was not begun in this browser, or too long ago. Please sign in again.",
            ),
            Self::MethodNotAllowed => {
                (405, "method_not_allowed", "This address is not for this method.")
            }
            Self::NotFound => (404, "not_found", "There is nothing at this address."),
            Self::NotSignedIn => (401, "not_signed_in", "You are not signed in."),
            Self::NotSignedOut(_) => (
                503,
                "not_signed_out",
                "This browser has forgotten your session, but it could not be ended. It will end by itself.",
            ),
            Self::PagePass(PagePassError::Crypto) | Self::Seal(_) => {
                (500, "failed", "Something has failed. Please try again.")
            }
            Self::Policies(_) => (
                503,
                "policies_unavailable",
                "You are signed in, but which pages you may open cannot be told just now. Please try again.",
            ),
            Self::Provider(ProviderError::Refused { .. } | ProviderError::Discovery(_)) => (
                502,
                "provider_refused",
                "The sign-in service does not accept this site's request.",
            ),
            Self::Provider(ProviderError::Fetch(_) | ProviderError::Garbled)
            | Self::Token(VerifyError::Keys(_)) => (
                503,
                "provider_unavailable",
                "The sign-in service cannot be reached just now. Please try again.",
            ),
            Self::RefreshConflict => {
                (409, "refresh_conflict", "Another tab has just done this. Try again in a moment.")
            }
            Self::SessionOver => {
                (401, "session_over", "Your session is over. Please sign in again.")
            }
            Self::Sessions(_) => (
                503,
                "sessions_unavailable",
                "Your session cannot be reached just now. Please try again.",
            ),
            Self::SignInDenied => (403, "sign_in_denied", "You came back without signing in."),
            Self::SignInFailed => {
                (502, "sign_in_failed", "Signing in did not work. Please try again.")
            }
        };
        let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        Told { status, code, message: message.to_owned() }
    }
}

#[cfg(test)]
mod tests {
    use gatepost_authorizer::jwks::{FetchError, KeysUnavailable};
    use gatepost_core::token::TokenError;

    use super::*;

    /// One of each, as far as their senders can tell them apart.
    fn all() -> Vec<Refusal> {
        let cookie = "__Host-gatepost";
        vec![
            Refusal::CodeRefused,
            CookieError::Character { cookie }.into(),
            CookieError::TooLong { cookie, bytes: 5_000 }.into(),
            Refusal::CsrfTokenMissing,
            Refusal::CsrfTokenMismatch,
            Refusal::IssuerMismatch,
            Refusal::LoginUnknown,
            Refusal::MethodNotAllowed,
            Refusal::NoCode,
            Refusal::NotFound,
            Refusal::NotSignedIn,
            Refusal::NotSignedOut(StoreError::Throttled),
            PagePassError::Crypto.into(),
            PagePassError::TooLong { bytes: 4_000 }.into(),
            StoreError::Throttled.into(),
            ProviderError::Garbled.into(),
            ProviderError::Fetch(FetchError::TimedOut).into(),
            ProviderError::Refused { code: "invalid_client" }.into(),
            Refusal::RefreshConflict,
            SealError.into(),
            Refusal::SessionOver,
            Refusal::Sessions(StoreError::Throttled),
            Refusal::SignInDenied,
            Refusal::SignInFailed,
            VerifyError::Keys(KeysUnavailable::NeverFetched).into(),
            VerifyError::Token(TokenError::IssuerMismatch).into(),
            Refusal::TokenOfAnotherLogin,
            Refusal::TokensOfTwo,
        ]
    }

    #[test]
    fn the_documentation_has_every_code_with_its_status() {
        let (_, errors) = include_str!("../../../docs/session.md").split_once("## Errors").unwrap();
        let table: Vec<(String, u16)> = errors
            .lines()
            .filter_map(|line| line.strip_prefix("| `")?.split_once("` | "))
            .filter_map(|(code, rest)| Some((code.to_owned(), rest.get(..3)?.parse().ok()?)))
            .collect();
        let mut told: Vec<(String, u16)> = all()
            .iter()
            .map(Refusal::told)
            .map(|told| (told.code.to_owned(), told.status.as_u16()))
            .collect();
        told.sort();
        told.dedup();
        assert_eq!(told, table);
    }
}
