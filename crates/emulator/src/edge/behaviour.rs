//! Where a request goes, by its path: the distribution's cache behaviours.

use std::collections::BTreeSet;

use crate::gateway::Api;

/// Below this the session function answers.
const AUTH: &str = "/auth/";

/// Below this are files whose names change with their content.
const ASSETS: &str = "/assets/";

/// Who answers a request.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Behaviour {
    /// The API.
    Api,
    /// The pages' function, and a file that may be kept for good.
    Assets,
    /// The session function.
    Auth,
    /// The pages' function, and a file.
    Pages,
}

/// The paths that are an API's: `/movies` and `/movies/*` for each first segment of its routes.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct ApiPaths {
    segments: BTreeSet<String>,
    takes_root: bool,
}

impl ApiPaths {
    /// Those of `api`.
    ///
    /// # Errors
    ///
    /// [`NothingLeft`] if a route's first segment is a parameter: then every page would be the API's.
    pub fn of(api: &Api) -> Result<Self, NothingLeft> {
        let mut paths = Self::default();
        for (_, route, _) in api.methods() {
            match route.strip_prefix('/').map(first_segment) {
                Some("") => paths.takes_root = true,
                Some(segment) if !segment.starts_with('{') => {
                    paths.segments.insert(segment.to_owned());
                }
                Some(_) | None => return Err(NothingLeft { route: route.to_owned() }),
            }
        }
        Ok(paths)
    }

    /// Whether the API has a method at `/`, which is the start page here.
    pub fn takes_root(&self) -> bool {
        self.takes_root
    }

    /// Who answers at `path`, as it was sent.
    pub(super) fn behaviour(&self, path: &str) -> Behaviour {
        if path.starts_with(AUTH) {
            return Behaviour::Auth;
        }
        let is_api = |path: &str| self.segments.contains(first_segment(path));
        if path.strip_prefix('/').is_some_and(is_api) {
            Behaviour::Api
        } else if path.starts_with(ASSETS) {
            Behaviour::Assets
        } else {
            Behaviour::Pages
        }
    }
}

fn first_segment(path: &str) -> &str {
    path.split('/').next().unwrap_or_default()
}

/// An API that takes every path.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error(
    "the route `{route}` takes every path and leaves none to pages: give the routes of the API a \
     first segment of their own, such as `/api/{{proxy+}}`"
)]
pub struct NothingLeft {
    /// The route that does it.
    pub route: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn paths(routes: &[&str]) -> Result<ApiPaths, NothingLeft> {
        let get = "get: { responses: { '200': { description: '' } } }";
        let routes = routes.iter().map(|route| format!("  {route}: {{ {get} }}\n"));
        let routes: String = routes.collect();
        let text = format!("openapi: 3.0.3\ninfo: {{ title: a, version: '1' }}\npaths:\n{routes}");
        ApiPaths::of(&Api::from_openapi(&text).unwrap())
    }

    #[test]
    fn an_api_has_what_begins_with_a_segment_of_its_routes() {
        let paths = paths(&["/movies/{id}", "/shows", "/"]).unwrap();
        assert!(paths.takes_root());
        for (path, want) in [
            ("/movies", Behaviour::Api),
            ("/movies/", Behaviour::Api),
            ("/movies/7/a?b", Behaviour::Api),
            ("/shows/../app/", Behaviour::Api),
            ("/movies2", Behaviour::Pages),
            ("/Movies", Behaviour::Pages),
            ("//movies", Behaviour::Pages),
            ("/%6dovies", Behaviour::Pages),
            ("/app/movies", Behaviour::Pages),
            ("/", Behaviour::Pages),
            ("/auth", Behaviour::Pages),
            ("/auth/", Behaviour::Auth),
            ("/auth/me", Behaviour::Auth),
            ("/assets/a.js", Behaviour::Assets),
            ("/assets", Behaviour::Pages),
        ] {
            assert_eq!(paths.behaviour(path), want, "{path}");
        }
    }

    #[test]
    fn an_api_that_takes_every_path_is_refused() {
        for route in ["/{proxy+}", "/{id}/a"] {
            let error = paths(&["/movies", route]).unwrap_err();
            assert_eq!(error.route, route);
        }
    }
}
