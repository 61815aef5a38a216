//! The routes of an API, from an OpenAPI 3 document or an export of API Gateway.
//!
//! Read is what says which requests there are and who answers for them: paths, verbs, and whether an
//! authorizer stands before each. All else may be as it likes. That is the difference to the reader
//! of `gatepost dev`, which emulates the authorizer and refuses what it cannot emulate.

mod reader;

use std::fmt;
use std::path::Path;

use anyhow::Context as _;
use gatepost_core::gateway::{PathTemplate, PathTree};
use gatepost_emulator::gateway::MethodVerb;

/// The routes of a document, in its order.
#[derive(Debug)]
pub(crate) struct RouteList {
    /// The name that the document gives the API; may be empty.
    pub(crate) title: String,
    /// The routes: all verbs of a path are together.
    pub(crate) routes: Vec<Route>,
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
    /// Something that asks no policy document of Gatepost: `IAM`, `a Cognito user pool`.
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
        reader::read(&text).with_context(|| format!("the routes in `{}`", path.display()))
    }

    /// The route that API Gateway finds for a request; the path is without its leading slash.
    ///
    /// The resource is found first, in the order of [`PathTree::find`]; then its own method for the
    /// verb comes before `ANY`, and another resource is not tried for its verb.
    #[cfg_attr(not(test), expect(dead_code, reason = "the coverage of `gatepost test` asks this"))]
    pub(crate) fn find(&self, verb: &str, path: &str) -> Option<&Route> {
        let verb = MethodVerb::one(verb)?;
        let at = self.tree.find(path)?.value;
        // `ANY` is the last of a path.
        let mut routes = at.iter().filter_map(|at| self.routes.get(*at));
        routes.find(|route| route.verb == verb || route.verb == MethodVerb::Any)
    }
}
