//! An API from an OpenAPI 3.0 document, as API Gateway's own import reads it.
//!
//! Read are the paths, their methods and `x-amazon-apigateway-any-method`, each operation's
//! `security`, the Lambda authorizers it names, gateway responses and CORS settings. Schemas,
//! parameters and answers change nothing about who may call what and are passed over. What would
//! change it and is not emulated (API keys, IAM and Cognito authorizers, resource policies) is a
//! fault, never passed over.
//!
//! Two things surprise here because they surprise on AWS: `security` at the root is not applied to
//! any method ("You have to apply it per method", [aws-apigateway-importer#204]), so it is a fault;
//! and an operation without `security` is public.
//!
//! [aws-apigateway-importer#204]: https://github.com/amazon-archives/aws-apigateway-importer/issues/204

use std::collections::BTreeMap;

use super::api::{Api, ApiKind, Protocol};
use super::definition::{self, Spelling};
use super::fault::{DefinitionError, DefinitionFault, DefinitionNote, NoteKind};
use super::gateway_responses::GatewayResponses;
use super::http_cors::HttpCors;
use super::http_routes::{DEFAULT, HttpRoutes};
use super::method::{Access, AuthorizerId, Integration, Method, MethodVerb};
use super::route::RouteTable;
use super::security_scheme;
use super::settings::AuthorizerSettings;
use super::yaml::{Place, YamlDocument};

const ANY_METHOD: &str = "x-amazon-apigateway-any-method";
const AUTH: &str = "x-amazon-apigateway-auth";
const CORS: &str = "x-amazon-apigateway-cors";
const EXPORT: &str = "x-amazon-apigateway-importexport-version";
const INTEGRATION: &str = "x-amazon-apigateway-integration";
const POLICY: &str = "x-amazon-apigateway-policy";
const RESPONSES: &str = "x-amazon-apigateway-gateway-responses";

/// Reads the text of a document.
pub(super) fn read(text: &str) -> Result<Api, DefinitionError> {
    read_document(&YamlDocument::parse(text)?.root(), None)
}

/// Reads a document, which may be part of another; the kind of API is its own to say, unless it is
/// known already.
pub(super) fn read_document(
    root: &Place<'_>,
    protocol: Option<Protocol>,
) -> Result<Api, DefinitionError> {
    require_version(root)?;
    let schemes = root.get("components").and_then(|place| place.get("securitySchemes"));
    let reader = Reader {
        protocol: protocol.unwrap_or_else(|| protocol_of(root, schemes.as_ref())),
        schemes,
        rest: RouteTable::default(),
        responses: GatewayResponses::default(),
        http: HttpRoutes::default(),
        cors: None,
        authorizers: Vec::new(),
        notes: Vec::new(),
        faults: Vec::new(),
    };
    reader.read(root)
}

/// Which kind of API a document is of: that of an HTTP API says something that only those know.
fn protocol_of(root: &Place<'_>, schemes: Option<&Place<'_>>) -> Protocol {
    let schemes = schemes.and_then(|schemes| schemes.members().ok()).unwrap_or_default();
    let default = root.get("paths").and_then(|paths| paths.get("/$default"));
    let says_so = root.get(CORS).or(root.get(EXPORT)).or(default).is_some()
        || schemes.iter().any(|(_, scheme)| security_scheme::is_http(scheme));
    if says_so { Protocol::Http } else { Protocol::Rest }
}

struct Reader<'a> {
    protocol: Protocol,
    schemes: Option<Place<'a>>,
    rest: RouteTable,
    responses: GatewayResponses,
    http: HttpRoutes,
    cors: Option<HttpCors>,
    /// The schemes that guarded operations named, in their order, and what they say.
    authorizers: Vec<(String, AuthorizerSettings)>,
    notes: Vec<DefinitionNote>,
    faults: Vec<DefinitionFault>,
}

impl Reader<'_> {
    fn read(mut self, root: &Place<'_>) -> Result<Api, DefinitionError> {
        if let Some(security) = root.get("security") {
            self.faults.push(security.fault(
                "API Gateway does not apply security at the root; write it in each operation",
            ));
        }
        if let Some(policy) = root.get(POLICY) {
            self.faults.push(policy.fault("resource policies are not emulated"));
        }
        if let Err(fault) = self.read_settings(root) {
            self.faults.push(fault);
        }
        let paths = root.require("paths")?;
        for (template, item) in paths.members()? {
            if let Err(fault) = self.read_path(template, &item) {
                self.faults.push(fault);
            }
        }
        if self.faults.is_empty() && self.rest.resources().is_empty() && self.http.is_empty() {
            self.faults.push(paths.fault("there is no path"));
        }
        if !self.faults.is_empty() {
            return Err(DefinitionError { faults: self.faults });
        }
        let kind = match self.protocol {
            Protocol::Http => ApiKind::Http { routes: self.http, cors: self.cors },
            Protocol::Rest => ApiKind::Rest { routes: self.rest, responses: self.responses },
        };
        let authorizers = self.authorizers.into_iter().map(|(_, settings)| settings).collect();
        Ok(Api::new(kind, authorizers, self.notes))
    }

    /// Gateway responses of a REST API, CORS settings of an HTTP API.
    fn read_settings(&mut self, root: &Place<'_>) -> Result<(), DefinitionFault> {
        if let Some(cors) = root.get(CORS) {
            self.cors = Some(definition::http_cors(Spelling::OpenApi, &cors)?);
        }
        let Some(responses) = root.get(RESPONSES) else { return Ok(()) };
        if self.protocol == Protocol::Http {
            return Err(responses.fault("an HTTP API has no gateway responses"));
        }
        for (response_type, place) in responses.members()? {
            let response = definition::gateway_response(Spelling::OpenApi, &place)?;
            self.responses
                .set(response_type, response)
                .map_err(|error| place.fault(error.to_string()))?;
        }
        Ok(())
    }

    fn read_path(&mut self, template: &str, item: &Place<'_>) -> Result<(), DefinitionFault> {
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
            match self.read_operation(verb, &place) {
                Ok(method) => drop(methods.insert(verb, method)),
                // A scheme's fault comes again with every operation that names it.
                Err(fault) if self.faults.contains(&fault) => {}
                Err(fault) => self.faults.push(fault),
            }
        }
        match self.protocol {
            Protocol::Rest => {
                self.rest.insert(template, methods).map_err(|error| item.fault(error.to_string()))
            }
            Protocol::Http => methods.into_iter().try_for_each(|(verb, method)| {
                let key = if template == "/$default" {
                    DEFAULT.to_owned()
                } else {
                    format!("{verb} {template}")
                };
                self.http.insert(&key, method).map_err(|error| item.fault(error.to_string()))
            }),
        }
    }

    fn read_operation(
        &mut self,
        verb: MethodVerb,
        operation: &Place<'_>,
    ) -> Result<Method, DefinitionFault> {
        if let Some(auth) = operation.get(AUTH) {
            let kind = auth.require("type")?;
            if kind.text()? != "NONE" {
                return Err(kind.fault("only `NONE` is emulated here; IAM authorization is not"));
            }
        }
        let access = match operation.get("security") {
            None => Access::Public,
            Some(security) => self.read_security(&security)?,
        };
        let integration = match operation.get(INTEGRATION) {
            None => Integration::backend(),
            Some(place) => {
                let read = definition::integration(Spelling::OpenApi, verb, &place)?;
                for value in read.mapped {
                    self.notes.push(value.note(NoteKind::NotEmulated, definition::FIXED_VALUES));
                }
                read.integration
            }
        };
        Ok(Method { access, integration })
    }

    fn read_security(&mut self, security: &Place<'_>) -> Result<Access, DefinitionFault> {
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
        let known = self.authorizers.iter().position(|(known, _)| known == name);
        if let Some(index) = known {
            return Ok(Access::Guarded(AuthorizerId(index)));
        }
        let schemes = self.schemes.as_ref();
        let scheme = schemes.and_then(|schemes| schemes.get(name)).ok_or_else(|| {
            scopes.fault("there is no such scheme under `/components/securitySchemes`")
        })?;
        let settings = security_scheme::read(self.protocol, &scheme)?;
        self.authorizers.push(((*name).to_owned(), settings));
        Ok(Access::Guarded(AuthorizerId(self.authorizers.len() - 1)))
    }
}

fn require_version(root: &Place<'_>) -> Result<(), DefinitionFault> {
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
