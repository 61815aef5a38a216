//! A page as browsers ask for it, and as policies name it.

use percent_encoding::percent_decode_str;

/// The longest key of an object in S3.
const MAX_BYTES: usize = 1_024;

/// What policies are asked for when a browser asks for `uri`, without its leading slash: the path,
/// decoded once. `None` if the function at the edge answers 400 to it, since there is another way to
/// write it. A test compares the two.
pub(super) fn page_of(uri: &str) -> Option<String> {
    let rest = uri.strip_prefix('/')?;
    let is_plain = |byte: u8| byte.is_ascii_graphic() && byte != b'\\';
    if uri.len() > MAX_BYTES || !uri.bytes().all(is_plain) || uri.contains("//") {
        return None;
    }
    let mut escapes = uri.split('%').skip(1).map(str::as_bytes);
    let is_allowed = |after: &[u8]| match after {
        // A slash, a backslash, and what is beyond the Basic Multilingual Plane.
        [b'2', b'f' | b'F', ..] | [b'5', b'c' | b'C', ..] | [b'f' | b'F', ..] => false,
        [first, second, ..] => first.is_ascii_hexdigit() && second.is_ascii_hexdigit(),
        _ => false,
    };
    if !escapes.all(is_allowed) {
        return None;
    }
    let page = percent_decode_str(rest).decode_utf8().ok()?.into_owned();
    let is_dotted = page.split('/').any(|name| matches!(name, "." | ".."));
    (!is_dotted && !page.chars().any(char::is_control)).then_some(page)
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::time::SystemTime;

    use gatepost_emulator::edge::{EdgeFunction, KeyValueStore};
    use serde_json::{Value, json};

    use super::*;

    /// Which pattern of a pass lets the function show the page of `uri`; `None` if it answers 400.
    fn at_the_edge(uri: &str) -> Option<bool> {
        let public = page_of(uri).map_or_else(|| "/".to_owned(), |page| format!("/{page}"));
        let config = json!({ "login": "/login", "home": "/", "public": [public] });
        let store = KeyValueStore::from([("config".to_owned(), config.to_string())]);
        let event = json!({ "request": {
            "uri": uri, "method": "GET", "querystring": {}, "headers": {}, "cookies": {} } });
        let run = EdgeFunction::pages().call(&event.to_string(), &store, SystemTime::now());
        let answer: Value = serde_json::from_str(&run.answer.unwrap()).unwrap();
        (answer["statusCode"] != 400).then(|| answer["uri"] == uri)
    }

    /// A page that is public by the name we give it is seen, if that is the function's name for it.
    #[test]
    fn a_page_has_the_name_that_the_edge_gives_it() {
        let cases = concat!(env!("CARGO_MANIFEST_DIR"), "/../../infra/tests/pages/paths.json");
        let cases: Vec<Value> = serde_json::from_str(&fs::read_to_string(cases).unwrap()).unwrap();
        let (mut named, mut refused) = (0, 0);
        for case in cases {
            let longer = usize::try_from(case["longer"].as_u64().unwrap_or(0)).unwrap();
            let uri = case["uri"].as_str().unwrap().to_owned() + &"x".repeat(longer);
            let found = page_of(&uri).map(|_| true);
            assert_eq!(found, at_the_edge(&uri), "{}", case["description"]);
            if found.is_some() { named += 1 } else { refused += 1 }
        }
        assert!(named > 3 && refused > 20, "{named} {refused}");
    }
}
