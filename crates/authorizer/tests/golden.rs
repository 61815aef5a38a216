//! Runs every case in `tests/events`: an event in, the exact bytes of an answer or a refusal out.
//!
//! To add a case, add a file. In `event` the text `{token}` stands for a token with the claims of
//! `claims`; `settings` and `documents` are what the authorizer is given.

#![cfg(test)]

mod support;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use gatepost_authorizer::Authorizer;
use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;
use support::{MemoryStore, NoFetch, Signer};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    #[serde(rename = "description")]
    _description: String,
    #[serde(default)]
    settings: BTreeMap<String, String>,
    claims: Option<Value>,
    #[serde(default)]
    documents: BTreeMap<String, Value>,
    #[serde(default)]
    usage_identifier_keys: BTreeMap<String, String>,
    #[serde(default)]
    revoked: BTreeMap<String, Option<u64>>,
    event: Box<RawValue>,
    want: Want,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Want {
    /// The answer, as text: member order and spaces count.
    Answer(Box<RawValue>),
    /// What API Gateway is told.
    Refusal(String),
}

#[tokio::test]
async fn every_event_is_answered_to_the_byte() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/events");
    let mut failures = Vec::new();
    let mut count = 0;
    for entry in folder.read_dir().unwrap() {
        let path = entry.unwrap().path();
        let file = path.file_name().unwrap().to_string_lossy().into_owned();
        let case: Case = serde_json::from_slice(&fs::read(&path).unwrap())
            .unwrap_or_else(|error| panic!("{file}: {error}"));
        let want = match &case.want {
            Want::Answer(json) => Ok(compact(json.get())),
            Want::Refusal(text) => Err(text.clone()),
        };
        let got = run(&case).await;
        if got != want {
            failures.push(format!("{file}:\n  want {want:?}\n  got  {got:?}"));
        }
        count += 1;
    }
    assert!(count > 0, "no cases in {}", folder.display());
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

async fn run(case: &Case) -> Result<String, String> {
    let signer = Signer::new();
    let token = match &case.claims {
        None => String::new(),
        Some(changes) => signer.sign(&support::access_claims(changes)),
    };
    let store = MemoryStore {
        documents: case.documents.clone(),
        usage_identifier_keys: case.usage_identifier_keys.clone(),
        revoked: case.revoked.clone(),
        ..MemoryStore::default()
    };
    let authorizer = Authorizer::new(signer.config(&case.settings), store, NoFetch);
    let event = case.event.get().replace("{token}", &token);
    let answer = authorizer.answer(event.as_bytes(), support::now()).await;
    answer.map_err(|refusal| refusal.to_string())
}

/// The text without the spaces between its tokens, so that case files can be indented.
fn compact(json: &str) -> String {
    let mut text = String::new();
    let (mut in_string, mut escaped) = (false, false);
    for letter in json.chars() {
        if in_string || !letter.is_ascii_whitespace() {
            text.push(letter);
        }
        match letter {
            '"' if !escaped => in_string = !in_string,
            '\\' if in_string && !escaped => {
                escaped = true;
                continue;
            }
            _ => {}
        }
        escaped = false;
    }
    text
}
