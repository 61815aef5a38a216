//! The issuer over HTTP: its addresses, and the rules that hold for all of them.

use std::future::Future;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::Router;
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use serde_json::Value;
use tokio::net::TcpListener;
use tower_http::cors::{AllowOrigin, CorsLayer};

use super::page::{self, Page};
use super::{Issuer, authorize, exchange, origin, user_info};

/// The largest form: a refresh token and an address, with room to spare.
const MAX_FORM_BYTES: usize = 16 * 1024;

/// What every answer says, unless it says something else itself: pages and tokens are not kept by
/// caches, not framed, and not mentioned to the next site.
const COMMON_HEADERS: [(HeaderName, &str); 6] = [
    (header::CACHE_CONTROL, "no-store"),
    (header::CONTENT_SECURITY_POLICY, "default-src 'none'; frame-ancestors 'none'"),
    (header::PRAGMA, "no-cache"),
    (header::REFERRER_POLICY, "no-referrer"),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::X_FRAME_OPTIONS, "DENY"),
];

impl Issuer {
    /// Serves on `listener` until `shutdown` is ready, and then finishes what it is answering.
    ///
    /// # Errors
    ///
    /// When the listener fails.
    pub async fn serve(
        self: Arc<Self>,
        listener: TcpListener,
        shutdown: impl Future<Output = ()> + Send + 'static,
    ) -> io::Result<()> {
        axum::serve(listener, self.router()).with_graceful_shutdown(shutdown).await
    }

    /// Every address of the issuer, for a server of the caller's own.
    pub fn router(self: Arc<Self>) -> Router {
        let for_applications = Router::new()
            .route("/.well-known/jwks.json", get(jwks))
            .route("/.well-known/openid-configuration", get(discovery))
            .route("/oauth2/revoke", post(exchange::revoke))
            .route("/oauth2/token", post(exchange::token))
            .route("/oauth2/userInfo", get(user_info::user_info).post(user_info::user_info))
            .layer(self.cors());
        let for_people = Router::new()
            .route("/", get(start))
            .route("/login", get(authorize::authorize).post(authorize::choose))
            .route("/logout", get(authorize::log_out))
            .route("/oauth2/authorize", get(authorize::authorize));
        let assets = page::ASSETS.into_iter().fold(Router::new(), |router, (path, kind, text)| {
            router.route(path, get(move || async move { ([(header::CONTENT_TYPE, kind)], text) }))
        });
        Router::new()
            .merge(for_applications)
            .merge(for_people)
            .merge(assets)
            .layer(DefaultBodyLimit::max(MAX_FORM_BYTES))
            .layer(middleware::from_fn_with_state(Arc::clone(&self), guard))
            .with_state(self)
    }

    fn cors(self: &Arc<Self>) -> CorsLayer {
        let issuer = Arc::clone(self);
        CorsLayer::new()
            .allow_origin(AllowOrigin::predicate(move |origin, _| {
                origin.to_str().is_ok_and(|origin| origin::may_read(issuer.origin(), origin))
            }))
            .allow_methods([Method::GET, Method::POST])
            .allow_headers([header::AUTHORIZATION, header::CONTENT_TYPE])
            .max_age(Duration::from_mins(10))
    }
}

async fn jwks(State(issuer): State<Arc<Issuer>>) -> Json<Value> {
    Json(issuer.jwks())
}

async fn discovery(State(issuer): State<Arc<Issuer>>) -> Json<Value> {
    Json(issuer.discovery())
}

async fn start(State(issuer): State<Arc<Issuer>>) -> Page {
    page::start(&issuer)
}

/// Turns away requests for other hosts, and puts the common headers on every answer.
async fn guard(State(issuer): State<Arc<Issuer>>, request: Request, next: Next) -> Response {
    let mut response = if is_for(&issuer, request.headers()) {
        next.run(request).await
    } else {
        const REFUSAL: &str = "This issuer answers to names of this machine only.\n";
        (StatusCode::MISDIRECTED_REQUEST, REFUSAL).into_response()
    };
    for (name, value) in COMMON_HEADERS {
        response.headers_mut().entry(name).or_insert(HeaderValue::from_static(value));
    }
    response
}

fn is_for(issuer: &Issuer, headers: &HeaderMap) -> bool {
    let mut hosts = headers.get_all(header::HOST).iter();
    match (hosts.next().map(HeaderValue::to_str), hosts.next()) {
        (Some(Ok(host)), None) => origin::accepts_host(issuer.origin(), host),
        _ => false,
    }
}
