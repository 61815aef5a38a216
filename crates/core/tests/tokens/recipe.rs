//! How the token of a case is made: `corpus/token/README.md` says what each member means.

use std::collections::HashMap;
use std::sync::LazyLock;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::keys::{PublicForm, SigningKey};
use super::tamper::Step;

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Recipe {
    from: Base,
    header: Map<String, Value>,
    header_without: Vec<String>,
    header_text: Option<Value>,
    payload: Map<String, Value>,
    payload_without: Vec<String>,
    payload_text: Option<Value>,
    signed: Option<Signed>,
    length: Option<usize>,
    then: Vec<Step>,
    text: Option<Value>,
}

/// The honest token that a recipe starts from.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, Hash, PartialEq)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Base {
    #[default]
    Access,
    Id,
    Machine,
    Rfc9068,
    Unmarked,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Ingredients {
    header: Map<String, Value>,
    payload: Map<String, Value>,
    signed: Signed,
    pub(crate) expected: Map<String, Value>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Signed {
    by: String,
    #[serde(rename = "as")]
    algorithm: String,
    secret: Option<PublicForm>,
}

impl Base {
    pub(crate) fn ingredients(self) -> &'static Ingredients {
        static BASES: LazyLock<HashMap<Base, Ingredients>> = LazyLock::new(|| {
            serde_json::from_str(include_str!("../corpus/token-bases.json"))
                .unwrap_or_else(|error| panic!("token-bases.json: {error}"))
        });
        &BASES[&self]
    }
}

impl Recipe {
    pub(crate) fn base(&self) -> Base {
        self.from
    }

    /// The token, ready to be sent.
    pub(crate) fn make(&self) -> String {
        if let Some(text) = &self.text {
            return text_of(text);
        }
        let Some(length) = self.length else { return self.make_padded(0, 0) };
        let short = self.make_padded(0, 0).len();
        // Four characters hold three octets, so some lengths need the header's help.
        for header in 0..4 {
            for payload in (length - short) * 3 / 4 - 32..length - short {
                let token = self.make_padded(header, payload);
                if token.len() >= length {
                    if token.len() == length {
                        return token;
                    }
                    break;
                }
            }
        }
        panic!("no token has {length} bytes");
    }

    fn make_padded(&self, header_padding: usize, payload_padding: usize) -> String {
        let base = self.from.ingredients();
        let header = part(
            self.header_text.as_ref(),
            &base.header,
            &self.header,
            &self.header_without,
            header_padding,
        );
        let payload = part(
            self.payload_text.as_ref(),
            &base.payload,
            &self.payload,
            &self.payload_without,
            payload_padding,
        );
        let signed = self.signed.as_ref().unwrap_or(&base.signed);
        let signature = signed.over(&format!("{header}.{payload}"));
        let mut parts = vec![header, payload, URL_SAFE_NO_PAD.encode(signature)];
        for step in &self.then {
            step.apply(&mut parts);
        }
        parts.join(".")
    }
}

impl Signed {
    fn over(&self, message: &str) -> Vec<u8> {
        let (algorithm, message) = (self.algorithm.as_str(), message.as_bytes());
        match self.secret {
            _ if algorithm == "none" => Vec::new(),
            Some(form) => SigningKey::named(&self.by).confused_mac(algorithm, form, message),
            None => SigningKey::named(&self.by).sign(algorithm, message),
        }
    }
}

fn part(
    text: Option<&Value>,
    base: &Map<String, Value>,
    with: &Map<String, Value>,
    without: &[String],
    padding: usize,
) -> String {
    if let Some(text) = text {
        return URL_SAFE_NO_PAD.encode(text_of(text));
    }
    let mut members = base.clone();
    for (name, value) in with {
        members.insert(name.clone(), expand(value));
    }
    for name in without {
        assert!(members.remove(name).is_some(), "there is no `{name}` to leave out");
    }
    if padding > 0 {
        members.insert("pad".to_owned(), json!("p".repeat(padding)));
    }
    URL_SAFE_NO_PAD.encode(Value::Object(members).to_string())
}

pub(crate) fn text_of(value: &Value) -> String {
    let Value::String(text) = expand(value) else { panic!("{value} is not a text") };
    text
}

/// Puts values in the place of what only describes them.
pub(crate) fn expand(value: &Value) -> Value {
    if let Value::Array(elements) = value {
        return elements.iter().map(expand).collect();
    }
    let Value::Object(members) = value else { return value.clone() };
    let Some((word, argument)) = members.iter().next().filter(|(name, _)| name.starts_with('$'))
    else {
        return members.iter().map(|(name, value)| (name.clone(), expand(value))).collect();
    };
    assert_eq!(members.len(), 1, "{word} stands alone in its object");
    match word.as_str() {
        "$join" => Value::String(argument.as_array().unwrap().iter().map(text_of).collect()),
        "$jwk" => Value::Object(SigningKey::named(&text_of(argument)).public_jwk()),
        "$nested" => {
            let levels = argument.as_u64().unwrap();
            (0..levels).fold(Value::Null, |inner, _| Value::Array(vec![inner]))
        }
        "$octets" => {
            let octets: Vec<u8> = argument
                .as_array()
                .unwrap()
                .iter()
                .flat_map(|run| {
                    let (octet, times): (u8, usize) = serde_json::from_value(run.clone()).unwrap();
                    vec![octet; times]
                })
                .collect();
            json!(URL_SAFE_NO_PAD.encode(octets))
        }
        "$repeat" => {
            let (text, times): (String, usize) = serde_json::from_value(argument.clone()).unwrap();
            json!(text.repeat(times))
        }
        _ => panic!("{word} is no word of a recipe"),
    }
}
