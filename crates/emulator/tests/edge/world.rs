//! Calls of the function, as the cases of `infra/tests/pages` describe them. There `world.ts` makes the
//! same of them.

use std::collections::BTreeMap;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use aws_lc_rs::hmac;
use base64::prelude::{BASE64_URL_SAFE_NO_PAD, Engine};
use gatepost_emulator::edge::KeyValueStore;
use regex::{NoExpand, Regex};
use serde::Deserialize;
use serde_json::{Map, Value, json};

/// Seconds of the time of all calls. A quarter of a second more has passed.
const NOW: i64 = 1_780_000_000;

pub(crate) fn now() -> SystemTime {
    UNIX_EPOCH + Duration::from_millis(NOW.unsigned_abs() * 1_000 + 250)
}

/// A pass: what a case leaves out is as it should be.
#[derive(Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Pass {
    k: Option<String>,
    h: Option<String>,
    /// Seconds from now; null for none.
    #[serde(default, deserialize_with = "null_too")]
    e: Option<Value>,
    r: Option<Value>,
    payload: Option<Value>,
    json: Option<String>,
    signed_with: Option<String>,
    signature_of: Option<Box<Pass>>,
    derived: Option<bool>,
    prefix: Option<String>,
    edit: Option<Vec<String>>,
    alphabet: Option<String>,
    filler: Option<usize>,
    brackets: Option<usize>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(crate) struct Case {
    pub(crate) description: String,
    uri: String,
    longer: Option<usize>,
    repeat: Option<(String, usize)>,
    host: Option<String>,
    query: Option<BTreeMap<String, Map<String, Value>>>,
    longer_query: Option<usize>,
    pass: Option<Pass>,
    cookie: Option<String>,
    cookie_name: Option<String>,
    #[serde(default)]
    twice: bool,
    #[serde(default, deserialize_with = "null_too")]
    config: Option<Value>,
    pub(crate) want: Want,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Want {
    pub(crate) page: Option<String>,
    pub(crate) length: Option<usize>,
    pub(crate) login: Option<String>,
    pub(crate) location: Option<String>,
    #[serde(default)]
    pub(crate) home: bool,
    pub(crate) status: Option<u16>,
}

/// `null` is something else than nothing.
fn null_too<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<Value>, D::Error> {
    Value::deserialize(deserializer).map(Some)
}

pub(crate) fn file(path: &str) -> String {
    let project = concat!(env!("CARGO_MANIFEST_DIR"), "/../../");
    std::fs::read_to_string([project, path].concat()).unwrap()
}

impl Case {
    /// The event of the call.
    pub(crate) fn event(&self) -> Value {
        let (piece, times) = self.repeat.clone().unwrap_or_default();
        let uri = [&self.uri, &*"x".repeat(self.longer.unwrap_or(0)), &*piece.repeat(times)];
        let mut query = self.query.clone().unwrap_or_default();
        for parameter in query.values_mut() {
            let value = parameter["value"].as_str().unwrap().to_owned();
            let filler = "x".repeat(self.longer_query.unwrap_or(0));
            parameter.insert("value".to_owned(), (value + &filler).into());
        }
        let mut cookies = json!({ "theme": { "value": "dark" } });
        let cookie = self.pass.as_ref().map(cookie_of).or_else(|| self.cookie.clone());
        if let Some(cookie) = cookie {
            let name = self.cookie_name.as_deref().unwrap_or("__Host-gatepost-pages");
            cookies[name] = json!({ "value": cookie });
            if self.twice {
                cookies[name]["multiValue"] = json!([{ "value": cookie }, { "value": cookie }]);
            }
        }
        let host = self.host.as_deref().unwrap_or("www.example");
        json!({
            "version": "1.0",
            "context": { "eventType": "viewer-request" },
            "viewer": { "ip": "192.0.2.1" },
            "request": {
                "method": "GET",
                "uri": uri.concat(),
                "querystring": query,
                "headers": { "host": { "value": host }, "accept": { "value": "text/html" } },
                "cookies": cookies,
            },
        })
    }

    /// What is in the store.
    pub(crate) fn store(&self) -> KeyValueStore {
        let mut store = KeyValueStore::from([("key:empty".to_owned(), String::new())]);
        for id in ["new", "old"] {
            let key = BASE64_URL_SAFE_NO_PAD.encode(page_key(id));
            store.insert(format!("key:{id}"), key);
        }
        let usual = || {
            let file: Value = serde_json::from_str(&file("infra/edge/site.json")).unwrap();
            file["config"].clone()
        };
        let config = self.config.clone().unwrap_or_else(usual);
        if config.is_null() {
            return store;
        }
        let text = config.as_str().map_or_else(|| config.to_string(), str::to_owned);
        store.insert("config".to_owned(), text);
        store
    }
}

fn session_key(id: &str) -> Option<[u8; 32]> {
    let byte = ["new", "old", "gone", "stranger"].iter().position(|name| *name == id)?;
    Some([u8::try_from(byte + 1).unwrap(); 32])
}

fn sign(key: &[u8], text: &str) -> Vec<u8> {
    hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key), text.as_bytes()).as_ref().to_owned()
}

fn page_key(id: &str) -> Vec<u8> {
    session_key(id).map(|key| sign(&key, "gatepost-page-key-v1")).unwrap_or_default()
}

fn cookie_of(pass: &Pass) -> String {
    let payload = payload_of(pass);
    let signed = pass.signature_of.as_deref().unwrap_or(pass);
    let id = signed.signed_with.as_deref().or(signed.k.as_deref()).unwrap_or("new");
    let key = match signed.derived {
        Some(false) => session_key(id).unwrap().to_vec(),
        _ => page_key(id),
    };
    let prefix = match signed.prefix.as_deref() {
        Some("") => String::new(),
        prefix => format!("{}.", prefix.unwrap_or("gatepost-page-pass-v1")),
    };
    let signature = sign(&key, &[&prefix, &*payload_of(signed)].concat());
    let signature = BASE64_URL_SAFE_NO_PAD.encode(signature);
    if pass.alphabet.is_some() {
        let other = signature.replace('-', "+").replace('_', "/");
        assert_ne!(other, signature, "the same in both alphabets; change the case");
        return format!("{payload}.{other}");
    }
    let cookie = format!("{payload}.{signature}");
    let Some(edit) = &pass.edit else { return cookie };
    let pattern = Regex::new(&edit[0]).unwrap();
    let found = pattern.find(&cookie).unwrap().as_str();
    let text = match edit.get(2) {
        Some(_) => char::from(found.as_bytes()[0] + 1).to_string(),
        None => edit[1].replace("$&", found),
    };
    pattern.replacen(&cookie, 1, NoExpand(&text)).into_owned()
}

fn payload_of(pass: &Pass) -> String {
    let mut usual = json!({ "k": pass.k.as_deref().unwrap_or("new"), "h": pass.h.as_deref().unwrap_or("www.example") });
    match &pass.e {
        None => usual["e"] = (NOW + 300).into(),
        Some(Value::Null) => {}
        Some(seconds) => usual["e"] = (NOW + seconds.as_i64().unwrap()).into(),
    }
    usual["r"] = pass.r.clone().unwrap_or_else(|| json!([["allow", ["page/app*"]]]));
    if let Some(filler) = pass.filler {
        usual["filler"] = "x".repeat(filler).into();
    }
    let json = pass.json.clone();
    let json = json.unwrap_or_else(|| pass.payload.as_ref().unwrap_or(&usual).to_string());
    BASE64_URL_SAFE_NO_PAD.encode(json + &"[".repeat(pass.brackets.unwrap_or(0)))
}
