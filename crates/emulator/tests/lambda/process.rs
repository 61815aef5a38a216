//! A function as a process: answers, failures, timeouts, and what comes after them.

use std::ffi::OsString;
use std::path::Path;
use std::process::Command;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use gatepost_emulator::invoke::{Invocation, Invoke as _};
use gatepost_emulator::lambda::{LambdaConfig, LambdaProcess, OutputSink, OutputStream};
use tempfile::TempDir;

/// The fake runtime, in a folder that goes with it.
struct FakeRuntime {
    folder: TempDir,
}

impl FakeRuntime {
    fn build() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let source =
            Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/lambda/fake_runtime/main.rs");
        let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| OsString::from("rustc"));
        let status = Command::new(rustc)
            .args(["--edition=2024", "--crate-name=fake_runtime", "-o"])
            .arg(folder.path().join("fake_runtime"))
            .arg(source)
            .status()
            .expect("rustc can be run");
        assert!(status.success());
        Self { folder }
    }

    fn config(&self) -> LambdaConfig {
        LambdaConfig::new(self.folder.path().join("fake_runtime"))
    }

    fn failing_init(&self, how: &str) -> LambdaConfig {
        let mut config = self.config();
        config.env.insert("FAKE_INIT".into(), how.into());
        config
    }
}

fn returned(text: &str) -> Invocation {
    Invocation::Returned(text.to_owned().into())
}

fn failed(message: &str) -> Invocation {
    Invocation::FunctionError { message: message.to_owned() }
}

#[tokio::test]
async fn one_process_answers_one_event_after_the_other() {
    let runtime = FakeRuntime::build();
    let process = LambdaProcess::start(runtime.config()).await.unwrap();
    process.ready().await;
    let (one, two, three) = tokio::join!(
        process.invoke("count".into()),
        process.invoke("fail".into()),
        process.invoke("count".into()),
    );
    assert_eq!([one, two, three], [returned("1"), failed("Unauthorized"), returned("3")]);
}

#[tokio::test]
async fn environment_is_what_is_given_and_what_lambda_sets() {
    let runtime = FakeRuntime::build();
    let mut config = runtime.config();
    config.env.insert("OWN".into(), "1".into());
    config.env.insert("AWS_REGION".into(), "overridden".into());
    config.memory_megabytes = 128;
    let process = LambdaProcess::start(config).await.unwrap();
    let Invocation::Returned(text) = process.invoke("environment".into()).await else { panic!() };
    let text = String::from_utf8(text.into()).unwrap();
    let mut names: Vec<&str> =
        text.lines().filter_map(|line| line.split_once('=')).map(|(name, _)| name).collect();
    names.sort_unstable();
    assert_eq!(
        names,
        [
            "AWS_DEFAULT_REGION",
            "AWS_EXECUTION_ENV",
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
            "AWS_LAMBDA_FUNCTION_NAME",
            "AWS_LAMBDA_FUNCTION_VERSION",
            "AWS_LAMBDA_INITIALIZATION_TYPE",
            "AWS_LAMBDA_LOG_GROUP_NAME",
            "AWS_LAMBDA_LOG_STREAM_NAME",
            "AWS_LAMBDA_RUNTIME_API",
            "AWS_REGION",
            "OWN",
            "TZ",
        ]
    );
    for line in [
        "OWN=1",
        "AWS_REGION=eu-west-1",
        "AWS_LAMBDA_FUNCTION_NAME=fake_runtime",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE=128",
    ] {
        assert!(text.lines().any(|it| it == line), "no {line} in {text}");
    }
}

#[tokio::test]
async fn a_function_that_hangs_is_killed_and_the_next_event_meets_a_new_one() {
    let runtime = FakeRuntime::build();
    let mut config = runtime.config();
    config.timeout = Duration::from_millis(300);
    let process = LambdaProcess::start(config).await.unwrap();
    assert_eq!(process.invoke("count".into()).await, returned("1"));
    assert_eq!(process.invoke("hang".into()).await, Invocation::TimedOut);
    assert_eq!(process.invoke("count".into()).await, returned("1"));
}

#[tokio::test]
async fn a_function_that_dies_fails_its_event_and_is_started_again() {
    let runtime = FakeRuntime::build();
    let process = LambdaProcess::start(runtime.config()).await.unwrap();
    let exit = failed("Runtime exited with error: exit status: 3");
    assert_eq!(process.invoke("exit".into()).await, exit);
    assert_eq!(process.invoke("count".into()).await, returned("1"));
}

#[tokio::test]
async fn a_function_that_exits_after_its_answer_costs_the_next_event_nothing() {
    let runtime = FakeRuntime::build();
    let process = LambdaProcess::start(runtime.config()).await.unwrap();
    for _ in 0..5 {
        assert_eq!(process.invoke("answer and exit".into()).await, returned("last"));
    }
}

#[tokio::test]
async fn an_invocation_whose_caller_is_gone_goes_on() {
    let runtime = FakeRuntime::build();
    let process = LambdaProcess::start(runtime.config()).await.unwrap();
    drop(process.invoke("count".into()));
    assert_eq!(process.invoke("count".into()).await, returned("2"));
}

#[tokio::test]
async fn output_is_told_line_by_line() {
    let runtime = FakeRuntime::build();
    let lines = Arc::new(Mutex::new(Vec::new()));
    let (seen, told) = (Arc::clone(&lines), Arc::new(tokio::sync::Notify::new()));
    let notify = Arc::clone(&told);
    let mut config = runtime.config();
    config.output = OutputSink::new(move |stream, line| {
        seen.lock().unwrap().push((stream, line.to_owned()));
        notify.notify_one();
    });
    let process = LambdaProcess::start(config).await.unwrap();
    process.invoke("print".into()).await;
    while lines.lock().unwrap().len() < 2 {
        told.notified().await;
    }
    let mut lines = lines.lock().unwrap().clone();
    lines.sort_by_key(|(_, line)| line.clone());
    assert_eq!(
        lines,
        [
            (OutputStream::Stderr, "to stderr".to_owned()),
            (OutputStream::Stdout, "to stdout".to_owned()),
        ]
    );
}

#[tokio::test]
async fn a_function_that_fails_its_init_fails_its_events() {
    let runtime = FakeRuntime::build();
    for (how, message) in
        [("exit", "Runtime exited with error: exit status: 2"), ("error", "no settings")]
    {
        let process = LambdaProcess::start(runtime.failing_init(how)).await.unwrap();
        assert_eq!(process.invoke("count".into()).await, failed(message), "{how}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_function_that_never_gets_ready_times_out_after_ten_seconds() {
    let runtime = FakeRuntime::build();
    let process = LambdaProcess::start(runtime.failing_init("hang")).await.unwrap();
    let started = tokio::time::Instant::now();
    assert_eq!(process.invoke("count".into()).await, Invocation::TimedOut);
    assert_eq!(started.elapsed().as_secs(), 10);
}

#[tokio::test]
async fn what_cannot_be_executed_cannot_be_started() {
    let error = LambdaProcess::start(LambdaConfig::new("/nowhere/function")).await.unwrap_err();
    assert_eq!(error.to_string(), "cannot run `/nowhere/function`");
}
