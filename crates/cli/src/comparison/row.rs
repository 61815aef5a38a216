//! Changes as people read them: those that differ in nothing but the verb are one row.

use gatepost_core::analysis::{Change, ChangeKind, Guard, Witness, WitnessTarget};
use gatepost_core::policy::{Decision, ResourcePattern, Resources, Statement, Verdict};

use super::{Comparison, Document};

/// The actions that need no mention: a call of a method, the sight of a page.
const USUAL: [&str; 2] = ["execute-api:Invoke", "gatepost:ViewPage"];

/// The most statements of one side that are named.
const MAX_STATEMENTS: usize = 3;
/// The most patterns of one statement that are named.
const MAX_PATTERNS: usize = 3;
/// The longest that a pattern may be to be shown whole, in characters.
const MAX_PATTERN: usize = 60;

/// Changes that are alike but for their verb.
#[derive(Debug)]
pub(super) struct Row<'a> {
    /// The first of them.
    pub(super) change: &'a Change,
    /// How many they are.
    pub(super) count: usize,
    /// The API and stage of the witness, where stages are told apart and none was asked for.
    pub(super) stage: Option<&'a str>,
    verbs: Vec<&'a str>,
}

impl<'a> Row<'a> {
    /// The changes of a comparison, by kind and then in their order.
    pub(super) fn of(comparison: &'a Comparison<'_>) -> Vec<Self> {
        let names_stages = comparison.scope.stage.is_none() && tells_stages_apart(comparison);
        let mut rows: Vec<Self> = Vec::new();
        for change in &comparison.diff.changes {
            let verb = verb_of(&change.witness.target);
            if let Some(row) = rows.iter_mut().find(|row| are_alike(row.change, change)) {
                row.count += 1;
                row.verbs.extend(verb);
            } else {
                let stage = stage_of(&change.witness.target).filter(|_| names_stages);
                rows.push(Self { change, count: 1, stage, verbs: verb.into_iter().collect() });
            }
        }
        for row in &mut rows {
            row.verbs.sort_unstable();
            row.verbs.dedup();
        }
        // Calls before what few APIs have.
        rows.sort_by_key(|row| (row.kind(), !USUAL.contains(&row.change.witness.action)));
        rows
    }

    pub(super) fn kind(&self) -> ChangeKind {
        self.change.kind
    }

    /// `DELETE, PUT /movies/`, `page /admin`, `$connect`.
    pub(super) fn request(&self) -> String {
        let verbs = self.verbs.join(", ");
        match &self.change.witness.target {
            WitnessTarget::Method(method) if method.has_path() => {
                format!("{verbs} /{}", method.path())
            }
            WitnessTarget::Method(_) => verbs,
            WitnessTarget::Page(page) => format!("page /{page}"),
        }
    }

    /// The actions it is about, if they are not those of any call.
    pub(super) fn actions(&self) -> Option<String> {
        let Change { witness: Witness { action, .. }, also, .. } = self.change;
        let all: Vec<&str> = std::iter::once(*action).chain(also.iter().copied()).collect();
        if let [one] = all.as_slice()
            && USUAL.contains(one)
        {
            return None;
        }
        Some(all.join(", "))
    }

    /// The claims that the caller of the witness has, by name.
    pub(super) fn claims(&self) -> Vec<(&'a str, String)> {
        let keys = self.change.witness.context.iter();
        keys.filter_map(|(key, values)| Some((key.strip_prefix("token:")?, values.join(", "))))
            .collect()
    }

    pub(super) fn guard(&self) -> Option<&'a Guard> {
        self.change.when.as_ref().filter(|guard| !guard.is_empty())
    }

    /// What each side says, the side after first.
    pub(super) fn reasons(&self, comparison: &'a Comparison<'_>) -> [Reason<'a>; 2] {
        let Change { before, after, witness, .. } = self.change;
        [
            Reason::new("after", after, &comparison.pair.after, witness),
            Reason::new("before", before, &comparison.pair.before, witness),
        ]
    }
}

/// Whether any pattern on either side is one of an API or stage.
fn tells_stages_apart(comparison: &Comparison<'_>) -> bool {
    let documents = comparison.pair.before.iter().chain(&comparison.pair.after);
    let mut statements = documents.flat_map(|document| document.document().statements());
    statements.any(|statement| {
        let mut patterns = statement.resources().patterns().iter();
        patterns.any(|pattern| pattern.as_str().starts_with("arn:"))
    })
}

fn stage_of(target: &WitnessTarget) -> Option<&str> {
    match target {
        WitnessTarget::Method(method) => Some(method.stage_arn().as_str()),
        WitnessTarget::Page(_) => None,
    }
}

fn verb_of(target: &WitnessTarget) -> Option<&str> {
    match target {
        WitnessTarget::Method(method) => Some(method.verb()),
        WitnessTarget::Page(_) => None,
    }
}

fn are_alike(one: &Change, other: &Change) -> bool {
    let same_place = match (&one.witness.target, &other.witness.target) {
        (WitnessTarget::Method(one), WitnessTarget::Method(other)) => {
            one.has_path() == other.has_path()
                && one.path() == other.path()
                && one.stage_arn() == other.stage_arn()
        }
        (WitnessTarget::Page(one), WitnessTarget::Page(other)) => one == other,
        (WitnessTarget::Method(_), WitnessTarget::Page(_))
        | (WitnessTarget::Page(_), WitnessTarget::Method(_)) => false,
    };
    same_place
        && one.kind == other.kind
        && one.witness.action == other.witness.action
        && one.also == other.also
        && one.witness.context == other.witness.context
        && one.when == other.when
        && one.before == other.before
        && one.after == other.after
}

/// What one side says to a witness, and which of its statements.
#[derive(Debug)]
pub(super) struct Reason<'a> {
    /// `before` or `after`.
    pub(super) side: &'static str,
    /// `allowed by`, or, with no statements, the whole of it.
    pub(super) words: &'static str,
    pub(super) statements: Vec<Responsible<'a>>,
    /// How many more statements there are.
    pub(super) more: usize,
}

/// A statement that is responsible for a decision.
#[derive(Debug)]
pub(super) struct Responsible<'a> {
    /// Where its document is.
    pub(super) place: &'a str,
    /// Its number in the document, from 0.
    pub(super) number: usize,
    pub(super) sid: Option<&'a str>,
    /// `Allow GET/movies, GET/movies/*`, shortened.
    pub(super) gist: String,
}

impl<'a> Reason<'a> {
    fn new(
        side: &'static str,
        verdict: &'a Verdict,
        documents: &'a [Document<'a>],
        witness: &Witness,
    ) -> Self {
        let words = match verdict.decision {
            Decision::Allow => "allowed by",
            Decision::ExplicitDeny => "denied by",
            Decision::ImplicitDeny if documents.is_empty() => "there is no document",
            Decision::ImplicitDeny => "no statement allows it",
        };
        let named = verdict.statements.iter().take(MAX_STATEMENTS).filter_map(|place| {
            let document = documents.get(place.document)?;
            let statement = document.document().statements().get(place.statement)?;
            Some(Responsible {
                place: &document.content.place,
                number: place.statement,
                sid: place.sid.as_deref(),
                gist: gist(statement, witness),
            })
        });
        let statements: Vec<Responsible<'a>> = named.collect();
        let more = verdict.statements.len().saturating_sub(statements.len());
        Self { side, words, statements, more }
    }
}

/// A statement's effect and patterns, in short: of many those that match the witness.
fn gist(statement: &Statement, witness: &Witness) -> String {
    let effect = statement.effect();
    let mut patterns: Vec<&ResourcePattern> = statement.resources().patterns().iter().collect();
    let count = patterns.len();
    let word = match statement.resources() {
        Resources::Only(_) => {
            if count > MAX_PATTERNS {
                patterns.retain(|pattern| witness.is_matched_by(pattern, effect));
            }
            ""
        }
        Resources::Except(_) => "all but ",
    };
    let shown: Vec<String> = patterns
        .iter()
        .take(MAX_PATTERNS)
        .map(|pattern| shortened(pattern.as_str(), MAX_PATTERN))
        .collect();
    let more = match count - shown.len() {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    format!("{} {word}{}{more}", effect.as_str(), shown.join(", "))
}

/// The text, or its beginning if it is longer than that many characters.
pub(super) fn shortened(text: &str, max: usize) -> String {
    match text.char_indices().nth(max) {
        None => text.to_owned(),
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
    }
}
