//! A source as it is written on the command line.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

/// Where documents are read from.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Source {
    /// A folder of policies, or one document.
    Path(PathBuf),
    /// The same as it stood in a revision of the git repository that is worked in.
    Git {
        /// Anything that git takes for one revision.
        // INVARIANT: not empty, and does not begin with `-`.
        revision: String,
        /// From the top of the repository, or from here if it begins with `./` or `../`.
        path: String,
    },
    /// The current documents of a DynamoDB table.
    Table(String),
}

/// `policies`, `git:main:policies`, `dynamodb:policies`.
impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Path(path) => path.display().fmt(f),
            Self::Git { revision, path } => write!(f, "git:{revision}:{path}"),
            Self::Table(name) => write!(f, "dynamodb:{name}"),
        }
    }
}

impl FromStr for Source {
    type Err = SourceError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if let Some(rest) = text.strip_prefix("git:") {
            let (revision, path) = split_revision(rest).ok_or(SourceError::GitForm)?;
            if revision.is_empty() {
                Err(SourceError::GitForm)
            } else if revision.starts_with('-') {
                Err(SourceError::GitOption)
            } else {
                Ok(Self::Git { revision: revision.to_owned(), path: path.to_owned() })
            }
        } else if let Some(name) = text.strip_prefix("dynamodb:") {
            if name.is_empty() { Err(SourceError::TableName) } else { Ok(Self::Table(name.into())) }
        } else if text.is_empty() {
            Err(SourceError::Empty)
        } else {
            Ok(Self::Path(text.into()))
        }
    }
}

/// Parts `REV:PATH` at its first colon that is not within braces, as git does: a revision can be
/// `HEAD^{/fix: …}`.
fn split_revision(text: &str) -> Option<(&str, &str)> {
    let mut depth = 0_usize;
    let colon = text.char_indices().find_map(|(index, character)| {
        match character {
            '{' => depth += 1,
            '}' => depth = depth.saturating_sub(1),
            ':' if depth == 0 => return Some(index),
            _ => {}
        }
        None
    })?;
    let (revision, path) = text.split_at_checked(colon)?;
    Some((revision, path.strip_prefix(':')?))
}

/// Why a text names no source.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub(crate) enum SourceError {
    /// Nothing is written.
    #[error("nothing is named")]
    Empty,

    /// The revision or its colon is missing.
    #[error("a revision is written `git:REV:PATH`, such as `git:main:policies`")]
    GitForm,

    /// The revision would be an option to git.
    #[error("a revision does not begin with `-`")]
    GitOption,

    /// No table is named.
    #[error("a table is written `dynamodb:NAME`")]
    TableName,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_source_reads_back_as_it_is_written() {
        let git = |revision: &str, path: &str| Source::Git {
            revision: revision.to_owned(),
            path: path.to_owned(),
        };
        for (text, source) in [
            ("policies", Source::Path("policies".into())),
            ("./git:x", Source::Path("./git:x".into())),
            ("git:main:policies", git("main", "policies")),
            ("git:HEAD~1:", git("HEAD~1", "")),
            ("git:HEAD:a:b.json", git("HEAD", "a:b.json")),
            ("git:HEAD^{/fix: it}:a", git("HEAD^{/fix: it}", "a")),
            ("git:main@{2026-01-01 10:00}:a", git("main@{2026-01-01 10:00}", "a")),
            ("dynamodb:policies", Source::Table("policies".into())),
            (
                "dynamodb:arn:aws:dynamodb:eu-west-1:1:table/x",
                Source::Table("arn:aws:dynamodb:eu-west-1:1:table/x".into()),
            ),
        ] {
            assert_eq!(text.parse(), Ok(source), "{text}");
            assert_eq!(text.parse::<Source>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn what_names_no_source_is_refused() {
        for (text, error) in [
            ("", SourceError::Empty),
            ("git:", SourceError::GitForm),
            ("git:main", SourceError::GitForm),
            ("git::policies", SourceError::GitForm),
            ("git:HEAD^{/a:b", SourceError::GitForm),
            ("git:--output=x:policies", SourceError::GitOption),
            ("git:-:x", SourceError::GitOption),
            ("dynamodb:", SourceError::TableName),
        ] {
            assert_eq!(text.parse::<Source>(), Err(error), "{text}");
        }
    }
}
