//! One host: each request goes where its path belongs.

use std::collections::BTreeMap;
use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Instant;

use axum::Router;
use axum::body::Body;
use axum::extract::{ConnectInfo, Request, State};
use axum::response::Response;
use http::header::{CONTENT_TYPE, LOCATION};
use http::request::Parts;
use http::{Method, StatusCode};
use tower::ServiceExt as _;

use super::answer::Verdict;
use super::behaviour::{ApiPaths, Behaviour};
use super::defaults::Defaults;
use super::event::viewer_request;
use super::files::{Files, FolderError};
use super::function::{EdgeFunction, FunctionFault, KeyValueStore};
use super::record::{PageOutcome, PageRecord};
use crate::clock::Clock;

/// All that a distribution is made of.
pub struct DistributionConfig {
    /// The pages.
    pub folder: PathBuf,
    /// The keys of page passes in base64url, by the ids of the session keys that they follow from.
    pub page_keys: BTreeMap<String, String>,
    /// The API.
    pub api: Router,
    /// What belongs to the API.
    pub api_paths: ApiPaths,
    /// The session function.
    pub session: Router,
    /// The time by which passes end.
    pub clock: Clock,
    /// Is told of every request for a page, on the request's own task: it must not block.
    pub observer: Arc<dyn Fn(&PageRecord) + Send + Sync>,
}

impl fmt::Debug for DistributionConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DistributionConfig").field("folder", &self.folder).finish_non_exhaustive()
    }
}

/// A running distribution.
#[derive(Clone)]
pub struct Distribution(Arc<Inner>);

struct Inner {
    files: Files,
    function: EdgeFunction,
    store: KeyValueStore,
    defaults: Defaults,
    api: Router,
    api_paths: RwLock<ApiPaths>,
    session: Router,
    clock: Clock,
    observer: Arc<dyn Fn(&PageRecord) + Send + Sync>,
}

impl Distribution {
    /// # Errors
    ///
    /// [`FolderError`] if there is no folder of pages.
    pub fn new(config: DistributionConfig) -> Result<Self, FolderError> {
        let defaults = Defaults::read().map_err(|error| FolderError::Unreadable(error.into()))?;
        Ok(Self(Arc::new(Inner {
            files: Files::of(&config.folder)?,
            function: EdgeFunction::pages(),
            store: defaults.store(config.page_keys),
            defaults,
            api: config.api,
            api_paths: RwLock::new(config.api_paths),
            session: config.session,
            clock: config.clock,
            observer: config.observer,
        })))
    }

    /// The host as a router, to be served with [`ConnectInfo`] of the peer's [`SocketAddr`].
    pub fn router(&self) -> Router {
        Router::new().fallback(answer).with_state(Arc::clone(&self.0))
    }

    /// Gives the API other paths, as when another one is deployed.
    pub fn set_api_paths(&self, paths: ApiPaths) {
        *self.0.api_paths.write().unwrap_or_else(PoisonError::into_inner) = paths;
    }
}

impl fmt::Debug for Distribution {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Distribution").field("files", &self.0.files).finish_non_exhaustive()
    }
}

async fn answer(
    State(inner): State<Arc<Inner>>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    request: Request,
) -> Response {
    let behaviour = {
        let paths = inner.api_paths.read().unwrap_or_else(PoisonError::into_inner);
        paths.behaviour(request.uri().path())
    };
    let origin = match behaviour {
        Behaviour::Api => inner.api.clone(),
        Behaviour::Auth => inner.session.clone(),
        Behaviour::Assets | Behaviour::Pages => {
            let (parts, _) = request.into_parts();
            let asked =
                tokio::task::spawn_blocking(move || inner.page(behaviour, &parts, peer.ip()));
            return asked.await.unwrap_or_else(|_| unavailable());
        }
    };
    let Ok(mut response) = origin.oneshot(request).await;
    inner.defaults.mark(behaviour, &mut response);
    response
}

impl Inner {
    /// Answers a request for a page, and tells of it.
    fn page(&self, behaviour: Behaviour, parts: &Parts, peer: IpAddr) -> Response {
        let begin = Instant::now();
        let mut log = Vec::new();
        let (response, outcome) = if [Method::GET, Method::HEAD].contains(&parts.method) {
            match self.ask_function(parts, peer, &mut log) {
                Ok(Verdict::Answer(response)) => {
                    let outcome = outcome_of(&response);
                    (response, outcome)
                }
                Ok(Verdict::GoOn(path)) => self.file(behaviour, &path),
                Err(fault) => (unavailable(), PageOutcome::Failed(fault)),
            }
        } else {
            let text = "This is a page: it is for GET and HEAD.\n";
            (plain(StatusCode::FORBIDDEN, text.to_owned()), PageOutcome::NoMethod)
        };
        (self.observer)(&PageRecord {
            verb: parts.method.to_string(),
            path: parts.uri.path().to_owned(),
            status: response.status().as_u16(),
            outcome,
            log,
            duration: begin.elapsed(),
        });
        response
    }

    fn ask_function(
        &self,
        parts: &Parts,
        peer: IpAddr,
        log: &mut Vec<String>,
    ) -> Result<Verdict, FunctionFault> {
        let event = viewer_request(parts, peer).to_string();
        let run = self.function.call(&event, &self.store, self.clock.now());
        *log = run.log;
        Verdict::read(&run.answer?)
    }

    /// The file at `path`, or what S3 says where CloudFront may list the bucket: 404.
    fn file(&self, behaviour: Behaviour, path: &str) -> (Response, PageOutcome) {
        let (mut response, outcome) = if let Some(object) = self.files.get(path) {
            let response = respond(StatusCode::OK, &object.content_type, object.content.into());
            (response, PageOutcome::Page)
        } else {
            let file = path.trim_start_matches('/').to_owned();
            let text =
                format!("You may see this page, but the folder has no file for it: {file}\n");
            (plain(StatusCode::NOT_FOUND, text), PageOutcome::Missing { file })
        };
        self.defaults.mark(behaviour, &mut response);
        (response, outcome)
    }
}

/// What the function's own answer is about. It comes as it is: the policies of the distribution are
/// about what origins answer.
fn outcome_of(response: &Response) -> PageOutcome {
    let location = response.headers().get(LOCATION).and_then(|location| location.to_str().ok());
    match location {
        Some(location) => {
            let to = location.split('?').next().unwrap_or_default().to_owned();
            PageOutcome::Redirected { to }
        }
        None => PageOutcome::Answered,
    }
}

/// What CloudFront answers when a function fails.
fn unavailable() -> Response {
    plain(StatusCode::SERVICE_UNAVAILABLE, "The function of the pages failed.\n".to_owned())
}

fn plain(status: StatusCode, text: String) -> Response {
    respond(status, "text/plain; charset=utf-8", text.into())
}

fn respond(status: StatusCode, content_type: &str, body: Body) -> Response {
    let mut response = Response::new(body);
    *response.status_mut() = status;
    if let Ok(kind) = content_type.parse() {
        response.headers_mut().insert(CONTENT_TYPE, kind);
    }
    response
}
