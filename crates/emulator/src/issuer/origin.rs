//! Which hosts the issuer answers to, and which web pages may read its answers.
//!
//! A page anywhere in the world can make a browser call a server on this machine, and by DNS
//! rebinding even under a name of its own. So only names of this machine are answered, and the
//! name in the issuer's own origin, which was chosen on purpose.

use url::{Host, Url};

/// Whether `text` is a web origin as browsers write it: `http://127.0.0.1:4000`.
pub(super) fn is_web_origin(text: &str) -> bool {
    Url::parse(text).is_ok_and(|url| {
        matches!(url.scheme(), "http" | "https") && url.origin().ascii_serialization() == text
    })
}

/// Whether a request with this `Host` header is meant for the issuer.
pub(super) fn accepts_host(issuer_origin: &str, host: &str) -> bool {
    // A `Host` header is host and port only: with nothing else in it, it makes an origin.
    let Ok(url) = Url::parse(&format!("http://{host}/")) else { return false };
    let only_host_and_port = url.username().is_empty()
        && url.password().is_none()
        && url.path() == "/"
        && url.query().is_none()
        && url.fragment().is_none();
    only_host_and_port && is_known_host(issuer_origin, &url)
}

/// Whether scripts of pages of this `Origin` may read what the issuer answers.
pub(super) fn may_read(issuer_origin: &str, origin: &str) -> bool {
    is_web_origin(origin) && Url::parse(origin).is_ok_and(|url| is_known_host(issuer_origin, &url))
}

fn is_known_host(issuer_origin: &str, url: &Url) -> bool {
    let is_loopback = match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    };
    is_loopback || Url::parse(issuer_origin).is_ok_and(|issuer| issuer.host() == url.host())
}

#[cfg(test)]
mod tests {
    use super::*;

    const ISSUER: &str = "http://issuer.internal:4000";

    #[test]
    fn hosts_of_this_machine_and_the_own_one_are_answered() {
        const CASES: &[(&str, bool)] = &[
            ("localhost", true),
            ("localhost:4000", true),
            ("LOCALHOST:4000", true),
            ("127.0.0.1:4000", true),
            ("127.0.0.2", true),
            ("[::1]:4000", true),
            ("issuer.internal:4000", true),
            ("issuer.internal", true),
            ("", false),
            ("evil.example", false),
            ("evil.example:4000", false),
            ("localhost.evil.example", false),
            ("127.0.0.1.evil.example", false),
            ("192.168.1.10:4000", false),
            ("evil.example@localhost", false),
            ("localhost/evil.example", false),
            ("localhost?x", false),
            ("localhost#x", false),
            ("localhost:99999", false),
        ];
        for (host, want) in CASES {
            assert_eq!(accepts_host(ISSUER, host), *want, "{host}");
        }
    }

    #[test]
    fn pages_of_this_machine_and_the_own_ones_may_read() {
        const CASES: &[(&str, bool)] = &[
            ("http://localhost:5173", true),
            ("https://127.0.0.1:8443", true),
            ("http://issuer.internal:4000", true),
            ("null", false),
            ("https://evil.example", false),
            ("http://localhost.evil.example", false),
            ("http://localhost:5173/", false),
            ("file://localhost", false),
        ];
        for (origin, want) in CASES {
            assert_eq!(may_read(ISSUER, origin), *want, "{origin}");
        }
    }
}
