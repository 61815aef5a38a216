//! The applications that may ask for tokens.

use std::fmt;

/// The client of the start page and of applications in development: public, authorization code
/// with PKCE.
pub const WEB_CLIENT: &str = "gatepost-web";
/// The client of programs without a user: client credentials.
pub const MACHINE_CLIENT: &str = "gatepost-machine";
/// The secret of [`MACHINE_CLIENT`]. It protects nothing: the issuer is for development.
pub const MACHINE_SECRET: &str = "gatepost";

/// An application registered with the issuer.
#[derive(Clone, Eq, PartialEq)]
pub struct Client {
    /// The `client_id` claim of its access tokens, the `aud` of its ID tokens.
    pub id: String,
    /// What it must present at the token endpoint; `None` for a public client.
    pub secret: Option<String>,
    /// The scopes it may ask for; all of them when it asks for none.
    pub scopes: Vec<String>,
    /// How it gets tokens.
    pub flow: Flow,
}

/// How a client gets tokens. As in Cognito a client has one or the other.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Flow {
    /// For a user who signs in.
    AuthorizationCode {
        /// Where a code may be sent. An `http` address of this machine matches with every port
        /// ([RFC 8252]), anything else as it is written.
        ///
        /// [RFC 8252]: https://www.rfc-editor.org/rfc/rfc8252#section-7.3
        redirect_uris: Vec<String>,
        /// Where a browser may be sent after signing out; matched in the same way.
        logout_uris: Vec<String>,
    },
    /// For itself.
    ClientCredentials,
}

impl Client {
    /// A client that gets tokens for a user who signs in, without a secret.
    pub fn web(
        id: impl Into<String>,
        redirect_uris: impl IntoIterator<Item = String>,
        logout_uris: impl IntoIterator<Item = String>,
    ) -> Self {
        Self {
            id: id.into(),
            secret: None,
            scopes: ["email", "openid", "phone", "profile"].map(String::from).to_vec(),
            flow: Flow::AuthorizationCode {
                redirect_uris: redirect_uris.into_iter().collect(),
                logout_uris: logout_uris.into_iter().collect(),
            },
        }
    }

    /// A client that gets tokens for itself.
    pub fn machine<S: Into<String>>(
        id: impl Into<String>,
        secret: impl Into<String>,
        scopes: impl IntoIterator<Item = S>,
    ) -> Self {
        Self {
            id: id.into(),
            secret: Some(secret.into()),
            scopes: scopes.into_iter().map(Into::into).collect(),
            flow: Flow::ClientCredentials,
        }
    }

    /// Whether a code may be sent to `uri`.
    pub fn may_redirect_to(&self, uri: &str) -> bool {
        self.redirect_uris().iter().any(|registered| is_registered(registered, uri))
    }

    /// Whether a browser may be sent to `uri` after signing out.
    pub fn may_log_out_to(&self, uri: &str) -> bool {
        match &self.flow {
            Flow::AuthorizationCode { logout_uris, .. } => {
                logout_uris.iter().any(|registered| is_registered(registered, uri))
            }
            Flow::ClientCredentials => false,
        }
    }

    pub(super) fn redirect_uris(&self) -> &[String] {
        match &self.flow {
            Flow::AuthorizationCode { redirect_uris, .. } => redirect_uris,
            Flow::ClientCredentials => &[],
        }
    }

    /// The scopes a token gets for the `requested` ones, or `None` if one may not be had.
    pub(super) fn grant_scope(&self, requested: Option<&str>) -> Option<String> {
        let requested: Vec<_> = requested.unwrap_or_default().split_ascii_whitespace().collect();
        if requested.is_empty() {
            return Some(self.scopes.join(" "));
        }
        let known = requested.iter().all(|scope| self.scopes.iter().any(|known| known == scope));
        known.then(|| requested.join(" "))
    }
}

/// Everything but the secret.
impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("id", &self.id)
            .field("scopes", &self.scopes)
            .field("flow", &self.flow)
            .finish_non_exhaustive()
    }
}

/// The clients of the movies and shows example.
///
/// [`WEB_CLIENT`] may come back to `/`, `/callback` and `/auth/callback` of any port of this
/// machine, which suits the start page and most front ends in development.
pub fn demo_clients() -> Vec<Client> {
    let on_this_machine = |paths: &[&str]| -> Vec<String> {
        LOOPBACK_ORIGINS
            .iter()
            .flat_map(|origin| paths.iter().map(move |path| format!("{origin}{path}")))
            .collect()
    };
    vec![
        Client::web(
            WEB_CLIENT,
            on_this_machine(&["/", "/callback", "/auth/callback"]),
            on_this_machine(&["/", "/signed-out"]),
        ),
        Client::machine(MACHINE_CLIENT, MACHINE_SECRET, ["catalogue/read", "catalogue/write"]),
    ]
}

const LOOPBACK_ORIGINS: [&str; 3] = ["http://127.0.0.1", "http://[::1]", "http://localhost"];

/// Compares text with text: nothing is decoded or normalised, so that no two readings of an
/// address can differ.
fn is_registered(registered: &str, presented: &str) -> bool {
    if registered == presented {
        return true;
    }
    match (split_loopback(registered), split_loopback(presented)) {
        (Some(registered), Some(presented)) => registered == presented,
        _ => false,
    }
}

/// Origin and path of an `http` address of this machine, without its port.
fn split_loopback(uri: &str) -> Option<(&'static str, &str)> {
    LOOPBACK_ORIGINS.into_iter().find_map(|origin| {
        let rest = uri.strip_prefix(origin)?;
        let path = match rest.strip_prefix(':') {
            Some(port_and_path) => {
                let (port, _) = port_and_path.split_once('/')?;
                port.bytes().all(|byte| byte.is_ascii_digit()).then_some(())?;
                port.parse::<u16>().ok()?;
                port_and_path.strip_prefix(port)?
            }
            None => rest,
        };
        path.starts_with('/').then_some((origin, path))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn redirect_address_is_compared_exactly_but_for_a_loopback_port() {
        const CASES: &[(&str, &str, bool)] = &[
            ("http://127.0.0.1/callback", "http://127.0.0.1/callback", true),
            ("http://127.0.0.1/callback", "http://127.0.0.1:5173/callback", true),
            ("http://localhost:3000/callback", "http://localhost:5173/callback", true),
            ("http://[::1]/callback", "http://[::1]:65535/callback", true),
            ("https://app.example.com/callback", "https://app.example.com/callback", true),
            ("https://app.example.com/callback", "https://app.example.com:8443/callback", false),
            ("https://app.example.com/callback", "https://app.example.com/callback/", false),
            ("https://app.example.com/callback", "https://app.example.com/callback?x=1", false),
            ("https://app.example.com/callback", "HTTPS://app.example.com/callback", false),
            ("http://127.0.0.1/callback", "http://localhost:5173/callback", false),
            ("http://127.0.0.1/callback", "https://127.0.0.1:5173/callback", false),
            ("http://127.0.0.1/callback", "http://127.0.0.1:5173/Callback", false),
            ("http://127.0.0.1/callback", "http://127.0.0.1:5173/callback#x", false),
            ("http://127.0.0.1/callback", "http://127.0.0.1:5173//callback", false),
            ("http://127.0.0.1/callback", "http://127.0.0.1:/callback", false),
            ("http://127.0.0.1/callback", "http://127.0.0.1:+80/callback", false),
            ("http://127.0.0.1/callback", "http://127.0.0.1:65536/callback", false),
            ("http://127.0.0.1/callback", "http://127.0.0.1:80@evil.example/callback", false),
            ("http://127.0.0.1/callback", "http://127.0.0.1.evil.example/callback", false),
            ("http://127.0.0.1/callback", "http://127.0.0.1:80\\@evil.example/callback", false),
            ("http://127.0.0.1/", "http://127.0.0.1:8080", false),
        ];
        for (registered, presented, want) in CASES {
            assert_eq!(is_registered(registered, presented), *want, "{registered} {presented}");
        }
    }

    #[test]
    fn secret_is_not_shown() {
        let client = Client::machine("machine", "hush", ["read"]);
        assert!(!format!("{client:?}").contains("hush"));
    }

    #[test]
    fn machine_client_has_no_address_to_send_a_code_to() {
        let client = Client::machine("machine", "secret", ["read"]);
        assert!(!client.may_redirect_to("http://127.0.0.1/"));
        assert!(!client.may_log_out_to("http://127.0.0.1/"));
    }

    #[test]
    fn scopes_are_those_asked_for_or_all_and_never_others() {
        let client = Client::machine("machine", "secret", ["read", "write"]);
        assert_eq!(client.grant_scope(None).as_deref(), Some("read write"));
        assert_eq!(client.grant_scope(Some(" ")).as_deref(), Some("read write"));
        assert_eq!(client.grant_scope(Some("write")).as_deref(), Some("write"));
        assert_eq!(client.grant_scope(Some("read admin")), None);
    }
}
