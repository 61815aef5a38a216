//! The Lambda Runtime API: the HTTP server from which one execution environment gets its events.
//!
//! A runtime asks for the next event and is kept waiting until there is one; it answers with a
//! response or an error. An environment that is done for takes its server with it, so that nothing
//! a dead process left behind can answer for the next one.
//!
//! Source: [Using the Lambda runtime API][doc].
//!
//! [doc]: https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html

use std::collections::HashMap;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use axum::Router;
use axum::body::Body;
use axum::extract::{DefaultBodyLimit, Path, State};
use axum::response::Response;
use axum::routing::{get, post};
use bytes::Bytes;
use http::{HeaderValue, StatusCode, header};
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::JoinHandle;
use uuid::Uuid;

use crate::invoke::Invocation;

/// The largest payload a function can return, in bytes.
///
/// Source: [Lambda
/// quotas](https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html).
const MAX_RESPONSE_BYTES: usize = 6 * 1024 * 1024;

/// The Runtime API of one execution environment.
#[derive(Debug)]
pub struct RuntimeApi {
    address: SocketAddr,
    jobs: mpsc::UnboundedSender<Job>,
    shared: Arc<Shared>,
    server: JoinHandle<()>,
}

impl RuntimeApi {
    /// Opens the API on a free port of the loopback interface.
    ///
    /// # Errors
    ///
    /// When there is no port to be had.
    pub async fn start(function_arn: &str) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let (jobs, queue) = mpsc::unbounded_channel();
        let shared = Arc::new(Shared {
            function_arn: function_arn.to_owned(),
            queue: tokio::sync::Mutex::new(queue),
            open: Mutex::default(),
            state: watch::Sender::new(RuntimeState::Starting),
        });
        let router = router(Arc::clone(&shared));
        let server = tokio::spawn(async move {
            if let Err(error) = axum::serve(listener, router).await {
                tracing::error!(%error, "the Runtime API has stopped");
            }
        });
        Ok(Self { address, jobs, shared, server })
    }

    /// What goes into `AWS_LAMBDA_RUNTIME_API`, as host and port.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Waits until the runtime has asked for its first event.
    ///
    /// # Errors
    ///
    /// The message of an error that the runtime reports instead.
    pub async fn ready(&self) -> Result<(), String> {
        let mut state = self.shared.state.subscribe();
        // The sender is in `self`, so the wait cannot end for want of one.
        match state.wait_for(|state| *state != RuntimeState::Starting).await.as_deref() {
            Ok(RuntimeState::InitError { message }) => Err(message.clone()),
            Ok(RuntimeState::Busy | RuntimeState::Ready | RuntimeState::Starting) | Err(_) => {
                Ok(())
            }
        }
    }

    /// Waits until the runtime asks for an event: its first, or the next one when it is done with all
    /// that it does after an answer.
    pub async fn idle(&self) {
        // As above.
        let _ = self.shared.state.subscribe().wait_for(|state| *state == RuntimeState::Ready).await;
    }

    /// Queues an event and waits for its answer, for ever if need be.
    ///
    /// `timeout` is what the runtime is told of its deadline, counted from the moment it takes the
    /// event; to end the wait is the caller's part.
    pub async fn invoke(&self, event: Bytes, timeout: Duration) -> Invocation {
        let (reply, answer) = oneshot::channel();
        let job = Job { id: Uuid::new_v4().to_string(), event, timeout, reply };
        let gone = || Invocation::Unreachable { why: "the Runtime API has stopped".to_owned() };
        if self.jobs.send(job).is_err() {
            return gone();
        }
        answer.await.unwrap_or_else(|_| gone())
    }

    /// Whether an event is queued that no runtime has asked for yet.
    pub(super) fn has_waiting_event(&self) -> bool {
        // Whoever holds the lock is about to take the event.
        self.shared.queue.try_lock().is_ok_and(|queue| !queue.is_empty())
    }
}

impl Drop for RuntimeApi {
    fn drop(&mut self) {
        self.server.abort();
    }
}

#[derive(Debug)]
struct Job {
    id: String,
    event: Bytes,
    timeout: Duration,
    reply: oneshot::Sender<Invocation>,
}

#[derive(Clone, Debug, Eq, PartialEq)]
enum RuntimeState {
    Starting,
    Ready,
    /// It has an event, or has answered it and not come back yet.
    Busy,
    InitError {
        message: String,
    },
}

#[derive(Debug)]
struct Shared {
    function_arn: String,
    queue: tokio::sync::Mutex<mpsc::UnboundedReceiver<Job>>,
    /// Events that were handed out and not answered yet, by request id.
    open: Mutex<HashMap<String, oneshot::Sender<Invocation>>>,
    state: watch::Sender<RuntimeState>,
}

impl Shared {
    fn open(&self) -> MutexGuard<'_, HashMap<String, oneshot::Sender<Invocation>>> {
        // Nothing here can panic while it holds the lock.
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Ends an invocation; what nobody waits for any more is dropped, as Lambda does.
    fn end(&self, id: &str, invocation: Invocation) -> Response {
        match self.open().remove(id) {
            Some(reply) => {
                let _ = reply.send(invocation);
                status(StatusCode::ACCEPTED, r#"{"status":"OK"}"#)
            }
            None => status(
                StatusCode::BAD_REQUEST,
                r#"{"errorMessage":"Invalid request ID","errorType":"InvalidRequestID"}"#,
            ),
        }
    }
}

fn router(shared: Arc<Shared>) -> Router {
    Router::new()
        .route("/2018-06-01/runtime/invocation/next", get(next))
        .route("/2018-06-01/runtime/invocation/{id}/response", post(response))
        .route("/2018-06-01/runtime/invocation/{id}/error", post(error))
        .route("/2018-06-01/runtime/init/error", post(init_error))
        .layer(DefaultBodyLimit::max(MAX_RESPONSE_BYTES))
        .with_state(shared)
}

async fn next(State(shared): State<Arc<Shared>>) -> Response {
    shared.state.send_replace(RuntimeState::Ready);
    let job = shared.queue.lock().await.recv().await;
    let Some(job) = job else {
        return status(StatusCode::GONE, r#"{"errorMessage":"shutting down","errorType":"Gone"}"#);
    };
    let mut response = Response::new(Body::from(job.event));
    let deadline = SystemTime::now() + job.timeout;
    let deadline_ms =
        deadline.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_millis();
    let trace = format!("Root=1-00000000-{:024x};Sampled=0", Uuid::new_v4().as_u128() >> 32);
    for (name, value) in [
        ("content-type", "application/json"),
        ("lambda-runtime-aws-request-id", job.id.as_str()),
        ("lambda-runtime-deadline-ms", deadline_ms.to_string().as_str()),
        ("lambda-runtime-invoked-function-arn", shared.function_arn.as_str()),
        ("lambda-runtime-trace-id", trace.as_str()),
    ] {
        if let Ok(value) = HeaderValue::from_str(value) {
            response.headers_mut().insert(name, value);
        }
    }
    shared.open().insert(job.id, job.reply);
    shared.state.send_replace(RuntimeState::Busy);
    response
}

async fn response(
    State(shared): State<Arc<Shared>>,
    Path(id): Path<String>,
    body: Bytes,
) -> Response {
    shared.end(&id, Invocation::Returned(body))
}

async fn error(State(shared): State<Arc<Shared>>, Path(id): Path<String>, body: Bytes) -> Response {
    shared.end(&id, Invocation::FunctionError { message: error_message(&body) })
}

async fn init_error(State(shared): State<Arc<Shared>>, body: Bytes) -> Response {
    shared.state.send_replace(RuntimeState::InitError { message: error_message(&body) });
    status(StatusCode::ACCEPTED, r#"{"status":"OK"}"#)
}

/// The `errorMessage` of an error report; a report without one is an error without words.
fn error_message(report: &[u8]) -> String {
    let report: Option<Value> = serde_json::from_slice(report).ok();
    let message = report.as_ref().and_then(|report| report.get("errorMessage")?.as_str());
    message.unwrap_or_default().to_owned()
}

fn status(status: StatusCode, body: &'static str) -> Response {
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status;
    let media_type = HeaderValue::from_static("application/json");
    response.headers_mut().insert(header::CONTENT_TYPE, media_type);
    response
}
