//! What can go wrong between the function and what it asks, as the files in `faults/` write
//! it down.

use serde::Deserialize;
use serde_json::{Value, json};

/// One way to fail.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub(crate) enum Fault {
    /// This answer and no other.
    Answer(Answer),
    /// A connection is neither accepted nor refused.
    BlackHole,
    /// The connection ends eight bytes before the answer does.
    CutOff,
    /// The connections there are go silent; new ones are well.
    DeadConnections,
    /// The answer comes byte by byte.
    Dribbling {
        /// Between two bytes.
        ms: u64,
    },
    /// A body that never ends.
    Endless,
    /// The connection ends in the place of an answer.
    HungUp,
    /// The right answer, late.
    Late {
        /// How late.
        ms: u64,
    },
    /// The right answer with this merged in (RFC 7396).
    Merged(Value),
    /// Something else than HTTP.
    NotHttp,
    /// The right answer, with spaces up to this length.
    Padded(usize),
    /// Nobody listens.
    Refused,
    /// No answer, ever.
    Silent,
    /// The answer stops eight bytes before its end, and nothing follows.
    Stalled,
    /// The right answer to half of its length, as if that were all.
    Truncated,
    /// A `BatchGetItem` leaves the keys of these subjects unprocessed.
    Unprocessed(Vec<String>),
}

impl Fault {
    /// Whether no connection gets through.
    pub(super) fn is_at_the_door(&self) -> bool {
        matches!(self, Self::BlackHole | Self::Refused)
    }

    /// Changes a right answer.
    pub(super) fn change(self, request: &Request, mut answer: Answer) -> Answer {
        match self {
            Self::Merged(patch) => {
                let mut body = serde_json::from_str(&answer.text()).unwrap();
                merge(&mut body, &patch);
                answer.body = body;
            }
            Self::Padded(length) => {
                let text = answer.text();
                let spaces = length - text.len();
                answer.body = Value::String(text + &" ".repeat(spaces));
            }
            Self::Truncated => {
                let text = answer.text();
                answer.body = Value::String(text.chars().take(text.len() / 2).collect());
            }
            Self::Unprocessed(subjects) => {
                let is_left = |key: &Value| {
                    subjects.iter().any(|subject| key["subject"]["S"] == subject.as_str())
                };
                let asked: Value = serde_json::from_slice(&request.body).unwrap();
                let tables = asked["RequestItems"].as_object().unwrap();
                let (table, asked) = tables.iter().next().unwrap();
                let mut left = asked.clone();
                left["Keys"].as_array_mut().unwrap().retain(is_left);
                let mut body: Value = serde_json::from_str(&answer.text()).unwrap();
                body["Responses"][table].as_array_mut().unwrap().retain(|row| !is_left(row));
                body["UnprocessedKeys"] = json!({ table: left });
                answer.body = body;
            }
            Self::Answer(_)
            | Self::BlackHole
            | Self::CutOff
            | Self::DeadConnections
            | Self::Dribbling { .. }
            | Self::Endless
            | Self::HungUp
            | Self::Late { .. }
            | Self::NotHttp
            | Self::Refused
            | Self::Silent
            | Self::Stalled => panic!("changes no answer"),
        }
        answer
    }
}

/// What a server answers.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    #[serde(default)]
    pub(crate) headers: Vec<(String, String)>,
    /// JSON; a string is the body as it stands.
    pub(crate) body: Value,
}

impl Answer {
    fn text(&self) -> String {
        self.body.as_str().map_or_else(|| self.body.to_string(), str::to_owned)
    }

    pub(super) fn to_bytes(&self) -> Vec<u8> {
        let body = self.text();
        let headers: Vec<String> =
            self.headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
        let (status, length, headers) = (self.status, body.len(), headers.concat());
        format!("HTTP/1.1 {status} Said\r\ncontent-length: {length}\r\n{headers}\r\n{body}")
            .into_bytes()
    }
}

/// What came from the function.
#[derive(Debug)]
pub(super) struct Request {
    /// Without the empty line at its end.
    pub(super) head: String,
    pub(super) body: Vec<u8>,
}

/// Merges a patch into a document (RFC 7396 section 2).
fn merge(target: &mut Value, patch: &Value) {
    let Value::Object(members) = patch else {
        *target = patch.clone();
        return;
    };
    if !target.is_object() {
        *target = json!({});
    }
    for (name, member) in members {
        if member.is_null() {
            target.as_object_mut().unwrap().remove(name);
        } else {
            merge(&mut target[name], member);
        }
    }
}
