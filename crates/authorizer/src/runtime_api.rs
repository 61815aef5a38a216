//! Lambda's Runtime API: the next invocation, and what came of it.
//!
//! Three requests over one connection. The crate `lambda_runtime` has them too, and writes the trace
//! id of each invocation into the environment of the process, where glibc keeps every value for
//! ever: 113 bytes a call that never come back.
//!
//! It blocks, as the function has nothing else to do: an asynchronous client would ask the kernel
//! twice as often for each message.
//!
//! Source: [Using the Lambda runtime API for custom runtimes][api].
//!
//! [api]: https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html

mod connection;

use std::fmt::{self, Write as _};
use std::io;
use std::time::{Duration, SystemTime};

use http::StatusCode;
use serde::Serialize;

use self::connection::{Answer, Connection};

/// The first part of every path.
const INVOCATION: &str = "/2018-06-01/runtime/invocation";

/// A client of the Runtime API.
#[derive(Debug)]
pub struct RuntimeApi {
    /// `host:port`, from `AWS_LAMBDA_RUNTIME_API`.
    authority: String,
    connection: Option<Connection>,
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
    pub event: Vec<u8>,
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

    /// Waits for the next invocation, however long that takes. The thread waits.
    ///
    /// # Errors
    ///
    /// [`RuntimeApiError`]; the process has no other reason to live on then.
    pub fn next_invocation(&mut self) -> Result<Invocation, RuntimeApiError> {
        let answer = self.send("GET", "next", "", &[])?;
        if answer.status != StatusCode::OK {
            return Err(RuntimeApiError::Status(answer.status));
        }
        let id = answer.text("lambda-runtime-aws-request-id");
        let id = id.ok_or(RuntimeApiError::NoInvocation)?.to_owned();
        let deadline = answer.text("lambda-runtime-deadline-ms").and_then(|text| text.parse().ok());
        let deadline = Duration::from_millis(deadline.ok_or(RuntimeApiError::NoInvocation)?);
        let trace_id = answer.text("lambda-runtime-trace-id").map(str::to_owned);
        let deadline = SystemTime::UNIX_EPOCH + deadline;
        Ok(Invocation { id, deadline, trace_id, event: answer.body })
    }

    /// Answers an invocation.
    ///
    /// # Errors
    ///
    /// [`RuntimeApiError`] if Lambda could not be told.
    pub fn answer(&mut self, id: &str, body: &[u8]) -> Result<(), RuntimeApiError> {
        self.tell(&format!("{id}/response"), "", body)
    }

    /// Answers an invocation with an error.
    ///
    /// # Errors
    ///
    /// [`RuntimeApiError`] if Lambda could not be told.
    pub fn fail(&mut self, id: &str, failure: &Failure) -> Result<(), RuntimeApiError> {
        let body = serde_json::to_vec(failure).map_err(|_| RuntimeApiError::NoInvocation)?;
        let error_type = format!("lambda-runtime-function-error-type: {}\r\n", failure.error_type);
        self.tell(&format!("{id}/error"), &error_type, &body)
    }

    fn tell(&mut self, path: &str, headers: &str, body: &[u8]) -> Result<(), RuntimeApiError> {
        match self.send("POST", path, headers, body)?.status {
            StatusCode::ACCEPTED => Ok(()),
            status => Err(RuntimeApiError::Status(status)),
        }
    }

    /// Sends a request about invocations. `headers` are whole lines.
    fn send(
        &mut self,
        method: &str,
        path: &str,
        headers: &str,
        body: &[u8],
    ) -> Result<Answer, RuntimeApiError> {
        let mut head = String::with_capacity(320);
        // Writing to a text cannot fail.
        let _ = write!(
            head,
            "{method} {INVOCATION}/{path} HTTP/1.1\r\nhost: {}\r\nuser-agent: gatepost/{}\r\n\
             content-type: application/json\r\n{headers}content-length: {}\r\n\r\n",
            self.authority,
            env!("CARGO_PKG_VERSION"),
            body.len(),
        );
        // One that was kept may have been closed meanwhile, which shows when nothing comes back. Asking
        // again is safe: no event is handed out to a connection that is gone, and an invocation that
        // has its answer takes no second one.
        if let Some(mut kept) = self.connection.take()
            && let Some(answer) = kept.exchange(head.as_bytes(), body)?
        {
            self.connection = answer.keeps_connection.then_some(kept);
            return Ok(answer);
        }
        let mut new = Connection::open(&self.authority).map_err(RuntimeApiError::Connect)?;
        let answer = new.exchange(head.as_bytes(), body)?;
        let answer = answer.ok_or_else(|| io::Error::from(io::ErrorKind::UnexpectedEof))?;
        self.connection = answer.keeps_connection.then_some(new);
        Ok(answer)
    }
}

/// Why Lambda could not be asked or told.
#[derive(Debug, thiserror::Error)]
pub enum RuntimeApiError {
    /// No connection.
    #[error("the Runtime API cannot be reached: {0}")]
    Connect(io::Error),

    /// The connection broke, or what came is no HTTP.
    #[error("the connection to the Runtime API failed: {0}")]
    Http(#[from] io::Error),

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
    use std::io::{Read as _, Write as _};
    use std::net::TcpListener;
    use std::sync::{Arc, Mutex};
    use std::thread;

    use super::*;

    /// Answers each request with the next of `answers`, and closes the connection after each if
    /// told to. Gives the address and what was asked.
    fn runtime_api(
        answers: &'static [&'static str],
        closes: bool,
    ) -> (String, Arc<Mutex<Vec<String>>>) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let authority = listener.local_addr().unwrap().to_string();
        let asked = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&asked);
        thread::spawn(move || {
            let mut answers = answers.iter();
            while let Ok((mut stream, _)) = listener.accept() {
                let mut buffer = vec![0; 10_000];
                while let Ok(length @ 1..) = stream.read(&mut buffer) {
                    let request = String::from_utf8_lossy(&buffer[..length]).into_owned();
                    seen.lock().unwrap().push(request);
                    let Some(answer) = answers.next() else { return };
                    stream.write_all(answer.as_bytes()).unwrap();
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

    #[test]
    fn an_invocation_is_read_and_answered_whether_or_not_the_connection_is_kept() {
        for closes in [false, true] {
            let (authority, asked) = runtime_api(&[NEXT, ACCEPTED, NEXT, ACCEPTED], closes);
            let mut api = RuntimeApi::new(authority.as_str());
            let invocation = api.next_invocation().unwrap();
            assert_eq!((invocation.id.as_str(), &invocation.event[..]), ("id-1", &b"{}"[..]));
            assert_eq!(invocation.trace_id.as_deref(), Some("Root=1-a"));
            let deadline = SystemTime::UNIX_EPOCH + Duration::from_millis(1_767_225_600_500);
            assert_eq!(invocation.deadline, deadline);
            api.answer("id-1", b"[1]").unwrap();
            api.next_invocation().unwrap();
            let error_message = "Unauthorized".to_owned();
            let failure = Failure { error_type: "Unauthorized", error_message };
            api.fail("id-1", &failure).unwrap();
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

    #[test]
    fn what_is_no_invocation_is_an_error() {
        const GONE: &str = "HTTP/1.1 500 Gone\r\ncontent-length: 0\r\n\r\n";
        const NAMELESS: &str = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}";
        let (authority, _) = runtime_api(&[GONE, NAMELESS, GONE], true);
        let mut api = RuntimeApi::new(authority);
        assert!(matches!(api.next_invocation(), Err(RuntimeApiError::Status(_))));
        assert!(matches!(api.next_invocation(), Err(RuntimeApiError::NoInvocation)));
        assert!(matches!(api.answer("a", b""), Err(RuntimeApiError::Status(_))));
        let nobody = RuntimeApi::new("127.0.0.1:1").next_invocation();
        assert!(matches!(nobody, Err(RuntimeApiError::Connect(_))));
    }
}
