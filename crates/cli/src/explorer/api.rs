//! The HTTP API. What each request answers stands in docs/explorer.md.

mod ask;
mod documents;
mod events;
mod map;
mod past;
mod save;
mod spans;
mod trial;

use std::sync::Arc;

use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::routing::{get, post};
use axum::{Json, Router};
use http::StatusCode;
use serde_json::{Value, json};

use super::Explorer;
use super::fault::Fault;
use super::origin::Kind;

type Shared = State<Arc<Explorer>>;

pub(super) fn router(explorer: Arc<Explorer>) -> Router {
    Router::new()
        .route("/about", get(about))
        .route("/map", get(map::map).post(map::map_of_drafts))
        .route("/cell", get(map::cell))
        .route("/matrix", get(map::matrix))
        .route("/who", get(map::who))
        .route("/what", get(map::what))
        .route("/explain", post(ask::explain))
        .route("/documents", get(documents::list))
        .route("/documents/{subject}", get(documents::one).put(save::save))
        .route("/try", post(trial::try_out))
        .route("/plan", post(save::plan))
        .route("/case", post(ask::case))
        .route("/history/{subject}", get(past::history))
        .route("/history/{subject}/diff", get(past::difference))
        .route("/events", get(events::events))
        .fallback(async || {
            Fault::new(StatusCode::NOT_FOUND, "the API has no such address: see docs/explorer.md")
        })
        .method_not_allowed_fallback(async || {
            Fault::new(StatusCode::METHOD_NOT_ALLOWED, "that address takes another method")
        })
        .with_state(explorer)
}

/// Does what takes long where nothing else waits for it.
async fn aside<T: Send + 'static>(
    explorer: Arc<Explorer>,
    work: impl FnOnce(&Explorer) -> Result<T, Fault> + Send + 'static,
) -> Result<T, Fault> {
    let done = tokio::task::spawn_blocking(move || work(&explorer)).await;
    done.unwrap_or_else(|_| {
        let sentence = "the explorer has a fault of its own there; what it said is in its terminal";
        Err(Fault::new(StatusCode::INTERNAL_SERVER_ERROR, sentence))
    })
}

/// What an address asks for.
fn query<T>(read: Result<Query<T>, QueryRejection>) -> Result<T, Fault> {
    let Query(query) = read.map_err(|error| Fault::from(anyhow::anyhow!(error.body_text())))?;
    Ok(query)
}

async fn about(State(explorer): Shared) -> Result<Json<Value>, Fault> {
    aside(explorer, |explorer| {
        let world = explorer.world()?;
        let config = &explorer.config;
        let (kind, saves) = match config.origin.kind {
            Kind::Folder(_) => ("folder", "file"),
            Kind::Git(_) => ("git", "file"),
            Kind::Table(_) => ("table", "candidate"),
        };
        let routes = world.routes().ok().map(|routes| routes.shown.display().to_string());
        Ok(Json(json!({
            "version": env!("CARGO_PKG_VERSION"),
            "source": { "kind": kind, "name": config.origin.source.to_string() },
            "routes_file": routes,
            "editable": config.editable,
            "saves": config.editable.then_some(saves),
            "history": config.origin.has_history(),
            "watch": config.watches,
            "stage": explorer.stage()?.to_string(),
            "revision": world.revision,
            "faults": world.faults().collect::<Vec<_>>(),
        })))
    })
    .await
}
