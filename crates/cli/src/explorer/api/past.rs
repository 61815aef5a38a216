//! The versions of a document: of a table its revisions, of a folder the commits that changed its file.

use std::path::Path;
use std::sync::Arc;

use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Path as Segment, Query, State};
use gatepost_core::analysis::Scope;
use gatepost_core::policy::PolicyDocument;
use gatepost_core::subject::Subject;
use gatepost_store::{Revision, RevisionNote, RowFault, policy_path};
use http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};

use super::trial::compared;
use super::{Shared, aside, query};
use crate::command::canonical;
use crate::explorer::Explorer;
use crate::explorer::body;
use crate::explorer::fault::Fault;
use crate::explorer::origin::Kind;
use crate::history::{document_of, json, steps};
use crate::provenance::{FileCommit, commits_of, text_at};

/// How many commits are looked into; those before them keep their numbers.
const MAX_COMMITS: usize = 100;

/// Every version, the first one first.
pub(super) async fn history(
    State(explorer): Shared,
    Segment(name): Segment<String>,
) -> Result<Json<Value>, Fault> {
    let subject = body::subject(&name, "subject")?;
    aside(explorer, move |explorer| {
        let revisions: Vec<Revision> =
            versions(explorer, &subject)?.into_iter().map(|(revision, _)| revision).collect();
        Ok(Json(json(&subject, &steps(&revisions))))
    })
    .await
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Between {
    from: u64,
    /// What is there now, if it is not said.
    to: Option<u64>,
}

/// What changed from one version to another.
pub(super) async fn difference(
    State(explorer): Shared,
    Segment(name): Segment<String>,
    asked: Result<Query<Between>, QueryRejection>,
) -> Result<Json<Value>, Fault> {
    let subject = body::subject(&name, "subject")?;
    let Between { from, to } = query(asked)?;
    aside(explorer, move |explorer| {
        let versions = versions(explorer, &subject)?;
        let find = |number: u64, field: &str| {
            versions.iter().find(|(one, _)| one.version == number).ok_or_else(|| {
                let sentence = format!("`{subject}` has no version {number} that can be seen");
                Fault::new(StatusCode::NOT_FOUND, sentence).of(field)
            })
        };
        let (before, text_before) = find(from, "from")?;
        let (after, text_after) = if let Some(to) = to {
            let (after, text) = find(to, "to")?;
            (document_of(after).cloned(), text.clone())
        } else {
            let world = explorer.world()?;
            let entry = world.entries.get(&subject);
            let document = entry.and_then(|entry| entry.document.clone().ok());
            (document, entry.map(|entry| entry.text.clone()))
        };
        let before = document_of(before);
        let texts = json!({ "from": text_before, "to": text_after });
        if before.is_none() && after.is_none() {
            let sentence = "neither version has a document that can be read";
            return Err(Fault::new(StatusCode::CONFLICT, sentence).with("texts", texts));
        }
        let scope = Scope { stage: explorer.config.stage.clone(), ..Scope::default() };
        let mut answer = compared(&subject, before, after.as_ref(), &scope)?;
        if let Some(members) = answer.as_object_mut() {
            members.insert("texts".to_owned(), texts);
        }
        Ok(Json(answer))
    })
    .await
}

/// Every version, with its text if it has a document.
fn versions(
    explorer: &Explorer,
    subject: &Subject,
) -> Result<Vec<(Revision, Option<String>)>, Fault> {
    match &explorer.config.origin.kind {
        Kind::Table(table) => {
            let revisions = table.history(subject)?.into_iter();
            let with_text = revisions.map(|revision| {
                let text = document_of(&revision).map(canonical).transpose()?;
                Ok((revision, text))
            });
            Ok(with_text.collect::<anyhow::Result<_>>()?)
        }
        Kind::Folder(root) => {
            let world = explorer.world()?;
            let known = world.entries.get(subject).and_then(|entry| entry.file.clone());
            Ok(of_file(&known.unwrap_or_else(|| policy_path(root, subject))))
        }
        Kind::Git(_) => {
            let sentence = "a revision has no history here: open the folder, in its repository";
            Err(Fault::new(StatusCode::CONFLICT, sentence))
        }
    }
}

/// The commits that changed a file, as revisions.
fn of_file(file: &Path) -> Vec<(Revision, Option<String>)> {
    let commits = (1_u64..).zip(commits_of(file));
    let mut last: Vec<(u64, FileCommit)> = commits.collect();
    last.drain(..last.len().saturating_sub(MAX_COMMITS));
    let revision = |(version, commit): (u64, FileCommit)| {
        let text = text_at(file, &commit.id);
        let document = text.as_ref().map(|text| match PolicyDocument::parse(text) {
            Ok(document) => Ok(Arc::new(document)),
            Err(error) => {
                let faults = error.faults().iter();
                let faults = faults.map(|fault| (fault.pointer.clone(), fault.rule)).collect();
                Err(RowFault::Document { attribute: "document", faults })
            }
        });
        let note = RevisionNote {
            updated_at: Some(commit.time),
            updated_by: Some(commit.author),
            comment: Some(commit.subject),
            source_revision: Some(commit.id),
        };
        let text = text.map(|text| String::from_utf8_lossy(&text).into_owned());
        (Revision { version, note, document, candidate: None }, text)
    };
    last.into_iter().map(revision).collect()
}
