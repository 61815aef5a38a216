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
//!
//! Of HTTP APIs nothing of this is recorded. There the path is taken as it was sent, slashes at
//! either end included: two spellings are two paths.

use super::api::Protocol;

/// A request path.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct RequestPath {
    // INVARIANT: begins with a slash; with exactly one on a REST API.
    text: String,
    protocol: Protocol,
}

impl RequestPath {
    /// Reads the path of a request target.
    pub(super) fn parse(protocol: Protocol, raw: &str) -> Self {
        let text = match protocol {
            Protocol::Http => raw.strip_prefix('/').unwrap_or(raw),
            Protocol::Rest => raw.trim_start_matches('/'),
        };
        Self { text: format!("/{text}"), protocol }
    }

    /// The event's `path`: as sent; on a REST API with one leading slash.
    pub(super) fn as_sent(&self) -> &str {
        &self.text
    }

    /// What is routed, authorised and sent on: no leading slash, and on a REST API none at the end.
    pub(super) fn routed(&self) -> &str {
        match self.protocol {
            Protocol::Http => self.text.strip_prefix('/').unwrap_or(&self.text),
            Protocol::Rest => self.text.trim_matches('/'),
        }
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
            let path = RequestPath::parse(Protocol::Rest, raw);
            assert_eq!((path.as_sent(), path.routed()), (sent, routed), "{raw}");
        }
    }

    #[test]
    fn an_http_api_takes_a_path_as_it_was_sent() {
        for (raw, routed) in
            [("/", ""), ("/movies", "movies"), ("/movies/", "movies/"), ("//a", "/a")]
        {
            let path = RequestPath::parse(Protocol::Http, raw);
            assert_eq!((path.as_sent(), path.routed()), (raw, routed), "{raw}");
        }
    }
}
