//! Two sides compared subject by subject, and what came of it in each form it is written in.

mod json;
mod markdown;
mod parallel;
mod row;
mod text;

use std::collections::BTreeSet;

use gatepost_core::analysis::{ChangeKind, Diff, Scope};
use gatepost_core::policy::PolicyDocument;

pub(crate) use self::json::{to_value, write_json};
pub(crate) use self::markdown::write_markdown;
pub(crate) use self::parallel::{Progress, compare};
pub(crate) use self::text::write_text;
use crate::side::{Owner, Side, SideDocument};

/// Documents that are compared, before and after.
#[derive(Debug)]
pub(crate) struct Pair<'a> {
    /// `group:movies-group`; `groups:a+b` where the documents of several groups count together.
    pub(crate) subject: String,
    pub(crate) before: Vec<Document<'a>>,
    pub(crate) after: Vec<Document<'a>>,
    /// What there is to say of it beside its differences.
    pub(crate) notes: Vec<String>,
}

/// A document on one side of a pair.
#[derive(Debug)]
pub(crate) struct Document<'a> {
    owner: String,
    content: &'a SideDocument,
}

/// A pair, and what differs in it.
#[derive(Debug)]
pub(crate) struct Comparison<'a> {
    pub(crate) pair: Pair<'a>,
    pub(crate) diff: Diff,
    /// What was looked at.
    pub(crate) scope: &'a Scope,
}

impl<'a> Pair<'a> {
    fn of_one(
        owner: &Owner,
        before: Option<&'a SideDocument>,
        after: Option<&'a SideDocument>,
    ) -> Self {
        let subject = owner.to_string();
        let documents = |content: Option<&'a SideDocument>| {
            content
                .into_iter()
                .map(|content| Document { owner: subject.clone(), content })
                .collect()
        };
        let (before, after) = (documents(before), documents(after));
        Self { subject, before, after, notes: Vec::new() }
    }

    /// One for each subject that has a document on either side, sorted by subject.
    ///
    /// Two files are one subject, named after the second. One file beside a place with many
    /// documents is compared with what that has for its subject.
    ///
    /// # Errors
    ///
    /// When a file that is of no subject stands beside many documents, or there is none at all.
    pub(crate) fn of_each(before: &'a Side, after: &'a Side) -> anyhow::Result<Vec<Self>> {
        let one_file =
            |side: &'a Side| side.documents.first_key_value().filter(|_| side.is_one_file);
        let mut pairs = match (one_file(before), one_file(after)) {
            (Some((_, one)), Some((owner, other))) => {
                vec![Self::of_one(owner, Some(one), Some(other))]
            }
            (Some((owner, _)), None) | (None, Some((owner, _))) => {
                anyhow::ensure!(
                    matches!(owner, Owner::Subject(_)),
                    "`{owner}` is no subject's document, so it is not known which one to compare \
                     it with: compare two files, or keep it in a folder such as groups/"
                );
                let of = |side: &'a Side| side.documents.get(owner);
                vec![Self::of_one(owner, of(before), of(after))]
            }
            (None, None) => {
                let owners: BTreeSet<&Owner> =
                    before.documents.keys().chain(after.documents.keys()).collect();
                let pair = |owner: &Owner| {
                    let of = |side: &'a Side| side.documents.get(owner);
                    Self::of_one(owner, of(before), of(after))
                };
                owners.into_iter().map(pair).collect()
            }
        };
        anyhow::ensure!(!pairs.is_empty(), "no documents on either side: nothing was compared");
        pairs.sort_by(|one, other| one.subject.cmp(&other.subject));
        Ok(pairs)
    }

    /// One for somebody who is in all of these groups.
    ///
    /// # Errors
    ///
    /// When a group has no document on either side.
    pub(crate) fn of_groups(
        groups: &[String],
        before: &'a Side,
        after: &'a Side,
    ) -> anyhow::Result<Self> {
        let mut pair = Self {
            subject: format!("groups:{}", groups.join("+")),
            before: Vec::new(),
            after: Vec::new(),
            notes: Vec::new(),
        };
        for group in groups {
            let owner: Owner = Owner::Subject(format!("group:{group}").parse()?);
            let document = |side: &'a Side| {
                let content = side.documents.get(&owner)?;
                Some(Document { owner: owner.to_string(), content })
            };
            let (before, after) = (document(before), document(after));
            match (&before, &after) {
                (None, None) => {
                    anyhow::bail!("`{owner}` has no document on either side")
                }
                (None, Some(_)) => pair.notes.push(format!("{owner} is new")),
                (Some(_), None) => pair.notes.push(format!("{owner} is gone")),
                (Some(_), Some(_)) => {}
            }
            pair.before.extend(before);
            pair.after.extend(after);
        }
        Ok(pair)
    }

    /// `new` or `gone`, for a subject that exists on one side only.
    fn standing(&self) -> Option<&'static str> {
        match (self.before.is_empty(), self.after.is_empty()) {
            (true, false) => Some("new"),
            (false, true) => Some("gone"),
            (true, true) | (false, false) => None,
        }
    }
}

impl<'a> Document<'a> {
    fn document(&self) -> &'a PolicyDocument {
        &self.content.document
    }
}

impl Comparison<'_> {
    fn count(&self, kind: ChangeKind) -> usize {
        self.diff.changes.iter().filter(|change| change.kind == kind).count()
    }

    /// Whether the documents decide every request alike.
    fn is_same(&self) -> bool {
        self.diff.changes.is_empty() && self.diff.unknown.is_none()
    }

    /// Whether there is anything to say about it.
    fn is_listed(&self) -> bool {
        !self.is_same() || self.pair.standing().is_some() || !self.pair.notes.is_empty()
    }
}

/// What all comparisons come to.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(crate) struct Totals {
    pub(crate) subjects: usize,
    /// Subjects with differences.
    pub(crate) differing: usize,
    /// Subjects that could not be compared to the end.
    pub(crate) unknown: usize,
    /// Subjects without differences.
    pub(crate) unchanged: usize,
    pub(crate) gained: usize,
    pub(crate) lost: usize,
    pub(crate) moved: usize,
}

impl Totals {
    pub(crate) fn of(comparisons: &[Comparison<'_>]) -> Self {
        let mut totals = Self { subjects: comparisons.len(), ..Self::default() };
        for comparison in comparisons {
            totals.differing += usize::from(!comparison.diff.changes.is_empty());
            totals.unknown += usize::from(comparison.diff.unknown.is_some());
            totals.unchanged += usize::from(comparison.is_same());
            totals.gained += comparison.count(ChangeKind::Gained);
            totals.lost += comparison.count(ChangeKind::Lost);
            totals.moved += comparison.count(ChangeKind::Moved);
        }
        totals
    }
}
