//! Requests whose fault can only be told to the person in front of the browser.

use axum::response::{IntoResponse, Response};
use http::StatusCode;
use maud::html;

use super::Page;

/// Why a request to the sign-in page cannot be answered, where no application may be told:
/// its address is unknown or not to be trusted.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub(in crate::issuer) enum Misuse {
    #[error("The form was sent by another web site. Nobody has been signed in.")]
    ForeignForm,
    #[error("The form cannot be read.")]
    MalformedForm,
    #[error("The query cannot be read: a parameter is there twice, or badly encoded.")]
    MalformedQuery,
    #[error("There is no such account.")]
    UnknownAccount,
    #[error("There is no client of this client_id.")]
    UnknownClient,
    #[error("The logout_uri is not registered for this client.")]
    UnregisteredLogoutUri,
    #[error("The redirect_uri is not registered for this client, so nothing is sent there.")]
    UnregisteredRedirectUri {
        /// Those that are.
        registered: Vec<String>,
    },
    #[error("The redirect_uri is registered for this client, but is no address.")]
    UnusableRedirectUri,
}

impl IntoResponse for Misuse {
    fn into_response(self) -> Response {
        let mut page = Page::new(
            "This did not work",
            html! {
                main.narrow {
                    section.panel {
                        h1 { "This did not work" }
                        p { (self) }
                        @if let Self::UnregisteredRedirectUri { registered } = &self {
                            @if !registered.is_empty() {
                                p { "Registered are, on this machine with any port:" }
                                ul.addresses { @for uri in registered { li { code { (uri) } } } }
                            }
                        }
                        p { a href="/" { "To the start page" } }
                    }
                }
            },
        );
        page.status = match self {
            Self::ForeignForm => StatusCode::FORBIDDEN,
            Self::MalformedForm
            | Self::MalformedQuery
            | Self::UnknownAccount
            | Self::UnknownClient
            | Self::UnregisteredLogoutUri
            | Self::UnregisteredRedirectUri { .. }
            | Self::UnusableRedirectUri => StatusCode::BAD_REQUEST,
        };
        page.into_response()
    }
}
