//! The addresses that the authorizer may speak to.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

/// An absolute address with `https:`; or with `http:`, where the host is this machine.
///
/// Keys and policy documents decide who may do what, so they do not travel unprotected. User
/// names, passwords and fragments have no place in such an address and are refused.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct SecureUrl(String);

impl SecureUrl {
    /// The address as it was written.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for SecureUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for SecureUrl {
    type Err = SecureUrlError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let uri: http::Uri = text.parse().map_err(|_| SecureUrlError::Malformed)?;
        let authority = uri.authority().ok_or(SecureUrlError::Malformed)?;
        if authority.as_str().contains('@') || text.contains('#') || authority.host().is_empty() {
            return Err(SecureUrlError::Malformed);
        }
        match uri.scheme_str() {
            Some("https") => Ok(Self(text.to_owned())),
            Some("http") if is_loopback(authority.host()) => Ok(Self(text.to_owned())),
            Some("http") => Err(SecureUrlError::Unprotected),
            _ => Err(SecureUrlError::Malformed),
        }
    }
}

/// Why a text is not an address to speak to.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum SecureUrlError {
    /// No absolute URL of a form that is accepted.
    #[error("must be an `https:` URL")]
    Malformed,

    /// `http:` to another machine.
    #[error("must be an `https:` URL; `http:` is accepted for this machine only")]
    Unprotected,
}

fn is_loopback(host: &str) -> bool {
    let address = host.trim_start_matches('[').trim_end_matches(']');
    host.eq_ignore_ascii_case("localhost")
        || address.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn https_to_anyone_and_http_to_this_machine_are_accepted() {
        for text in [
            "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_a/.well-known/jwks.json",
            "https://issuer.example:8443/keys?tenant=1",
            "http://localhost:8000",
            "http://127.0.0.1:3000/jwks",
            "http://127.8.9.10",
            "http://[::1]:3000/jwks",
        ] {
            assert_eq!(text.parse::<SecureUrl>().unwrap().as_str(), text);
        }
    }

    #[test]
    fn http_to_another_machine_is_refused() {
        for text in [
            "http://issuer.example/jwks",
            "http://127.0.0.1.issuer.example/",
            "http://localhost.issuer.example/",
            "http://10.0.0.1/",
            "http://169.254.169.254/",
        ] {
            assert_eq!(text.parse::<SecureUrl>(), Err(SecureUrlError::Unprotected), "{text}");
        }
    }

    #[test]
    fn other_texts_are_refused() {
        for text in [
            "",
            "issuer.example",
            "/jwks",
            "ftp://issuer.example/",
            "https://",
            "https:///jwks",
            "https://user:password@issuer.example/",
            "http://localhost@issuer.example/",
            "https://issuer.example/#keys",
            "https://issuer.example/a b",
        ] {
            assert_eq!(text.parse::<SecureUrl>(), Err(SecureUrlError::Malformed), "{text}");
        }
    }
}
