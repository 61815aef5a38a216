//! Whose rights a policy document states: `group:movies-group`, `user:…`, `client:…`, `scope:…`.

use std::fmt;
use std::str::FromStr;

/// What kind of party a policy document belongs to.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum SubjectKind {
    /// A client of the client-credentials grant, by its `client_id`.
    Client,
    /// A group of the groups claim.
    Group,
    /// A scope of a client-credentials token.
    Scope,
    /// One user, by `sub`.
    User,
}

impl SubjectKind {
    /// Every kind, by name.
    pub const ALL: [Self; 4] = [Self::Client, Self::Group, Self::Scope, Self::User];

    /// The word before the colon: `group`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Client => "client",
            Self::Group => "group",
            Self::Scope => "scope",
            Self::User => "user",
        }
    }
}

impl fmt::Display for SubjectKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for SubjectKind {
    type Err = SubjectError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text).ok_or(SubjectError::UnknownKind)
    }
}

/// The party a policy document belongs to.
///
/// Written `{kind}:{name}`, which is also the partition key of its row.
///
/// Name: 1 to [`MAX_NAME_BYTES`](Self::MAX_NAME_BYTES) bytes of UTF-8 without control characters.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Subject {
    kind: SubjectKind,
    name: String,
}

impl Subject {
    /// Half of what [DynamoDB] allows for a partition key (2048 bytes), and eight times a group
    /// name of Cognito (128 characters).
    ///
    /// [DynamoDB]: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html
    pub const MAX_NAME_BYTES: usize = 1024;

    /// # Errors
    ///
    /// [`SubjectError`] for a name that is empty, too long or has control characters.
    pub fn new(kind: SubjectKind, name: impl Into<String>) -> Result<Self, SubjectError> {
        let name = name.into();
        check_name(&name)?;
        Ok(Self { kind, name })
    }

    /// The kind of party.
    pub fn kind(&self) -> SubjectKind {
        self.kind
    }

    /// The party's name, without its kind.
    pub fn name(&self) -> &str {
        &self.name
    }
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.kind, self.name)
    }
}

impl FromStr for Subject {
    type Err = SubjectError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (kind, name) = text.split_once(':').ok_or(SubjectError::UnknownKind)?;
        Self::new(kind.parse()?, name)
    }
}

/// Whether a row of the table can be called so.
pub(crate) fn check_name(name: &str) -> Result<(), SubjectError> {
    if name.is_empty() {
        Err(SubjectError::NoName)
    } else if name.len() > Subject::MAX_NAME_BYTES {
        Err(SubjectError::NameTooLong { bytes: name.len() })
    } else if name.chars().any(char::is_control) {
        Err(SubjectError::ControlCharacter)
    } else {
        Ok(())
    }
}

/// Why a text is not a subject.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum SubjectError {
    /// A control character stands in the name.
    #[error("the name of the subject has a control character")]
    ControlCharacter,

    /// The name is longer than [`Subject::MAX_NAME_BYTES`].
    #[error(
        "the name of the subject is {bytes} bytes, over the limit of {max}",
        max = Subject::MAX_NAME_BYTES
    )]
    NameTooLong {
        /// The length received, in bytes.
        bytes: usize,
    },

    /// Nothing follows the colon.
    #[error("the subject has no name")]
    NoName,

    /// The text does not begin with a kind and a colon.
    #[error("the subject does not begin with `client:`, `group:`, `scope:` or `user:`")]
    UnknownKind,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_subject_reads_back_as_it_is_written() {
        for text in ["group:movies-group", "user:a:b", "scope:movies/read", "client:7x"] {
            assert_eq!(text.parse::<Subject>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn names_that_can_be_no_key_are_refused() {
        let long = format!("group:{}", "x".repeat(1025));
        for (text, error) in [
            ("movies-group", SubjectError::UnknownKind),
            ("role:x", SubjectError::UnknownKind),
            ("group:", SubjectError::NoName),
            ("group:a\nb", SubjectError::ControlCharacter),
            (&long, SubjectError::NameTooLong { bytes: 1025 }),
        ] {
            assert_eq!(text.parse::<Subject>(), Err(error), "{text}");
        }
    }
}
