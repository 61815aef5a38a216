//! What a change would do, before it is made.

use axum::Json;
use axum::extract::State;
use gatepost_core::analysis::{LintSettings, Scope, answer_bytes};
use gatepost_core::policy::PolicyDocument;
use gatepost_core::subject::{Subject, SubjectKind};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Shared, aside};
use crate::comparison::{Comparison, Pair, Progress, compare, to_value};
use crate::explorer::Explorer;
use crate::explorer::body::{self, Body};
use crate::explorer::fault::Fault;
use crate::explorer::world::World;
use crate::lint::{Api, PolicyFile, Source, look};
use crate::side::{Owner, Side, SideDocument};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Trial {
    subject: String,
    text: String,
}

pub(super) async fn try_out(State(explorer): Shared, body: Body) -> Result<Json<Value>, Fault> {
    let Trial { subject, text } = body::read(&body)?;
    let subject = body::subject(&subject, "subject")?;
    aside(explorer, move |explorer| {
        let world = explorer.world()?;
        let file = file_of(&world, &subject, &text);
        let findings = findings(&world, &file);
        let Ok(document) = &file.policy else {
            let nothing = Value::Null;
            return Ok(json!({
                "lint": [], "faults": findings, "diff": nothing, "suite": nothing, "size": nothing,
            }));
        };
        let (suite, suite_fault) = match suite(&world, &subject, &text) {
            Ok(suite) => (suite, None),
            Err(fault) => (Value::Null, Some(fault.sentence().to_owned())),
        };
        Ok(json!({
            "lint": findings,
            "faults": [],
            "diff": difference(explorer, &world, &subject, document)?,
            "suite": suite,
            "suite_fault": suite_fault,
            "size": size(&world, &subject, document),
        }))
    })
    .await
    .map(Json)
}

/// The text as the file that it would be.
pub(super) fn file_of(world: &World, subject: &Subject, text: &str) -> PolicyFile {
    PolicyFile {
        path: world.place_of(subject),
        source: Source::new(text.to_owned()),
        policy: PolicyDocument::parse(text.as_bytes()).map_err(Into::into),
    }
}

/// What lint finds in the file, with the routes if they are known.
pub(super) fn findings(world: &World, file: &PolicyFile) -> Vec<Value> {
    let api =
        world.routes().ok().map(|routes| Api::of(&routes.shown, routes.text.clone(), &routes.list));
    let routes = api.as_ref().map(Api::routes);
    let settings = LintSettings { routes, ..LintSettings::default() };
    let report = look(std::slice::from_ref(file), api.as_ref(), &settings, |_| true);
    // What one document leaves out of the routes, others have.
    let own = report.entries.iter().filter(|entry| entry.file == file.path);
    own.map(crate::lint::Entry::to_json).collect()
}

/// Who gains and who loses what.
fn difference(
    explorer: &Explorer,
    world: &World,
    subject: &Subject,
    document: &PolicyDocument,
) -> Result<Value, Fault> {
    let before = world.entries.get(subject).and_then(|entry| entry.document.as_ref().ok());
    let stage = explorer.config.stage.clone();
    compared(subject, before, Some(document), &Scope { stage, ..Scope::default() })
}

/// One subject of what `gatepost diff` writes.
pub(super) fn compared(
    subject: &Subject,
    before: Option<&PolicyDocument>,
    after: Option<&PolicyDocument>,
    scope: &Scope,
) -> Result<Value, Fault> {
    let side = |document: Option<&PolicyDocument>| {
        let held = document.map(|document| {
            let (document, place) = (document.clone(), String::new());
            (Owner::Subject(subject.clone()), SideDocument { document, place })
        });
        Side { documents: held.into_iter().collect(), is_one_file: false }
    };
    let (before, after) = (side(before), side(after));
    let pairs = Pair::of_each(&before, &after)?;
    let comparisons: Vec<Comparison<'_>> = compare(pairs, scope, &mut Progress::Nobody);
    let mut all = to_value(&comparisons).map_err(anyhow::Error::from)?;
    Ok(all.pointer_mut("/subjects/0").map_or(Value::Null, Value::take))
}

/// Which cases fail with the text, and whether they did before; null where there are none.
fn suite(world: &World, subject: &Subject, text: &str) -> Result<Value, Fault> {
    if world.suites()?.is_empty() {
        return Ok(Value::Null);
    }
    let changed = world.with(&[(subject.clone(), Some(text.to_owned()))].into())?;
    // What is mended by the text cannot have been run without it.
    let before = world.run().ok().map(|run| &run.suites);
    let after = changed.run()?;
    let mut failed = Vec::new();
    for (at, (path, outcomes)) in after.suites.iter().enumerate() {
        for (number, outcome) in outcomes.iter().enumerate().filter(|(_, one)| !one.passed()) {
            let known = before.and_then(|suites| suites.get(at)?.1.get(number));
            let known = known.map(|known| if known.passed() { "pass" } else { "fail" });
            let mut case = outcome.json();
            if let Some(members) = case.as_object_mut() {
                members.insert("file".to_owned(), path.display().to_string().into());
                members.insert("difference".to_owned(), outcome.difference().into());
                members.insert("before".to_owned(), known.into());
            }
            failed.push(case);
        }
    }
    let (cases, _) = after.counts();
    Ok(json!({ "cases": cases, "failed": failed }))
}

/// How large the answer is for whoever has all groups and the subject, and for the subject alone.
fn size(world: &World, subject: &Subject, document: &PolicyDocument) -> Value {
    let settings = LintSettings::default();
    let before = world.entries.get(subject).and_then(|entry| entry.document.as_ref().ok());
    let others = world.entries.iter().filter_map(|(other, entry)| {
        let counts = other.kind() == SubjectKind::Group && other != subject;
        entry.document.as_ref().ok().filter(|_| counts)
    });
    let others: Vec<&PolicyDocument> = others.collect();
    let bytes = |own: Option<&PolicyDocument>, others: &[&PolicyDocument]| {
        let documents: Vec<&PolicyDocument> =
            own.into_iter().chain(others.iter().copied()).collect();
        answer_bytes(&documents, &settings)
    };
    json!({
        "bytes": bytes(Some(document), &others),
        "before": bytes(before, &others),
        "alone": bytes(Some(document), &[]),
        "limit": settings.max_policy_bytes,
    })
}
