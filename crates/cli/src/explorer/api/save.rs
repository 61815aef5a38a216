//! Saving a document: to its file, or to the table as a candidate.

use std::io;
use std::path::Path;

use axum::Json;
use axum::extract::{Path as Segment, State};
use gatepost_core::policy::PolicyDocument;
use gatepost_core::subject::Subject;
use gatepost_store::policy_path;
use http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};

use super::trial::{file_of, findings};
use super::{Shared, aside, documents};
use crate::exit_status::ExitStatus;
use crate::explorer::Explorer;
use crate::explorer::body::{self, Body};
use crate::explorer::fault::Fault;
use crate::explorer::origin::{Kind, is_below};
use crate::explorer::world::{Entry, World};
use crate::plan::{Intent, Plan, Wanted};
use crate::policy_table::PolicyTable;
use crate::publish::{PublishArgs, Streams};
use crate::whole_file;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Save {
    text: String,
    /// What the text was made from; `null` if there was nothing.
    tag: Option<String>,
}

pub(super) async fn save(
    State(explorer): Shared,
    Segment(name): Segment<String>,
    body: Body,
) -> Result<Json<Value>, Fault> {
    if !explorer.config.editable {
        let sentence = "nothing is saved here: start the explorer with `--edit`";
        return Err(Fault::new(StatusCode::FORBIDDEN, sentence));
    }
    let subject = body::subject(&name, "subject")?;
    let Save { text, tag } = body::read(&body)?;
    aside(explorer, move |explorer| {
        // One after the other, so that each sees what the one before it has left.
        let _saving = explorer.saving.lock();
        let world = explorer.reloaded()?;
        let file = file_of(&world, &subject, &text);
        let Ok(document) = &file.policy else {
            let sentence = "this is no document, and was not saved";
            let fault = Fault::new(StatusCode::UNPROCESSABLE_ENTITY, sentence).of("text");
            return Err(fault.with("faults", findings(&world, &file).into()));
        };
        let entry = world.entries.get(&subject);
        if entry.map(|entry| &entry.tag) != tag.as_ref() {
            return Err(changed_meanwhile(entry));
        }
        let told = match &explorer.config.origin.kind {
            Kind::Folder(root) => {
                to_file(root, &subject, entry, &text)?;
                String::new()
            }
            Kind::Git(_) => {
                return Err(Fault::new(StatusCode::FORBIDDEN, "a revision is as it is"));
            }
            Kind::Table(table) => as_candidate(explorer, table, &subject, document)?,
        };
        let world = explorer.reloaded()?;
        let saved = world.entries.get(&subject).ok_or_else(|| changed_meanwhile(None))?;
        let mut answer = documents::value(&subject, saved);
        if let Some(members) = answer.as_object_mut() {
            members.insert("revision".to_owned(), world.revision.clone().into());
            members.insert("told".to_owned(), told.into());
        }
        Ok(answer)
    })
    .await
    .map(Json)
}

/// Somebody else was there first: what it is now.
fn changed_meanwhile(entry: Option<&Entry>) -> Fault {
    let sentence = "the document was changed meanwhile: look at what is there now";
    Fault::new(StatusCode::PRECONDITION_FAILED, sentence)
        .with("text", json!(entry.map(|entry| &entry.text)))
        .with("tag", json!(entry.map(|entry| &entry.tag)))
}

/// The place is made of the subject, or was found in the folder, and never comes from a request.
fn to_file(root: &Path, subject: &Subject, entry: Option<&Entry>, text: &str) -> Result<(), Fault> {
    let cannot = |error: io::Error| {
        let sentence = format!("cannot save the document of `{subject}`: {error}");
        Fault::new(StatusCode::INTERNAL_SERVER_ERROR, sentence)
    };
    let known = entry.and_then(|entry| entry.file.clone());
    let is_new = known.is_none();
    let file = known.unwrap_or_else(|| policy_path(root, subject));
    // Of a new file, the folder may be a link, or may not be there yet.
    let link = if is_new { file.parent().unwrap_or(root) } else { &file };
    if link.exists() && !is_below(link, root) {
        let sentence =
            "a link there leads outside of the folder of policies: save it where that is";
        return Err(Fault::new(StatusCode::FORBIDDEN, sentence));
    }
    if !is_new {
        return whole_file::write(&file, text).map_err(cannot);
    }
    whole_file::create(&file, text).map_err(|error| {
        if error.kind() == io::ErrorKind::AlreadyExists {
            changed_meanwhile(None)
        } else {
            cannot(error)
        }
    })
}

/// As `gatepost apply --candidate` does it, and what that says.
fn as_candidate(
    explorer: &Explorer,
    table: &PolicyTable,
    subject: &Subject,
    document: &PolicyDocument,
) -> Result<String, Fault> {
    let intent = Intent::Candidate(document.clone().into());
    let wanted = Wanted {
        intents: [(subject.clone(), (intent, "the explorer".to_owned()))].into(),
        tests: Some(explorer.config.origin.tests()),
        ..Wanted::default()
    };
    let plan = Plan::new(table.name.clone(), table.read()?, wanted);
    if !plan.without_document.is_empty() {
        let sentence = format!(
            "a candidate is tried beside a document, and `{subject}` has none: make a plan of it"
        );
        return Err(Fault::new(StatusCode::CONFLICT, sentence).of("subject"));
    }
    let args = PublishArgs::of(&table.name, "from the explorer")?;
    let (mut stdout, mut stderr) = (Vec::new(), Vec::new());
    let streams = Streams { stdin: &mut io::empty(), stdout: &mut stdout, stderr: &mut stderr };
    let status = args.publish(table, &plan, &[], streams)?;
    let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).trim().to_owned();
    let (stdout, stderr) = (text(stdout), text(stderr));
    match status {
        ExitStatus::Yes => Ok(stdout),
        ExitStatus::No | ExitStatus::CouldNot => {
            Err(Fault::new(StatusCode::CONFLICT, stderr).with("told", stdout.into()))
        }
    }
}

/// What the table would become, as a plan that `gatepost apply` takes.
pub(super) async fn plan(State(explorer): Shared, body: Body) -> Result<Json<Value>, Fault> {
    let super::map::DraftsOnly { drafts } = body::read(&body)?;
    let drafts = body::drafts(drafts)?;
    aside(explorer, move |explorer| {
        let Kind::Table(table) = &explorer.config.origin.kind else {
            let sentence = "plans are made for tables: save to the file, and publish that";
            return Err(Fault::new(StatusCode::CONFLICT, sentence));
        };
        // Every text is a document.
        let world: World = explorer.reloaded()?.with(&drafts)?;
        let intents = drafts.keys().map(|subject| {
            let document = world.entries.get(subject).and_then(|entry| entry.document.clone().ok());
            let intent =
                document.map_or(Intent::Removed, |document| Intent::Document(document.into()));
            (subject.clone(), (intent, "the explorer".to_owned()))
        });
        let wanted = Wanted {
            intents: intents.collect(),
            tests: Some(explorer.config.origin.tests()),
            ..Wanted::default()
        };
        let args = PublishArgs::of(&table.name, "")?;
        let plan = Plan::new(table.name.clone(), table.read()?, wanted);
        Ok(serde_json::to_value(args.planned(table, &plan)?).map_err(anyhow::Error::from)?)
    })
    .await
    .map(Json)
}
