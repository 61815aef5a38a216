//! What a merge leaves out, and why.

use std::collections::BTreeMap;

use super::super::document::PolicyDocument;

/// Where a pattern or statement of a merge's input stands.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(in crate::policy) struct Origin {
    pub(in crate::policy) document: usize,
    pub(in crate::policy) statement: usize,
    /// `None` for the statement as a whole.
    pub(in crate::policy) pattern: Option<usize>,
}

/// Is told what becomes of the patterns and statements of a merge.
///
/// Most merges are not watched: `()` listens to nothing.
pub(in crate::policy) trait Observer {
    /// A pattern is looked at; several times, if several are made of it.
    fn taken(&mut self, what: Origin);

    /// What was taken is left out.
    fn dropped(&mut self, what: Origin, reason: Reason, by: Option<Origin>);
}

impl Observer for () {
    fn taken(&mut self, _: Origin) {}

    fn dropped(&mut self, _: Origin, _: Reason, _: Option<Origin>) {}
}

/// Why a merge leaves something out.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Reason {
    /// Another statement is about the same resources: it has the actions of both now.
    ActionsUnited,
    /// An Allow that is wholly within a Deny.
    CancelledByDeny,
    /// Nothing that it could be about exists: in the API and stage, if it is bound to one.
    Nothing,
    /// The same stands elsewhere.
    Repeat,
    /// The patterns of a path have become one for every verb.
    VerbsUnited,
    /// Another pattern or statement of the same effect includes it.
    Within,
}

impl Reason {
    /// The stable id: `within`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ActionsUnited => "actions-united",
            Self::CancelledByDeny => "cancelled-by-deny",
            Self::Nothing => "about-nothing",
            Self::Repeat => "repeat",
            Self::VerbsUnited => "verbs-united",
            Self::Within => "within",
        }
    }
}

/// A pattern or statement that a merge left out.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Dropped {
    /// Where it stands.
    pub place: Place,
    /// Why it was left out.
    pub reason: Reason,
    /// For the sake of what, unless it is about nothing. That may have been left out in turn, for
    /// the sake of another.
    pub by: Option<Place>,
}

/// Where a pattern or statement stands.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Place {
    /// Which document, counted from 0.
    pub document: usize,
    /// Which statement in it, counted from 0.
    pub statement: usize,
    /// The statement's own name, if it has one.
    pub sid: Option<String>,
    /// The pattern as it is written; `None` for the statement as a whole.
    pub pattern: Option<String>,
}

/// Keeps what it is told.
#[derive(Debug, Default)]
pub(in crate::policy) struct Report {
    /// How much of what was taken is not left out.
    left: BTreeMap<Origin, usize>,
    dropped: BTreeMap<Origin, (Reason, Option<Origin>)>,
}

impl Observer for Report {
    fn taken(&mut self, what: Origin) {
        *self.left.entry(what).or_default() += 1;
    }

    fn dropped(&mut self, what: Origin, reason: Reason, by: Option<Origin>) {
        let left = self.left.entry(what).or_default();
        *left = left.saturating_sub(1);
        self.dropped.entry(what).or_insert((reason, by));
    }
}

impl Report {
    /// What was left out altogether, in the order of `documents`.
    pub(in crate::policy) fn finish(self, documents: &[&PolicyDocument]) -> Vec<Dropped> {
        let Self { left, dropped } = self;
        let gone = dropped.into_iter().filter(|(what, _)| left.get(what) == Some(&0));
        gone.map(|(what, (reason, by))| Dropped {
            place: place(what, documents),
            reason,
            by: by.map(|by| place(by, documents)),
        })
        .collect()
    }
}

fn place(origin: Origin, documents: &[&PolicyDocument]) -> Place {
    let Origin { document, statement, pattern } = origin;
    let found = documents.get(document).and_then(|document| document.statements().get(statement));
    let pattern = found.zip(pattern).and_then(|(found, index)| {
        Some(found.resources().patterns().get(index)?.as_str().to_owned())
    });
    let sid = found.and_then(|found| found.sid()).map(str::to_owned);
    Place { document, statement, sid, pattern }
}
