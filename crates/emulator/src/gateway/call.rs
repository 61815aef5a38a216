//! One request as it came in, read once for everything that looks at it.

use std::net::{IpAddr, SocketAddr};
use std::time::SystemTime;

use http::{HeaderMap, HeaderName, HeaderValue, Version, header, request};
use url::form_urlencoded;
use uuid::Uuid;

use super::api::Protocol;
use super::method::MethodVerb;
use super::path::RequestPath;

/// The most that a request's header values may have together, in bytes.
///
/// Source: [REST API quotas][quotas], "Total combined size of all header values".
///
/// [quotas]: https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-execution-service-limits-table.html
const MAX_HEADER_BYTES: usize = 10_240;

/// A request that has a place in an API.
#[derive(Debug)]
pub(super) struct Call {
    pub(super) id: String,
    pub(super) received: SystemTime,
    pub(super) peer: IpAddr,
    pub(super) verb: MethodVerb,
    pub(super) path: RequestPath,
    /// As sent, without the question mark.
    pub(super) raw_query: Option<String>,
    /// Decoded, in the order sent.
    pub(super) query: Vec<(String, String)>,
    /// As sent, with what API Gateway adds.
    pub(super) headers: HeaderMap,
    pub(super) protocol: &'static str,
}

/// Why a request has no place in any API.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum CallError {
    /// The header values are more than [`MAX_HEADER_BYTES`].
    HeadersTooLarge,
    /// A verb that no method can have.
    UnknownVerb,
}

impl Call {
    /// Reads the head of a request from `peer` to an API of this kind.
    pub(super) fn read(
        protocol: Protocol,
        id: String,
        head: &request::Parts,
        peer: SocketAddr,
        received: SystemTime,
    ) -> Result<Self, CallError> {
        if head.headers.values().map(HeaderValue::len).sum::<usize>() > MAX_HEADER_BYTES {
            return Err(CallError::HeadersTooLarge);
        }
        let verb = MethodVerb::one(verb_text(protocol, head)).ok_or(CallError::UnknownVerb)?;
        let peer = peer.ip().to_canonical();
        let mut headers = head.headers.clone();
        add_forwarding_headers(&mut headers, peer, received);
        let raw_query = head.uri.query().map(ToOwned::to_owned);
        let query = form_urlencoded::parse(raw_query.as_deref().unwrap_or_default().as_bytes())
            .into_owned()
            .collect();
        Ok(Self {
            id,
            received,
            peer,
            verb,
            path: RequestPath::parse(protocol, head.uri.path()),
            raw_query,
            query,
            headers,
            protocol: if head.version == Version::HTTP_10 { "HTTP/1.0" } else { "HTTP/1.1" },
        })
    }

    /// The last value of a header, as the single-value maps of AWS events have it.
    pub(super) fn header_text(&self, name: &HeaderName) -> Option<String> {
        self.headers.get_all(name).iter().next_back().map(text_of)
    }
}

/// A header value as text; bytes that are not UTF-8 become U+FFFD.
pub(super) fn text_of(value: &HeaderValue) -> String {
    String::from_utf8_lossy(value.as_bytes()).into_owned()
}

/// The verb of the request line, or of `X-HTTP-Method-Override`, which a REST API obeys.
///
/// Source: [Important notes][notes].
///
/// [notes]: https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-known-issues.html
fn verb_text(protocol: Protocol, head: &request::Parts) -> &str {
    head.headers
        .get("x-http-method-override")
        .filter(|_| protocol == Protocol::Rest)
        .and_then(|value| value.to_str().ok())
        .unwrap_or(head.method.as_str())
}

/// What API Gateway adds to every request before its authorizer sees it.
fn add_forwarding_headers(headers: &mut HeaderMap, peer: IpAddr, received: SystemTime) {
    let mut hops: Vec<String> = headers.get_all("x-forwarded-for").iter().map(text_of).collect();
    hops.push(peer.to_string());
    if let Ok(hops) = HeaderValue::from_str(&hops.join(", ")) {
        headers.insert("x-forwarded-for", hops);
    }
    let port = headers
        .get(header::HOST)
        .and_then(|host| host.to_str().ok()?.rsplit_once(':')?.1.parse::<u16>().ok())
        .unwrap_or(80);
    headers.insert("x-forwarded-port", port.into());
    headers.insert("x-forwarded-proto", HeaderValue::from_static("http"));
    if !headers.contains_key("x-amzn-trace-id")
        && let Ok(trace) = HeaderValue::from_str(&trace_id(received))
    {
        headers.insert("x-amzn-trace-id", trace);
    }
}

/// A root trace id: `Root=1-` eight hex digits of the time `-` 24 random ones.
fn trace_id(received: SystemTime) -> String {
    let seconds = received.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_secs();
    let random = Uuid::new_v4().as_u128() & ((1 << 96) - 1);
    format!("Root=1-{seconds:08x}-{random:024x}")
}

#[cfg(test)]
mod tests {
    use http::Request;

    use super::*;

    fn read(request: request::Builder) -> Result<Call, CallError> {
        let head = request.body(()).unwrap().into_parts().0;
        let peer = "[::ffff:192.0.2.7]:4000".parse().unwrap();
        Call::read(Protocol::Rest, "id".to_owned(), &head, peer, SystemTime::UNIX_EPOCH)
    }

    #[test]
    fn peer_is_written_as_the_ipv4_address_it_is() {
        assert_eq!(read(Request::get("/")).unwrap().peer.to_string(), "192.0.2.7");
    }

    #[test]
    fn forwarded_addresses_are_kept_before_the_peer_and_do_not_replace_it() {
        let call = read(Request::get("/").header("x-forwarded-for", "203.0.113.1")).unwrap();
        assert_eq!(call.headers["x-forwarded-for"], "203.0.113.1, 192.0.2.7");
        assert_eq!(call.peer.to_string(), "192.0.2.7");
    }

    #[test]
    fn query_is_decoded_and_keeps_repeats() {
        let call = read(Request::get("/?a=1&a=%2B+x&b")).unwrap();
        let want = [("a", "1"), ("a", "+ x"), ("b", "")];
        assert_eq!(call.query, want.map(|(name, value)| (name.to_owned(), value.to_owned())));
    }

    #[test]
    fn the_method_override_header_is_obeyed() {
        let call = read(Request::get("/").header("x-http-method-override", "DELETE")).unwrap();
        assert_eq!(call.verb.to_string(), "DELETE");
    }

    #[test]
    fn verbs_that_no_method_can_have_are_unknown() {
        for verb in ["TRACE", "PURGE", "get"] {
            let error = read(Request::builder().method(verb)).unwrap_err();
            assert_eq!(error, CallError::UnknownVerb, "{verb}");
        }
    }

    #[test]
    fn header_values_count_together_up_to_the_quota() {
        let of = |bytes: usize| read(Request::get("/").header("a", "x".repeat(bytes)));
        assert!(of(10_240).is_ok());
        assert_eq!(of(10_241).unwrap_err(), CallError::HeadersTooLarge);
    }
}
