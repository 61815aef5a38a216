//! What a provider says of itself: its addresses, from `/.well-known/openid-configuration`.

use gatepost_authorizer::url::SecureUrl;
use gatepost_core::json::Json;

/// The part of a discovery document that we need.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Discovery {
    /// Where people sign in.
    pub(crate) authorization: SecureUrl,
    /// Where codes and refresh tokens are exchanged.
    pub(crate) token: SecureUrl,
    /// Where refresh tokens are revoked, if they can be.
    pub(crate) revocation: Option<SecureUrl>,
    /// Where people sign out, if they can.
    pub(crate) end_session: Option<SecureUrl>,
    /// Whether it says in each answer who it is (RFC 9207).
    pub(crate) names_itself: bool,
}

impl Discovery {
    /// The largest document, in bytes.
    pub(crate) const MAX_BYTES: usize = 64 * 1024;

    /// Reads the document of `issuer`.
    ///
    /// # Errors
    ///
    /// [`DiscoveryError`] if it is another's, or does not say what is needed.
    pub(crate) fn parse(text: &[u8], issuer: &str) -> Result<Self, DiscoveryError> {
        let json = Json::parse(text).map_err(|_| DiscoveryError::NotJson)?;
        // OpenID Connect Discovery 1.0 section 4.3: or someone answers for another.
        if json.get("issuer").and_then(Json::as_str) != Some(issuer) {
            return Err(DiscoveryError::OtherIssuer);
        }
        let authorization = address(&json, "authorization_endpoint")?
            .ok_or(DiscoveryError::Endpoint { member: "authorization_endpoint" })?;
        let token = address(&json, "token_endpoint")?
            .ok_or(DiscoveryError::Endpoint { member: "token_endpoint" })?;
        let end_session = match address(&json, "end_session_endpoint")? {
            Some(url) => Some(url),
            None => logout_of_cognito(issuer, &authorization),
        };
        let names_itself = json.get("authorization_response_iss_parameter_supported");
        Ok(Self {
            authorization,
            token,
            revocation: address(&json, "revocation_endpoint")?,
            end_session,
            names_itself: names_itself == Some(&Json::Bool(true)),
        })
    }
}

/// Amazon Cognito has a logout endpoint beside the one to sign in at, whether its document says so or
/// not.
///
/// Source: [Logout endpoint](https://docs.aws.amazon.com/cognito/latest/developerguide/logout-endpoint.html).
fn logout_of_cognito(issuer: &str, authorization: &SecureUrl) -> Option<SecureUrl> {
    let host = issuer.strip_prefix("https://")?.split('/').next()?;
    let is_cognito = (host.starts_with("cognito-idp.") || host.starts_with("issuer-cognito-idp."))
        && (host.ends_with(".amazonaws.com") || host.ends_with(".amazonaws.com.cn"));
    let domain = authorization.as_str().strip_suffix("/oauth2/authorize")?;
    is_cognito.then(|| format!("{domain}/logout").parse().ok())?
}

fn address(json: &Json, member: &'static str) -> Result<Option<SecureUrl>, DiscoveryError> {
    match json.get(member) {
        None | Some(Json::Null) => Ok(None),
        Some(url) => {
            let url = url.as_str().and_then(|url| url.parse().ok());
            url.map(Some).ok_or(DiscoveryError::Endpoint { member })
        }
    }
}

/// Why a discovery document cannot be used.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub(crate) enum DiscoveryError {
    /// An address is missing, or not one to speak to.
    #[error("`{member}` of the discovery document must be an `https:` URL")]
    Endpoint {
        /// Which.
        member: &'static str,
    },

    /// Not JSON, or with a member twice.
    #[error("the discovery document is not JSON")]
    NotJson,

    /// It is about someone else.
    #[error("the discovery document is that of another issuer")]
    OtherIssuer,
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn document(changes: &Value) -> Value {
        let mut document = json!({
            "issuer": "https://id.example",
            "authorization_endpoint": "https://id.example/authorize",
            "token_endpoint": "https://id.example/token",
        });
        for (name, value) in changes.as_object().unwrap() {
            document[name] = value.clone();
        }
        document
    }

    fn parse(changes: &Value, issuer: &str) -> Result<Discovery, DiscoveryError> {
        Discovery::parse(document(changes).to_string().as_bytes(), issuer)
    }

    #[test]
    fn what_a_provider_need_not_have_may_be_missing() {
        let found = parse(&json!({}), "https://id.example").unwrap();
        assert_eq!(found.token.as_str(), "https://id.example/token");
        assert_eq!((found.revocation, found.end_session, found.names_itself), (None, None, false));
    }

    #[test]
    fn the_document_must_be_the_issuers_own() {
        for issuer in ["https://id.example/", "https://ID.example", "https://other.example"] {
            assert_eq!(parse(&json!({}), issuer), Err(DiscoveryError::OtherIssuer), "{issuer}");
        }
    }

    #[test]
    fn no_address_is_spoken_to_unprotected() {
        for member in [
            "authorization_endpoint",
            "token_endpoint",
            "revocation_endpoint",
            "end_session_endpoint",
        ] {
            for url in ["http://id.example/x", "javascript:alert(1)", "/x", ""] {
                let error = parse(&json!({ member: url }), "https://id.example").unwrap_err();
                assert_eq!(error, DiscoveryError::Endpoint { member }, "{url}");
            }
        }
        assert!(Discovery::parse(b"{", "").is_err());
    }

    #[test]
    fn cognito_can_be_signed_out_of_even_if_it_does_not_say_so() {
        let authorization = json!("https://pool.auth.eu-west-1.amazoncognito.com/oauth2/authorize");
        for (issuer, want) in [
            ("https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_a", true),
            ("https://issuer-cognito-idp.eu-west-1.amazonaws.com/eu-west-1_a", true),
            ("https://cognito-idp.evil.example/", false),
        ] {
            let changes = json!({"issuer": issuer, "authorization_endpoint": authorization});
            let found = parse(&changes, issuer).unwrap().end_session;
            let logout = "https://pool.auth.eu-west-1.amazoncognito.com/logout";
            assert_eq!(found.map(|url| url.to_string()), want.then(|| logout.to_owned()));
        }
    }
}
