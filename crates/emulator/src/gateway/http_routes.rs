//! Finding the route of an HTTP API that a request is for.
//!
//! "API Gateway selects the route with the most-specific match, using the following priorities: full
//! match for a route and method; match for a route and method with a greedy path variable; the
//! `$default` route." A route is specific by its path first, segment by segment, and then by its
//! verb. That a route with another verb is passed over is how "for a route and method" is read
//! here; a path that ends with a slash is another path than the one without, and finds a greedy
//! variable only. Neither is documented.
//!
//! Source: [Routes for HTTP APIs][doc].
//!
//! [doc]: https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-routes.html

use gatepost_core::gateway::{PathTemplate, PathTemplateError, Segment};

use super::method::{Method, MethodVerb};
use super::route::{RouteMatch, stable_id};

/// The key of the route for what no other route matches.
pub(super) const DEFAULT: &str = "$default";

/// The routes of an HTTP API, the most specific first.
#[derive(Clone, Debug, Default)]
pub(super) struct HttpRoutes(Vec<HttpRoute>);

#[derive(Clone, Debug)]
struct HttpRoute {
    key: String,
    id: String,
    verb: MethodVerb,
    /// `None` for `$default`.
    path: Option<PathTemplate>,
    method: Method,
}

impl HttpRoutes {
    /// Adds the route of a key: `GET /movies`, `ANY /api/{proxy+}` or `$default`.
    ///
    /// # Errors
    ///
    /// [`RouteKeyError`] for what is no key, or one that is there already. Nothing is changed.
    pub(super) fn insert(&mut self, key: &str, method: Method) -> Result<(), RouteKeyError> {
        let (verb, path) = if key == DEFAULT {
            (MethodVerb::Any, None)
        } else {
            let (verb, path) = key.split_once(' ').ok_or(RouteKeyError::Form)?;
            let verb = MethodVerb::one_or_any(verb).ok_or(RouteKeyError::Form)?;
            (verb, Some(path.parse::<PathTemplate>()?))
        };
        let rank = rank(path.as_ref(), verb);
        if self
            .0
            .iter()
            .any(|other| other.verb == verb && same_paths(other.path.as_ref(), path.as_ref()))
        {
            return Err(RouteKeyError::Repeated);
        }
        let at =
            self.0.partition_point(|other| self::rank(other.path.as_ref(), other.verb) <= rank);
        let route = HttpRoute { key: key.to_owned(), id: stable_id(key), verb, path, method };
        self.0.insert(at, route);
        Ok(())
    }

    /// Whether there is no route.
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Every route's verb, path and method.
    pub(super) fn methods(&self) -> impl Iterator<Item = (MethodVerb, &str, &Method)> {
        self.0.iter().map(|route| (route.verb, route.template(), &route.method))
    }

    /// The route for a request; the path is without its leading slash.
    pub(super) fn find(&self, verb: MethodVerb, path: &str) -> Option<RouteMatch<'_>> {
        self.0.iter().filter(|route| route.verb == verb || route.verb == MethodVerb::Any).find_map(
            |route| {
                let parameters = match &route.path {
                    None => Vec::new(),
                    Some(template) => parameters(template.segments(), path)?,
                };
                Some(RouteMatch {
                    template: route.template(),
                    id: &route.id,
                    key: Some(&route.key),
                    parameters,
                    method: &route.method,
                })
            },
        )
    }
}

impl HttpRoute {
    fn template(&self) -> &str {
        self.key.split_once(' ').map_or(DEFAULT, |(_, path)| path)
    }
}

/// Lower is more specific: paths by their segments, then verbs; `$default` comes last.
fn rank(path: Option<&PathTemplate>, verb: MethodVerb) -> (bool, Vec<u8>, bool) {
    let segments = path.map(PathTemplate::segments).unwrap_or_default();
    let kind = |segment: &Segment| match segment {
        Segment::Exact(_) => 0,
        Segment::Parameter(_) => 1,
        Segment::Greedy(_) => 2,
    };
    (path.is_none(), segments.iter().map(kind).collect(), verb == MethodVerb::Any)
}

/// Whether two routes match the same paths: parameters may have other names.
fn same_paths(one: Option<&PathTemplate>, other: Option<&PathTemplate>) -> bool {
    let (Some(one), Some(other)) = (one, other) else { return one.is_none() && other.is_none() };
    let (one, other) = (one.segments(), other.segments());
    one.len() == other.len()
        && one.iter().zip(other).all(|pair| match pair {
            (Segment::Exact(one), Segment::Exact(other)) => one == other,
            (Segment::Parameter(_), Segment::Parameter(_))
            | (Segment::Greedy(_), Segment::Greedy(_)) => true,
            _ => false,
        })
}

/// What the parameters of a path are; `None` if it does not match.
fn parameters(segments: &[Segment], path: &str) -> Option<Vec<(String, String)>> {
    let mut found = Vec::new();
    let mut rest = (!path.is_empty()).then_some(path);
    for segment in segments {
        let left = rest?;
        let (first, tail) = match left.split_once('/') {
            Some((first, tail)) => (first, Some(tail)),
            None => (left, None),
        };
        match segment {
            Segment::Exact(text) if text == first => rest = tail,
            Segment::Parameter(name) if !first.is_empty() => {
                found.push((name.clone(), first.to_owned()));
                rest = tail;
            }
            Segment::Greedy(name) => {
                found.push((name.clone(), left.to_owned()));
                rest = None;
            }
            Segment::Exact(_) | Segment::Parameter(_) => return None,
        }
    }
    rest.is_none().then_some(found)
}

/// Why a text cannot be the key of a route.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub(super) enum RouteKeyError {
    /// Not of the form of a key.
    #[error(
        "not a route key; expected one like `GET /movies`, `ANY /api/{{proxy+}}` or `$default`"
    )]
    Form,

    /// A route that matches the same requests.
    #[error("there is a route for the same verb and path")]
    Repeated,

    /// No path of a route.
    #[error(transparent)]
    Template(#[from] PathTemplateError),
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gateway::method::{Access, Integration};

    fn method() -> Method {
        Method { access: Access::Public, integration: Integration::backend() }
    }

    #[test]
    fn the_most_specific_route_for_the_verb_wins() {
        // The example of the documentation, with a route for another verb beside each.
        let mut routes = HttpRoutes::default();
        for key in [
            "$default",
            "ANY /{proxy+}",
            "GET /pets/{proxy+}",
            "ANY /pets/dog/{id}",
            "GET /pets/dog/{id}",
            "GET /pets/dog/1",
            "GET /",
        ] {
            routes.insert(key, method()).unwrap();
        }
        for (verb, path, key) in [
            ("GET", "pets/dog/1", "GET /pets/dog/1"),
            ("GET", "pets/dog/2", "GET /pets/dog/{id}"),
            ("POST", "pets/dog/1", "ANY /pets/dog/{id}"),
            ("GET", "pets/cat/1", "GET /pets/{proxy+}"),
            ("POST", "pets/cat/1", "ANY /{proxy+}"),
            ("GET", "", "GET /"),
            ("POST", "", "$default"),
            ("GET", "pets/dog/1/", "GET /pets/{proxy+}"),
        ] {
            let found = routes.find(MethodVerb::one(verb).unwrap(), path).unwrap();
            assert_eq!(found.key, Some(key), "{verb} /{path}");
        }
        let found = routes.find(MethodVerb::one("GET").unwrap(), "pets/a/b").unwrap();
        assert_eq!(found.parameters, [("proxy".to_owned(), "a/b".to_owned())]);
    }

    #[test]
    fn keys_that_are_none_are_refused() {
        let mut routes = HttpRoutes::default();
        routes.insert("GET /have/{id}", method()).unwrap();
        for (key, error) in [
            ("/movies", RouteKeyError::Form),
            ("get /movies", RouteKeyError::Form),
            ("GET movies", RouteKeyError::Template(PathTemplateError::Form)),
            ("GET /have/{other}", RouteKeyError::Repeated),
        ] {
            assert_eq!(routes.insert(key, method()), Err(error), "{key}");
        }
        routes.insert("POST /have/{other}", method()).unwrap();
    }
}
