//! Action and resource patterns near to a request: some cover it, some just do not.

use serde_json::Value;

use super::random::Random;
use super::request::{self, Method};
use crate::oracle::{one_or_many, statements, text_of};

/// A pattern for `Action` or `NotAction`.
pub(crate) fn action(random: &mut Random, action: &str) -> String {
    if random.percent(40) {
        let choices = [
            "*",
            "execute-api:*",
            "Execute-API:invoke",
            "execute-api:Inv*",
            "execute-api:*a*e*",
            "execute-api:Invoke?",
            "execute-api:I?voke",
            "execute-api:?",
            "gatepost:*",
            "gatepost:ViewPage",
            "s3:Get*",
        ];
        return random.pick(&choices).to_owned();
    }
    let (service, name) = action.split_once(':').unwrap();
    let name = match random.below(10) {
        0..6 => name.to_owned(),
        _ => generalised(random, name).replace([':', '/'], "?"),
    };
    match random.below(4) {
        0 => format!("{service}:{name}").to_uppercase(),
        _ => format!("{service}:{name}"),
    }
}

/// A pattern for `Resource`, or without variables for `NotResource`.
pub(crate) fn resource(random: &mut Random, method: &Method, variables: bool) -> String {
    let pattern = match random.below(100) {
        0..5 => "*".to_owned(),
        5..10 => format!("page/{}", path_pattern(random, method)),
        10..18 => short_arn(random, method),
        18..52 => route(random, method),
        _ => full_arn(random, method),
    };
    if variables { with_variables(random, &pattern) } else { pattern }
}

/// The resource patterns of a document.
pub(crate) fn of(document: &Value) -> impl Iterator<Item = &str> {
    statements(document).iter().flat_map(|statement| {
        let listed = statement.get("Resource").or(statement.get("NotResource")).unwrap();
        one_or_many(listed).iter().map(text_of)
    })
}

/// A verb and path that a pattern may cover, in the API and stage it is asked about.
pub(crate) fn example(random: &mut Random, pattern: &str) -> Option<String> {
    let route = if pattern.starts_with("arn:") {
        pattern.splitn(3, '/').nth(2)?.to_owned()
    } else {
        pattern.replacen("*/", "GET/", 1)
    };
    let mut example = String::new();
    for character in route.replace("${token:sub}", "alice").chars() {
        match character {
            '*' => example.push_str(random.pick(&["", "x", "GET", "/", "a/b:c", "movies"])),
            '?' => example.push_str(random.pick(&["x", "/", "é"])),
            literal => example.push(literal),
        }
    }
    (!example.is_empty() && !example.starts_with('/')).then_some(example)
}

fn route(random: &mut Random, method: &Method) -> String {
    const VERBS: [&str; 7] = ["DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"];
    let verb = match random.below(10) {
        0..4 => "*",
        4..9 if VERBS.contains(&method.verb) => method.verb,
        _ => random.pick(&VERBS),
    };
    format!("{verb}/{}", path_pattern(random, method))
}

/// A pattern for the path of the request, or at times for another one.
fn path_pattern(random: &mut Random, method: &Method) -> String {
    match &method.path {
        Some(path) if random.percent(85) => generalised(random, path),
        _ => {
            let path = request::path(random);
            generalised(random, &path)
        }
    }
}

fn full_arn(random: &mut Random, method: &Method) -> String {
    let tail = match random.below(10) {
        0 => "*".to_owned(),
        1 => {
            random.pick(&["a1/*", "*/prod/*", "*/GET/*", "*/movies", "*/*/*/*", "a?/????/*"]).into()
        }
        2..5 => generalised(random, &method.tail()),
        _ => {
            let api = field(random, method.api, "a1?3c?d4*", "b2");
            let stage = field(random, method.stage, "*o*", "prod");
            let verb = field(random, method.verb, "?*T", "GET");
            match &method.path {
                Some(_) => format!("{api}/{stage}/{verb}/{}", path_pattern(random, method)),
                None => format!("{api}/{stage}/{verb}"),
            }
        }
    };
    format!("{}:{tail}", account_arn(random, method))
}

/// A pattern that ends before the sixth field.
fn short_arn(random: &mut Random, method: &Method) -> String {
    let arn = account_arn(random, method);
    let fields: Vec<&str> = arn.split(':').collect();
    let kept = random.between(3, 5);
    let short = fields[..kept].join(":");
    match kept {
        3 => format!("{short}:*"),
        _ if random.percent(50) => format!("{short}:*"),
        _ => format!("{short}*"),
    }
}

/// The first five fields.
fn account_arn(random: &mut Random, method: &Method) -> String {
    let partition = field(random, method.partition, "aws*", "aws");
    let region = field(random, method.region, "??-*-1", "eu-west-1");
    let account = field(random, method.account, "1*2?*", "123456789012");
    format!("arn:{partition}:execute-api:{region}:{account}")
}

/// Mostly the called value or `*`; now and then a special pattern or another value.
fn field(random: &mut Random, called: &str, special: &str, other: &str) -> String {
    match random.below(100) {
        0..60 => plain(called),
        60..88 => "*".to_owned(),
        88..95 => special.to_owned(),
        _ => other.to_owned(),
    }
}

/// The text with some of it given over to wildcards, and at times a mistake.
fn generalised(random: &mut Random, text: &str) -> String {
    let mut pattern: Vec<char> = plain(text).chars().collect();
    for _ in 0..random.pick(&[0, 0, 1, 1, 2, 3]) {
        let start = random.below(pattern.len() + 1);
        let longest = (pattern.len() - start).min(6);
        match random.below(10) {
            // A run, perhaps none, becomes a star.
            0..5 => {
                let end = start + random.between(0, longest);
                pattern.splice(start..end, ['*']);
            }
            // All the rest does.
            5 | 6 => {
                pattern.truncate(start);
                pattern.push('*');
            }
            // One character becomes a question mark.
            _ if start < pattern.len() => pattern[start] = '?',
            _ => {}
        }
    }
    if random.percent(15) {
        let place = random.below(pattern.len() + 1);
        match random.below(3) {
            0 => pattern.insert(place, random.pick(&['?', '*', '/', 'x', ':'])),
            1 if place < pattern.len() && pattern.len() > 1 => {
                pattern.remove(place);
            }
            _ => pattern.push('/'),
        }
    }
    // A deletion can bring a `$` and a brace together.
    plain(&pattern.into_iter().collect::<String>())
}

/// What a pattern cannot hold as itself stands as `?`: control characters, and the `$` of `${`.
fn plain(text: &str) -> String {
    text.replace("${", "?{").replace(char::is_control, "?")
}

/// Writes claims into a pattern: where one could be meant, and at times elsewhere.
fn with_variables(random: &mut Random, pattern: &str) -> String {
    let variable = random.pick(&["${token:sub}", "${token:sub}", "${token:username}"]);
    let fixed_part =
        if pattern.starts_with("arn:") { pattern.rfind(':') } else { pattern.find('/') };
    let Some((fixed, free)) = fixed_part.and_then(|end| pattern.split_at_checked(end + 1)) else {
        return pattern.to_owned();
    };
    if pattern.starts_with("arn:") && pattern.matches(':').count() < 5 {
        return pattern.to_owned();
    }
    match random.below(20) {
        0..12 => {
            let named = ["alice", "bob", "42", "a.b-c_d@e+f=g"].iter();
            let free = named.fold(free.to_owned(), |free, claim| free.replace(claim, variable));
            format!("{fixed}{free}")
        }
        12 => format!("{fixed}{variable}{free}"),
        13 => format!("{fixed}{free}{variable}"),
        14 => format!("{fixed}{free}/{variable}/*"),
        _ => pattern.to_owned(),
    }
}
