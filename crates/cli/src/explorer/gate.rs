//! Who may ask: this machine's own page, and nobody's who lures a browser here.
//!
//! Three attacks are kept out. Another site's name that resolves to this machine (DNS rebinding): the
//! host that a request names must be ours. Another site's page that sends requests here: what browsers
//! say of a request's origin must be ours, and what changes anything needs a header and a type that no
//! form has. And, beyond this machine, anybody who does not have the key of the printed address.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Mutex;

use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::rand;
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, COOKIE, HOST, LOCATION, ORIGIN,
    REFERRER_POLICY, SET_COOKIE, X_CONTENT_TYPE_OPTIONS,
};
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};

use super::fault::Fault;

/// What the page may load and do.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; \
    img-src 'self' data: blob:; connect-src 'self'; base-uri 'none'; form-action 'none'; \
    frame-ancestors 'none'";

/// What every answer says.
const HEADERS: [(HeaderName, &str); 6] = [
    (CONTENT_SECURITY_POLICY, POLICY),
    (X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (REFERRER_POLICY, "no-referrer"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    (CACHE_CONTROL, "no-store"),
];

/// What a request that changes or computes anything must have, so that no form can make it.
const MARK: &str = "x-gatepost-explorer";

/// Stands before everything that is served.
#[derive(Debug)]
pub(super) struct Gate {
    address: SocketAddr,
    /// `None` on this machine alone.
    key: Option<Key>,
}

/// The key of the printed address, which is exchanged once for a cookie.
struct Key {
    /// `None` once it was exchanged.
    key: Mutex<Option<String>>,
    cookie: String,
}

impl std::fmt::Debug for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Key")
    }
}

impl Gate {
    /// Before what listens at `address`.
    ///
    /// # Errors
    ///
    /// When there is no randomness to be had.
    pub(super) fn new(address: SocketAddr) -> anyhow::Result<Self> {
        let key = if address.ip().is_loopback() {
            None
        } else {
            Some(Key { key: Mutex::new(Some(random()?)), cookie: random()? })
        };
        Ok(Self { address, key })
    }

    /// The address to open on this machine; elsewhere, one that listens at all addresses of the
    /// machine is opened by the machine's number.
    pub(super) fn url(&self) -> String {
        let ip = match self.address.ip() {
            IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
            IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
            ip @ (IpAddr::V4(_) | IpAddr::V6(_)) => ip,
        };
        let address = SocketAddr::new(ip, self.address.port());
        let key = self.key.as_ref().and_then(|key| key.key.lock().ok()?.clone());
        let query = key.map(|key| format!("?key={key}")).unwrap_or_default();
        format!("http://{address}/{query}")
    }

    fn cookie_name(&self) -> String {
        // Cookies are of a host, whatever its port.
        format!("gatepost-explorer-{}", self.address.port())
    }

    /// Whether a request may be answered.
    fn check(&self, request: &Request) -> Result<(), Fault> {
        let headers = request.headers();
        let host = self.check_host(request)?;
        check_site(request, host)?;
        let method = request.method();
        if method == Method::GET || method == Method::HEAD {
            return Ok(());
        }
        if method != Method::POST && method != Method::PUT {
            return Err(Fault::new(
                StatusCode::METHOD_NOT_ALLOWED,
                "only GET, POST and PUT are answered here",
            ));
        }
        if headers.get(MARK).is_none_or(|mark| mark != "1") {
            return Err(Fault::new(
                StatusCode::FORBIDDEN,
                "POST and PUT are answered with the header `X-Gatepost-Explorer: 1` only",
            ));
        }
        let kind = one(headers, &CONTENT_TYPE).unwrap_or_default();
        let kind = kind.split(';').next().unwrap_or_default().trim();
        if !kind.eq_ignore_ascii_case("application/json") {
            return Err(Fault::new(
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "write the body as JSON, with `Content-Type: application/json`",
            ));
        }
        Ok(())
    }

    /// The host that the request names, which must be this one.
    fn check_host<'a>(&self, request: &'a Request) -> Result<&'a str, Fault> {
        let host = one(request.headers(), &HOST).unwrap_or_default();
        // A request may name its host in its address too, as to a proxy.
        let named = request.uri().authority().map(http::uri::Authority::as_str);
        if self.is_own(host) && named.is_none_or(|named| self.is_own(named)) {
            return Ok(host);
        }
        Err(Fault::new(
            StatusCode::MISDIRECTED_REQUEST,
            format!(
                "this is not the host that the request names: open it by its number and port {}",
                self.address.port()
            ),
        ))
    }

    fn is_own(&self, host: &str) -> bool {
        let (name, port) = match host.rsplit_once(':') {
            Some((name, port)) if !port.ends_with(']') => {
                let is_number = port.bytes().all(|byte| byte.is_ascii_digit());
                (name, port.parse().ok().filter(|_| is_number))
            }
            Some(_) | None => (host, Some(80)),
        };
        if port != Some(self.address.port()) {
            return false;
        }
        let unbracketed = name.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
        let ip: Option<IpAddr> = unbracketed.unwrap_or(name).parse().ok();
        let own = self.address.ip();
        match ip {
            // What listens at all addresses of the machine is asked by each; a name that leads here is
            // what rebinding needs, and a number is none.
            Some(_) if own.is_unspecified() => true,
            Some(ip) => ip == own || (own.is_loopback() && ip.is_loopback()),
            None => {
                name.eq_ignore_ascii_case("localhost")
                    && (own.is_loopback() || own.is_unspecified())
            }
        }
    }

    /// Whether whoever asks has the cookie, where one is needed; or what to answer instead.
    fn admit(&self, request: &Request) -> Result<Option<Response>, Fault> {
        let Some(Key { key, cookie }) = &self.key else { return Ok(None) };
        let name = self.cookie_name();
        let has_cookie = request
            .headers()
            .get_all(COOKIE)
            .iter()
            .filter_map(|value| value.to_str().ok())
            .flat_map(|value| value.split(';'))
            .filter_map(|pair| pair.trim().split_once('='))
            .any(|(known, value)| known == name && is_equal(value, cookie));
        let query = request.uri().query().unwrap_or_default();
        let given = query.split('&').find_map(|pair| pair.strip_prefix("key="));
        let is_page = request.uri().path() == "/" && request.method() == Method::GET;
        match given.filter(|_| is_page) {
            Some(_) if has_cookie => Ok(Some(see_other(None)?)),
            Some(given) => {
                let mut key = key.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
                if !key.as_ref().is_some_and(|key| is_equal(given, key)) {
                    return Err(Fault::new(
                        StatusCode::UNAUTHORIZED,
                        "the key of this address is wrong or was used: start the explorer again for \
                         another",
                    ));
                }
                *key = None;
                let cookie = format!("{name}={cookie}; HttpOnly; SameSite=Strict; Path=/");
                Ok(Some(see_other(Some(&cookie))?))
            }
            None if has_cookie => Ok(None),
            None => Err(Fault::new(
                StatusCode::UNAUTHORIZED,
                "open the address that was printed when the explorer was started, with its key",
            )),
        }
    }
}

/// Lets a request through, or says why not; every answer gets its headers.
pub(super) async fn stand(
    State(gate): State<std::sync::Arc<Gate>>,
    request: Request,
    next: Next,
) -> Response {
    let admitted = gate.check(&request).and_then(|()| gate.admit(&request));
    let mut response = match admitted {
        Ok(None) => next.run(request).await,
        Ok(Some(response)) => response,
        Err(fault) => fault.into_response(),
    };
    for (name, value) in HEADERS {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    response
}

/// Refuses what the page of another site sends, as far as browsers say so.
fn check_site(request: &Request, host: &str) -> Result<(), Fault> {
    let headers = request.headers();
    let refused = || {
        Fault::new(
            StatusCode::FORBIDDEN,
            "the page of another site asked, and only the explorer's own is answered",
        )
    };
    if let Some(origin) = headers.get(ORIGIN) {
        let own = origin.to_str().ok().and_then(|origin| origin.strip_prefix("http://"));
        if own != Some(host) {
            return Err(refused());
        }
    }
    let said = |name: &str| headers.get(name).map(|value| value.to_str().unwrap_or_default());
    match said("sec-fetch-site") {
        None | Some("same-origin" | "none") => Ok(()),
        // A link to the page, which may stand anywhere: it shows the page, to whoever follows it.
        Some(_)
            if request.method() == Method::GET
                && super::files::is_page(request.uri().path())
                && said("sec-fetch-mode") == Some("navigate")
                && said("sec-fetch-dest") == Some("document") =>
        {
            Ok(())
        }
        Some(_) => Err(refused()),
    }
}

/// The value of a header that stands once.
fn one<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    let mut values = headers.get_all(name).iter();
    let first = values.next()?.to_str().ok()?;
    values.next().is_none().then_some(first)
}

/// To the page without the key in its address.
fn see_other(cookie: Option<&str>) -> Result<Response, Fault> {
    let mut response = (StatusCode::SEE_OTHER, [(LOCATION, "/")]).into_response();
    if let Some(cookie) = cookie {
        let mut value = HeaderValue::from_str(cookie).map_err(anyhow::Error::from)?;
        value.set_sensitive(true);
        response.headers_mut().insert(SET_COOKIE, value);
    }
    Ok(response)
}

fn is_equal(one: &str, other: &str) -> bool {
    verify_slices_are_equal(one.as_bytes(), other.as_bytes()).is_ok()
}

fn random() -> anyhow::Result<String> {
    let mut bytes = [0; 32];
    rand::fill(&mut bytes).map_err(|_| anyhow::anyhow!("no randomness to be had"))?;
    Ok(BASE64_URL_SAFE_NO_PAD.encode(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_own(listening: &str, host: &str) -> bool {
        Gate::new(listening.parse().unwrap()).unwrap().is_own(host)
    }

    #[test]
    fn on_this_machine_it_is_called_by_its_numbers_and_as_localhost_at_its_port() {
        for host in ["127.0.0.1:3002", "localhost:3002", "LOCALHOST:3002", "[::1]:3002"] {
            assert!(is_own("127.0.0.1:3002", host), "{host}");
        }
        for host in [
            "",
            "localhost",
            "127.0.0.1",
            "[::1]",
            "127.0.0.1:3003",
            "localhost:80",
            "evil.example:3002",
            "localhost.evil.example:3002",
            "127.0.0.1.evil.example:3002",
            "0.0.0.0:3002",
            "192.168.1.5:3002",
            "localhost:",
            "localhost:x",
            ":3002",
            "user@localhost:3002",
            "localhost:3002 ",
            "localhost:+3002",
        ] {
            assert!(!is_own("127.0.0.1:3002", host), "{host}");
        }
    }

    #[test]
    fn beyond_this_machine_it_is_called_by_the_number_it_listens_at() {
        assert!(is_own("192.168.1.5:3002", "192.168.1.5:3002"));
        assert!(!is_own("192.168.1.5:3002", "localhost:3002"));
        assert!(!is_own("192.168.1.5:3002", "192.168.1.6:3002"));
        for host in ["192.168.1.5:3002", "10.0.0.1:3002", "[fe80::1]:3002", "localhost:3002"] {
            assert!(is_own("0.0.0.0:3002", host), "{host}");
        }
        assert!(!is_own("0.0.0.0:3002", "laptop.example:3002"));
        assert!(is_own("[::1]:80", "[::1]"));
    }
}
