//! What a request says of itself beside its method: the keys that conditions ask for.

use std::collections::BTreeMap;
use std::time::{SystemTime, UNIX_EPOCH};

use super::condition::time_text;
use crate::json::{Json, JsonRef};

/// The values of condition keys for one request.
///
/// Keys are compared without regard to case. Claims for `${token:…}` in resources are keys too,
/// such as `token:sub`; like the claims of a token, these are compared with it.
///
/// Source: [AWS condition keys for API Gateway][keys], which names `aws:CurrentTime`,
/// `aws:EpochTime`, `aws:Referer`, `aws:SecureTransport`, `aws:SourceIp`, `aws:UserAgent` and more.
///
/// [keys]: https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-resource-policies-aws-condition-keys.html
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Context {
    // INVARIANT: keys as `folded` makes them, values not empty lists.
    values: BTreeMap<String, ContextValue>,
}

impl Context {
    /// A request that says nothing.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets `key` to a text, or to a list of texts; an empty list is a missing key.
    pub fn insert(&mut self, key: &str, value: impl Into<ContextValue>) {
        let (key, value) = (folded(key), value.into());
        if value.texts().is_empty() {
            self.values.remove(&key);
        } else {
            self.values.insert(key, value);
        }
    }

    /// Sets `aws:CurrentTime` and `aws:EpochTime`, both to the second.
    pub fn set_time(&mut self, now: SystemTime) {
        let seconds = now.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
        self.insert("aws:CurrentTime", time_text(now));
        self.insert("aws:EpochTime", seconds.to_string());
    }

    /// Reads an object of keys, each with a string, number or boolean, or an array of these.
    ///
    /// # Errors
    ///
    /// [`ContextError`] for anything else, and for keys that differ only in case.
    pub fn from_json(json: &Json) -> Result<Self, ContextError> {
        let mut context = Self::new();
        let mut seen = std::collections::BTreeSet::new();
        for (key, value) in json.as_object().ok_or(ContextError::NotAnObject)? {
            if !seen.insert(folded(key)) {
                return Err(ContextError::RepeatedKey { key: key.clone() });
            }
            let value = match value {
                Json::Array(values) => {
                    values.iter().map(of_json).collect::<Option<Vec<_>>>().map(ContextValue::from)
                }
                Json::Null
                | Json::Bool(_)
                | Json::Number(_)
                | Json::String(_)
                | Json::Object(_) => of_json(value).map(ContextValue::from),
            };
            context.insert(key, value.ok_or_else(|| ContextError::BadValue { key: key.clone() })?);
        }
        Ok(context)
    }

    /// Every key with its values, in the order of the keys as they are compared.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &[String])> {
        self.values.iter().map(|(key, value)| (key.as_str(), value.texts()))
    }

    /// The values of `key`, which is [`folded`]; `None` if it is missing.
    pub(super) fn all(&self, key: &str) -> Option<&[String]> {
        self.values.get(key).map(ContextValue::texts)
    }

    /// The value of `key`, which is [`folded`], if it is one text and not a list, be it of one.
    pub(super) fn one(&self, key: &str) -> Option<&str> {
        match &self.values.get(key)?.0 {
            Texts::One([text]) => Some(text),
            Texts::List(_) => None,
        }
    }
}

/// The spelling that keys are compared in.
pub(super) fn folded(key: &str) -> String {
    if key.starts_with("token:") { key.to_owned() } else { key.to_ascii_lowercase() }
}

fn of_json(json: &Json) -> Option<String> {
    scalar(&JsonRef::from(json))
}

/// The text of a string, number or boolean, as conditions compare it.
pub(super) fn scalar(json: &JsonRef<'_>) -> Option<String> {
    match json {
        JsonRef::String(text) => Some(text.clone().into_owned()),
        JsonRef::Number(number) => Some(number.to_string()),
        JsonRef::Bool(value) => Some(value.to_string()),
        JsonRef::Null | JsonRef::Array(_) | JsonRef::Object(_) => None,
    }
}

/// One text, or a list of them.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ContextValue(Texts);

#[derive(Clone, Debug, Eq, PartialEq)]
enum Texts {
    One([String; 1]),
    List(Vec<String>),
}

impl ContextValue {
    fn texts(&self) -> &[String] {
        match &self.0 {
            Texts::One(text) => text,
            Texts::List(texts) => texts,
        }
    }
}

impl From<&str> for ContextValue {
    fn from(text: &str) -> Self {
        Self::from(text.to_owned())
    }
}

impl From<String> for ContextValue {
    fn from(text: String) -> Self {
        Self(Texts::One([text]))
    }
}

impl From<Vec<String>> for ContextValue {
    fn from(texts: Vec<String>) -> Self {
        Self(Texts::List(texts))
    }
}

/// Why a JSON value is no request context.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum ContextError {
    /// The value of a key is neither a scalar nor an array of scalars.
    #[error("context key `{key}` must be a string, number or boolean, or an array of these")]
    BadValue {
        /// Which key.
        key: String,
    },

    /// Not a JSON object.
    #[error("the context must be an object of condition keys")]
    NotAnObject,

    /// Two keys differ in case only.
    #[error("context key `{key}` stands twice, in another case")]
    RepeatedKey {
        /// The second one.
        key: String,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Context, ContextError> {
        Context::from_json(&Json::parse(text.as_bytes()).unwrap())
    }

    #[test]
    fn scalars_become_text_and_empty_lists_are_missing() {
        let context = read(r#"{"a:B":1,"a:c":true,"a:d":["x",2],"a:e":[],"a:f":["x"]}"#).unwrap();
        assert_eq!(context.one("a:b"), Some("1"));
        assert_eq!(context.one("a:c"), Some("true"));
        assert_eq!(context.all("a:d").map(<[String]>::len), Some(2));
        assert_eq!(context.one("a:d"), None);
        assert_eq!(context.all("a:e"), None);
        assert_eq!((context.one("a:f"), context.all("a:f")), (None, Some(&["x".to_owned()][..])));
    }

    #[test]
    fn claims_keep_their_case_and_other_keys_do_not() {
        let context = read(r#"{"token:tenantId":"a","token:tenantid":"b","AWS:x":"c"}"#).unwrap();
        assert_eq!(context.one("token:tenantId"), Some("a"));
        assert_eq!(context.one("token:tenantid"), Some("b"));
        assert_eq!(context.one("aws:x"), Some("c"));
    }

    #[test]
    fn a_time_is_both_of_its_keys() {
        let mut context = Context::new();
        context.set_time(UNIX_EPOCH + std::time::Duration::from_millis(1_767_225_600_900));
        assert_eq!(context.one("aws:currenttime"), Some("2026-01-01T00:00:00Z"));
        assert_eq!(context.one("aws:epochtime"), Some("1767225600"));
    }

    #[test]
    fn what_is_no_context_is_refused() {
        assert_eq!(read("[]"), Err(ContextError::NotAnObject));
        assert_eq!(read(r#"{"k":null}"#), Err(ContextError::BadValue { key: "k".into() }));
        assert_eq!(read(r#"{"k":[[1]]}"#), Err(ContextError::BadValue { key: "k".into() }));
        assert_eq!(read(r#"{"k":1,"K":[]}"#), Err(ContextError::RepeatedKey { key: "K".into() }));
    }
}
