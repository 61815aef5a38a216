//! The routes of an API, from an OpenAPI 3 document or an export of API Gateway.
//!
//! Read is what says which requests there are and who answers for them: paths, verbs, and whether an
//! authorizer stands before each. All else may be as it likes. That is the difference to the reader
//! of `gatepost dev`, which emulates the authorizer and refuses what it cannot emulate.

mod reader;

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;

use anyhow::Context as _;
use gatepost_core::gateway::{PathTemplate, PathTree};
use gatepost_emulator::gateway::{Access, Api, MethodVerb};

pub(crate) use self::reader::RoutesError;

/// The routes of a document, in its order.
#[derive(Debug)]
pub(crate) struct RouteList {
    /// The name that the document gives the API; may be empty.
    pub(crate) title: String,
    /// The routes: all verbs of a path are together.
    pub(crate) routes: Vec<Route>,
    /// Every path, also those without methods: they too may win a request over others.
    pub(crate) paths: Vec<PathTemplate>,
    /// What was seen and passed over, for people.
    pub(crate) notes: Vec<Note>,
    /// Where in `routes` the verbs of each path are.
    tree: PathTree<Vec<usize>>,
}

/// A method of a path.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Route {
    pub(crate) verb: MethodVerb,
    pub(crate) template: PathTemplate,
    /// The operation's `summary`, or else its `operationId`; may be empty.
    pub(crate) summary: String,
    pub(crate) guard: Guard,
}

/// What stands before a method.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Guard {
    /// An authorizer that the operation names.
    Operation,
    /// The `security` at the root of the document, the operation having none. API Gateway applies
    /// that to no method when it imports the document.
    Root,
    /// Something that asks no policy document of Gatepost: `IAM`, `a Cognito user pool`, `an API key`.
    Other(&'static str),
    /// Nothing: the method is open to everyone.
    Public,
}

impl Guard {
    /// Whether policy documents decide.
    pub(crate) fn asks_policies(self) -> bool {
        match self {
            Self::Operation | Self::Root => true,
            Self::Other(_) | Self::Public => false,
        }
    }
}

/// Something that was passed over.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Note {
    /// Where it is, as a JSON Pointer.
    pub(crate) pointer: String,
    pub(crate) message: String,
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}`: {}", self.pointer, self.message)
    }
}

impl RouteList {
    /// Reads a file.
    ///
    /// # Errors
    ///
    /// When it cannot be read, or does not say what routes there are; with every fault's place.
    pub(crate) fn open(path: &Path) -> anyhow::Result<Self> {
        let text = std::fs::read_to_string(path).with_context(|| {
            format!(
                "cannot read the routes in `{}`: name an OpenAPI 3 document with `--routes`",
                path.display()
            )
        })?;
        Self::parse(&text).with_context(|| format!("the routes in `{}`", path.display()))
    }

    /// Reads the text of a document.
    ///
    /// # Errors
    ///
    /// When it does not say what routes there are; with every fault's place.
    pub(crate) fn parse(text: &str) -> Result<Self, RoutesError> {
        reader::read(text)
    }

    /// The routes of an API that is emulated, such as one of a template.
    ///
    /// # Errors
    ///
    /// When it has none, or two that take the same requests.
    pub(crate) fn of_api(api: &Api) -> anyhow::Result<Self> {
        let mut by_path: BTreeMap<&str, Vec<(MethodVerb, Guard)>> = BTreeMap::new();
        for (verb, path, method) in api.methods() {
            let guard = match method.access {
                Access::Guarded(_) => Guard::Operation,
                Access::NotEmulated(what) => Guard::Other(what),
                Access::Public => Guard::Public,
            };
            by_path.entry(path).or_default().push((verb, guard));
        }
        // The default route of an HTTP API has no path.
        by_path.retain(|path, _| path.starts_with('/'));
        anyhow::ensure!(!by_path.is_empty(), "the API has no routes");
        let mut list = Self {
            title: String::new(),
            routes: Vec::new(),
            paths: Vec::new(),
            notes: Vec::new(),
            tree: PathTree::new(),
        };
        for (path, mut methods) in by_path {
            let template: PathTemplate = path.parse().with_context(|| format!("`{path}`"))?;
            let first = list.routes.len();
            // `ANY` is what is left when all others are known.
            methods.sort_by_key(|(verb, _)| *verb == MethodVerb::Any);
            list.routes.extend(methods.into_iter().map(|(verb, guard)| {
                let (template, summary) = (template.clone(), String::new());
                Route { verb, template, summary, guard }
            }));
            list.tree.insert(&template, (first..list.routes.len()).collect())?;
            list.paths.push(template);
        }
        Ok(list)
    }

    /// The route that API Gateway finds for a request; the path is without its leading slash.
    ///
    /// The resource is found first, in the order of [`PathTree::find`]; then its own method for the
    /// verb comes before `ANY`, and another resource is not tried for its verb.
    pub(crate) fn find(&self, verb: &str, path: &str) -> Option<&Route> {
        let verb = MethodVerb::one(verb)?;
        let at = self.tree.find(path)?.value;
        // `ANY` is the last of a path.
        let mut routes = at.iter().filter_map(|at| self.routes.get(*at));
        routes.find(|route| route.verb == verb || route.verb == MethodVerb::Any)
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use serde_json::Value;

    use super::*;

    /// `GET /movies/{id} (Operation) Show a movie`.
    fn line(route: &Route) -> String {
        let Route { verb, template, summary, guard } = route;
        format!("{verb} {template} ({guard:?}) {summary}").trim_end().to_owned()
    }

    /// Compares with the strings of a case; without their order if it has a `document`, whose members
    /// have lost theirs.
    fn assert_strings(mut found: Vec<String>, case: &Value, name: &str) {
        let all = case[name].as_array().into_iter().flatten();
        let mut want: Vec<String> = all.map(|text| text.as_str().unwrap().to_owned()).collect();
        if case["document"].is_object() {
            found.sort();
            want.sort();
        }
        assert_eq!(found, want, "{name} of the case: {}", case["description"]);
    }

    fn assert_case(case: &Value) {
        let text =
            case["text"].as_str().map_or_else(|| case["document"].to_string(), str::to_owned);
        let list = match RouteList::parse(&text) {
            Ok(list) => list,
            Err(error) => {
                let faults = error.to_string().lines().map(str::to_owned).collect();
                assert_strings(faults, case, "faults");
                return;
            }
        };
        assert_strings(list.routes.iter().map(line).collect(), case, "routes");
        assert_strings(list.notes.iter().map(ToString::to_string).collect(), case, "notes");
        for (request, want) in case["find"].as_object().into_iter().flatten() {
            let (verb, path) = request.split_once(' ').unwrap();
            let found = list.find(verb, path.strip_prefix('/').unwrap());
            let found = found.map(|route| format!("{} {}", route.verb, route.template));
            assert_eq!(found.as_deref(), want.as_str(), "{request}: {}", case["description"]);
        }
    }

    /// To add a case, add an element to a file of `tests/cases/routes`, or a file.
    #[test]
    fn every_case_holds() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases/routes");
        let mut count = 0;
        for entry in folder.read_dir().unwrap() {
            let path = entry.unwrap().path();
            let cases: Vec<Value> = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
            for case in cases {
                assert_case(&case);
                count += 1;
            }
        }
        assert!(count > 0, "no cases in {}", folder.display());
    }
}
