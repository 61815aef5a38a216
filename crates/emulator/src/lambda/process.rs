//! A compiled function as Lambda runs it: one process, one event at a time, killed when it takes
//! too long, started anew after it died.
//!
//! Invocations queue for the one execution environment. An invocation goes on when its caller is
//! gone, as on Lambda, so that the next one never meets a process that is still busy.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use tokio::io::{AsyncBufReadExt as _, AsyncRead, AsyncReadExt as _, BufReader};
use tokio::process::{Child, Command};
use tokio::sync::Mutex;

use super::runtime_api::RuntimeApi;
use crate::invoke::{BoxFuture, Invocation, Invoke};

/// How long a function may take to ask for its first event.
///
/// Source: [Lambda execution environment][doc], "Init phase".
///
/// [doc]: https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html
const INIT_LIMIT: Duration = Duration::from_secs(10);

/// Lambda's words for a process that ends without an error.
const NO_REASON: &str = "Runtime exited without providing a reason";

/// A longer line of output is told in pieces of this many bytes.
const MAX_LINE_BYTES: u64 = 64 * 1024;

/// A function and its settings.
#[derive(Clone)]
pub struct LambdaConfig {
    /// The executable, a Lambda custom runtime.
    pub binary: PathBuf,
    /// Its environment: this and what Lambda itself sets, nothing of the emulator's own.
    pub env: BTreeMap<OsString, OsString>,
    /// How long one invocation may take; Lambda's default is three seconds.
    pub timeout: Duration,
    /// What the function is told of its memory, in megabytes. It is not held to it.
    pub memory_megabytes: u32,
    /// The region the function believes to be in.
    pub region: String,
    /// Gets each line that the function writes.
    pub output: OutputSink,
}

impl LambdaConfig {
    /// A function with an empty environment, five seconds, 256 megabytes, and its output dropped.
    pub fn new(binary: impl Into<PathBuf>) -> Self {
        Self {
            binary: binary.into(),
            env: BTreeMap::new(),
            timeout: Duration::from_secs(5),
            memory_megabytes: 256,
            region: "eu-west-1".to_owned(),
            output: OutputSink::new(|_, _| {}),
        }
    }

    fn name(&self) -> String {
        let stem = self.binary.file_stem().map(|stem| stem.to_string_lossy().into_owned());
        stem.unwrap_or_else(|| "function".to_owned())
    }
}

/// Without the values of the environment, which may be keys.
impl fmt::Debug for LambdaConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LambdaConfig")
            .field("binary", &self.binary)
            .field("env", &self.env.keys())
            .field("timeout", &self.timeout)
            .finish_non_exhaustive()
    }
}

/// Which of its outputs a function wrote to.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum OutputStream {
    /// Standard error.
    Stderr,
    /// Standard output.
    Stdout,
}

/// Gets what a function writes, line by line, without the line's end.
#[derive(Clone)]
pub struct OutputSink(Arc<TakeLine>);

type TakeLine = dyn Fn(OutputStream, &str) + Send + Sync;

impl OutputSink {
    /// A sink that calls `take` for each line.
    pub fn new(take: impl Fn(OutputStream, &str) + Send + Sync + 'static) -> Self {
        Self(Arc::new(take))
    }
}

impl fmt::Debug for OutputSink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("OutputSink")
    }
}

/// A function that can be invoked.
#[derive(Clone, Debug)]
pub struct LambdaProcess {
    inner: Arc<Inner>,
}

impl LambdaProcess {
    /// Starts the function, without waiting for it to be ready.
    ///
    /// # Errors
    ///
    /// [`StartError`] if it cannot be executed. What goes wrong later is an invocation's answer.
    pub async fn start(config: LambdaConfig) -> Result<Self, StartError> {
        let first = Environment::start(&config).await?;
        let inner = Inner { config, environment: Mutex::new(Some(first)) };
        Ok(Self { inner: Arc::new(inner) })
    }

    /// Waits until the function has asked for its first event, and so until it is warm.
    pub async fn ready(&self) {
        let environment = self.inner.environment.lock().await;
        if let Some(environment) = environment.as_ref() {
            // An error here comes again with the first invocation.
            let _ = tokio::time::timeout(INIT_LIMIT, environment.api.ready()).await;
        }
    }

    /// Waits until the function is done with what it does after an answer, such as writing its log, if
    /// there is a function; as long as Lambda lets it.
    pub async fn idle(&self) {
        let environment = self.inner.environment.lock().await;
        if let Some(environment) = environment.as_ref() {
            let _ = tokio::time::timeout(self.inner.config.timeout, environment.api.idle()).await;
        }
    }
}

impl Invoke for LambdaProcess {
    fn invoke(&self, event: Bytes) -> BoxFuture<'_, Invocation> {
        let inner = Arc::clone(&self.inner);
        let invocation = tokio::spawn(async move { inner.invoke(event).await });
        Box::pin(async move {
            invocation.await.unwrap_or_else(|error| Invocation::Unreachable {
                why: format!("the invocation was broken off: {error}"),
            })
        })
    }
}

/// Why a function cannot be started.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The executable cannot be run.
    #[error("cannot run `{}`", binary.display())]
    Execute {
        /// The executable.
        binary: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// There is no port for its Runtime API.
    #[error("cannot open a Runtime API on the loopback interface")]
    RuntimeApi(#[source] io::Error),
}

#[derive(Debug)]
struct Inner {
    config: LambdaConfig,
    /// Held for a whole invocation: an environment has one event at a time, in the order they came.
    environment: Mutex<Option<Environment>>,
}

impl Inner {
    async fn invoke(&self, event: Bytes) -> Invocation {
        let mut slot = self.environment.lock().await;
        // An environment that is not put back is dropped: its process is killed, its server closed.
        if let Some(mut warm) = slot.take() {
            match warm.invoke(event.clone(), self.config.timeout).await {
                Ended::DiedIdle => {}
                Ended::Done(invocation) => return invocation,
                Ended::Ready(invocation) => {
                    *slot = Some(warm);
                    return invocation;
                }
            }
        }
        let mut cold = match Environment::start(&self.config).await {
            Ok(cold) => cold,
            Err(error) => return Invocation::Unreachable { why: describe(&error) },
        };
        match cold.invoke(event, self.config.timeout).await {
            Ended::DiedIdle => Invocation::FunctionError { message: NO_REASON.to_owned() },
            Ended::Done(invocation) => invocation,
            Ended::Ready(invocation) => {
                *slot = Some(cold);
                invocation
            }
        }
    }
}

/// How an invocation ended, and what that means for its environment.
enum Ended {
    /// The process had died before it took the event, which a new one can have.
    DiedIdle,
    /// The environment is of no more use.
    Done(Invocation),
    /// The environment can go on.
    Ready(Invocation),
}

#[derive(Debug)]
struct Environment {
    api: RuntimeApi,
    child: Child,
}

impl Environment {
    async fn start(config: &LambdaConfig) -> Result<Self, StartError> {
        let name = config.name();
        let region = &config.region;
        let arn = format!("arn:aws:lambda:{region}:123456789012:function:{name}");
        let api = RuntimeApi::start(&arn).await.map_err(StartError::RuntimeApi)?;
        let mut child = Command::new(&config.binary)
            .env_clear()
            .envs(&config.env)
            .env("AWS_DEFAULT_REGION", region)
            .env("AWS_EXECUTION_ENV", "AWS_Lambda_provided.al2023")
            .env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", config.memory_megabytes.to_string())
            .env("AWS_LAMBDA_FUNCTION_NAME", &name)
            .env("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST")
            .env("AWS_LAMBDA_INITIALIZATION_TYPE", "on-demand")
            .env("AWS_LAMBDA_LOG_GROUP_NAME", format!("/aws/lambda/{name}"))
            .env("AWS_LAMBDA_LOG_STREAM_NAME", "local")
            .env("AWS_LAMBDA_RUNTIME_API", api.address().to_string())
            .env("AWS_REGION", region)
            .env("TZ", ":UTC")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .map_err(|source| execute_error(&config.binary, source))?;
        if let Some(stdout) = child.stdout.take() {
            tokio::spawn(pass_on(stdout, OutputStream::Stdout, config.output.clone()));
        }
        if let Some(stderr) = child.stderr.take() {
            tokio::spawn(pass_on(stderr, OutputStream::Stderr, config.output.clone()));
        }
        Ok(Self { api, child })
    }

    async fn invoke(&mut self, event: Bytes, timeout: Duration) -> Ended {
        let api = &self.api;
        let answered = async {
            match tokio::time::timeout(INIT_LIMIT, api.ready()).await {
                Err(_) => return Ended::Done(Invocation::TimedOut),
                Ok(Err(message)) => return Ended::Done(Invocation::FunctionError { message }),
                Ok(Ok(())) => {}
            }
            match tokio::time::timeout(timeout, api.invoke(event, timeout)).await {
                Err(_) => Ended::Done(Invocation::TimedOut),
                Ok(invocation) => Ended::Ready(invocation),
            }
        };
        tokio::select! {
            // A process may answer and exit at once; the answer counts.
            biased;
            ended = answered => ended,
            exit = self.child.wait() => {
                if self.api.has_waiting_event() {
                    Ended::DiedIdle
                } else {
                    Ended::Done(Invocation::FunctionError { message: exit_message(exit) })
                }
            }
        }
    }
}

fn execute_error(binary: &Path, source: io::Error) -> StartError {
    StartError::Execute { binary: binary.to_owned(), source }
}

/// In Lambda's words, such as `Runtime exited with error: exit status: 1`.
fn exit_message(exit: io::Result<ExitStatus>) -> String {
    match exit {
        Ok(status) if status.success() => NO_REASON.to_owned(),
        Ok(status) => format!("Runtime exited with error: {status}"),
        Err(error) => format!("Runtime exited with error: {error}"),
    }
}

fn describe(error: &StartError) -> String {
    match error {
        StartError::Execute { source, .. } | StartError::RuntimeApi(source) => {
            format!("{error}: {source}")
        }
    }
}

/// Hands each line of `output` to `sink` until the output ends.
async fn pass_on(output: impl AsyncRead + Unpin, stream: OutputStream, sink: OutputSink) {
    let mut output = BufReader::new(output);
    let mut line = Vec::new();
    loop {
        line.clear();
        match (&mut output).take(MAX_LINE_BYTES).read_until(b'\n', &mut line).await {
            Ok(0) => return,
            Ok(_) => {
                let text = String::from_utf8_lossy(&line);
                (sink.0)(stream, text.trim_end_matches(['\r', '\n']));
            }
            Err(error) => {
                tracing::debug!(%error, "a function's output broke off");
                return;
            }
        }
    }
}
