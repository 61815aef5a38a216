//! The guarded paths that are asked for.

use std::fmt;
use std::str::FromStr;

/// A path of a GET method that the authorizer guards, below the API's address.
///
/// Begins with a slash and does not end with one; has nothing that a resource pattern, or a URL,
/// gives a meaning of its own.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct GuardedPath(String);

impl FromStr for GuardedPath {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~/:@+,".contains(&byte);
        if !text.starts_with('/') || text.len() < 2 || text.ends_with('/') {
            return Err("must begin with a slash, not end with one, and have something between");
        }
        if text.contains("//") || text.split('/').any(|segment| segment == "." || segment == "..") {
            return Err(
                "must not have an empty segment, `.` or `..`: probes write it so themselves",
            );
        }
        if !text.bytes().all(is_plain) {
            return Err("may have letters, digits and - . _ ~ / : @ + , only: put a value in the \
                        place of a parameter, and leave the query out");
        }
        if text.len() > MAX_BYTES {
            return Err("is too long: choose a shorter one");
        }
        Ok(Self(text.to_owned()))
    }
}

/// So that resources with it stay within the limits that are probed.
const MAX_BYTES: usize = 200;

impl fmt::Display for GuardedPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The paths of one run.
#[derive(Clone, Debug)]
pub(super) struct Paths {
    /// The one that nearly every probe asks for.
    pub(super) guarded: String,
    /// Another one, for the probes that need two.
    pub(super) other: Option<String>,
}

impl Paths {
    /// The paths that were named; those of the example if none was.
    pub(super) fn new(named: Vec<GuardedPath>) -> Self {
        let mut named = named.into_iter().map(|path| path.0);
        match named.next() {
            Some(guarded) => Self { guarded, other: named.next() },
            None => Self { guarded: "/movies".to_owned(), other: Some("/shows".to_owned()) },
        }
    }

    pub(super) fn all(&self) -> impl Iterator<Item = &str> {
        std::iter::once(self.guarded.as_str()).chain(self.other.as_deref())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_plain_paths_are_taken() {
        for text in ["/movies", "/movies/7", "/a:b/c@d", "/prod/a.b"] {
            assert!(text.parse::<GuardedPath>().is_ok(), "{text}");
        }
        for text in ["", "/", "movies", "/a/", "/a//b", "/a/../b", "/{id}", "/*", "/a?b", "/%41"] {
            assert!(text.parse::<GuardedPath>().is_err(), "{text}");
        }
    }
}
