//! The edits of a policy document that a lint knows how to make.

use gatepost_core::analysis::{Finding, Trap};
use gatepost_core::gateway::VERBS;
use gatepost_core::json::{Json, pointer};

/// An edit that was tried on a copy of a document.
#[derive(Debug)]
pub(super) struct Edit {
    /// The document after it.
    pub(super) json: Json,
    /// What was done, in words.
    pub(super) done: String,
    pub(super) promise: Promise,
}

/// What must be so for an edit to be kept.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Promise {
    /// The document means the same as before.
    SameMeaning,
    /// None: the document says what its author wrote, and that may be another thing.
    Spelling,
}

/// The edit that a finding asks for, if there is one.
pub(super) fn for_finding(json: &Json, finding: &Finding) -> Option<Edit> {
    let at = &finding.pointer;
    let rule = finding.rule;
    match rule {
        Trap::RedundantPattern => {
            let text = find(json, at)?.as_str()?;
            let done = format!("took out `{text}` at `{at}` [{rule}]");
            Some(Edit { json: without(json, at)?, done, promise: Promise::SameMeaning })
        }
        Trap::AllowCancelledByDeny | Trap::UnreachableStatement => {
            let sid = find(json, at)?.get("Sid").and_then(Json::as_str);
            let sid = sid.map_or_else(String::new, |sid| format!(" ({sid})"));
            let done = format!("took out the statement at `{at}`{sid} [{rule}]");
            Some(Edit { json: without(json, at)?, done, promise: Promise::SameMeaning })
        }
        Trap::VerbMatchesNothing => {
            let text = find(json, at)?.as_str()?;
            let new = with_verb_in_capitals(text)?;
            let done = format!("wrote `{new}` for `{text}` at `{at}` [{rule}]");
            Some(Edit { json: with(json, at, &new)?, done, promise: Promise::Spelling })
        }
        Trap::DenyBypassedByEncoding
        | Trap::MatchesNoRoute
        | Trap::MissingRoot
        | Trap::MissingTrailingSlashForm
        | Trap::OverBudget
        | Trap::PlaceholderTakenLiterally
        | Trap::ResourceTooLongWhenBound
        | Trap::StarSwallowsStage
        | Trap::StarSwallowsVerb
        | Trap::StatementAboutNothing
        | Trap::TrailingSlashOnly
        | Trap::UncallableRoute
        | Trap::UnknownAction
        | Trap::UnknownConditionKey
        | Trap::WildcardAccount
        | Trap::WildcardApi
        | Trap::WildcardRegion
        | Trap::WildcardStage => None,
    }
}

/// One star for several, wherever a pattern of a statement has them.
pub(super) fn of_stars(json: &Json) -> Vec<Edit> {
    let mut edits = Vec::new();
    for (at, text) in patterns(json) {
        let new = with_single_stars(text);
        if new != text
            && let Some(json) = with(json, &at, &new)
        {
            let done = format!("wrote `{new}` for `{text}` at `{at}`");
            edits.push(Edit { json, done, promise: Promise::SameMeaning });
        }
    }
    edits
}

/// The patterns of every statement, with their places.
fn patterns(json: &Json) -> Vec<(String, &str)> {
    let mut found = Vec::new();
    for (number, statement) in list(json.get("Statement")).into_iter().enumerate() {
        let at = pointer("/Statement", number);
        for name in ["Action", "NotAction", "Resource", "NotResource"] {
            for (number, pattern) in list(statement.get(name)).into_iter().enumerate() {
                let at = pointer(&pointer(&at, name), number);
                found.extend(pattern.as_str().map(|text| (at, text)));
            }
        }
    }
    found
}

fn list(json: Option<&Json>) -> Vec<&Json> {
    match json {
        Some(Json::Array(elements)) => elements.iter().collect(),
        Some(other) => vec![other],
        None => Vec::new(),
    }
}

fn with_single_stars(text: &str) -> String {
    let mut new = String::with_capacity(text.len());
    for character in text.chars() {
        if character != '*' || !new.ends_with('*') {
            new.push(character);
        }
    }
    new
}

/// `…:a1/prod/get/x` with `GET`; nothing if case is not all that is wrong with the verb.
fn with_verb_in_capitals(text: &str) -> Option<String> {
    let mut segments: Vec<&str> = text.split('/').collect();
    let verb = segments.get_mut(2)?;
    let capitals = VERBS.into_iter().find(|known| known.eq_ignore_ascii_case(verb))?;
    if *verb == capitals || !text.starts_with("arn:") {
        return None;
    }
    *verb = capitals;
    Some(segments.join("/"))
}

/// The names that a JSON Pointer is made of.
fn tokens(pointer: &str) -> Vec<String> {
    pointer.split('/').skip(1).map(|token| token.replace("~1", "/").replace("~0", "~")).collect()
}

/// The value at a place. As in all pointers of a lint, a `0` may name what stands alone.
fn find<'a>(json: &'a Json, at: &str) -> Option<&'a Json> {
    let mut here = json;
    for token in tokens(at) {
        here = match here.as_array() {
            Some(elements) => elements.get(token.parse::<usize>().ok()?)?,
            None if token == "0" => here,
            None => here.get(&token)?,
        };
    }
    Some(here)
}

fn find_mut<'a>(json: &'a mut Json, tokens: &[String]) -> Option<&'a mut Json> {
    let Some((first, rest)) = tokens.split_first() else { return Some(json) };
    if first == "0" && json.as_array().is_none() {
        return find_mut(json, rest);
    }
    let inner = if let Json::Array(elements) = json {
        elements.get_mut(first.parse::<usize>().ok()?)
    } else if let Json::Object(members) = json {
        members.iter_mut().find_map(|(name, value)| (name == first).then_some(value))
    } else {
        None
    };
    find_mut(inner?, rest)
}

/// A copy with another text at a place.
fn with(json: &Json, at: &str, text: &str) -> Option<Json> {
    let mut copy = json.clone();
    *find_mut(&mut copy, &tokens(at))? = Json::String(text.to_owned());
    Some(copy)
}

/// A copy without an element of a list; nothing if it is not in one, or the only one.
fn without(json: &Json, at: &str) -> Option<Json> {
    let mut copy = json.clone();
    let tokens = tokens(at);
    let (last, parents) = tokens.split_last()?;
    let index: usize = last.parse().ok()?;
    let Json::Array(elements) = find_mut(&mut copy, parents)? else { return None };
    if elements.len() < 2 || index >= elements.len() {
        return None;
    }
    elements.remove(index);
    Some(copy)
}

#[cfg(test)]
mod tests {
    use super::*;

    const DOCUMENT: &str = r#"{"Statement":[
        {"Sid":"A","Effect":"Allow","Action":"execute-api:*","Resource":["GET/a","GET/a"]},
        {"Effect":"Deny","Action":["a:**"],"NotResource":"GET/x/***"}]}"#;

    fn json(text: &str) -> Json {
        Json::parse(text.as_bytes()).unwrap()
    }

    fn edit(text: &str, rule: Trap, pointer: &str) -> Option<Edit> {
        let (pointer, message) = (pointer.to_owned(), String::new());
        for_finding(
            &json(text),
            &Finding { rule, level: rule.level(), pointer, message, example: None },
        )
    }

    #[test]
    fn an_element_is_taken_out_of_its_list() {
        let done = edit(DOCUMENT, Trap::RedundantPattern, "/Statement/0/Resource/1").unwrap();
        assert_eq!(done.done, "took out `GET/a` at `/Statement/0/Resource/1` [redundant-pattern]");
        assert!(done.json.to_string().contains(r#""Resource":["GET/a"]"#), "{}", done.json);
        let done = edit(DOCUMENT, Trap::UnreachableStatement, "/Statement/0").unwrap();
        assert_eq!(
            done.done,
            "took out the statement at `/Statement/0` (A) [unreachable-statement]"
        );
        assert_eq!(list(done.json.get("Statement")).len(), 1);
    }

    #[test]
    fn the_last_statement_and_the_last_pattern_stay() {
        for text in
            [r#"{"Statement":{"Resource":"GET/a"}}"#, r#"{"Statement":[{"Resource":["GET/a"]}]}"#]
        {
            assert!(edit(text, Trap::AllowCancelledByDeny, "/Statement/0").is_none());
            assert!(edit(text, Trap::RedundantPattern, "/Statement/0/Resource/0").is_none());
        }
    }

    #[test]
    fn stars_in_a_row_become_one() {
        let edits = of_stars(&json(DOCUMENT));
        let done: Vec<&str> = edits.iter().map(|edit| edit.done.as_str()).collect();
        assert_eq!(
            done,
            [
                "wrote `a:*` for `a:**` at `/Statement/1/Action/0`",
                "wrote `GET/x/*` for `GET/x/***` at `/Statement/1/NotResource/0`"
            ]
        );
        assert!(edits[1].json.to_string().ends_with(r#""NotResource":"GET/x/*"}]}"#));
    }

    #[test]
    fn only_the_case_of_a_verb_is_mended() {
        let capitals =
            |tail: &str| with_verb_in_capitals(&format!("arn:aws:execute-api:r:1:{tail}"));
        assert_eq!(capitals("a1/prod/get/Get").unwrap(), "arn:aws:execute-api:r:1:a1/prod/GET/Get");
        for tail in ["a1/prod/ANY/x", "a1/prod/GET/x", "*/get", "a1/prod/g?t/x", "*"] {
            assert_eq!(capitals(tail), None, "{tail}");
        }
        assert_eq!(with_verb_in_capitals("GET/a/get/b"), None);
    }
}
