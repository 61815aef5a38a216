//! What of a token nobody may be told.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value;

/// A shorter text is in a log by chance.
const MIN_LENGTH: usize = 8;

/// The parts of a token, and the texts and long numbers in it, but for those that the settings
/// have too.
pub(crate) fn secrets_of(token: &str) -> Vec<String> {
    let mut secrets: Vec<String> = token.split('.').map(str::to_owned).collect();
    for part in token.split('.').take(2) {
        let Ok(text) = URL_SAFE_NO_PAD.decode(part) else { continue };
        let Ok(members) = serde_json::from_slice::<Value>(&text) else { continue };
        values(&members, &mut secrets);
    }
    secrets.retain(|secret| secret.len() >= MIN_LENGTH);
    secrets
}

fn values(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::Array(elements) => elements.iter().for_each(|element| values(element, found)),
        Value::Object(members) => {
            for (_, member) in members.iter().filter(|(name, _)| *name != "iss") {
                values(member, found);
            }
        }
        Value::String(text) => found.push(text.clone()),
        Value::Bool(_) | Value::Null | Value::Number(_) => {}
    }
}
