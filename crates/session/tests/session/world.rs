//! A provider on the loopback interface that can be told to fail, a clock that stands still, documents
//! in memory, and the session function between them.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::middleware::{self, Next};
use gatepost_authorizer::https::HttpsClient;
use gatepost_core::policy::PolicyDocument;
use gatepost_core::revocable::Revocable;
use gatepost_core::subject::Subject;
use gatepost_emulator::clock::Clock;
use gatepost_emulator::issuer::{
    ApiListing, Client, Issuer, IssuerSettings, SigningKeys, WEB_CLIENT, demo_clients,
};
use gatepost_session::{Session, SessionConfig};
use gatepost_store::{PolicyStore, Rows, StoreError, StoredPolicy};
use http::header::{HOST, LOCATION};
use http::{Method, Response, StatusCode};
use http_body_util::BodyExt as _;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio::time::Instant;
use tower::ServiceExt as _;

use crate::browser::{Answered as _, Jar, request};
use crate::tables::{SESSIONS, Tables};

pub(crate) const ORIGIN: &str = "http://127.0.0.1:3000";
pub(crate) const SECRET_CLIENT: &str = "confidential";
pub(crate) const CLIENT_SECRET: &str = "secret-of-the-client";
pub(crate) const KEY: &str = "AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE";

/// How a request to the provider fails.
#[derive(Clone, Debug)]
pub(crate) enum Fault {
    /// It is answered with this and not passed on.
    Answer(u16, String),
    /// It waits until it is let go, and is passed on then.
    Held(Arc<Semaphore>),
    /// It is never answered.
    Silence,
}

impl Fault {
    pub(crate) fn held() -> Self {
        Self::Held(Arc::new(Semaphore::new(0)))
    }

    /// Lets go what is held, and what comes later.
    pub(crate) fn let_go(&self) {
        if let Self::Held(gate) = self {
            gate.close();
        }
    }
}

/// Everything around the function, and the function.
pub(crate) struct World {
    pub(crate) issuer: Arc<Issuer>,
    pub(crate) provider: Provider,
    pub(crate) store: Documents,
    pub(crate) session: Arc<Session<Documents>>,
    pub(crate) tables: Tables,
    settings: Vec<(&'static str, String)>,
    time: Arc<Mutex<SystemTime>>,
}

/// The provider as the function meets it.
#[derive(Clone)]
pub(crate) struct Provider {
    pub(crate) origin: String,
    router: Router,
    faults: Arc<Mutex<BTreeMap<String, Fault>>>,
    /// Paths that were asked for.
    pub(crate) asked: Arc<Mutex<Vec<String>>>,
}

impl Provider {
    /// What is asked for under `path` fails from now on.
    pub(crate) fn fail(&self, path: &str, fault: Fault) {
        self.faults.lock().unwrap().insert(path.to_owned(), fault);
    }

    /// Nothing fails any more.
    pub(crate) fn heal(&self) {
        self.faults.lock().unwrap().clear();
    }

    /// How often the token endpoint was asked.
    pub(crate) fn exchanges(&self) -> usize {
        self.asked.lock().unwrap().iter().filter(|path| *path == "/oauth2/token").count()
    }

    /// Starts `issuer` at the listener that it is named after.
    pub(crate) fn start(issuer: &Arc<Issuer>, listener: TcpListener) -> Self {
        let provider = Self {
            origin: issuer.origin().to_owned(),
            router: Arc::clone(issuer).router(),
            faults: Arc::default(),
            asked: Arc::default(),
        };
        let served = provider
            .router
            .clone()
            .layer(middleware::from_fn_with_state(provider.clone(), perhaps));
        tokio::spawn(async move { axum::serve(listener, served).await });
        provider
    }

    /// What someone does on the sign-in page at `url`: where the browser is sent then.
    pub(crate) async fn choose(&self, url: &str, username: &str) -> String {
        let query = url.split_once('?').unwrap().1;
        let request = http::Request::builder()
            .method(Method::POST)
            .uri(format!("/login?{query}"))
            .header(HOST, self.origin.strip_prefix("http://").unwrap())
            .header("content-type", "application/x-www-form-urlencoded")
            .body(Body::from(if username.is_empty() {
                String::new()
            } else {
                format!("username={username}")
            }))
            .unwrap();
        let answer = self.router.clone().oneshot(request).await.unwrap();
        let location = answer.headers().get(LOCATION).cloned();
        let body = answer.into_body().collect().await.unwrap().to_bytes();
        let location = location.unwrap_or_else(|| panic!("{}", String::from_utf8_lossy(&body)));
        location.to_str().unwrap().to_owned()
    }
}

async fn perhaps(
    State(provider): State<Provider>,
    request: axum::extract::Request,
    next: Next,
) -> axum::response::Response {
    let path = request.uri().path().to_owned();
    provider.asked.lock().unwrap().push(path.clone());
    let fault = provider.faults.lock().unwrap().get(&path).cloned();
    match fault {
        None => next.run(request).await,
        Some(Fault::Held(gate)) => {
            // It is closed, or will be.
            let _ = gate.acquire().await;
            next.run(request).await
        }
        Some(Fault::Silence) => std::future::pending().await,
        Some(Fault::Answer(status, body)) => {
            let mut answer = axum::response::Response::new(Body::from(body));
            *answer.status_mut() = StatusCode::from_u16(status).unwrap();
            answer
        }
    }
}

/// Documents of groups; fails when told to.
#[derive(Clone, Default)]
pub(crate) struct Documents {
    pub(crate) of: Arc<Mutex<BTreeMap<String, Value>>>,
    pub(crate) down: Arc<Mutex<bool>>,
}

impl PolicyStore for Documents {
    async fn read_rows(
        &self,
        subjects: &[Subject],
        _: &[Revocable],
        _: Instant,
    ) -> Result<Rows, StoreError> {
        if *self.down.lock().unwrap() {
            return Err(StoreError::Throttled);
        }
        let of = self.of.lock().unwrap();
        let found = subjects.iter().filter_map(|subject| {
            let text = of.get(&subject.to_string())?.to_string();
            let document = PolicyDocument::parse(text.as_bytes()).unwrap();
            Some(StoredPolicy::new(subject.clone(), 1, document))
        });
        Ok(Rows { policies: found.collect(), revocations: Vec::new() })
    }
}

/// A document that allows and denies pages.
pub(crate) fn pages(allow: &[&str], deny: &[&str]) -> Value {
    let mut statements =
        vec![json!({"Effect": "Allow", "Action": "gatepost:ViewPage", "Resource": allow})];
    if !deny.is_empty() {
        statements.push(json!({"Effect": "Deny", "Action": "gatepost:ViewPage", "Resource": deny}));
    }
    json!({"Version": "2012-10-17", "Statement": statements})
}

/// The documents of the groups that the example's people are in.
pub(crate) fn example() -> BTreeMap<String, Value> {
    [
        ("group:movies-group", pages(&["page/app/", "page/app/movies/*"], &[])),
        ("group:shows-group", pages(&["page/app/", "page/app/shows/*"], &[])),
        ("group:admin-group", pages(&["page/app/*"], &["page/app/admin/secret"])),
    ]
    .map(|(subject, document)| (subject.to_owned(), document))
    .into()
}

/// An issuer of the example at a free port, with a second and a confidential client.
pub(crate) async fn issuer(clock: Clock) -> (Arc<Issuer>, TcpListener) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let origin = format!("http://{}", listener.local_addr().unwrap());
    // Making RSA keys takes long without optimisation, so all tests share them.
    let keys = SigningKeys::open(&Path::new(env!("CARGO_TARGET_TMPDIR")).join("keys")).unwrap();
    let api = ApiListing { url: origin.clone(), methods: Vec::new() };
    let mut settings = IssuerSettings::demo(origin, api);
    let confidential = Client {
        id: SECRET_CLIENT.to_owned(),
        secret: Some(CLIENT_SECRET.to_owned()),
        ..demo_clients().remove(0)
    };
    settings.clients = [demo_clients(), vec![confidential]].concat();
    settings.clock = clock;
    (Arc::new(Issuer::new(settings, keys).unwrap()), listener)
}

/// The function's settings: those of the contract, with `changes` on top.
pub(crate) fn settings(issuer: &str, changes: &[(&str, &str)]) -> BTreeMap<String, String> {
    let mut settings: BTreeMap<String, String> = [
        ("GATEPOST_POLICY_TABLE", "policies".to_owned()),
        ("GATEPOST_SESSION_ISSUER", json!({"issuer": issuer, "client_id": WEB_CLIENT}).to_string()),
        ("GATEPOST_SESSION_KEYS", json!([{"id": "one", "key": KEY}]).to_string()),
        ("GATEPOST_SESSION_ORIGIN", ORIGIN.to_owned()),
    ]
    .map(|(name, value)| (name.to_owned(), value))
    .into();
    settings.extend(changes.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
    settings
}

impl World {
    pub(crate) async fn start() -> Self {
        Self::with(|_| Vec::new()).await
    }

    /// The same with other settings, which may name the issuer.
    pub(crate) async fn with(changes: impl FnOnce(&str) -> Vec<(&'static str, String)>) -> Self {
        let time =
            Arc::new(Mutex::new(SystemTime::UNIX_EPOCH + Duration::from_secs(1_800_000_123)));
        let read = Arc::clone(&time);
        let (issuer, listener) = issuer(Clock::reading(move || *read.lock().unwrap())).await;
        let provider = Provider::start(&issuer, listener);
        let store = Documents::default();
        *store.of.lock().unwrap() = example();
        let settings = changes(&provider.origin);
        let is_opaque = settings.iter().any(|(name, _)| *name == "GATEPOST_SESSION_TABLE");
        let tables = if is_opaque { Tables::start().await } else { Tables::nowhere() };
        let session = session(&provider, &settings, &[], &store, &tables);
        Self { issuer, provider, store, session, tables, settings, time }
    }

    /// The same with sessions in a table.
    pub(crate) async fn opaque() -> Self {
        Self::with(|_| {
            vec![
                ("GATEPOST_SESSION_MODE", "opaque".to_owned()),
                ("GATEPOST_SESSION_TABLE", SESSIONS.to_owned()),
            ]
        })
        .await
    }

    /// Another function in the same world, with `changes` on top of the settings.
    pub(crate) fn another(&self, changes: &[(&str, &str)]) -> Self {
        Self {
            issuer: Arc::clone(&self.issuer),
            provider: self.provider.clone(),
            store: self.store.clone(),
            session: session(&self.provider, &self.settings, changes, &self.store, &self.tables),
            tables: self.tables.clone(),
            settings: self.settings.clone(),
            time: Arc::clone(&self.time),
        }
    }

    pub(crate) fn now(&self) -> SystemTime {
        *self.time.lock().unwrap()
    }

    /// Seconds since 1970.
    pub(crate) fn seconds(&self) -> u64 {
        self.now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs()
    }

    pub(crate) fn pass(&self, duration: Duration) {
        *self.time.lock().unwrap() += duration;
    }

    /// Sends a request with the cookies of `jar` and leaves the jar as it is.
    pub(crate) async fn peek(
        &self,
        jar: &Jar,
        method: Method,
        target: &str,
        headers: &[(&str, &str)],
    ) -> Response<String> {
        let request = request(jar, method, target, headers);
        let answer = self.session.respond(&request, self.now(), None).await;
        assert_eq!(answer.headers()["cache-control"], "no-store", "{target}");
        answer
    }

    /// The same, with the token against cross-site request forgery, by someone who waits no longer than this.
    pub(crate) async fn peek_for(
        &self,
        patience: Duration,
        jar: &Jar,
        method: Method,
        target: &str,
    ) -> Response<String> {
        let token = csrf(jar);
        let request = request(jar, method, target, &[("x-csrf-token", &token)]);
        self.session.respond(&request, self.now(), Some(patience)).await
    }

    /// Sends a request, and takes in the cookies of the answer.
    pub(crate) async fn send(
        &self,
        jar: &mut Jar,
        method: Method,
        target: &str,
        headers: &[(&str, &str)],
    ) -> Response<String> {
        let answer = self.peek(jar, method, target, headers).await;
        jar.take(&answer);
        answer
    }

    pub(crate) async fn get(&self, jar: &mut Jar, target: &str) -> Response<String> {
        self.send(jar, Method::GET, target, &[]).await
    }

    /// Posts with the token of the session against cross-site request forgery.
    pub(crate) async fn post(&self, jar: &mut Jar, target: &str) -> Response<String> {
        let token = csrf(jar);
        self.send(jar, Method::POST, target, &[("x-csrf-token", &token)]).await
    }

    /// Goes to the provider and comes back to the callback, which is not asked for yet: its target.
    pub(crate) async fn come_back(&self, jar: &mut Jar, username: &str, next: &str) -> String {
        let login = self.get(jar, &format!("/auth/login?next={next}")).await;
        assert_eq!(login.code(), 302, "{}", login.body());
        let back = self.provider.choose(login.location(), username).await;
        back.strip_prefix(ORIGIN).unwrap().to_owned()
    }

    /// Signs in.
    pub(crate) async fn sign_in(&self, username: &str) -> Jar {
        let mut jar = Jar::default();
        let back = self.come_back(&mut jar, username, "/").await;
        let answer = self.get(&mut jar, &back).await;
        assert_eq!(answer.code(), 303, "{}", answer.body());
        jar
    }
}

fn session(
    provider: &Provider,
    settings: &[(&'static str, String)],
    changes: &[(&str, &str)],
    store: &Documents,
    tables: &Tables,
) -> Arc<Session<Documents>> {
    let settings = settings.iter().map(|(name, value)| (*name, value.as_str()));
    let changes: Vec<_> = settings.chain(changes.iter().copied()).collect();
    let settings = self::settings(&provider.origin, &changes);
    let config =
        SessionConfig::from_vars(|name| settings.get(name).cloned(), settings.keys().cloned());
    let https = HttpsClient::new(None).unwrap();
    Arc::new(Session::new(config.unwrap(), store.clone(), &tables.client, https).unwrap())
}

/// The token against cross-site request forgery, as `/auth/me` would tell it.
pub(crate) fn csrf(jar: &Jar) -> String {
    let cookie = jar.get("__Host-gatepost").unwrap_or_default();
    gatepost_core::csrf::csrf_token(gatepost_core::secret::Secret::new(cookie))
}
