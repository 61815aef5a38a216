//! Reading a policy document: every member is known, every fault is found, nothing is a default.
//!
//! The rules are those of [the grammar][grammar] and of [Access Analyzer's checks][checks] for
//! identity policies. Where AWS lets something pass that can only be a mistake here, it is refused.
//!
//! [grammar]: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html
//! [checks]: https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-reference-policy-checks.html

use std::collections::BTreeSet;

use super::action::{ActionPattern, Actions};
use super::condition::Condition;
use super::document::{Effect, Fault, PolicyDocument, Resources, Rule, Statement, Version};
use super::resource::ResourcePattern;
use crate::json::{At, JsonRef};

/// Reads a document; what it returns counts only if nothing was added to `faults`.
pub(super) fn document(json: &JsonRef<'_>, faults: &mut Vec<Fault>) -> Option<PolicyDocument> {
    let Some(members) = json.as_object() else {
        faults.push(Fault::wrong_type(&At::Top, json, "an object"));
        return None;
    };
    for (name, _) in members {
        match name.as_ref() {
            "Version" | "Statement" => {}
            "Id" => faults.push(unsupported(&At::Top, name)),
            _ => faults.push(unknown(&At::Top, name, &["Version", "Statement"])),
        }
    }
    let version = match json.get("Version") {
        None => Version::V2008,
        Some(version) => read_version(version, faults)?,
    };
    let Some(statement) = json.get("Statement") else {
        faults.push(Fault::new("", Rule::MissingStatement, "the document has no `Statement`"));
        return None;
    };
    let statements = read_statements(statement, version, faults);
    Some(PolicyDocument { version, statements })
}

fn read_version(json: &JsonRef<'_>, faults: &mut Vec<Fault>) -> Option<Version> {
    let at = At::Member(&At::Top, "Version");
    let Some(text) = json.as_str() else {
        faults.push(Fault::wrong_type(&at, json, "a string"));
        return None;
    };
    let version = [Version::V2008, Version::V2012].into_iter().find(|v| v.as_str() == text);
    if version.is_none() {
        let message = "must be `2012-10-17` (or `2008-10-17`)";
        faults.push(Fault::new(at, Rule::InvalidVersion, message));
    }
    version
}

fn read_statements(
    json: &JsonRef<'_>,
    version: Version,
    faults: &mut Vec<Fault>,
) -> Vec<Statement> {
    let at = At::Member(&At::Top, "Statement");
    if !matches!(json, JsonRef::Array(_) | JsonRef::Object(_)) {
        faults.push(Fault::wrong_type(&at, json, "an array of statements"));
        return Vec::new();
    }
    let count = if let JsonRef::Array(elements) = json { elements.len() } else { 1 };
    let mut statements = Vec::with_capacity(count);
    let mut sids = BTreeSet::new();
    json.each(&at, |element, at| {
        let Some(statement) = read_statement(element, at, version, faults) else { return };
        if let Some(sid) =
            element.get("Sid").and_then(JsonRef::as_str).filter(|sid| !sid.is_empty())
            && !sids.insert(sid)
        {
            let message = "is the Sid of an earlier statement too";
            faults.push(Fault::new(At::Member(at, "Sid"), Rule::RepeatedSid, message));
        }
        statements.push(statement);
    });
    statements
}

fn read_statement(
    json: &JsonRef<'_>,
    at: &At<'_>,
    version: Version,
    faults: &mut Vec<Fault>,
) -> Option<Statement> {
    const MEMBERS: [&str; 7] =
        ["Sid", "Effect", "Action", "NotAction", "Resource", "NotResource", "Condition"];
    let Some(members) = json.as_object() else {
        faults.push(Fault::wrong_type(at, json, "an object"));
        return None;
    };
    for (name, _) in members {
        match name.as_ref() {
            name if MEMBERS.contains(&name) => {}
            "Principal" | "NotPrincipal" => faults.push(unsupported(at, name)),
            _ => faults.push(unknown(at, name, &MEMBERS)),
        }
    }
    let sid = json.get("Sid").and_then(|sid| read_sid(sid, &At::Member(at, "Sid"), faults));
    let effect = if let Some(effect) = json.get("Effect") {
        read_effect(effect, &At::Member(at, "Effect"), faults)
    } else {
        let message = "the statement has no `Effect`: write `Allow` or `Deny`";
        faults.push(Fault::new(at, Rule::MissingEffect, message));
        None
    };
    let actions = read_actions(json, at, faults);
    let resources = read_resources(json, at, version, faults);
    let condition = match json.get("Condition") {
        Some(condition) => Condition::parse(condition, &At::Member(at, "Condition"), faults),
        None => Condition::default(),
    };
    Some(Statement { sid, effect: effect?, actions: actions?, resources: resources?, condition })
}

fn read_sid(json: &JsonRef<'_>, at: &At<'_>, faults: &mut Vec<Fault>) -> Option<String> {
    let Some(text) = json.as_str() else {
        faults.push(Fault::wrong_type(at, json, "a string"));
        return None;
    };
    if !text.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        faults.push(Fault::new(at, Rule::InvalidSid, "must be letters and digits only"));
    }
    Some(text.to_owned())
}

fn read_effect(json: &JsonRef<'_>, at: &At<'_>, faults: &mut Vec<Fault>) -> Option<Effect> {
    let Some(text) = json.as_str() else {
        faults.push(Fault::wrong_type(at, json, "`Allow` or `Deny`"));
        return None;
    };
    let effect = [Effect::Allow, Effect::Deny].into_iter().find(|e| e.as_str() == text);
    if effect.is_none() {
        let message = "must be `Allow` or `Deny`, in this spelling";
        faults.push(Fault::new(at, Rule::InvalidEffect, message));
    }
    effect
}

fn read_actions(statement: &JsonRef<'_>, at: &At<'_>, faults: &mut Vec<Fault>) -> Option<Actions> {
    let mut read = |name: &str, json: &JsonRef<'_>| {
        read_patterns(json, &At::Member(at, name), faults, ActionPattern::parse)
    };
    match (statement.get("Action"), statement.get("NotAction")) {
        (Some(actions), None) => read("Action", actions).map(Actions::Only),
        (None, Some(actions)) => read("NotAction", actions).map(Actions::Except),
        (Some(_), Some(_)) => {
            let message = "the statement has both `Action` and `NotAction`: keep one";
            faults.push(Fault::new(at, Rule::ActionAndNotAction, message));
            None
        }
        (None, None) => {
            let message = "the statement has no `Action`: write `execute-api:Invoke`";
            faults.push(Fault::new(at, Rule::MissingAction, message));
            None
        }
    }
}

fn read_resources(
    statement: &JsonRef<'_>,
    at: &At<'_>,
    version: Version,
    faults: &mut Vec<Fault>,
) -> Option<Resources> {
    let mut read = |name: &str, json: &JsonRef<'_>, variables: Result<(), &str>| {
        let parse = |text: &str| {
            let pattern = ResourcePattern::parse(text)?;
            match variables {
                Err(message) if pattern.claims().next().is_some() => {
                    Err((Rule::InvalidVariable, message.to_owned()))
                }
                Ok(()) | Err(_) => Ok(pattern),
            }
        };
        read_patterns(json, &At::Member(at, name), faults, parse)
    };
    let in_resource = match version {
        Version::V2012 => Ok(()),
        Version::V2008 => Err("variables need `\"Version\": \"2012-10-17\"`"),
    };
    let in_not_resource = Err("variables have no clear meaning in `NotResource`");
    match (statement.get("Resource"), statement.get("NotResource")) {
        (Some(resources), None) => read("Resource", resources, in_resource).map(Resources::Only),
        (None, Some(resources)) => {
            read("NotResource", resources, in_not_resource).map(Resources::Except)
        }
        (Some(_), Some(_)) => {
            let message = "the statement has both `Resource` and `NotResource`: keep one";
            faults.push(Fault::new(at, Rule::ResourceAndNotResource, message));
            None
        }
        (None, None) => {
            let message = "the statement has no `Resource`: write a route such as `GET/movies/*`";
            faults.push(Fault::new(at, Rule::MissingResource, message));
            None
        }
    }
}

/// Reads one string, or a list of at least one; `None` if any of it is at fault.
fn read_patterns<T>(
    json: &JsonRef<'_>,
    at: &At<'_>,
    faults: &mut Vec<Fault>,
    parse: impl Fn(&str) -> Result<T, (Rule, String)>,
) -> Option<Vec<T>> {
    let before = faults.len();
    let mut patterns = Vec::new();
    if let JsonRef::Array(elements) = json {
        if elements.is_empty() {
            faults.push(Fault::new(at, Rule::EmptyList, "must hold at least one string"));
        }
        patterns.reserve_exact(elements.len());
    }
    json.each(at, |element, at| match element.as_str().map(&parse) {
        Some(Ok(pattern)) => patterns.push(pattern),
        Some(Err((rule, message))) => faults.push(Fault::new(at, rule, message)),
        None => faults.push(Fault::wrong_type(at, element, "a string, or a list of strings")),
    });
    (faults.len() == before).then_some(patterns)
}

fn unknown(at: &At<'_>, name: &str, known: &[&str]) -> Fault {
    let close = known.iter().find(|known| {
        known.eq_ignore_ascii_case(name)
            || known.eq_ignore_ascii_case(name.trim_end_matches('s'))
            || is_one_edit_from(name, known)
    });
    let message = match close {
        Some(close) => format!("is no member of a policy document: write `{close}`"),
        None => "is no member of a policy document".to_owned(),
    };
    Fault::new(At::Member(at, name), Rule::UnknownMember, message)
}

/// Whether a letter put in, left out or exchanged, or two swapped, is all that tells the names apart.
fn is_one_edit_from(name: &str, known: &str) -> bool {
    let (mut name, mut known) = (name.as_bytes(), known.as_bytes());
    while let ([first, name_rest @ ..], [other, known_rest @ ..]) = (name, known)
        && first == other
    {
        (name, known) = (name_rest, known_rest);
    }
    while let ([name_rest @ .., last], [known_rest @ .., other]) = (name, known)
        && last == other
    {
        (name, known) = (name_rest, known_rest);
    }
    match (name, known) {
        ([] | [_], [] | [_]) => true,
        ([first, second], [one, two]) => first == two && second == one,
        _ => false,
    }
}

fn unsupported(at: &At<'_>, name: &str) -> Fault {
    let message = "has no place in the policy of a group: take it out";
    Fault::new(At::Member(at, name), Rule::UnsupportedMember, message)
}

/// The strings with a control character.
///
/// Nothing that a document is compared with holds a control character in its pattern, and in an
/// editor, a log or a table it would not be seen.
pub(super) fn control_characters(json: &JsonRef<'_>) -> Vec<Fault> {
    let mut faults = Vec::new();
    find_control_characters(json, &At::Top, &mut faults);
    faults
}

/// Whether JSON of this text can hold a control character: by an escape, or as one of the few that
/// JSON allows without.
pub(super) fn may_write_control_characters(text: &[u8]) -> bool {
    text.iter().fold(false, |found, byte| found | matches!(byte, b'\\' | 0x7F | 0xC2))
}

fn find_control_characters(json: &JsonRef<'_>, at: &At<'_>, faults: &mut Vec<Fault>) {
    match json {
        JsonRef::String(text) if has_control_character(text) => {
            faults.push(Fault::new(
                at.escaped(),
                Rule::ControlCharacter,
                "has a control character",
            ));
        }
        JsonRef::Array(elements) => {
            for (index, element) in elements.iter().enumerate() {
                find_control_characters(element, &At::Element(at, index), faults);
            }
        }
        JsonRef::Object(members) => {
            for (name, value) in members {
                let at = At::Member(at, name);
                if has_control_character(name) {
                    let message = "has a control character in its name";
                    faults.push(Fault::new(at.escaped(), Rule::ControlCharacter, message));
                }
                find_control_characters(value, &at, faults);
            }
        }
        JsonRef::Null | JsonRef::Bool(_) | JsonRef::Number(_) | JsonRef::String(_) => {}
    }
}

fn has_control_character(text: &str) -> bool {
    text.chars().any(char::is_control)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_misspelt_member_is_known_and_another_is_not_taken_for_one() {
        for (text, want) in [
            (r#"{"Statement":{"Efect":0}}"#, Some("Effect")),
            (r#"{"Statement":{"resource":0}}"#, Some("Resource")),
            (r#"{"Statement":{"Actoin":0}}"#, Some("Action")),
            (r#"{"Statment":0}"#, Some("Statement")),
            (r#"{"Statement":{"NotActions":0}}"#, Some("NotAction")),
            (r#"{"Statement":{"Effecct":0}}"#, Some("Effect")),
            (r#"{"Statement":{"Effact":0}}"#, Some("Effect")),
            (r#"{"Statement":{"Owner":0}}"#, None),
            (r#"{"Statement":{"x":0}}"#, None),
            (r#"{"Statement":{"":0}}"#, None),
        ] {
            let error = PolicyDocument::parse(text.as_bytes()).unwrap_err();
            let fault = error.faults().iter().find(|one| one.rule == Rule::UnknownMember).unwrap();
            let place = "is no member of a policy document";
            let said =
                want.map_or_else(|| place.to_owned(), |name| format!("{place}: write `{name}`"));
            assert_eq!(fault.message, said, "{text}");
        }
    }
}
