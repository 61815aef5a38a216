//! The documents that the probes need, and the callers who have them.

use std::time::SystemTime;

use anyhow::Context as _;
use serde_json::{Value, json};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::paths::Paths;

/// A path that no API has.
const NOWHERE: &str = "/gatepost-doctor/nowhere";

/// Addresses that nobody has.
///
/// Source: RFC 5737, TEST-NET-1.
const NO_ADDRESS: &str = "192.0.2.0/24";

/// A caller: a name, and the documents that its token's groups have.
pub(super) struct Caller {
    pub(super) name: &'static str,
    pub(super) documents: &'static [&'static str],
}

const fn caller(name: &'static str, documents: &'static [&'static str]) -> Caller {
    Caller { name, documents }
}

/// Every caller whose token is made before the probes begin.
pub(super) const CALLERS: [Caller; 18] = [
    caller("allowed", &["allowed"]),
    caller("elsewhere", &["elsewhere"]),
    caller("denied", &["all", "denied"]),
    caller("except-this", &["except-this"]),
    caller("except-other", &["except-other"]),
    caller("time-past", &["time-past"]),
    caller("time-future", &["time-future"]),
    caller("ip-any", &["ip-any"]),
    caller("ip-none", &["ip-none"]),
    caller("tls-yes", &["tls-yes"]),
    caller("tls-no", &["tls-no"]),
    caller("head", &["head"]),
    caller("long", &["long"]),
    caller("too-long", &["too-long"]),
    // Three tokens of one group: each is asked about for the first time at another moment.
    caller("kept-first", &["kept"]),
    caller("kept-second", &["kept"]),
    caller("kept-third", &["kept"]),
    caller("expiring", &[EXPIRING]),
];

/// The group whose right ends while doctor looks on. It is written last.
pub(super) const EXPIRING: &str = "expiring";

/// Every other document, by the name of its group.
pub(super) fn documents(paths: &Paths) -> Vec<(&'static str, Value)> {
    let this = format!("GET{}", paths.guarded);
    let nowhere = format!("GET{NOWHERE}");
    let all = allow(&["GET/*"], &json!({}));
    let except = |resource: &str| {
        let deny = json!({
            "Effect": "Deny", "Action": "execute-api:Invoke", "NotResource": resource,
        });
        document(&[statement("Allow", &["GET/*"], &json!({})), deny])
    };
    let kept: Vec<String> = paths.all().map(|path| format!("GET{path}")).collect();
    let kept: Vec<&str> = kept.iter().map(String::as_str).collect();
    let long = |characters: usize| {
        let filler = format!("GET/{}", "x".repeat(characters.saturating_sub("GET/".len())));
        allow(&[&this, &filler], &json!({}))
    };
    let on = |operator: &str, key: &str, value: Value| json!({ operator: { key: value } });
    vec![
        ("allowed", allow(&[&this], &json!({}))),
        ("elsewhere", allow(&[&nowhere], &json!({}))),
        ("all", all),
        ("denied", document(&[statement("Deny", &[&this], &json!({}))])),
        ("except-this", except(&this)),
        ("except-other", except(&nowhere)),
        (
            "time-past",
            allow(&[&this], &on("DateLessThan", "aws:CurrentTime", json!("2020-01-01T00:00:00Z"))),
        ),
        (
            "time-future",
            allow(&[&this], &on("DateLessThan", "aws:CurrentTime", json!("2099-01-01T00:00:00Z"))),
        ),
        ("ip-any", allow(&[&this], &on("IpAddress", "aws:SourceIp", json!(["0.0.0.0/0", "::/0"])))),
        ("ip-none", allow(&[&this], &on("IpAddress", "aws:SourceIp", json!(NO_ADDRESS)))),
        ("tls-yes", allow(&[&this], &on("Bool", "aws:SecureTransport", json!("true")))),
        ("tls-no", allow(&[&this], &on("Bool", "aws:SecureTransport", json!("false")))),
        ("head", allow(&[&format!("HEAD{}", paths.guarded)], &json!({}))),
        // Bound to an API and a stage with a name of common length, an ARN of 440 to 480 characters …
        ("long", long(380)),
        // … and this one of more than 512.
        ("too-long", long(505)),
        ("kept", allow(&kept, &json!({}))),
    ]
}

/// The document of [`EXPIRING`]: the right ends at `end`, to the second.
///
/// # Errors
///
/// When the time cannot be written.
pub(super) fn expiring(paths: &Paths, end: SystemTime) -> anyhow::Result<Value> {
    let end = OffsetDateTime::from(end).replace_nanosecond(0)?;
    let end = end.format(&Rfc3339).context("the time cannot be written")?;
    let condition = json!({ "DateLessThan": { "aws:CurrentTime": end } });
    Ok(allow(&[&format!("GET{}", paths.guarded)], &condition))
}

/// The document of `kept` after its change.
pub(super) fn changed() -> Value {
    allow(&[&format!("GET{NOWHERE}")], &json!({}))
}

/// A document that allows the guarded path and `fillers` others, none of which includes another.
pub(super) fn sized(paths: &Paths, fillers: usize) -> Value {
    let mut resources = vec![format!("GET{}", paths.guarded)];
    resources.extend((0..fillers).map(|index| format!("GET{NOWHERE}/{index:06}")));
    let resources: Vec<&str> = resources.iter().map(String::as_str).collect();
    allow(&resources, &json!({}))
}

fn allow(resources: &[&str], condition: &Value) -> Value {
    document(&[statement("Allow", resources, condition)])
}

fn statement(effect: &str, resources: &[&str], condition: &Value) -> Value {
    let mut statement = json!({
        "Effect": effect, "Action": "execute-api:Invoke", "Resource": resources,
    });
    if condition.as_object().is_some_and(|keys| !keys.is_empty())
        && let Some(members) = statement.as_object_mut()
    {
        members.insert("Condition".to_owned(), condition.clone());
    }
    statement
}

fn document(statements: &[Value]) -> Value {
    json!({ "Version": "2012-10-17", "Statement": statements })
}

#[cfg(test)]
mod tests {
    use gatepost_core::policy::PolicyDocument;

    use super::*;

    #[test]
    fn every_document_is_one_and_every_caller_has_its_own() {
        let paths = Paths::new(vec!["/movies".parse().unwrap(), "/shows".parse().unwrap()]);
        let documents = documents(&paths);
        for (name, document) in &documents {
            PolicyDocument::parse(document.to_string().as_bytes())
                .unwrap_or_else(|error| panic!("{name}: {error:?}"));
        }
        for name in CALLERS.iter().flat_map(|caller| caller.documents) {
            let is_written = documents.iter().any(|(written, _)| written == name);
            assert!(is_written || *name == EXPIRING, "{name}");
        }
    }
}
