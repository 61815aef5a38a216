//! Comparisons for programs.

use std::io::{self, Write};

use gatepost_core::analysis::{Change, ChangeKind, Guard, WitnessTarget};
use gatepost_core::json::Json;
use gatepost_core::policy::{Condition, Context, Verdict};
use serde_json::Value;

use super::{Comparison, Document};

/// Writes one object with every subject of either side.
///
/// # Errors
///
/// When it cannot be written.
pub(crate) fn write_json(comparisons: &[Comparison<'_>], stdout: &mut dyn Write) -> io::Result<()> {
    let subjects = Json::Array(comparisons.iter().map(subject).collect());
    serde_json::to_writer(&mut *stdout, &object([("subjects", subjects)]))?;
    stdout.write_all(b"\n")
}

/// The same as one value.
///
/// # Errors
///
/// None that are known.
pub(crate) fn to_value(comparisons: &[Comparison<'_>]) -> serde_json::Result<Value> {
    let mut text = Vec::new();
    write_json(comparisons, &mut text).map_err(serde_json::Error::io)?;
    serde_json::from_slice(&text)
}

fn subject(comparison: &Comparison<'_>) -> Json {
    let of = |kind: ChangeKind| {
        let changes = comparison.diff.changes.iter().filter(|change| change.kind == kind);
        Json::Array(changes.flat_map(|one| change(one, comparison)).collect())
    };
    let mut members = vec![
        ("subject", text(&comparison.pair.subject)),
        ("gained", of(ChangeKind::Gained)),
        ("lost", of(ChangeKind::Lost)),
    ];
    if comparison.scope.moved {
        members.push(("moved", of(ChangeKind::Moved)));
    }
    members.push(("unknown", Json::Bool(comparison.diff.unknown.is_some())));
    if let Some(unknown) = &comparison.diff.unknown {
        members.push(("unknown_because", text(&unknown.to_string())));
    }
    object(members)
}

/// One for each action that the change is about.
fn change(change: &Change, comparison: &Comparison<'_>) -> Vec<Json> {
    let pair = &comparison.pair;
    let because = [
        because("after", &change.after, &pair.after),
        because("before", &change.before, &pair.before),
    ]
    .concat();
    let actions = std::iter::once(change.witness.action).chain(change.also.iter().copied());
    actions
        .map(|action| {
            object([
                ("witness", witness(action, &change.witness.target, &change.witness.context)),
                ("condition", condition(change.when.as_ref())),
                ("because", Json::Array(because.clone())),
            ])
        })
        .collect()
}

fn witness(action: &str, target: &WitnessTarget, context: &Context) -> Json {
    let (resource, method, path) = match target {
        WitnessTarget::Method(arn) => {
            let path = arn.has_path().then(|| text(&format!("/{}", arn.path())));
            (text(arn.as_str()), text(arn.verb()), path.unwrap_or(Json::Null))
        }
        WitnessTarget::Page(page) => {
            (text(&format!("page/{page}")), Json::Null, text(&format!("/{page}")))
        }
    };
    let mut members =
        vec![("action", text(action)), ("resource", resource), ("method", method), ("path", path)];
    let keys: Vec<(String, Json)> = context
        .iter()
        .map(|(key, values)| {
            let value = match values {
                [one] => text(one),
                several => Json::Array(several.iter().map(|value| text(value)).collect()),
            };
            (key.to_owned(), value)
        })
        .collect();
    if !keys.is_empty() {
        members.push(("context", Json::Object(keys)));
    }
    object(members)
}

fn condition(guard: Option<&Guard>) -> Json {
    let Some(guard) = guard.filter(|guard| !guard.is_empty()) else { return Json::Null };
    let list =
        |conditions: &[Condition]| Json::Array(conditions.iter().map(Condition::to_json).collect());
    object([("if", list(&guard.holds)), ("unless", list(&guard.fails))])
}

fn because(side: &str, verdict: &Verdict, documents: &[Document<'_>]) -> Vec<Json> {
    let statements = verdict.statements.iter().filter_map(|place| {
        let document = documents.get(place.document)?;
        let statement = document.document().statements().get(place.statement)?;
        let mut members = vec![
            ("side", text(side)),
            ("document", text(&document.owner)),
            ("statement", Json::Number(place.statement.into())),
        ];
        members.extend(place.sid.as_ref().map(|sid| ("sid", text(sid))));
        members.push(("effect", text(statement.effect().as_str())));
        Some(object(members))
    });
    statements.collect()
}

fn text(text: &str) -> Json {
    Json::String(text.to_owned())
}

fn object<'a>(members: impl IntoIterator<Item = (&'a str, Json)>) -> Json {
    let members = members.into_iter().map(|(name, value)| (name.to_owned(), value));
    Json::Object(members.collect())
}
