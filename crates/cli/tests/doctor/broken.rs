//! A gateway that is broken on purpose: a proxy before a good one.

use std::collections::{HashMap, HashSet};
use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, Method, StatusCode};
use axum::response::Response;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use tokio::net::TcpListener;

/// What is wrong with it.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub(crate) enum Fault {
    /// A route without an authorizer takes what is no other route.
    CatchAll,
    /// One answer of 200 for a path is given to every token.
    CacheAcrossTokens,
    /// Capitals are as good as small letters, and are not seen by the policy.
    CaseInsensitive,
    /// The connection is closed after so many requests.
    FailAfter(usize),
    /// Of two tokens the first counts.
    FirstToken,
    /// Whoever has a group of this name gets in.
    Grant(&'static str),
    /// A yes is kept as a yes.
    KeepYes,
    /// A document's change is in force when the third caller who has it comes.
    LateChange,
    /// An answer is about the route that it was first given for.
    OneRoute,
    /// Nobody is asked for a token.
    Open,
    /// A preflight is asked for a token.
    PreflightGuarded,
    /// Refusals have no CORS headers.
    RefusalsWithoutCors,
    /// Whoever has a group of this name is kept out.
    Refuse(&'static str),
    /// Whoever has a group of this name gets a failure.
    Fail(&'static str),
}

struct Proxy {
    faults: HashSet<Fault>,
    host: String,
    memory: Mutex<Memory>,
}

#[derive(Default)]
struct Memory {
    requests: usize,
    yes: HashSet<String>,
    first_route: HashMap<String, String>,
    kept: Vec<String>,
}

/// Puts it before the API at `url`, and returns its address.
pub(crate) async fn before(url: &str, faults: &[Fault]) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let proxy = Arc::new(Proxy {
        faults: faults.iter().cloned().collect(),
        host: url.strip_prefix("http://").unwrap().to_owned(),
        memory: Mutex::default(),
    });
    let router = Router::new().fallback(answer).with_state(proxy);
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    address
}

async fn answer(State(proxy): State<Arc<Proxy>>, request: Request) -> Response {
    tokio::task::spawn_blocking(move || proxy.answer(&request)).await.unwrap()
}

impl Proxy {
    fn has(&self, fault: &Fault) -> bool {
        self.faults.contains(fault)
    }

    fn answer(&self, request: &Request) -> Response {
        let mut memory = self.memory.lock().unwrap();
        memory.requests += 1;
        let (path, headers) = (request.uri().path().to_owned(), request.headers());
        let token = headers.get("authorization").map(|value| value.to_str().unwrap().to_owned());
        let groups = token.as_deref().map(groups_of).unwrap_or_default();
        let names = |name: &str| groups.contains(&format!("-{name}\""));
        if self
            .faults
            .iter()
            .any(|fault| matches!(fault, Fault::FailAfter(most) if memory.requests > *most))
        {
            panic!("the connection is closed, as if the gateway had gone");
        }
        if request.method() == Method::OPTIONS && self.has(&Fault::PreflightGuarded) {
            return refusal(401, "UnauthorizedException");
        }
        let overrides = headers.contains_key("x-http-method-override");
        let granted = self.faults.iter().any(|fault| {
            matches!(fault, Fault::Grant(name) if names(name) && (*name != "head" || overrides))
        });
        let lower = path.to_ascii_lowercase();
        if granted
            || (self.has(&Fault::CatchAll) && path == "/gatepost-doctor/nowhere")
            || (self.has(&Fault::Open) && token.is_none() && request.method() == Method::GET)
            || (self.has(&Fault::CaseInsensitive) && path != lower)
            || (self.has(&Fault::CacheAcrossTokens) && memory.yes.contains(&path))
        {
            return Response::new(Body::from(r#"{"let":"in"}"#));
        }
        for fault in &self.faults {
            if matches!(fault, Fault::Refuse(name) if names(name)) {
                return refusal(403, "AccessDeniedException");
            }
            if matches!(fault, Fault::Fail(name) if names(name)) {
                return refusal(500, "AuthorizerConfigurationException");
            }
        }
        if let Some(token) = &token {
            let key = format!("{token} {path}");
            if self.has(&Fault::KeepYes) && memory.yes.contains(&key) {
                return Response::new(Body::from(r#"{"kept":"yes"}"#));
            }
            let first = memory.first_route.entry(token.clone()).or_insert_with(|| path.clone());
            if self.has(&Fault::OneRoute) && *first != path && lower == "/shows" {
                return refusal(403, "AccessDeniedException");
            }
        }
        if let Some(token) = token.clone().filter(|_| names("kept")) {
            if !memory.kept.contains(&token) {
                memory.kept.push(token.clone());
            }
            if self.has(&Fault::LateChange) && memory.kept.len() == 2 {
                return Response::new(Body::from(r#"{"not":"yet"}"#));
            }
        }
        let response = self.forward(request);
        if let Some(token) = token.filter(|_| response.status() == StatusCode::OK) {
            memory.yes.insert(format!("{token} {path}"));
            memory.yes.insert(path);
        }
        response
    }

    fn forward(&self, request: &Request) -> Response {
        let mut stream = TcpStream::connect(&self.host).unwrap();
        let mut head = format!("{} {} HTTP/1.1\r\n", request.method(), request.uri());
        let mut seen_token = false;
        for (name, value) in request.headers() {
            if name == "authorization" {
                if seen_token && self.has(&Fault::FirstToken) {
                    continue;
                }
                seen_token = true;
            }
            if name != "connection" {
                let value = value.to_str().unwrap();
                head.extend([name.as_str(), ": ", value, "\r\n"]);
            }
        }
        head.push_str("connection: close\r\n\r\n");
        stream.write_all(head.as_bytes()).unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).unwrap();
        let answer = String::from_utf8(answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        let mut lines = head.lines();
        let status: u16 = lines.next().unwrap().split(' ').nth(1).unwrap().parse().unwrap();
        let mut response = Response::new(Body::from(body.to_owned()));
        *response.status_mut() = StatusCode::from_u16(status).unwrap();
        let mut headers = HeaderMap::new();
        for line in lines {
            let (name, value) = line.split_once(':').unwrap();
            let drop = name == "content-length"
                || name == "transfer-encoding"
                || (status >= 400
                    && self.has(&Fault::RefusalsWithoutCors)
                    && name.starts_with("access-control-"));
            if !drop {
                headers.append(HeaderName::try_from(name).unwrap(), value.trim().parse().unwrap());
            }
        }
        *response.headers_mut() = headers;
        response
    }
}

fn refusal(status: u16, error_type: &str) -> Response {
    Response::builder()
        .status(status)
        .header("x-amzn-errortype", error_type)
        .header("access-control-allow-origin", "*")
        .body(Body::from("{}"))
        .unwrap()
}

/// The claims of a token, as text: groups are found in it by name.
fn groups_of(authorization: &str) -> String {
    let claims = authorization.split('.').nth(1).unwrap_or_default();
    String::from_utf8_lossy(&URL_SAFE_NO_PAD.decode(claims).unwrap_or_default()).into_owned()
}
