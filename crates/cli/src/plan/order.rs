//! In which order rows are changed when one transaction cannot change them all.
//!
//! Callers have several documents, and while an apply is under way some of them are old and some
//! new. Two edits that are harmless together can open a hole in between: a right moves from one
//! group to another, or a Deny does. So first come the changes that widen nobody's rights, whatever
//! other documents they have, and then those that do; and a change that does both is made in two
//! revisions, the first of which grants what the versions before and after both grant. After each
//! transaction of the first half everybody's rights are within what they were before, and after each
//! of the second within what they will be.
//!
//! What is made in two revisions comes first of all. So as long as any of it is to be done, nothing
//! else is, and an apply that was ended in between and is run again decides as it did before.

use std::sync::Arc;

use gatepost_core::analysis::{Direction, meet};
use gatepost_core::policy::PolicyDocument;
use gatepost_core::subject::Subject;
use gatepost_store::{Change, Content, CurrentRow, NewRevision, TransactionError, digest_of};

/// What is wanted of one row.
#[derive(Clone, Debug)]
pub(crate) struct Wish {
    pub(crate) subject: Subject,
    /// The row as it stands.
    pub(crate) from: Option<CurrentRow>,
    /// The number of its next revision.
    pub(crate) version: u64,
    pub(crate) content: Content,
    /// Which way its rights go.
    pub(crate) direction: Direction,
}

/// Said of a revision that is made on the way to another.
pub(crate) const STEP: &str = "step 1 of 2: what the versions before and after both grant";

impl Wish {
    fn change(self) -> Change {
        let Self { subject, from, version, content, .. } = self;
        Change { subject, from, version, content, comment: None }
    }

    /// The document of whoever has the subject once the wish is granted.
    fn document(&self) -> Option<&PolicyDocument> {
        let row = self.from.as_ref();
        match &self.content {
            Content::Document(document) => Some(document),
            Content::Promoted => row.and_then(|row| row.candidate.as_ref()?.as_deref().ok()),
            Content::Adopted | Content::Candidate(_) => {
                row.and_then(|row| row.document.as_deref().ok())
            }
            Content::Removed => None,
        }
    }

    /// What is granted before and after.
    fn step(&self, max_states: usize) -> PolicyDocument {
        // What cannot be read fails every call.
        let nobody = PolicyDocument::deny_all();
        let before = match self.from.as_ref().map(|row| &row.document) {
            Some(Ok(document)) => vec![document.as_ref()],
            Some(Err(_)) => vec![&nobody],
            None => Vec::new(),
        };
        meet(&before, self.document().as_slice(), max_states)
    }
}

/// The changes that grant the wishes, in their order. `fits` says whether changes are one
/// transaction.
///
/// # Errors
///
/// [`TransactionError::Unwritable`] for a change that cannot be written.
pub(crate) fn order(
    wishes: Vec<Wish>,
    revision: &NewRevision<'_>,
    max_states: usize,
    fits: impl Fn(&[Change]) -> Result<bool, TransactionError>,
) -> Result<Vec<Change>, TransactionError> {
    let direct: Vec<Change> = wishes.iter().cloned().map(Wish::change).collect();
    if fits(&direct)? {
        return Ok(direct);
    }
    let (mut steps, mut narrower, mut wider, mut finished) = (vec![], vec![], vec![], vec![]);
    for wish in wishes {
        match wish.direction {
            Direction::Same | Direction::Narrower => narrower.push(wish.change()),
            Direction::Wider => wider.push(wish.change()),
            Direction::Mixed => {
                let step = wish.step(max_states);
                if wish.from.as_ref().is_some_and(|row| row.digest == digest_of(&step)) {
                    // It is what both grant: the step was made before.
                    wider.push(wish.change());
                    continue;
                }
                let comment = match revision.comment {
                    "" => STEP.to_owned(),
                    comment => format!("{comment} ({STEP})"),
                };
                let step = Change {
                    subject: wish.subject.clone(),
                    from: wish.from.clone(),
                    version: wish.version,
                    content: Content::Document(Arc::new(step)),
                    comment: Some(comment),
                };
                let from = CurrentRow::after(&step, revision)?;
                let version = wish.version.saturating_add(1);
                finished.push(Wish { from, version, ..wish }.change());
                steps.push(step);
            }
        }
    }
    Ok([steps, narrower, wider, finished].concat())
}

#[cfg(test)]
mod tests;
