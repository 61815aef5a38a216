//! The cases that Node.js and njs are held to by `infra/tests/pages.test.ts`, in a third engine.

use std::time::SystemTime;

use gatepost_emulator::edge::{EdgeFunction, KeyValueStore};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value, json};

use crate::world::{Case, Want, file, now};

/// What `encodeURIComponent` leaves as it is.
const COMPONENT: AsciiSet = NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'!')
    .remove(b'~')
    .remove(b'*')
    .remove(b'\'')
    .remove(b'(')
    .remove(b')');

/// Half of a surrogate pair, which JSON can say and no Rust string can hold, and what stands for it.
const HALF: &str = r"\ud83d";
const STANDS_FOR_HALF: &str = "HALF-OF-A-PAIR";

fn call(event: &str, store: &KeyValueStore, now: SystemTime) -> Value {
    let run = EdgeFunction::pages().call(event, store, now);
    serde_json::from_str(&run.answer.unwrap()).unwrap()
}

fn is_wanted(answer: &Value, event: &Value, want: &Want) -> bool {
    if let Some(page) = &want.page {
        let mut request = event["request"].clone();
        request["uri"] = json!(page);
        return *answer == request;
    }
    if let Some(length) = want.length {
        return answer["uri"].as_str().is_some_and(|uri| uri.len() == length);
    }
    let headers = answer["headers"].as_object().unwrap();
    let is_plain = headers.values().all(|field| {
        field["value"].as_str().unwrap().bytes().all(|byte| (b' '..=b'~').contains(&byte))
    });
    if !is_plain || headers["cache-control"]["value"] != "no-store" {
        return false;
    }
    if let Some(status) = want.status {
        return answer["statusCode"] == status;
    }
    let location = match (&want.location, &want.login) {
        _ if want.home => "/".to_owned(),
        (Some(location), _) => location.clone(),
        (None, login) => {
            let next = utf8_percent_encode(login.as_deref().unwrap(), &COMPONENT);
            format!("/auth/login?next={next}")
        }
    };
    answer["statusCode"] == 302 && headers["location"]["value"] == location
}

#[test]
fn every_case_comes_out_as_in_the_other_engines() {
    let mut wrong = Vec::new();
    for name in ["passes", "paths", "rules", "redirects"] {
        let text = file(&format!("infra/tests/pages/{name}.json")).replace(HALF, STANDS_FOR_HALF);
        let cases: Vec<Case> = serde_json::from_str(&text).unwrap();
        assert!(cases.len() > 10, "{name}");
        for case in cases {
            let event = case.event();
            let text = event.to_string().replace(STANDS_FOR_HALF, HALF);
            let answer = call(&text, &case.store(), now());
            if !is_wanted(&answer, &event, &case.want) {
                wrong.push(format!("{name}: {}: {answer}", case.description));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn the_pass_that_the_session_function_makes_is_good_here() {
    let vector: Value = serde_json::from_str(&file("infra/tests/pages/vector.json")).unwrap();
    let store: KeyValueStore = serde_json::from_value(vector["call"]["store"].clone()).unwrap();
    let answer = call(&vector["call"]["event"].to_string(), &store, now());
    assert_eq!(answer["uri"], "/app/movies/index.html");
}
