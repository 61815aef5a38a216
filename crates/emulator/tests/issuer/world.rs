//! An issuer with a clock that stands still, and a browser that follows nothing by itself.

use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use axum::Router;
use axum::body::Body;
use gatepost_emulator::clock::Clock;
use gatepost_emulator::issuer::{
    ApiListing, Client, Issuer, IssuerSettings, ListedMethod, SigningKeys, WEB_CLIENT, demo_clients,
};
use http::{HeaderMap, Method, Request, StatusCode, header};
use http_body_util::BodyExt as _;
use serde_json::Value;
use tower::ServiceExt as _;
use url::Url;
use url::form_urlencoded::Serializer;

pub(crate) const ORIGIN: &str = "http://127.0.0.1:4000";
pub(crate) const CALLBACK: &str = "http://localhost:5173/callback";
/// The example of RFC 7636, appendix B.
pub(crate) const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
pub(crate) const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

/// Names and values of a query or a form.
pub(crate) type Pairs = Vec<(&'static str, String)>;

pub(crate) struct World {
    pub(crate) issuer: Arc<Issuer>,
    router: Router,
    time: Arc<Mutex<SystemTime>>,
}

impl World {
    /// The movies and shows example.
    pub(crate) fn new() -> Self {
        Self::with_clients(demo_clients())
    }

    /// The example, and a second client that may redirect to the same address.
    pub(crate) fn with_second_app() -> Self {
        let second = Client::web("second-app", [CALLBACK.to_owned()], []);
        Self::with_clients([demo_clients(), vec![second]].concat())
    }

    pub(crate) fn with_clients(clients: Vec<Client>) -> Self {
        Self::build(SigningKeys::generate().unwrap(), |settings| settings.clients = clients)
    }

    pub(crate) fn build(keys: SigningKeys, change: impl FnOnce(&mut IssuerSettings)) -> Self {
        let time = Arc::new(Mutex::new(UNIX_EPOCH + Duration::from_secs(1_800_000_123)));
        let read = Arc::clone(&time);
        let mut settings = IssuerSettings::demo(ORIGIN, listing());
        settings.clock = Clock::reading(move || *read.lock().unwrap());
        change(&mut settings);
        let issuer = Arc::new(Issuer::new(settings, keys).unwrap());
        let router = Arc::clone(&issuer).router();
        Self { issuer, router, time }
    }

    pub(crate) fn now(&self) -> SystemTime {
        *self.time.lock().unwrap()
    }

    pub(crate) fn pass(&self, duration: Duration) {
        *self.time.lock().unwrap() += duration;
    }

    pub(crate) async fn get(&self, path: &str) -> Reply {
        self.send(request(Method::GET, path, &[])).await
    }

    pub(crate) async fn post(&self, path: &str, form: &Pairs) -> Reply {
        self.send(form_request(path, form)).await
    }

    pub(crate) async fn send(&self, request: Request<Body>) -> Reply {
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let body = body.collect().await.unwrap().to_bytes();
        let body = String::from_utf8(body.to_vec()).unwrap();
        Reply { status: parts.status, headers: parts.headers, body }
    }

    /// Signs in as `username` with the given authorization request and gives the code.
    pub(crate) async fn code(&self, username: &str, query: &Pairs) -> String {
        let choice = vec![("username", username.to_owned())];
        let reply = self.post(&format!("/login?{}", encode(query)), &choice).await;
        reply.redirect().1.into_iter().find(|(name, _)| name == "code").unwrap().1
    }

    /// Signs in as `username` and gives the answer of the token endpoint.
    pub(crate) async fn tokens(&self, username: &str) -> Value {
        let code = self.code(username, &authorization()).await;
        let reply = self.post("/oauth2/token", &redemption(&code)).await;
        assert_eq!(reply.status, StatusCode::OK, "{}", reply.body);
        reply.json()
    }
}

pub(crate) struct Reply {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
}

impl Reply {
    pub(crate) fn header(&self, name: impl header::AsHeaderName) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }

    /// Status and `error` member of a refusal.
    pub(crate) fn refusal(&self) -> (u16, String) {
        (self.status.as_u16(), self.json()["error"].as_str().unwrap().to_owned())
    }

    /// Where a redirect leads, and the query it takes along.
    pub(crate) fn redirect(&self) -> (String, Vec<(String, String)>) {
        assert_eq!(self.status, StatusCode::SEE_OTHER, "{}", self.body);
        let mut url = Url::parse(self.header(header::LOCATION)).unwrap();
        let query = url.query_pairs().into_owned().collect();
        url.set_query(None);
        (url.into(), query)
    }
}

pub(crate) fn listing() -> ApiListing {
    let method = |verb: &str, path: &str| ListedMethod {
        verb: verb.to_owned(),
        path: path.to_owned(),
        is_public: false,
        summary: format!("{verb} of {path}"),
    };
    ApiListing {
        url: "http://127.0.0.1:3000".to_owned(),
        methods: vec![method("GET", "/movies"), method("GET", "/shows/{id}")],
    }
}

/// A good authorization request.
pub(crate) fn authorization() -> Pairs {
    vec![
        ("response_type", "code".to_owned()),
        ("client_id", WEB_CLIENT.to_owned()),
        ("redirect_uri", CALLBACK.to_owned()),
        ("scope", "openid email".to_owned()),
        ("state", "s t&te".to_owned()),
        ("nonce", "n-once".to_owned()),
        ("code_challenge", CHALLENGE.to_owned()),
        ("code_challenge_method", "S256".to_owned()),
    ]
}

/// The good redemption of a code for it.
pub(crate) fn redemption(code: &str) -> Pairs {
    vec![
        ("grant_type", "authorization_code".to_owned()),
        ("client_id", WEB_CLIENT.to_owned()),
        ("code", code.to_owned()),
        ("redirect_uri", CALLBACK.to_owned()),
        ("code_verifier", VERIFIER.to_owned()),
    ]
}

pub(crate) fn refresh(refresh_token: &str) -> Pairs {
    vec![
        ("grant_type", "refresh_token".to_owned()),
        ("client_id", WEB_CLIENT.to_owned()),
        ("refresh_token", refresh_token.to_owned()),
    ]
}

/// The same with another value for `name`, or without it.
pub(crate) fn with(mut pairs: Pairs, name: &'static str, value: Option<&str>) -> Pairs {
    pairs.retain(|(known, _)| *known != name);
    pairs.extend(value.map(|value| (name, value.to_owned())));
    pairs
}

pub(crate) fn encode(pairs: &Pairs) -> String {
    Serializer::new(String::new()).extend_pairs(pairs).finish()
}

pub(crate) fn request(method: Method, path: &str, headers: &[(&str, &str)]) -> Request<Body> {
    let mut request = Request::builder().method(method).uri(path);
    if headers.iter().all(|(name, _)| *name != "host") {
        request = request.header(header::HOST, "127.0.0.1:4000");
    }
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    request.body(Body::empty()).unwrap()
}

pub(crate) fn form_request(path: &str, form: &Pairs) -> Request<Body> {
    let headers = [("content-type", "application/x-www-form-urlencoded")];
    let mut request = request(Method::POST, path, &headers);
    *request.body_mut() = Body::from(encode(form));
    request
}
