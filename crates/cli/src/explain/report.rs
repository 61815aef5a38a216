//! A decision with its reasons, ready to be told.

use gatepost_core::policy::{
    Decision, Effect, Explanation, PolicyDocument, StatementPlace, Suggestion, explain, suggest,
};
use gatepost_core::subject::{Subject, SubjectKind};

use super::Asked;
use super::caller::Caller;
use super::documents::{Documents, Held};
use crate::visible::visible;

/// What the documents say of one call or page, and why.
#[derive(Debug)]
pub(crate) struct Report<'a> {
    pub(super) asked: &'a Asked,
    pub(super) own: Vec<Own<'a>>,
    /// Other groups that the caller might be in.
    pub(super) others: Vec<(&'a Subject, &'a Held)>,
    pub(super) explanation: Explanation,
    pub(super) suggestions: Vec<Suggestion>,
    /// Whether any statement of the caller allows anything at all.
    pub(super) allows_something: bool,
}

/// A subject of the caller, and its document.
#[derive(Debug)]
pub(super) struct Own<'a> {
    pub(super) subject: &'a Subject,
    pub(super) held: Option<&'a Held>,
    /// Where its document belongs, if it has none.
    pub(super) belongs: String,
}

impl<'a> Report<'a> {
    /// Explains what `documents` say to `asked` by `caller`.
    ///
    /// # Errors
    ///
    /// None that are known; the empty document of a subject that has none must be readable.
    pub(crate) fn new(
        documents: &'a Documents,
        caller: &'a Caller,
        asked: &'a Asked,
    ) -> anyhow::Result<Self> {
        // A subject without a document is one whose document says nothing.
        let empty = PolicyDocument::parse(br#"{"Version":"2012-10-17","Statement":[]}"#)?;
        let own: Vec<Own<'_>> = caller
            .subjects
            .iter()
            .map(|subject| Own {
                subject,
                held: documents.get(subject),
                belongs: visible(&documents.path_for(subject).display().to_string()),
            })
            .collect();
        let content: Vec<&PolicyDocument> =
            own.iter().map(|own| own.held.map_or(&empty, |held| &held.document)).collect();
        let others = documents.iter().filter(|(subject, _)| {
            subject.kind() == SubjectKind::Group && !caller.subjects.contains(subject)
        });
        let mut others: Vec<(&Subject, &Held)> = others.collect();
        // The smallest right first.
        others.sort_by_key(|(_, held)| size(&held.document));
        let offered: Vec<&PolicyDocument> = others.iter().map(|(_, held)| &held.document).collect();
        let access = asked.access(&caller.context);
        let allows_something = content
            .iter()
            .any(|document| document.statements().iter().any(|one| one.effect() == Effect::Allow));
        let explanation = explain(content.iter().copied(), &access);
        let suggestions = suggest(&content, &offered, &access);
        Ok(Self { asked, own, others, explanation, suggestions, allows_something })
    }

    /// The decision.
    pub(crate) fn decision(&self) -> Decision {
        self.explanation.decision
    }

    /// The name of a statement of the caller's own documents.
    pub(super) fn name(&self, place: &StatementPlace) -> String {
        let owner = self.own.get(place.document).map(|own| own.subject.to_string());
        let owner = owner.unwrap_or_default();
        match &place.sid {
            Some(sid) => format!("{sid} of {owner}"),
            None => format!("statement `/Statement/{}` of {owner}", place.statement),
        }
    }

    /// The file that a statement stands in.
    pub(super) fn file(&self, place: &StatementPlace) -> String {
        let held = self.own.get(place.document).and_then(|own| own.held);
        held.map(|held| visible(&held.path.display().to_string())).unwrap_or_default()
    }
}

/// What `documents` say to `asked` by `caller`, and which statements apply: a subject, and a number
/// counted from 0. Those that a Deny outranks are among them.
pub(crate) fn applied<'a>(
    documents: &'a Documents,
    caller: &'a Caller,
    asked: &Asked,
) -> (Decision, Vec<(&'a Subject, usize)>) {
    let own = caller.subjects.iter();
    let own: Vec<(&Subject, &PolicyDocument)> =
        own.filter_map(|subject| Some((subject, &documents.get(subject)?.document))).collect();
    let contents = own.iter().map(|(_, document)| *document);
    let explanation = explain(contents, &asked.access(&caller.context));
    let applied = explanation.statements.iter().filter(|one| one.misses().is_empty());
    let named = applied.filter_map(|one| {
        let (subject, _) = own.get(one.place.document)?;
        Some((*subject, one.place.statement))
    });
    (explanation.decision, named.collect())
}

/// How many patterns a document has.
fn size(document: &PolicyDocument) -> usize {
    document.statements().iter().map(|statement| statement.resources().patterns().len()).sum()
}
