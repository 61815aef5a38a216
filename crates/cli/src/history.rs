//! The revisions of a subject, and what each of them changed: for `gatepost history` and for the
//! explorer.

use gatepost_core::analysis::{ChangeKind, diff};
use gatepost_core::policy::PolicyDocument;
use gatepost_core::subject::Subject;
use gatepost_store::Revision;
use serde_json::{Value, json};

use crate::publish::scope;

/// A revision, and what it changed.
pub(crate) struct Step<'a> {
    pub(crate) revision: &'a Revision,
    pub(crate) gained: usize,
    pub(crate) lost: usize,
    pub(crate) is_complete: bool,
}

/// What each revision changed of the one before it, or, where it brought a candidate, what that would
/// change of what is in force; the first one first.
pub(crate) fn steps(revisions: &[Revision]) -> Vec<Step<'_>> {
    let mut before: Option<&PolicyDocument> = None;
    let step = |revision| {
        let after = document_of(revision);
        let (from, to) = match candidate_of(revision) {
            Some(candidate) => (after, Some(candidate)),
            None => (before, after),
        };
        let found = diff(from.as_slice(), to.as_slice(), &scope());
        before = after;
        let count = |kind| found.changes.iter().filter(|one| one.kind == kind).count();
        Step {
            revision,
            gained: count(ChangeKind::Gained),
            lost: count(ChangeKind::Lost),
            is_complete: found.unknown.is_none(),
        }
    };
    revisions.iter().map(step).collect()
}

/// The history for programs.
pub(crate) fn json(subject: &Subject, steps: &[Step<'_>]) -> Value {
    let steps: Vec<Value> = steps.iter().map(Step::json).collect();
    json!({ "subject": subject.to_string(), "revisions": steps })
}

/// The document of a revision, if it has one that can be read.
pub(crate) fn document_of(revision: &Revision) -> Option<&PolicyDocument> {
    revision.document.as_ref().and_then(|read| read.as_deref().ok())
}

fn candidate_of(revision: &Revision) -> Option<&PolicyDocument> {
    revision.candidate.as_ref().and_then(|read| read.as_deref().ok())
}

impl Step<'_> {
    /// One word for what became of the subject.
    pub(crate) fn what(&self) -> &'static str {
        match (&self.revision.document, &self.revision.candidate) {
            (None, _) => "removed",
            (Some(Err(_)), _) => "unreadable",
            (Some(Ok(_)), Some(_)) => "candidate",
            (Some(Ok(_)), None) => "document",
        }
    }

    fn json(&self) -> Value {
        let note = &self.revision.note;
        json!({
            "version": self.revision.version,
            "what": self.what(),
            "updated_at": note.updated_at,
            "updated_by": note.updated_by,
            "comment": note.comment,
            "source_revision": note.source_revision,
            "gained": self.gained,
            "lost": self.lost,
            "unknown": !self.is_complete,
        })
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use gatepost_store::RevisionNote;

    use super::*;

    fn document(resource: &str) -> Arc<PolicyDocument> {
        let text =
            json!({ "Statement": { "Effect": "Allow", "Action": "*", "Resource": resource } });
        Arc::new(PolicyDocument::parse(text.to_string().as_bytes()).unwrap())
    }

    fn revision(resource: &str, candidate: Option<&str>) -> Revision {
        Revision {
            version: 1,
            note: RevisionNote::default(),
            document: Some(Ok(document(resource))),
            candidate: candidate.map(|candidate| Ok(document(candidate))),
        }
    }

    #[test]
    fn a_candidate_is_compared_with_what_is_in_force_and_changes_nothing_of_it() {
        let revisions =
            [revision("GET/a", None), revision("GET/a", Some("GET/b")), revision("GET/a", None)];
        let seen: Vec<_> =
            steps(&revisions).iter().map(|step| (step.what(), step.gained, step.lost)).collect();
        assert_eq!(seen, [("document", 1, 0), ("candidate", 1, 1), ("document", 0, 0)]);
    }
}
