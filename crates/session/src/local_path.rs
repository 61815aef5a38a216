//! Where a sign-in leads: a path of this very host, and nothing else.

use std::fmt;

/// A path with its query that stays on this host, whatever a browser makes of it.
///
/// It begins with one slash, which neither a slash nor a backslash follows (both would make the next
/// part a host), holds only visible ASCII (so that no header and no reader can take it for more than
/// one thing), no backslash and no `%` with which one of those could come back, is not under
/// `/auth/`, and has [`MAX_BYTES`](Self::MAX_BYTES) at most. There is no other way to make one than
/// to read it, and what cannot be one is `/`.
///
/// # Examples
///
/// ```
/// use gatepost_session::LocalPath;
///
/// assert_eq!(LocalPath::of("/movies/7?sort=year").as_str(), "/movies/7?sort=year");
/// assert_eq!(LocalPath::of("//evil.example/").as_str(), "/");
/// ```
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct LocalPath(String);

impl LocalPath {
    /// The longest there is. It travels in a cookie.
    pub const MAX_BYTES: usize = 1_024;

    /// The path that `text` is, or else `/`.
    pub fn of(text: &str) -> Self {
        Self(if is_local(text) { text.to_owned() } else { "/".to_owned() })
    }

    /// The path, as it was written.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for LocalPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

fn is_local(text: &str) -> bool {
    let path = text.split(['?', '#']).next().unwrap_or_default();
    text.starts_with('/')
        && !text.starts_with("//")
        && text.len() <= LocalPath::MAX_BYTES
        && text.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\')
        && !hides_a_control_character(text)
        && !is_of_the_session_function(path)
}

/// Escapes of control characters and of the backslash: something on the way may decode them.
fn hides_a_control_character(text: &str) -> bool {
    text.as_bytes().windows(3).any(|window| match window {
        [b'%', high, low] => {
            let code = [*high, *low];
            let code = std::str::from_utf8(&code).ok();
            let code = code.and_then(|digits| u8::from_str_radix(digits, 16).ok());
            code.is_some_and(|code| code.is_ascii_control() || code == b'\\')
        }
        _ => false,
    })
}

/// `/auth` and what is under it, also where it takes dots, slashes or escapes to see that. Signing
/// in must not lead to signing out, or round in circles.
fn is_of_the_session_function(path: &str) -> bool {
    let path = percent_encoding::percent_decode_str(path).decode_utf8_lossy().to_ascii_lowercase();
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop();
            }
            _ => parts.push(part),
        }
    }
    // `//` after dots were taken away would be a host to a reader that resolves them first.
    parts.first() == Some(&"auth") || path.contains("//")
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Deserialize)]
    struct Corpus {
        local: Vec<String>,
        elsewhere: Vec<String>,
    }

    fn corpus() -> Corpus {
        serde_json::from_str(include_str!("../tests/next.json")).unwrap()
    }

    #[test]
    fn paths_of_this_host_are_kept_as_they_are() {
        let local = corpus().local;
        assert!(local.len() > 5);
        for text in local {
            assert_eq!(LocalPath::of(&text).as_str(), text);
        }
        let longest = format!("/{}", "x".repeat(LocalPath::MAX_BYTES - 1));
        assert_eq!(LocalPath::of(&longest).as_str(), longest);
    }

    #[test]
    fn whatever_may_lead_elsewhere_is_the_start_page() {
        let elsewhere = corpus().elsewhere;
        assert!(elsewhere.len() > 30);
        for text in elsewhere {
            assert_eq!(LocalPath::of(&text).as_str(), "/", "{text}");
        }
        assert_eq!(LocalPath::of(&format!("/{}", "x".repeat(LocalPath::MAX_BYTES))).as_str(), "/");
    }

    #[test]
    fn no_single_character_makes_a_path_leave() {
        for code in 0..=0x2ff_u32 {
            let Some(character) = char::from_u32(code) else { continue };
            for text in [format!("/{character}/evil.example"), format!("{character}//evil.example")]
            {
                let path = LocalPath::of(&text);
                let second = path.as_str().as_bytes().get(1);
                assert!(path.as_str().starts_with('/'), "{code}");
                assert!(!matches!(second, Some(b'/' | b'\\')), "{code}");
                assert!(path.as_str().bytes().all(|byte| byte.is_ascii_graphic()), "{code}");
            }
        }
    }
}
