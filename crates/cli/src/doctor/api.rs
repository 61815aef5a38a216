//! The API as its callers reach it: requests sent exactly as they are spelt, and answers told apart.

use std::time::{Duration, SystemTime};

use anyhow::{Context as _, anyhow};
use aws_smithy_runtime_api::client::http::HttpConnector as _;
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use bytes::Bytes;
use gatepost_authorizer::https::HttpsClient;
use gatepost_authorizer::url::SecureUrl;
use gatepost_core::secret::Secret;
use http_body_util::{BodyExt as _, Limited};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc2822;
use tokio::time::{sleep, timeout};

/// A page's origin. It is nobody's: `.example` is reserved by RFC 2606.
const ORIGIN: &str = "https://gatepost-doctor.example";

/// Longer than API Gateway waits for a back end.
const CALL_TIMEOUT: Duration = Duration::from_secs(35);

/// How often a call is sent that finds no connection, or is told that there are too many.
const TRIES: u32 = 4;

/// More of a body is not read: it tells nothing.
const MAX_BODY_BYTES: usize = 8 * 1024 * 1024;

/// An API at its public address.
pub(super) struct Api {
    https: HttpsClient,
    url: String,
}

/// One request.
#[derive(Clone, Copy)]
pub(super) struct Ask<'a> {
    pub(super) verb: &'a str,
    /// Beginning with a slash, and sent as it is.
    pub(super) path: &'a str,
    /// One `Authorization` header for each.
    pub(super) tokens: &'a [&'a Secret<String>],
    /// Names in lower case.
    pub(super) headers: &'a [(&'a str, &'a str)],
}

impl<'a> Ask<'a> {
    /// A GET without a token.
    pub(super) fn get(path: &'a str) -> Self {
        Self { verb: "GET", path, tokens: &[], headers: &[] }
    }
}

impl Api {
    pub(super) fn new(https: HttpsClient, url: &SecureUrl) -> Self {
        Self { https, url: url.as_str().trim_end_matches('/').to_owned() }
    }

    /// Whether it is on this machine, where plain HTTP is in order.
    pub(super) fn is_plain(&self) -> bool {
        self.url.starts_with("http:")
    }

    /// Sends a request and reads the answer.
    ///
    /// # Errors
    ///
    /// When there is no answer.
    pub(super) async fn ask(&self, ask: &Ask<'_>) -> anyhow::Result<Seen> {
        let mut tries = 1;
        loop {
            match self.ask_once(&self.url, ask).await {
                Ok(seen) if seen.status != 429 || tries >= TRIES => return Ok(seen),
                Err(error) if tries >= TRIES => return Err(error),
                Ok(_) | Err(_) => sleep(Duration::from_millis(300 << tries)).await,
            }
            tries += 1;
        }
    }

    /// Sends a GET without a token over plain HTTP; `None` if nobody answers there.
    pub(super) async fn ask_in_the_clear(&self, path: &str) -> Option<Seen> {
        let url = self.url.replacen("https:", "http:", 1);
        self.ask_once(&url, &Ask::get(path)).await.ok()
    }

    async fn ask_once(&self, url: &str, ask: &Ask<'_>) -> anyhow::Result<Seen> {
        let mut request = HttpRequest::empty();
        let cannot = "the request cannot be written";
        request.set_method(ask.verb).context(cannot)?;
        request.set_uri(format!("{url}{}", ask.path).as_str()).context(cannot)?;
        let headers = request.headers_mut();
        headers.try_append("origin", ORIGIN).context(cannot)?;
        headers.try_append("user-agent", USER_AGENT).context(cannot)?;
        for (name, value) in ask.headers {
            headers.try_append((*name).to_owned(), (*value).to_owned()).context(cannot)?;
        }
        for token in ask.tokens {
            // The error would be about the value, and repeat it.
            headers
                .try_append("authorization", format!("Bearer {}", token.expose()))
                .map_err(|_| anyhow!("the token has characters that no header can have"))?;
        }
        let call = async {
            let answer = self.https.connector().call(request).await.map_err(|error| {
                let causes = anyhow::Error::from(error);
                anyhow!("`{}` cannot be reached: {}", self.url, causes.root_cause())
            })?;
            let status = answer.status().as_u16();
            let header = |name: &str| answer.headers().try_get(name)?.ok().map(ToOwned::to_owned);
            let (error_type, allow_origin, allow_headers, date) = (
                header("x-amzn-errortype"),
                header("access-control-allow-origin"),
                header("access-control-allow-headers"),
                header("date"),
            );
            let body = Limited::new(answer.into_body(), MAX_BODY_BYTES).collect().await;
            let body = body.map_err(|_| anyhow!("the answer of `{}` is cut off", self.url))?;
            Ok(Seen {
                status,
                error_type,
                allow_origin,
                allow_headers,
                date: date.as_deref().and_then(time_of),
                body: body.to_bytes(),
            })
        };
        timeout(CALL_TIMEOUT, call)
            .await
            .with_context(|| format!("no answer of `{}` within {CALL_TIMEOUT:?}", self.url))?
    }
}

const USER_AGENT: &str = concat!("gatepost-doctor/", env!("CARGO_PKG_VERSION"));

/// `Tue, 15 Nov 1994 08:12:31 GMT`.
fn time_of(text: &str) -> Option<SystemTime> {
    // What RFC 9110 writes is what RFC 2822 reads, but for the name of the zone.
    let text = text.replace("GMT", "+0000");
    OffsetDateTime::parse(&text, &Rfc2822).ok().map(Into::into)
}

/// An answer.
pub(super) struct Seen {
    pub(super) status: u16,
    /// API Gateway's `x-amzn-ErrorType`.
    pub(super) error_type: Option<String>,
    pub(super) allow_origin: Option<String>,
    pub(super) allow_headers: Option<String>,
    /// The other side's clock, to the second.
    pub(super) date: Option<SystemTime>,
    pub(super) body: Bytes,
}

/// What became of a request.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Outcome {
    /// It reached the back end, whatever that answered.
    Passed,
    /// 401.
    Unauthorized,
    /// 403 by a policy.
    Denied,
    /// 403, or 404, because there is no such route.
    NoRoute,
    /// The authorizer, or API Gateway's reading of its answer, has failed.
    Failed,
    /// Stopped before any of these.
    Stopped,
}

impl Seen {
    /// Which it was.
    pub(super) fn outcome(&self) -> Outcome {
        let error_type = self.error_type.as_deref().and_then(|name| name.split(':').next());
        match (self.status, error_type) {
            (_, Some("UnauthorizedException")) | (401, None) => Outcome::Unauthorized,
            (_, Some("MissingAuthenticationTokenException")) => Outcome::NoRoute,
            (_, Some("AuthorizerConfigurationException")) => Outcome::Failed,
            (403, None) if self.says("Missing Authentication Token") => Outcome::NoRoute,
            (_, Some("AccessDeniedException")) | (403, _) => Outcome::Denied,
            // An HTTP API's; a back end may say so as well, and has been reached then.
            (404, None) if self.body == r#"{"message":"Not Found"}"# => Outcome::NoRoute,
            (413 | 414 | 429 | 431, _) | (400, Some(_)) => Outcome::Stopped,
            // This one is of a back end that cannot be reached, or whose answer cannot be read.
            (500.., Some("InternalServerErrorException")) => Outcome::Passed,
            (500.., _) => Outcome::Failed,
            _ => Outcome::Passed,
        }
    }

    pub(super) fn passed(&self) -> bool {
        self.outcome() == Outcome::Passed
    }

    pub(super) fn denied(&self) -> bool {
        self.outcome() == Outcome::Denied
    }

    fn says(&self, text: &str) -> bool {
        String::from_utf8_lossy(&self.body).contains(text)
    }

    /// The status and the error type, for people.
    pub(super) fn brief(&self) -> String {
        match &self.error_type {
            Some(name) => format!("{} {}", self.status, crate::visible::visible(name)),
            None => self.status.to_string(),
        }
    }

    /// The same with the start of the body. For answers to requests without a good token only:
    /// what a back end says to somebody is nobody else's.
    pub(super) fn in_full(&self) -> String {
        let text = String::from_utf8_lossy(&self.body);
        let text: String = text.chars().take(120).collect();
        format!("{} `{}`", self.brief(), crate::visible::visible(text.trim()))
    }
}

#[cfg(test)]
impl Seen {
    /// An answer with nothing but a status.
    pub(super) fn of_status(status: u16) -> Self {
        Self {
            status,
            error_type: None,
            allow_origin: None,
            allow_headers: None,
            date: None,
            body: Bytes::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(status: u16, error_type: Option<&str>, body: &str) -> Seen {
        Seen {
            error_type: error_type.map(str::to_owned),
            body: Bytes::copy_from_slice(body.as_bytes()),
            ..Seen::of_status(status)
        }
    }

    #[test]
    fn answers_are_told_apart() {
        for (status, error_type, body, want) in [
            (200, None, "{}", Outcome::Passed),
            (404, None, "no such movie", Outcome::Passed),
            (404, None, r#"{"message":"Not Found"}"#, Outcome::NoRoute),
            (502, Some("InternalServerErrorException"), "", Outcome::Passed),
            (401, Some("UnauthorizedException"), "", Outcome::Unauthorized),
            (401, None, r#"{"message":"Unauthorized"}"#, Outcome::Unauthorized),
            (403, Some("AccessDeniedException"), "", Outcome::Denied),
            (403, None, r#"{"message":"Forbidden"}"#, Outcome::Denied),
            (403, Some("MissingAuthenticationTokenException"), "", Outcome::NoRoute),
            (403, None, r#"{"message":"Missing Authentication Token"}"#, Outcome::NoRoute),
            (500, Some("AuthorizerConfigurationException"), "", Outcome::Failed),
            (500, None, r#"{"message":null}"#, Outcome::Failed),
            (503, Some("ServiceUnavailableException"), "", Outcome::Failed),
            (414, None, "", Outcome::Stopped),
            (429, Some("LimitExceededException"), "", Outcome::Stopped),
        ] {
            assert_eq!(
                seen(status, error_type, body).outcome(),
                want,
                "{status} {error_type:?} {body}"
            );
        }
    }

    #[test]
    fn the_other_sides_clock_is_read() {
        let want = SystemTime::UNIX_EPOCH + Duration::from_secs(784_887_151);
        assert_eq!(time_of("Tue, 15 Nov 1994 08:12:31 GMT"), Some(want));
        assert_eq!(time_of("now"), None);
    }
}
