//! Lambda's Runtime API: the next invocation, and what came of it.
//!
//! Three requests over one connection. The crate `lambda_runtime` has them too, and writes the trace
//! id of each invocation into the environment of the process, where glibc keeps every value for
//! ever: 113 bytes a call that never come back.
//!
//! Source: [Using the Lambda runtime API for custom runtimes][api].
//!
//! [api]: https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html

use std::fmt;
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use http::header::{CONTENT_TYPE, HOST, USER_AGENT};
use http::{HeaderMap, Method, Request, Response, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper_util::rt::TokioIo;
use serde::Serialize;
use tokio::net::TcpStream;

/// The first part of every path.
const INVOCATION: &str = "/2018-06-01/runtime/invocation";

/// A client of the Runtime API.
#[derive(Debug)]
pub struct RuntimeApi {
    /// `host:port`, from `AWS_LAMBDA_RUNTIME_API`.
    authority: String,
    connection: Option<SendRequest<Full<Bytes>>>,
}

/// One event to be answered.
pub struct Invocation {
    /// What Lambda calls it.
    pub id: String,
    /// When Lambda stops waiting.
    pub deadline: SystemTime,
    /// The trace it belongs to, as X-Ray names traces.
    pub trace_id: Option<String>,
    /// JSON, as Lambda was given it.
    pub event: Bytes,
}

/// What Lambda is told in place of an answer.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Failure {
    /// A word for the kind of failure.
    pub error_type: &'static str,
    /// What whoever invoked the function is told.
    pub error_message: String,
}

impl Invocation {
    /// How long Lambda waits yet, at the time `now`.
    pub fn time_left(&self, now: SystemTime) -> Duration {
        self.deadline.duration_since(now).unwrap_or_default()
    }
}

impl RuntimeApi {
    /// A client of the Runtime API at `host:port`, which it connects to with the first request.
    pub fn new(authority: impl Into<String>) -> Self {
        Self { authority: authority.into(), connection: None }
    }

    /// Waits for the next invocation, however long that takes.
    ///
    /// # Errors
    ///
    /// [`RuntimeApiError`]; the process has no other reason to live on then.
    pub async fn next(&mut self) -> Result<Invocation, RuntimeApiError> {
        let path = format!("{INVOCATION}/next");
        let response = self.send(Method::GET, &path, HeaderMap::new(), Bytes::new()).await?;
        if response.status() != StatusCode::OK {
            return Err(RuntimeApiError::Status(response.status()));
        }
        let text = |name| response.headers().get(name)?.to_str().ok().map(str::to_owned);
        let id = text("lambda-runtime-aws-request-id").ok_or(RuntimeApiError::NoInvocation)?;
        let milliseconds = text("lambda-runtime-deadline-ms").and_then(|text| text.parse().ok());
        let deadline = Duration::from_millis(milliseconds.ok_or(RuntimeApiError::NoInvocation)?);
        let trace_id = text("lambda-runtime-trace-id");
        let event = response.into_body().collect().await?.to_bytes();
        let deadline = SystemTime::UNIX_EPOCH + deadline;
        Ok(Invocation { id, deadline, trace_id, event })
    }

    /// Answers an invocation.
    ///
    /// # Errors
    ///
    /// [`RuntimeApiError`] if Lambda could not be told.
    pub async fn answer(&mut self, id: &str, body: Bytes) -> Result<(), RuntimeApiError> {
        self.tell(&format!("{INVOCATION}/{id}/response"), HeaderMap::new(), body).await
    }

    /// Answers an invocation with an error.
    ///
    /// # Errors
    ///
    /// [`RuntimeApiError`] if Lambda could not be told.
    pub async fn fail(&mut self, id: &str, failure: &Failure) -> Result<(), RuntimeApiError> {
        let body = serde_json::to_vec(failure).map_err(|_| RuntimeApiError::NoInvocation)?;
        let mut headers = HeaderMap::new();
        if let Ok(error_type) = failure.error_type.try_into() {
            headers.insert("lambda-runtime-function-error-type", error_type);
        }
        self.tell(&format!("{INVOCATION}/{id}/error"), headers, body.into()).await
    }

    async fn tell(
        &mut self,
        path: &str,
        headers: HeaderMap,
        body: Bytes,
    ) -> Result<(), RuntimeApiError> {
        let response = self.send(Method::POST, path, headers, body).await?;
        let status = response.status();
        // Read to its end, so that the connection can be used again.
        response.into_body().collect().await?;
        if status == StatusCode::ACCEPTED { Ok(()) } else { Err(RuntimeApiError::Status(status)) }
    }

    async fn send(
        &mut self,
        method: Method,
        path: &str,
        headers: HeaderMap,
        body: Bytes,
    ) -> Result<Response<Incoming>, RuntimeApiError> {
        let mut request = Request::builder()
            .method(method)
            .uri(path)
            .header(HOST, &self.authority)
            .header(USER_AGENT, concat!("gatepost-authorizer/", env!("CARGO_PKG_VERSION")))
            .header(CONTENT_TYPE, "application/json")
            .body(Full::new(body))
            .map_err(|_| RuntimeApiError::NoInvocation)?;
        request.headers_mut().extend(headers);
        // A connection that was kept may have been closed meanwhile. What was not sent can be sent
        // again, on another one.
        if let Some(mut kept) = self.connection.take()
            && kept.ready().await.is_ok()
        {
            match kept.try_send_request(request).await {
                Ok(response) => {
                    self.connection = Some(kept);
                    return Ok(response);
                }
                Err(mut error) => match error.take_message() {
                    Some(unsent) => request = unsent,
                    None => return Err(error.into_error().into()),
                },
            }
        }
        let stream = TcpStream::connect(&self.authority).await.map_err(RuntimeApiError::Connect)?;
        stream.set_nodelay(true).map_err(RuntimeApiError::Connect)?;
        let (mut new, driver) = handshake(TokioIo::new(stream)).await?;
        tokio::spawn(driver);
        let response = new.send_request(request).await?;
        self.connection = Some(new);
        Ok(response)
    }
}

/// Why Lambda could not be asked or told.
#[derive(Debug, thiserror::Error)]
pub enum RuntimeApiError {
    /// No connection.
    #[error("the Runtime API cannot be reached: {0}")]
    Connect(std::io::Error),

    /// The connection broke.
    #[error("the connection to the Runtime API failed: {0}")]
    Http(#[from] hyper::Error),

    /// What it sent has no name or no deadline.
    #[error("the Runtime API sent no invocation that can be answered")]
    NoInvocation,

    /// It answered with another status than that of success.
    #[error("the Runtime API answered with HTTP status {0}")]
    Status(StatusCode),
}

/// Without the event, which holds credentials.
impl fmt::Debug for Invocation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Invocation").field("id", &self.id).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpListener;

    use super::*;

    /// Answers each request with the next of `answers`, and closes the connection after each if
    /// told to. Gives the address and what was asked.
    async fn runtime_api(
        answers: &'static [&'static str],
        closes: bool,
    ) -> (String, Arc<Mutex<Vec<String>>>) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let authority = listener.local_addr().unwrap().to_string();
        let asked = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&asked);
        tokio::spawn(async move {
            let mut answers = answers.iter();
            while let Ok((mut stream, _)) = listener.accept().await {
                let mut buffer = vec![0; 10_000];
                while let Ok(length @ 1..) = stream.read(&mut buffer).await {
                    let request = String::from_utf8_lossy(&buffer[..length]).into_owned();
                    seen.lock().unwrap().push(request);
                    let Some(answer) = answers.next() else { return };
                    stream.write_all(answer.as_bytes()).await.unwrap();
                    if closes {
                        break;
                    }
                }
            }
        });
        (authority, asked)
    }

    const NEXT: &str = "HTTP/1.1 200 OK\r\nlambda-runtime-aws-request-id: id-1\r\n\
        lambda-runtime-deadline-ms: 1767225600500\r\nlambda-runtime-trace-id: Root=1-a\r\n\
        content-length: 2\r\n\r\n{}";
    const ACCEPTED: &str = "HTTP/1.1 202 Accepted\r\ncontent-length: 0\r\n\r\n";

    #[tokio::test]
    async fn an_invocation_is_read_and_answered_whether_or_not_the_connection_is_kept() {
        for closes in [false, true] {
            let (authority, asked) = runtime_api(&[NEXT, ACCEPTED, NEXT, ACCEPTED], closes).await;
            let mut api = RuntimeApi::new(authority.as_str());
            let invocation = api.next().await.unwrap();
            assert_eq!((invocation.id.as_str(), &invocation.event[..]), ("id-1", &b"{}"[..]));
            assert_eq!(invocation.trace_id.as_deref(), Some("Root=1-a"));
            let deadline = SystemTime::UNIX_EPOCH + Duration::from_millis(1_767_225_600_500);
            assert_eq!(invocation.deadline, deadline);
            api.answer("id-1", "[1]".into()).await.unwrap();
            api.next().await.unwrap();
            let error_message = "Unauthorized".to_owned();
            let failure = Failure { error_type: "Unauthorized", error_message };
            api.fail("id-1", &failure).await.unwrap();
            let asked = asked.lock().unwrap();
            let lines: Vec<&str> = asked.iter().map(|text| text.lines().next().unwrap()).collect();
            assert_eq!(
                lines,
                [
                    "GET /2018-06-01/runtime/invocation/next HTTP/1.1",
                    "POST /2018-06-01/runtime/invocation/id-1/response HTTP/1.1",
                    "GET /2018-06-01/runtime/invocation/next HTTP/1.1",
                    "POST /2018-06-01/runtime/invocation/id-1/error HTTP/1.1",
                ],
                "{closes}"
            );
            assert!(asked[1].ends_with("[1]"), "{}", asked[1]);
            assert!(asked[3].contains("lambda-runtime-function-error-type: Unauthorized\r\n"));
            let body = r#"{"errorType":"Unauthorized","errorMessage":"Unauthorized"}"#;
            assert!(asked[3].ends_with(body), "{}", asked[3]);
        }
    }

    #[tokio::test]
    async fn what_is_no_invocation_is_an_error() {
        const GONE: &str = "HTTP/1.1 500 Gone\r\ncontent-length: 0\r\n\r\n";
        const NAMELESS: &str = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}";
        let (authority, _) = runtime_api(&[GONE, NAMELESS, GONE], true).await;
        let mut api = RuntimeApi::new(authority);
        assert!(matches!(api.next().await, Err(RuntimeApiError::Status(_))));
        assert!(matches!(api.next().await, Err(RuntimeApiError::NoInvocation)));
        assert!(matches!(api.answer("a", Bytes::new()).await, Err(RuntimeApiError::Status(_))));
        let nobody = RuntimeApi::new("127.0.0.1:1").next().await;
        assert!(matches!(nobody, Err(RuntimeApiError::Connect(_))));
    }
}
