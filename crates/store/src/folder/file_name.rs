//! Which file holds whose document.
//!
//! The name of a subject is the stem of its file. A character that some file system or shell gives
//! a meaning is percent-encoded as in a URL: the group `a/b` lives in `groups/a%2Fb.json`. We write
//! everything but ASCII letters, digits, `-`, `_`, `.`, `@`, `+`, `=` and `,` that way, and a dot
//! at the beginning, which would hide the file. We read any name, as long as every `%` begins an
//! escape, so that a name with a space or an umlaut can be typed as it is.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use gatepost_core::subject::{Subject, SubjectError, SubjectKind};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

const ENCODED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'@')
    .remove(b'+')
    .remove(b'=')
    .remove(b',');

/// Where in the folder `root` a subject's document belongs.
///
/// Whether the file system takes a name of this length is for it to say; most end at 255 bytes.
pub fn policy_path(root: &Path, subject: &Subject) -> PathBuf {
    let mut stem = utf8_percent_encode(subject.name(), ENCODED).to_string();
    if stem.starts_with('.') {
        stem.replace_range(..1, "%2E");
    }
    root.join(folder_of(subject.kind())).join(stem + ".json")
}

/// The folder with the documents of one kind of subject.
pub fn folder_of(kind: SubjectKind) -> &'static str {
    match kind {
        SubjectKind::Client => "clients",
        SubjectKind::Group => "groups",
        SubjectKind::Scope => "scopes",
        SubjectKind::User => "users",
    }
}

/// Whose document the file at this path holds, by its name and that of the folder it is in.
///
/// `None` for what is nobody's: files that are hidden or not called `.json`, and whatever is not
/// directly in one of the four folders.
pub fn subject_at(path: &Path) -> Option<Result<Subject, FileNameError>> {
    let folder = path.parent()?.file_name()?;
    let kind = SubjectKind::ALL.into_iter().find(|kind| folder == folder_of(*kind))?;
    let is_hidden = path.file_name()?.as_encoded_bytes().starts_with(b".");
    if is_hidden || !path.extension()?.eq_ignore_ascii_case("json") {
        return None;
    }
    let stem = path.file_stem().and_then(OsStr::to_str).ok_or(FileNameError::NotUtf8);
    Some(stem.and_then(|stem| subject_of(kind, stem)))
}

/// Whose document a file of this stem holds.
fn subject_of(kind: SubjectKind, stem: &str) -> Result<Subject, FileNameError> {
    let is_escape = |after: &str| {
        after.len() >= 2 && after.bytes().take(2).all(|byte| byte.is_ascii_hexdigit())
    };
    if !stem.split('%').skip(1).all(is_escape) {
        return Err(FileNameError::Escape);
    }
    let name = percent_decode_str(stem).decode_utf8().map_err(|_| FileNameError::NotUtf8)?;
    Ok(Subject::new(kind, name)?)
}

/// Why the name of a file names no subject.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum FileNameError {
    /// A `%` that does not begin an escape. A percent sign itself is `%25`.
    #[error("`%` is not followed by two hexadecimal digits; a percent sign is written `%25`")]
    Escape,

    /// Not UTF-8, as it is or after decoding.
    #[error("the name is not UTF-8")]
    NotUtf8,

    /// No subject has this name.
    #[error(transparent)]
    Subject(#[from] SubjectError),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_subject_has_one_path_and_is_found_there() {
        for (subject, path) in [
            ("group:movies-group", "groups/movies-group.json"),
            ("group:a/b", "groups/a%2Fb.json"),
            ("group:..", "groups/%2E..json"),
            ("group:100%", "groups/100%25.json"),
            ("group:%2F", "groups/%252F.json"),
            ("group:Köche", "groups/K%C3%B6che.json"),
            ("user:a b\\c:d*", "users/a%20b%5Cc%3Ad%2A.json"),
            ("client:7f.x@y+z=1,2_3", "clients/7f.x@y+z=1,2_3.json"),
            ("scope:https://api/movies.read", "scopes/https%3A%2F%2Fapi%2Fmovies.read.json"),
        ] {
            let subject: Subject = subject.parse().unwrap();
            let found = policy_path(Path::new(""), &subject);
            assert_eq!(found, Path::new(path));
            let stem = found.file_stem().unwrap().to_str().unwrap();
            assert_eq!(subject_of(subject.kind(), stem), Ok(subject));
        }
    }

    #[test]
    fn only_what_is_directly_in_one_of_the_folders_is_somebody_s() {
        let subject = |path: &str| subject_at(Path::new(path)).map(|found| found.unwrap());
        assert_eq!(subject("p/groups/a.json"), "group:a".parse().ok());
        assert_eq!(subject("users/4f.JSON"), "user:4f".parse().ok());
        for path in ["a.json", "p/a.json", "groups/b/a.json", "groups/.a.json", "groups/a.yaml"] {
            assert_eq!(subject(path), None, "{path}");
        }
    }

    #[test]
    fn names_typed_as_they_are_are_read_too() {
        for (stem, name) in [("Köche", "Köche"), ("a b", "a b"), ("a%2fb", "a/b"), (".x", ".x")] {
            assert_eq!(subject_of(SubjectKind::Group, stem).unwrap().name(), name);
        }
    }

    #[test]
    fn names_of_nobody_are_refused() {
        for (stem, error) in [
            ("100%", FileNameError::Escape),
            ("a%2", FileNameError::Escape),
            ("a%zz", FileNameError::Escape),
            ("%%41", FileNameError::Escape),
            ("a%+1", FileNameError::Escape),
            ("a%FF", FileNameError::NotUtf8),
            ("a%0A", FileNameError::Subject(SubjectError::ControlCharacter)),
            ("", FileNameError::Subject(SubjectError::NoName)),
        ] {
            assert_eq!(subject_of(SubjectKind::Group, stem), Err(error), "{stem}");
        }
    }
}
