//! The Runtime API as a runtime sees it.

use std::time::{Duration, SystemTime};

use bytes::Bytes;
use gatepost_emulator::invoke::Invocation;
use gatepost_emulator::lambda::RuntimeApi;
use http::{Request, Response, StatusCode};
use http_body_util::{BodyExt as _, Full};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;

const ARN: &str = "arn:aws:lambda:eu-west-1:123456789012:function:authorizer";
const SECOND: Duration = Duration::from_secs(1);

/// A runtime that does what a test tells it.
struct FakeRuntime {
    client: Client<HttpConnector, Full<Bytes>>,
    base: String,
}

impl FakeRuntime {
    fn of(api: &RuntimeApi) -> Self {
        let client = Client::builder(TokioExecutor::new()).build_http();
        Self { client, base: format!("http://{}/2018-06-01/runtime", api.address()) }
    }

    async fn next(&self) -> Response<Bytes> {
        let request = Request::get(format!("{}/invocation/next", self.base));
        self.send(request.body(Full::default()).unwrap()).await
    }

    async fn post(&self, path: &str, body: impl Into<Bytes>) -> StatusCode {
        let request = Request::post(format!("{}/{path}", self.base));
        self.send(request.body(Full::new(body.into())).unwrap()).await.status()
    }

    async fn send(&self, request: Request<Full<Bytes>>) -> Response<Bytes> {
        let (head, body) = self.client.request(request).await.unwrap().into_parts();
        Response::from_parts(head, body.collect().await.unwrap().to_bytes())
    }
}

fn id(next: &Response<Bytes>) -> &str {
    next.headers()["lambda-runtime-aws-request-id"].to_str().unwrap()
}

#[tokio::test]
async fn an_event_is_handed_out_with_its_headers_and_answered() {
    let api = RuntimeApi::start(ARN).await.unwrap();
    let runtime = FakeRuntime::of(&api);
    let work = async {
        let next = runtime.next().await;
        assert_eq!((next.status(), next.body().as_ref()), (StatusCode::OK, b"{}".as_slice()));
        let header = |name: &str| next.headers()[name].to_str().unwrap();
        assert_eq!(header("lambda-runtime-invoked-function-arn"), ARN);
        assert!(header("lambda-runtime-trace-id").starts_with("Root=1-"));
        assert_eq!(header("content-type"), "application/json");
        let deadline = header("lambda-runtime-deadline-ms").parse::<u64>().unwrap();
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap();
        let left = Duration::from_millis(deadline).saturating_sub(now);
        assert!(left > Duration::ZERO && left <= SECOND, "{left:?}");
        let path = format!("invocation/{}/response", id(&next));
        assert_eq!(runtime.post(&path, "answer").await, StatusCode::ACCEPTED);
    };
    let (invocation, ()) = tokio::join!(api.invoke("{}".into(), SECOND), work);
    assert_eq!(invocation, Invocation::Returned("answer".into()));
}

#[tokio::test]
async fn an_error_report_is_a_function_error_with_its_message() {
    let api = RuntimeApi::start(ARN).await.unwrap();
    let runtime = FakeRuntime::of(&api);
    for (report, message) in [
        (r#"{"errorType":"E","errorMessage":"Unauthorized","stackTrace":[]}"#, "Unauthorized"),
        (r#"{"errorType":"E"}"#, ""),
        ("no JSON", ""),
    ] {
        let work = async {
            let next = runtime.next().await;
            let path = format!("invocation/{}/error", id(&next));
            assert_eq!(runtime.post(&path, report).await, StatusCode::ACCEPTED);
        };
        let (invocation, ()) = tokio::join!(api.invoke("{}".into(), SECOND), work);
        assert_eq!(invocation, Invocation::FunctionError { message: message.to_owned() });
    }
}

#[tokio::test]
async fn an_unknown_or_answered_request_id_is_refused() {
    let api = RuntimeApi::start(ARN).await.unwrap();
    let runtime = FakeRuntime::of(&api);
    assert_eq!(runtime.post("invocation/none/response", "").await, StatusCode::BAD_REQUEST);
    let work = async {
        let next = runtime.next().await;
        let path = format!("invocation/{}/response", id(&next));
        assert_eq!(runtime.post(&path, "1").await, StatusCode::ACCEPTED);
        assert_eq!(runtime.post(&path, "2").await, StatusCode::BAD_REQUEST);
    };
    let (invocation, ()) = tokio::join!(api.invoke("{}".into(), SECOND), work);
    assert_eq!(invocation, Invocation::Returned("1".into()));
}

#[tokio::test]
async fn a_response_over_six_megabytes_is_refused() {
    let api = RuntimeApi::start(ARN).await.unwrap();
    let runtime = FakeRuntime::of(&api);
    let work = async {
        let next = runtime.next().await;
        let path = format!("invocation/{}/response", id(&next));
        let too_large = vec![b'x'; 6 * 1024 * 1024 + 1];
        assert_eq!(runtime.post(&path, too_large).await, StatusCode::PAYLOAD_TOO_LARGE);
        assert_eq!(runtime.post(&path, "small").await, StatusCode::ACCEPTED);
    };
    let (invocation, ()) = tokio::join!(api.invoke("{}".into(), SECOND), work);
    assert_eq!(invocation, Invocation::Returned("small".into()));
}

#[tokio::test]
async fn a_runtime_is_ready_when_it_asks_for_an_event() {
    let api = RuntimeApi::start(ARN).await.unwrap();
    let runtime = FakeRuntime::of(&api);
    tokio::select! {
        ready = api.ready() => assert_eq!(ready, Ok(())),
        _ = runtime.next() => panic!("there is no event"),
    }
}

#[tokio::test]
async fn an_init_error_is_told_instead_of_readiness() {
    let api = RuntimeApi::start(ARN).await.unwrap();
    let runtime = FakeRuntime::of(&api);
    let report = r#"{"errorType":"Runtime.InitError","errorMessage":"no settings"}"#;
    let (ready, status) = tokio::join!(api.ready(), runtime.post("init/error", report));
    assert_eq!((ready, status), (Err("no settings".to_owned()), StatusCode::ACCEPTED));
}
