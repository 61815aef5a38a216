//! The views API Gateway has of one request path, and which of them decides.
//!
//! Recorded from AWS (proxy events, regional and edge REST APIs): leading slashes count as one; a
//! trailing slash stays in the event's `path` but not in a `{proxy+}` parameter; slashes inside a
//! `{proxy+}` parameter stay; percent-encoding stays everywhere.
//!
//! What the method ARN holds for such paths is not recorded. Here it holds the path that was
//! *routed*: the resource with its parameters put in place, as the documentation describes it
//! ("path parameter values, the size of which is determined at run time"). The same text is what
//! the backend is called with, so that a policy and a backend never see two different paths.
//! Nothing is decoded or resolved: `%2F`, `..` and `//` go through as they came, and a backend that
//! decodes them sees what no policy saw, here as in the cloud.
//!
//! The stage is not part of the path, as with a custom domain that has no base path mapping.

/// A request path.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct RequestPath {
    // INVARIANT: begins with exactly one slash.
    text: String,
}

impl RequestPath {
    /// Reads the path of a request target.
    pub(super) fn parse(raw: &str) -> Self {
        Self { text: format!("/{}", raw.trim_start_matches('/')) }
    }

    /// The event's `path`: as sent, with one leading slash.
    pub(super) fn as_sent(&self) -> &str {
        &self.text
    }

    /// What is routed, authorised and sent on: no leading slash and none at the end.
    pub(super) fn routed(&self) -> &str {
        self.text.trim_matches('/')
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The table of recorded paths: as sent, the event's `path`, what is routed.
    #[test]
    fn paths_have_the_views_that_were_recorded() {
        for (raw, sent, routed) in [
            ("/", "/", ""),
            ("//", "/", ""),
            ("/movies", "/movies", "movies"),
            ("/movies/", "/movies/", "movies"),
            ("//movies", "/movies", "movies"),
            ("/a//b", "/a//b", "a//b"),
            ("/user/a%2Bb@x/plus/a+b@x", "/user/a%2Bb@x/plus/a+b@x", "user/a%2Bb@x/plus/a+b@x"),
            ("/a/../b", "/a/../b", "a/../b"),
        ] {
            let path = RequestPath::parse(raw);
            assert_eq!((path.as_sent(), path.routed()), (sent, routed), "{raw}");
        }
    }
}
