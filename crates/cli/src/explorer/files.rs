//! The page's files, which are part of the program.
//!
//! A build for development reads them from where they stand in the sources, so that a change to the
//! page is seen when it is loaded again.

use axum::response::{IntoResponse as _, Response};
use http::header::CONTENT_TYPE;
use http::{StatusCode, Uri};
use rust_embed::Embed;

use super::fault::Fault;

#[derive(Embed)]
#[folder = "explorer/"]
#[include = "index.html"]
#[include = "icon.svg"]
#[include = "*.css"]
#[include = "src/*.js"]
#[include = "vendor/*"]
#[exclude = "node_modules/*"]
#[exclude = "tests/*"]
#[exclude = "*.d.ts"]
struct Files;

/// The views of the page, each with addresses of its own.
const VIEWS: [&str; 5] = ["ask", "history", "map", "try", "watch"];

/// Whether the page itself stands at a path, which then decides what it shows.
pub(super) fn is_page(path: &str) -> bool {
    let first = path.trim_start_matches('/').split('/').next().unwrap_or_default();
    first.is_empty() || VIEWS.contains(&first)
}

/// The file at the address, or the page.
pub(super) async fn serve(uri: Uri) -> Result<Response, Fault> {
    let path = uri.path();
    let name = if is_page(path) { "index.html" } else { path.trim_start_matches('/') };
    let Some(file) = Files::get(name) else {
        return Err(Fault::new(StatusCode::NOT_FOUND, "there is no such address: open `/`"));
    };
    let kind = file.metadata.mimetype();
    let kind = if kind.starts_with("text/") && !kind.contains("charset") {
        format!("{kind}; charset=utf-8")
    } else {
        kind.to_owned()
    };
    Ok(([(CONTENT_TYPE, kind)], file.data.into_owned()).into_response())
}
