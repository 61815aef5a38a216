//! An API from an OpenAPI 3.0 document, as API Gateway's own import reads it.
//!
//! Read are the paths, their methods and `x-amazon-apigateway-any-method`, each operation's
//! `security`, and the Lambda authorizer it names. Schemas, parameters and answers change nothing
//! about who may call what and are passed over. What would change it and is not emulated (API keys,
//! IAM and Cognito authorizers, resource policies) is a fault, never passed over.
//!
//! Two things surprise here because they surprise on AWS: `security` at the root is not applied to
//! any method ("You have to apply it per method", [aws-apigateway-importer#204]), so it is a fault;
//! and an operation without `security` is public.
//!
//! [aws-apigateway-importer#204]: https://github.com/amazon-archives/aws-apigateway-importer/issues/204

use std::collections::BTreeMap;
use std::fmt;

use super::route::{Access, Integration, Method, MethodVerb, RouteTable};
use super::security_scheme;
use super::settings::AuthorizerSettings;
use super::yaml::{Place, YamlDocument};

const ANY_METHOD: &str = "x-amazon-apigateway-any-method";
const AUTH: &str = "x-amazon-apigateway-auth";
const INTEGRATION: &str = "x-amazon-apigateway-integration";
const POLICY: &str = "x-amazon-apigateway-policy";

/// An API: its methods, and the authorizer of those that have one.
#[derive(Clone, Debug)]
pub struct RestApi {
    routes: RouteTable,
    // INVARIANT: present if a method of `routes` is guarded.
    authorizer: Option<AuthorizerSettings>,
}

impl RestApi {
    /// Reads an OpenAPI 3.0 document, as YAML or JSON.
    ///
    /// # Errors
    ///
    /// [`OpenApiError`] with every fault that was found.
    pub fn from_openapi(text: &str) -> Result<Self, OpenApiError> {
        Reader::default().read(&YamlDocument::parse(text)?.root())
    }

    /// The API's resources and methods.
    pub fn routes(&self) -> &RouteTable {
        &self.routes
    }

    /// The authorizer; `None` if every method is public.
    pub fn authorizer(&self) -> Option<&AuthorizerSettings> {
        self.authorizer.as_ref()
    }

    /// The authorizer, to be set up otherwise than the document says.
    pub fn authorizer_mut(&mut self) -> Option<&mut AuthorizerSettings> {
        self.authorizer.as_mut()
    }
}

/// Why a document is not an API.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct OpenApiError {
    faults: Vec<OpenApiFault>,
}

impl OpenApiError {
    /// The faults, in the order of the document; at least one.
    pub fn faults(&self) -> &[OpenApiFault] {
        &self.faults
    }
}

impl From<OpenApiFault> for OpenApiError {
    fn from(fault: OpenApiFault) -> Self {
        Self { faults: vec![fault] }
    }
}

/// One fault a line.
impl fmt::Display for OpenApiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, fault) in self.faults.iter().enumerate() {
            let separator = if index == 0 { "" } else { "\n" };
            write!(f, "{separator}{fault}")?;
        }
        Ok(())
    }
}

impl std::error::Error for OpenApiError {}

/// One fault of a document.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("`{pointer}`: {message}")]
pub struct OpenApiFault {
    /// Where it is, as a JSON Pointer; empty for the whole document.
    pub pointer: String,
    /// What is wrong there.
    pub message: String,
}

#[derive(Default)]
struct Reader {
    routes: RouteTable,
    /// The scheme that the first guarded operation named, and what it says.
    authorizer: Option<(String, AuthorizerSettings)>,
    faults: Vec<OpenApiFault>,
}

impl Reader {
    fn read(mut self, root: &Place<'_>) -> Result<RestApi, OpenApiError> {
        require_version(root)?;
        if let Some(security) = root.get("security") {
            self.faults.push(security.fault(
                "API Gateway does not apply security at the root; write it in each operation",
            ));
        }
        if let Some(policy) = root.get(POLICY) {
            self.faults.push(policy.fault("resource policies are not emulated"));
        }
        let paths = root.require("paths")?;
        let schemes = root.get("components").and_then(|place| place.get("securitySchemes"));
        for (template, item) in paths.members()? {
            if let Err(fault) = self.read_path(template, &item, schemes.as_ref()) {
                self.faults.push(fault);
            }
        }
        if self.faults.is_empty() && self.routes.resources().is_empty() {
            self.faults.push(paths.fault("there is no path"));
        }
        if self.faults.is_empty() {
            Ok(RestApi {
                routes: self.routes,
                authorizer: self.authorizer.map(|(_, settings)| settings),
            })
        } else {
            Err(OpenApiError { faults: self.faults })
        }
    }

    fn read_path(
        &mut self,
        template: &str,
        item: &Place<'_>,
        schemes: Option<&Place<'_>>,
    ) -> Result<(), OpenApiFault> {
        let mut methods = BTreeMap::new();
        for (name, place) in item.members()? {
            let verb = match name {
                ANY_METHOD => MethodVerb::Any,
                "description" | "parameters" | "servers" | "summary" => continue,
                "$ref" => return Err(place.fault("references to other path items are not read")),
                "trace" => return Err(place.fault("API Gateway has no method TRACE")),
                _ if name.starts_with("x-") => continue,
                _ => lower_case_verb(name)
                    .ok_or_else(|| place.fault("no verb, and no member of a path item"))?,
            };
            match self.read_operation(verb, &place, schemes) {
                Ok(method) => drop(methods.insert(verb, method)),
                // A scheme's fault comes again with every operation that names it.
                Err(fault) if self.faults.contains(&fault) => {}
                Err(fault) => self.faults.push(fault),
            }
        }
        self.routes.insert(template, methods).map_err(|error| item.fault(error.to_string()))
    }

    fn read_operation(
        &mut self,
        verb: MethodVerb,
        operation: &Place<'_>,
        schemes: Option<&Place<'_>>,
    ) -> Result<Method, OpenApiFault> {
        if let Some(auth) = operation.get(AUTH) {
            let kind = auth.require("type")?;
            if kind.text()? != "NONE" {
                return Err(kind.fault("only `NONE` is emulated here; IAM authorization is not"));
            }
        }
        let access = match operation.get("security") {
            None => Access::Public,
            Some(security) => self.read_security(&security, schemes)?,
        };
        Ok(Method { access, integration: read_integration(verb, operation)? })
    }

    fn read_security(
        &mut self,
        security: &Place<'_>,
        schemes: Option<&Place<'_>>,
    ) -> Result<Access, OpenApiFault> {
        let requirements = security.elements()?;
        let Some((requirement, others)) = requirements.split_first() else {
            return Ok(Access::Public);
        };
        if let Some(other) = others.first() {
            return Err(other.fault("API Gateway knows no alternatives: one requirement only"));
        }
        let named = requirement.members()?;
        let [(name, scopes)] = named.as_slice() else {
            return Err(requirement.fault(format!(
                "{} schemes; one authorizer is emulated, and API keys are not",
                named.len()
            )));
        };
        if let Some(scope) = scopes.elements()?.first() {
            return Err(scope.fault("a Lambda authorizer has no scopes; nothing would test them"));
        }
        match &self.authorizer {
            Some((known, _)) if known == name => {}
            Some((known, _)) => {
                return Err(
                    scopes.fault(format!("a second authorizer beside `{known}`; one is emulated"))
                );
            }
            None => {
                let scheme = schemes.and_then(|schemes| schemes.get(name)).ok_or_else(|| {
                    scopes.fault("there is no such scheme under `/components/securitySchemes`")
                })?;
                let settings = security_scheme::read(&scheme)?;
                self.authorizer = Some(((*name).to_owned(), settings));
            }
        }
        Ok(Access::Guarded)
    }
}

fn require_version(root: &Place<'_>) -> Result<(), OpenApiFault> {
    if root.get("swagger").is_some() {
        return Err(root.fault("Swagger 2.0 is not read; convert the document to OpenAPI 3.0"));
    }
    let version = root.require("openapi")?;
    if version.text()?.starts_with("3.") {
        Ok(())
    } else {
        Err(version.fault("only OpenAPI 3 is read"))
    }
}

fn lower_case_verb(name: &str) -> Option<MethodVerb> {
    let is_lower = name.bytes().all(|byte| byte.is_ascii_lowercase());
    is_lower.then(|| MethodVerb::one(&name.to_ascii_uppercase())).flatten()
}

fn read_integration(verb: MethodVerb, operation: &Place<'_>) -> Result<Integration, OpenApiFault> {
    let kind = operation.get(INTEGRATION).and_then(|integration| integration.get("type"));
    let Some(kind) = kind else { return Ok(Integration::Backend) };
    if !kind.text()?.eq_ignore_ascii_case("mock") {
        return Ok(Integration::Backend);
    }
    if verb == MethodVerb::One("OPTIONS") {
        Ok(Integration::Preflight)
    } else {
        Err(kind.fault("mock integrations are emulated for OPTIONS only"))
    }
}
