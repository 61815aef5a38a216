//! Reading the document.

use gatepost_core::gateway::{PathTemplate, PathTree};
use gatepost_emulator::gateway::{DefinitionFault, MethodVerb, Place, YamlDocument};

use super::{Guard, Note, Route, RouteList};

const ANY_METHOD: &str = "x-amazon-apigateway-any-method";
const AUTH: &str = "x-amazon-apigateway-auth";
const AUTH_TYPE: &str = "x-amazon-apigateway-authtype";
const AUTHORIZER: &str = "x-amazon-apigateway-authorizer";

/// Why a document does not say what routes there are: every fault, with its place.
#[derive(Debug, thiserror::Error)]
#[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))]
pub(crate) struct RoutesError(Vec<DefinitionFault>);

pub(super) fn read(text: &str) -> Result<RouteList, RoutesError> {
    let one = |fault| RoutesError(vec![fault]);
    let document = YamlDocument::parse(text.trim_start_matches('\u{feff}')).map_err(one)?;
    Reader::new(&document.root()).map_err(one)?.read()
}

struct Reader<'a> {
    root: Place<'a>,
    root_guard: Option<Guard>,
    routes: Vec<Route>,
    paths: Vec<PathTemplate>,
    notes: Vec<Note>,
    tree: PathTree<Vec<usize>>,
    faults: Vec<DefinitionFault>,
}

impl<'a> Reader<'a> {
    fn new(root: &Place<'a>) -> Result<Self, DefinitionFault> {
        require_version(root)?;
        let mut reader = Self {
            root: root.clone(),
            root_guard: None,
            routes: Vec::new(),
            paths: Vec::new(),
            notes: Vec::new(),
            tree: PathTree::new(),
            faults: Vec::new(),
        };
        let security =
            root.get("security").map(|security| reader.security(&security)).transpose()?;
        reader.root_guard = security.map(|guard| match guard {
            Guard::Operation => Guard::Root,
            Guard::Root | Guard::Other(_) | Guard::Public => guard,
        });
        Ok(reader)
    }

    fn read(mut self) -> Result<RouteList, RoutesError> {
        let fail = |fault| RoutesError(vec![fault]);
        let paths = self.root.require("paths").map_err(fail)?;
        for (name, item) in paths.members().map_err(fail)? {
            if name.starts_with("x-") {
                continue;
            }
            if let Err(fault) = self.path(name, &item) {
                self.faults.push(fault);
            }
        }
        if !self.faults.is_empty() {
            return Err(RoutesError(self.faults));
        }
        if self.routes.is_empty() {
            return Err(fail(paths.fault("there is no method")));
        }
        let title = self.root.get("info").and_then(|info| text_of(&info, "title"));
        Ok(RouteList {
            title: title.unwrap_or_default(),
            routes: self.routes,
            paths: self.paths,
            notes: self.notes,
            tree: self.tree,
        })
    }

    fn path(&mut self, name: &str, item: &Place<'_>) -> Result<(), DefinitionFault> {
        if is_default_route(item) {
            self.note(item, "the default route of an HTTP API has no path; it is passed over");
            return Ok(());
        }
        let template: PathTemplate =
            name.parse().map_err(|error| item.fault(format!("no path of API Gateway: {error}")))?;
        let first = self.routes.len();
        for (name, place) in item.members()? {
            let verb = match name {
                ANY_METHOD => MethodVerb::Any,
                "description" | "parameters" | "servers" | "summary" => continue,
                _ if name.starts_with("x-") => continue,
                "$ref" => {
                    self.note(&place, "a path item elsewhere; its methods are passed over");
                    continue;
                }
                _ => {
                    let Some(verb) = verb(name) else {
                        self.note(&place, "no method of API Gateway; it is passed over");
                        continue;
                    };
                    verb
                }
            };
            match self.operation(verb, &template, &place) {
                Ok(route) => self.routes.push(route),
                Err(fault) => self.faults.push(fault),
            }
        }
        // `ANY` is what is left when all others are known.
        if let Some(routes) = self.routes.get_mut(first..) {
            routes.sort_by_key(|route| route.verb == MethodVerb::Any);
        }
        let places = (first..self.routes.len()).collect();
        self.tree.insert(&template, places).map_err(|error| item.fault(error.to_string()))?;
        self.paths.push(template);
        Ok(())
    }

    fn operation(
        &self,
        verb: MethodVerb,
        template: &PathTemplate,
        operation: &Place<'_>,
    ) -> Result<Route, DefinitionFault> {
        operation.members()?;
        let iam = operation.get(AUTH).and_then(|auth| text_of(&auth, "type"));
        let guard = match operation.get("security") {
            _ if iam.is_some_and(|kind| kind.eq_ignore_ascii_case("AWS_IAM")) => IAM,
            Some(security) => self.security(&security)?,
            None => self.root_guard.unwrap_or(Guard::Public),
        };
        let summary = text_of(operation, "summary").or_else(|| text_of(operation, "operationId"));
        Ok(Route { verb, template: template.clone(), summary: summary.unwrap_or_default(), guard })
    }

    /// What a `security` asks for. It lists alternatives; one that asks for nothing makes the rest
    /// optional.
    fn security(&self, security: &Place<'_>) -> Result<Guard, DefinitionFault> {
        let mut guards = Vec::new();
        for alternative in security.elements()? {
            let schemes = alternative.members()?;
            let asked: Vec<Guard> = schemes.iter().map(|(name, _)| self.scheme(name)).collect();
            // An authorizer decides, whatever is asked beside it.
            let guard = asked.iter().find(|guard| **guard == Guard::Operation);
            let guard = guard.or_else(|| asked.iter().find(|guard| **guard != Guard::Public));
            guards.push(guard.copied().unwrap_or(Guard::Public));
        }
        let is_optional = guards.contains(&Guard::Public);
        let first = guards.first().filter(|_| !is_optional);
        Ok(first.copied().unwrap_or(Guard::Public))
    }

    /// What stands behind the name of a scheme; one that is not defined is taken for an authorizer,
    /// as one is that API Gateway knows nothing of.
    fn scheme(&self, name: &str) -> Guard {
        let schemes = self.root.get("components").and_then(|place| place.get("securitySchemes"));
        let Some(scheme) = schemes.and_then(|schemes| schemes.get(name)) else {
            return Guard::Operation;
        };
        let kind = text_of(&scheme, AUTH_TYPE).unwrap_or_default();
        let is = |member: &str, want: &str| {
            text_of(&scheme, member).is_some_and(|text| text.eq_ignore_ascii_case(want))
        };
        match kind.to_ascii_lowercase().as_str() {
            "awssigv4" => IAM,
            "cognito_user_pools" => Guard::Other("a Cognito user pool"),
            "" if scheme.get(AUTHORIZER).is_none()
                && is("type", "apiKey")
                && is("in", "header")
                && is("name", "X-API-Key") =>
            {
                Guard::Other("an API key")
            }
            _ => Guard::Operation,
        }
    }

    fn note(&mut self, place: &Place<'_>, message: &str) {
        let (pointer, message) = (place.pointer().to_owned(), message.to_owned());
        self.notes.push(Note { pointer, message });
    }
}

const IAM: Guard = Guard::Other("IAM");

fn require_version(root: &Place<'_>) -> Result<(), DefinitionFault> {
    if root.get("swagger").is_some() {
        return Err(root.fault(
            "Swagger 2.0 is not read; export the API as OpenAPI 3, with `aws apigateway get-export \
             --export-type oas30 --parameters extensions=authorizers …`, or convert the document",
        ));
    }
    let version = root.require("openapi")?;
    if version.text()?.starts_with("3.") {
        Ok(())
    } else {
        Err(version.fault("only OpenAPI 3 is read"))
    }
}

/// What an export of an HTTP API has for the route `$default`.
fn is_default_route(item: &Place<'_>) -> bool {
    let method = item.get(ANY_METHOD);
    method.and_then(|method| method.get("isDefaultRoute")).is_some_and(|place| place.is_true())
}

fn verb(name: &str) -> Option<MethodVerb> {
    let is_lower = name.bytes().all(|byte| byte.is_ascii_lowercase());
    is_lower.then(|| MethodVerb::one(&name.to_ascii_uppercase())).flatten()
}

/// The text of a member, if it has one; in one line.
fn text_of(place: &Place<'_>, name: &str) -> Option<String> {
    let text = place.get(name)?.text().ok()?.split_whitespace().collect::<Vec<_>>().join(" ");
    (!text.is_empty()).then_some(text)
}
