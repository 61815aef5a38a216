//! Contexts and condition blocks over small vocabularies, so that values often meet.

use serde_json::{Map, Value};

use super::random::Random;
use super::vocabulary::{Family, VOCABULARY};
use crate::oracle::condition::text;
use crate::oracle::one_or_many;
use crate::oracle::value::digits;

/// The claims that patterns name.
const CLAIMS: [&str; 2] = ["token:sub", "token:username"];

/// A request context: an object of strings, numbers, booleans and arrays of these.
pub(crate) fn context(random: &mut Random) -> Value {
    let mut context = Map::new();
    for family in &VOCABULARY.families {
        for key in &family.keys {
            // `Null` shares its keys with other families: the first has said what they hold.
            if random.percent(75) && !context.contains_key(key) {
                context.insert(key.clone(), found(random, family));
            }
        }
    }
    for key in CLAIMS {
        if random.percent(85) {
            context.insert(key.to_owned(), random.pick(&VOCABULARY.claims));
        }
    }
    context.into_iter().map(|(key, value)| (recased(random, &key), value)).collect()
}

fn found(random: &mut Random, family: &Family) -> Value {
    let mut one = || {
        let choices = if random.percent(80) { &family.found } else { &family.strange };
        random.pick(choices)
    };
    let mut values = vec![one(), one(), one()];
    if random.percent(70) {
        return values.remove(0);
    }
    values.truncate(random.below(4));
    Value::Array(values)
}

/// A condition block of one or two operators with one or two keys each.
pub(crate) fn block(random: &mut Random, context: &Value) -> Value {
    let mut block = Map::new();
    for _ in 0..random.pick(&[1, 1, 1, 2]) {
        let family = family(random);
        let mut operator = random.pick(&family.operators);
        if operator != "Null" {
            let quantifier = random.pick(&["", "", "ForAllValues:", "ForAnyValue:"]);
            let if_exists = random.pick(&["", "", "IfExists"]);
            operator = format!("{quantifier}{operator}{if_exists}");
        }
        let mut keys = Map::new();
        for _ in 0..random.pick(&[1, 1, 1, 2]) {
            let key = key(random, family, context);
            let taken = keys.keys().any(|name: &String| name.eq_ignore_ascii_case(&key));
            if !taken {
                keys.insert(key, wanted(random, family));
            }
        }
        block.insert(operator, Value::Object(keys));
    }
    Value::Object(block)
}

/// Families in proportion to their operators, so that each operator comes as often.
fn family(random: &mut Random) -> &'static Family {
    let weighted = VOCABULARY
        .families
        .iter()
        .flat_map(|family| std::iter::repeat_n(family, family.operators.len()));
    random.pick(&weighted.collect::<Vec<_>>())
}

/// Mostly a key whose values are of the operator's type; at times any other of the context.
fn key(random: &mut Random, family: &Family, context: &Value) -> String {
    let others: Vec<&String> =
        context.as_object().unwrap().keys().filter(|key| !is_claim(key)).collect();
    let key = if random.percent(90) || others.is_empty() {
        random.pick(&family.keys)
    } else {
        random.pick(&others).clone()
    };
    recased(random, &key)
}

/// The context without the claims, which only patterns name.
pub(crate) fn without_claims(context: &Value) -> Value {
    let members = context.as_object().unwrap().iter();
    members
        .filter(|(key, _)| !is_claim(key))
        .map(|(key, value)| (key.clone(), value.clone()))
        .collect()
}

/// The context without such values of API Gateway's own keys as it never writes.
pub(crate) fn as_api_gateway_has_it(context: &Value) -> Value {
    let is_found = |value: &Value, key: &str| {
        let family = VOCABULARY.families.iter().find(|family| family.keys.iter().any(|k| k == key));
        family.is_some_and(|family| family.found.contains(value))
    };
    let is_possible = |key: &str, value: &Value| match key {
        "aws:currenttime" => is_found(value, "aws:CurrentTime"),
        "aws:epochtime" => digits(&text(value)),
        "aws:securetransport" => is_found(value, "aws:SecureTransport"),
        _ => true,
    };
    let members = context.as_object().unwrap().iter();
    let possible = members.filter(|(key, value)| {
        let key = key.to_lowercase();
        one_or_many(value).iter().all(|value| is_possible(&key, value))
    });
    possible.map(|(key, value)| (key.clone(), value.clone())).collect()
}

fn is_claim(key: &str) -> bool {
    CLAIMS.iter().any(|claim| claim.eq_ignore_ascii_case(key))
}

fn wanted(random: &mut Random, family: &Family) -> Value {
    if !family.several || random.percent(50) {
        return random.pick(&family.wanted);
    }
    (0..random.between(1, 3)).map(|_| random.pick(&family.wanted)).collect()
}

/// Names of context keys are case-insensitive.
fn recased(random: &mut Random, key: &str) -> String {
    match random.below(10) {
        0 => key.to_lowercase(),
        1 => key.to_uppercase(),
        _ => key.to_owned(),
    }
}
