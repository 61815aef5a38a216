//! `gatepost lint --fix`: repairs that change nothing, and verbs that no request has.

use std::io::Write;

use anyhow::Context as _;
use gatepost_core::analysis::{
    ChangeKind, Diff, LintSettings, Scope, Trap, WitnessTarget, diff, lint,
};
use gatepost_core::gateway::VERBS;
use gatepost_core::policy::{PolicyDocument, Resources};

use super::files::PolicyFile;
use super::source::{Node, Source};
use crate::counted::counted;
use crate::whole_file;

/// How often the result of a repair is looked at again.
const MAX_ROUNDS: usize = 8;

/// What became of a text.
struct Repair {
    text: String,
    /// What was done, in words.
    done: Vec<String>,
    /// Whether something was done that changes what the document says.
    changes: bool,
}

/// Repairs the file, and tells `stderr` what was done and what it means.
pub(crate) fn fix(
    file: &PolicyFile,
    settings: &LintSettings,
    is_wanted: &dyn Fn(Trap) -> bool,
    stderr: &mut dyn Write,
) -> anyhow::Result<()> {
    let Ok(before) = &file.policy else { return Ok(()) };
    let repair = repair(file.source.text(), settings, is_wanted);
    if repair.done.is_empty() {
        return Ok(());
    }
    let name = file.path.display();
    let after = PolicyDocument::parse(repair.text.as_bytes());
    let difference = match &after {
        Ok(after) => diff(&[before], &[after], &Scope { moved: true, ..Scope::default() }),
        Err(error) => {
            anyhow::bail!("`{name}` is left as it was: its repair could not be read: {error}")
        }
    };
    let same = difference.changes.is_empty() && difference.unknown.is_none();
    if !same && !repair.changes {
        writeln!(
            stderr,
            "{name}: left as it was, because it is not certain to mean the same after"
        )?;
        return Ok(());
    }
    whole_file::write(&file.path, &repair.text)
        .with_context(|| format!("cannot write `{name}`"))?;
    writeln!(stderr, "{name}: {}", counted(repair.done.len(), "repair"))?;
    for done in &repair.done {
        writeln!(stderr, "  {done}")?;
    }
    for line in meaning(&difference) {
        writeln!(stderr, "  {line}")?;
    }
    Ok(())
}

/// What a repair means, a line for each difference.
fn meaning(difference: &Diff) -> Vec<String> {
    let mut lines: Vec<String> = difference
        .changes
        .iter()
        .filter(|change| is_asked(&change.witness.target))
        .map(|change| {
            let what = match change.kind {
                ChangeKind::Gained => "is allowed now",
                ChangeKind::Lost => "is no longer allowed",
                ChangeKind::Moved => "is denied by a statement now, or no longer by one",
            };
            let when = change.when.as_ref().map(|when| format!(", {when}")).unwrap_or_default();
            format!("it means another thing: {} {what}{when}", change.witness)
        })
        .collect();
    lines.extend(difference.unknown.map(|unknown| format!("it may mean another thing: {unknown}")));
    if lines.is_empty() {
        lines.push("it means the same".to_owned());
    }
    lines
}

/// Whether anybody can ask for it: an ARN may name a verb that no request has.
fn is_asked(target: &WitnessTarget) -> bool {
    match target {
        WitnessTarget::Method(method) => !method.has_path() || VERBS.contains(&method.verb()),
        WitnessTarget::Page(_) => true,
    }
}

fn repair(text: &str, settings: &LintSettings, is_wanted: &dyn Fn(Trap) -> bool) -> Repair {
    let mut repair = Repair { text: text.to_owned(), done: Vec::new(), changes: false };
    for _ in 0..MAX_ROUNDS {
        let before = repair.done.len();
        // Each on its own: what one changes, the next sees.
        respell(&mut repair);
        if repair.done.len() == before {
            capitalise(&mut repair, settings, is_wanted);
        }
        if repair.done.len() == before {
            take_out(&mut repair, settings, is_wanted);
        }
        if repair.done.len() == before {
            break;
        }
    }
    repair
}

/// `*` for `**`.
fn respell(repair: &mut Repair) {
    for (pointer, pattern) in patterns(&repair.text) {
        let mut short = pattern.clone();
        while short.contains("**") {
            short = short.replace("**", "*");
        }
        if short != pattern {
            rewrite(repair, &pointer, &pattern, &short);
        }
    }
}

/// `GET` for `get`, in ARNs.
fn capitalise(repair: &mut Repair, settings: &LintSettings, is_wanted: &dyn Fn(Trap) -> bool) {
    let Ok(document) = PolicyDocument::parse(repair.text.as_bytes()) else { return };
    let wrong: Vec<String> = lint(&document, settings)
        .into_iter()
        .filter(|finding| finding.rule == Trap::VerbMatchesNothing && is_wanted(finding.rule))
        .map(|finding| finding.pointer)
        .collect();
    for (pointer, pattern) in patterns(&repair.text) {
        let capitalised = capitalised(&pattern).filter(|_| wrong.contains(&pointer));
        if let Some(capitalised) = capitalised {
            rewrite(repair, &pointer, &pattern, &capitalised);
            repair.changes = true;
        }
    }
}

/// An ARN with its verb in capitals, if that makes it one that requests have.
fn capitalised(arn: &str) -> Option<String> {
    let mut parts: Vec<&str> = arn.split('/').collect();
    let verb = parts.get(2).filter(|_| parts.len() > 3)?.to_ascii_uppercase();
    let known = VERBS.into_iter().find(|known| *known == verb)?;
    *parts.get_mut(2)? = known;
    Some(parts.join("/"))
}

/// Patterns and statements that add nothing.
fn take_out(repair: &mut Repair, settings: &LintSettings, is_wanted: &dyn Fn(Trap) -> bool) {
    let Ok(document) = PolicyDocument::parse(repair.text.as_bytes()) else { return };
    let mut found = lint(&document, settings);
    found.retain(|finding| {
        matches!(finding.rule, Trap::RedundantPattern | Trap::UnreachableStatement)
            && is_wanted(finding.rule)
    });
    let gone: Vec<String> = found
        .iter()
        .filter(|finding| finding.rule == Trap::UnreachableStatement)
        .map(|finding| format!("{}/", finding.pointer))
        .collect();
    // From the end, so that what is left keeps its place.
    for finding in found.iter().rev() {
        if gone.iter().any(|statement| finding.pointer.starts_with(statement)) {
            continue;
        }
        let source = Source::new(repair.text.clone());
        let Some(text) = without(&source, &finding.pointer) else { continue };
        let what = source.value(&finding.pointer);
        let what = if finding.rule == Trap::RedundantPattern {
            format!("took {what} out of the list: it {}", finding.message)
        } else {
            format!("took out `{}`: it {}", finding.pointer, finding.message)
        };
        repair.done.push(format!("{what} [{}]", finding.rule));
        repair.text = text;
    }
}

/// The text without an element of a list, and without the comma that goes with it; `None` if there
/// would be nothing left in the list.
fn without(source: &Source, pointer: &str) -> Option<String> {
    let (elements, index) = source.element(pointer)?;
    let span = |node: &Node| node.span.clone();
    let own = elements.get(index).map(span)?;
    let before = index.checked_sub(1).and_then(|index| elements.get(index)).map(span);
    let after = elements.get(index + 1).map(span);
    let cut = match (before, after) {
        (_, Some(next)) => own.start..next.start,
        (Some(previous), None) => previous.end..own.end,
        (None, None) => return None,
    };
    let mut text = source.text().to_owned();
    text.replace_range(cut, "");
    Some(text)
}

fn rewrite(repair: &mut Repair, pointer: &str, old: &str, new: &str) {
    let source = Source::new(repair.text.clone());
    let (Some(span), Ok(literal)) = (source.span(pointer), serde_json::to_string(new)) else {
        return;
    };
    repair.text.replace_range(span, &literal);
    repair.done.push(format!("wrote `{new}` for `{old}`"));
}

/// The patterns of a document, each with its place.
fn patterns(text: &str) -> Vec<(String, String)> {
    let Ok(document) = PolicyDocument::parse(text.as_bytes()) else { return Vec::new() };
    let mut patterns = Vec::new();
    for (index, statement) in document.statements().iter().enumerate() {
        let member = match statement.resources() {
            Resources::Only(_) => "Resource",
            Resources::Except(_) => "NotResource",
        };
        for (place, pattern) in statement.resources().patterns().iter().enumerate() {
            let pointer = format!("/Statement/{index}/{member}/{place}");
            patterns.push((pointer, pattern.as_str().to_owned()));
        }
    }
    patterns
}
