//! What can be revoked before it ends: all tokens of a user, those of one session, or one token.

use std::fmt;
use std::str::FromStr;

use crate::subject::{SubjectError, check_name};

/// What kind of thing is revoked.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum RevocableKind {
    /// The tokens of one sign-in and what they were refreshed to, by `origin_jti`.
    Session,
    /// One token, by `jti`.
    Token,
    /// Every token about one user, or one machine, by `sub`.
    User,
}

impl RevocableKind {
    /// Every kind, by name.
    pub const ALL: [Self; 3] = [Self::Session, Self::Token, Self::User];

    /// The word before the name: `session`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Session => "session",
            Self::Token => "token",
            Self::User => "user",
        }
    }
}

impl fmt::Display for RevocableKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What a revocation is about.
///
/// Written `{kind}:{name}`; the partition key of its row is that with [`PREFIX`](Self::PREFIX)
/// before it. A name is as long as a subject's and has no control characters either.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Revocable {
    kind: RevocableKind,
    name: String,
}

impl Revocable {
    /// What the partition key of a revocation begins with. No subject's does.
    pub const PREFIX: &str = "revoked:";

    /// # Errors
    ///
    /// [`SubjectError`] for a name that is empty, too long or has control characters.
    pub fn new(kind: RevocableKind, name: impl Into<String>) -> Result<Self, SubjectError> {
        let name = name.into();
        check_name(&name)?;
        Ok(Self { kind, name })
    }

    /// What kind of thing it is.
    pub fn kind(&self) -> RevocableKind {
        self.kind
    }

    /// The claim's value.
    pub fn name(&self) -> &str {
        &self.name
    }
}

impl fmt::Display for Revocable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.kind, self.name)
    }
}

impl FromStr for Revocable {
    type Err = RevocableError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (kind, name) = text.split_once(':').ok_or(RevocableError::UnknownKind)?;
        let kind = RevocableKind::ALL.into_iter().find(|known| known.as_str() == kind);
        Ok(Self::new(kind.ok_or(RevocableError::UnknownKind)?, name)?)
    }
}

/// Why a text is not a [`Revocable`].
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum RevocableError {
    /// The name can be no part of a row's key.
    #[error(transparent)]
    Name(#[from] SubjectError),

    /// The text does not begin with a kind and a colon.
    #[error("write `user:SUB`, `session:ORIGIN_JTI` or `token:JTI`")]
    UnknownKind,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_revoked_reads_back_as_it_is_written() {
        for text in ["user:8a7d", "session:a:b", "token:7x"] {
            assert_eq!(text.parse::<Revocable>().unwrap().to_string(), text);
        }
        for (text, error) in [
            ("8a7d", RevocableError::UnknownKind),
            ("group:a", RevocableError::UnknownKind),
            ("user:", SubjectError::NoName.into()),
        ] {
            assert_eq!(text.parse::<Revocable>(), Err(error), "{text}");
        }
    }
}
