//! Whose documents count for a caller.

use gatepost_core::revocable::{Revocable, RevocableKind};
use gatepost_core::subject::{Subject, SubjectKind};
use gatepost_core::token::Claims;

use crate::config::Issuer;

/// The subjects of a caller.
#[derive(Debug, Default)]
pub struct Subjects {
    /// In a fixed order, none twice.
    pub known: Vec<Subject>,
    /// How many names cannot be a subject of this caller, so that no row can be theirs: empty, too
    /// long, with control characters, or another issuer's by their prefix.
    pub impossible: usize,
}

impl Subjects {
    /// The subjects of the caller whom `claims` are about, of the `kinds` that count; `issuers` are
    /// all whose tokens are accepted.
    ///
    /// A client and its scopes count only where the client calls for itself. In a user's token a
    /// scope limits what a client may do in the user's name; it must not add rights.
    pub fn of(claims: &Claims, issuers: &[Issuer], kinds: &[SubjectKind]) -> Self {
        let naming = Naming::of(issuers, claims.issuer());
        let mut subjects = Self::default();
        let mut add = |kind, name: &str| match naming.subject(kind, name) {
            Some(subject) => subjects.known.push(subject),
            None => subjects.impossible += 1,
        };
        for &kind in kinds {
            match kind {
                SubjectKind::Group => claims.groups().iter().for_each(|group| add(kind, group)),
                SubjectKind::User if !claims.is_machine() => add(kind, claims.sub()),
                SubjectKind::Client if claims.is_machine() => {
                    claims.client_id().into_iter().for_each(|client| add(kind, client));
                }
                SubjectKind::Scope if claims.is_machine() => {
                    claims.scopes().for_each(|scope| add(kind, scope));
                }
                SubjectKind::Client | SubjectKind::Scope | SubjectKind::User => {}
            }
        }
        subjects.known.sort_unstable();
        subjects.known.dedup();
        subjects
    }
}

/// What subjects the tokens of one issuer can name.
struct Naming<'a> {
    /// Stands before each of their names. May be empty.
    prefix: &'a str,
    /// What none of their names begins with, because it stands before another issuer's.
    foreign: Vec<&'a str>,
}

impl<'a> Naming<'a> {
    /// An issuer that is not among `issuers` has no prefix, and so can name nothing that has one.
    fn of(issuers: &'a [Issuer], issuer: &str) -> Self {
        let (mut prefix, mut foreign) = ("", Vec::new());
        for other in issuers {
            if other.expected.issuer() == issuer {
                prefix = &other.subject_prefix;
            } else if !other.subject_prefix.is_empty() {
                foreign.push(other.subject_prefix.as_str());
            }
        }
        Self { prefix, foreign }
    }

    /// Nothing if no row can be the subject's.
    fn subject(&self, kind: SubjectKind, name: &str) -> Option<Subject> {
        if name.is_empty() {
            return None;
        }
        let name = [self.prefix, name].concat();
        if self.foreign.iter().any(|foreign| name.starts_with(foreign)) {
            return None;
        }
        Subject::new(kind, name).ok()
    }
}

/// By what a caller's token can be revoked: its user, its session, itself, each as the issuer names
/// it. A name that no row can have is left out. One that another issuer gave too is revoked for
/// both, since revocations are not told apart by issuer.
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::tests::config;

    /// `kind:name`, as the tokens of an issuer can name it.
    fn named(issuer: &str, name: &str) -> Option<String> {
        let issuers = r#"[
            {"issuer":"https://own.example","audience":["a"]},
            {"issuer":"https://partner.example","audience":["a"],"subject_prefix":"partner/"},
            {"issuer":"https://staff.example","audience":["a"],"subject_prefix":"staff:"}
        ]"#;
        let config = config(&[("GATEPOST_ISSUERS", issuers)]).unwrap();
        let naming = Naming::of(&config.issuers, issuer);
        naming.subject(SubjectKind::Group, name).map(|subject| subject.to_string())
    }

    #[test]
    fn a_prefix_stands_before_every_name_of_its_issuer() {
        for (issuer, want) in [
            ("https://own.example", "group:admin"),
            ("https://partner.example", "group:partner/admin"),
            ("https://staff.example", "group:staff:admin"),
            ("https://unknown.example", "group:admin"),
        ] {
            assert_eq!(named(issuer, "admin").as_deref(), Some(want), "{issuer}");
        }
    }

    #[test]
    fn no_issuer_can_name_what_is_anothers() {
        let forged = ["partner/admin", "partner/", "staff:admin", "staff:"];
        for issuer in ["https://own.example", "https://unknown.example"] {
            for name in forged {
                assert_eq!(named(issuer, name), None, "{issuer} {name}");
            }
            for name in ["partner", "Partner/admin", "partner\u{200b}/admin", "a partner/admin"] {
                assert_eq!(named(issuer, name), Some(format!("group:{name}")), "{issuer} {name}");
            }
        }
        for name in forged {
            let own = named("https://partner.example", name);
            assert_eq!(own, Some(format!("group:partner/{name}")), "{name}");
        }
    }

    #[test]
    fn a_prefix_makes_no_subject_of_what_is_none() {
        for name in ["", "a\u{0}b", &"x".repeat(Subject::MAX_NAME_BYTES - "partner/".len() + 1)] {
            assert_eq!(named("https://partner.example", name), None, "{name}");
        }
        let longest = "x".repeat(Subject::MAX_NAME_BYTES - "partner/".len());
        assert!(named("https://partner.example", &longest).is_some());
    }
}
