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
#[include = "*.css"]
#[include = "src/*.js"]
#[include = "vendor/*"]
#[exclude = "node_modules/*"]
#[exclude = "tests/*"]
struct Files;

/// The file at the address; the page itself at `/`.
pub(super) async fn serve(uri: Uri) -> Result<Response, Fault> {
    let name = uri.path().trim_start_matches('/');
    let name = if name.is_empty() { "index.html" } else { name };
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
