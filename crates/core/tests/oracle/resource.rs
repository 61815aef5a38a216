//! Resource patterns: `*`, full ARN patterns, route patterns and page patterns.

use serde_json::Value;

use super::{arn, condition, glob};

const VERBS: [&str; 7] = ["DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"];

/// Whether a pattern matches a method ARN, the caller's claims put in.
pub(crate) fn hits(pattern: &str, denies: bool, method_arn: &str, context: &Value) -> bool {
    expanded(pattern, denies, context).is_some_and(|pattern| covers(&pattern, method_arn))
}

/// Whether a pattern without variables matches a method ARN.
fn covers(pattern: &str, method_arn: &str) -> bool {
    if pattern == "*" {
        return true;
    }
    if pattern.starts_with("arn:") {
        return arn::like(&completed(pattern), method_arn);
    }
    match pattern.split_once('/') {
        Some(("page", _)) => false,
        Some((verb, path)) => route_covers(verb, path, method_arn),
        None => panic!("not a resource pattern: {pattern}"),
    }
}

/// A pattern that ends early ends in `*`, which goes on through the fields it leaves out.
fn completed(pattern: &str) -> String {
    let missing = 6 - pattern.splitn(6, ':').count();
    assert!(missing == 0 || pattern.ends_with('*'), "not a resource pattern: {pattern}");
    format!("{pattern}{}", ":*".repeat(missing))
}

/// `VERB/path` means any API and stage. The verb is compared apart, so its `*` is never more than
/// one verb; a method ARN without verb and path, such as `…/$connect`, is no route at all.
fn route_covers(verb: &str, path: &str, method_arn: &str) -> bool {
    let [.., tail] = arn::fields(method_arn).expect("a method ARN has six fields");
    match tail.splitn(4, '/').collect::<Vec<_>>()[..] {
        [_api, _stage, called, called_path] => {
            let verb_fits = if verb == "*" { VERBS.contains(&called) } else { called == verb };
            verb_fits && glob::matches(path, called_path)
        }
        _ => false,
    }
}

/// Puts the caller's claims into a pattern: `${token:sub}` becomes the context key `token:sub`.
///
/// A claim that is absent or could be more than one name leaves an `Allow` without the pattern
/// (`None`), and widens a `Deny` to any text, so that neither ever lets more through.
fn expanded(pattern: &str, denies: bool, context: &Value) -> Option<String> {
    let Some((before, rest)) = pattern.split_once("${") else {
        return Some(pattern.to_owned());
    };
    let (key, after) = rest.split_once('}').expect("a variable is closed");
    let text = match claim(key, context) {
        Some(text) => text,
        None if denies => "*".to_owned(),
        None => return None,
    };
    Some(format!("{before}{text}{}", expanded(after, denies, context)?))
}

/// A claim fit to stand in a pattern: one text of 1 to 128 characters, none of them special to a
/// pattern or a path, and not a relative path segment.
fn claim(key: &str, context: &Value) -> Option<String> {
    let value = condition::find(context, key)?;
    if value.is_array() {
        return None;
    }
    let text = condition::text(value);
    let plain = text.chars().all(|c| c.is_ascii_alphanumeric() || "_.@+=-".contains(c));
    let only_dots = text.chars().all(|c| c == '.');
    (plain && !only_dots && (1..=128).contains(&text.chars().count())).then_some(text)
}
