//! Documents as they are written.

use axum::Json;
use axum::extract::{Path, State};
use gatepost_core::subject::Subject;
use http::StatusCode;
use serde_json::{Value, json};

use super::spans::Spans;
use super::{Shared, aside};
use crate::explorer::body;
use crate::explorer::fault::Fault;
use crate::explorer::world::Entry;

/// Every subject that has one.
pub(super) async fn list(State(explorer): Shared) -> Result<Json<Value>, Fault> {
    aside(explorer, |explorer| {
        let world = explorer.world()?;
        let documents = world.entries.iter().map(|(subject, entry)| {
            let document = entry.document.as_ref();
            json!({
                "subject": subject.to_string(),
                "place": entry.place.display().to_string(),
                "bytes": entry.text.len(),
                "statements": document.map_or(0, |document| document.statements().len()),
                "tag": entry.tag,
                "version": entry.version,
                "fault": document.err(),
            })
        });
        Ok(Json(json!({
            "documents": documents.collect::<Vec<_>>(),
            "faults": world.faults().collect::<Vec<_>>(),
        })))
    })
    .await
}

/// One of them.
pub(super) async fn one(
    State(explorer): Shared,
    Path(name): Path<String>,
) -> Result<Json<Value>, Fault> {
    let subject = body::subject(&name, "subject")?;
    aside(explorer, move |explorer| {
        let world = explorer.world()?;
        let entry = world.entries.get(&subject).ok_or_else(|| no_document(&subject))?;
        Ok(Json(value(&subject, entry)))
    })
    .await
}

/// A document with its text, and where each of its statements stands in it.
pub(super) fn value(subject: &Subject, entry: &Entry) -> Value {
    let spans = Spans::of(&entry.text);
    let count = entry.document.as_ref().map_or(0, |document| document.statements().len());
    let name = subject.to_string();
    let places: Vec<Value> = (0..count).map(|number| spans.place(&name, number)).collect();
    json!({
        "subject": name,
        "place": entry.place.display().to_string(),
        "text": entry.text,
        "tag": entry.tag,
        "version": entry.version,
        "candidate": entry.candidate,
        "statements": places,
        "fault": entry.document.as_ref().err(),
    })
}

pub(super) fn no_document(subject: &Subject) -> Fault {
    let sentence = format!("`{subject}` has no document");
    Fault::new(StatusCode::NOT_FOUND, sentence).of("subject")
}
