//! Whose documents count for a caller.

use gatepost_core::revocable::{Revocable, RevocableKind};
use gatepost_core::subject::{Subject, SubjectKind};
use gatepost_core::token::Claims;

/// The subjects of a caller.
#[derive(Debug, Default)]
pub(crate) struct Subjects {
    /// In a fixed order, none twice.
    pub(crate) known: Vec<Subject>,
    /// How many names cannot be a subject, so that no row can be theirs: empty, too long, or with
    /// control characters.
    pub(crate) impossible: usize,
}

impl Subjects {
    /// The subjects of the caller whom `claims` are about, of the `kinds` that count.
    ///
    /// A client and its scopes count only where the client calls for itself. In a user's token a
    /// scope limits what a client may do in the user's name; it must not add rights.
    pub(crate) fn of(claims: &Claims, kinds: &[SubjectKind]) -> Self {
        let mut subjects = Self::default();
        for &kind in kinds {
            match kind {
                SubjectKind::Group => {
                    claims.groups().iter().for_each(|group| subjects.add(kind, group));
                }
                SubjectKind::User if !claims.is_machine() => subjects.add(kind, claims.sub()),
                SubjectKind::Client if claims.is_machine() => {
                    claims.client_id().into_iter().for_each(|client| subjects.add(kind, client));
                }
                SubjectKind::Scope if claims.is_machine() => {
                    claims.scopes().for_each(|scope| subjects.add(kind, scope));
                }
                SubjectKind::Client | SubjectKind::Scope | SubjectKind::User => {}
            }
        }
        subjects.known.sort_unstable();
        subjects.known.dedup();
        subjects
    }

    fn add(&mut self, kind: SubjectKind, name: &str) {
        match Subject::new(kind, name) {
            Ok(subject) => self.known.push(subject),
            Err(_) => self.impossible += 1,
        }
    }
}

/// By what a caller's token can be revoked: its user, its session, itself. A name that no row can
/// have is left out.
pub(crate) fn revocables(claims: &Claims) -> Vec<Revocable> {
    [
        (RevocableKind::User, Some(claims.sub())),
        (RevocableKind::Session, claims.origin_jti()),
        (RevocableKind::Token, claims.jti()),
    ]
    .into_iter()
    .filter_map(|(kind, name)| Revocable::new(kind, name?).ok())
    .collect()
}
