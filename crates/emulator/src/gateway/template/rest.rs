//! A REST API of a template.

use std::collections::{BTreeMap, BTreeSet};

use super::authorizers::Authorizers;
use super::resources::{Resource, Resources, id_of};
use super::{Deployment, Findings, Stage, not_emulated};
use crate::gateway::api::{Api, ApiKind, Protocol};
use crate::gateway::definition::{self, Spelling};
use crate::gateway::fault::{DefinitionError, DefinitionFault, NoteKind};
use crate::gateway::gateway_responses::GatewayResponses;
use crate::gateway::method::{Integration, Method, MethodVerb};
use crate::gateway::openapi;
use crate::gateway::route::RouteTable;
use crate::gateway::yaml::Place;

const DEPLOYMENT: &str = "AWS::ApiGateway::Deployment";
const GATEWAY_RESPONSE: &str = "AWS::ApiGateway::GatewayResponse";
const METHOD: &str = "AWS::ApiGateway::Method";
const RESOURCE: &str = "AWS::ApiGateway::Resource";
const STAGE: &str = "AWS::ApiGateway::Stage";

/// The property by which everything names its API.
const API_ID: &str = "RestApiId";

/// How deep resources may lie; deeper than any URL that API Gateway takes.
const MAX_DEPTH: usize = 256;

/// Reads the API with its methods.
pub(super) fn read<'a>(
    resources: &Resources<'a>,
    api: &Resource<'a>,
) -> Result<Deployment, DefinitionError> {
    let mut findings = Findings::default();
    if let Some(policy) = api.get("Policy") {
        findings.note(not_emulated(
            &policy,
            "resource policies are not emulated. On AWS this one can let through what no document \
             denies: set GATEPOST_IMPLICIT_DENY=explicit",
        ));
    }
    let mut authorizers = Authorizers::new(resources, Protocol::Rest);
    let stage = resources.referring(STAGE, API_ID, api.id).next();
    let stage = findings.take(Stage::read(stage, "Variables")).unwrap_or_default();
    if let Some(body) = api.get("Body") {
        let read = authorizers.read_body(&body, &mut findings);
        findings.take(read);
        let document = openapi::read_document(&body, Some(Protocol::Rest))?;
        let (_, function) = authorizers.finish(&mut findings);
        let document = document.with_notes(findings.finish()?);
        return Ok(Deployment::new(api, document, stage, function));
    }
    let mut reader = Reader { resources, api, authorizers, findings };
    let routes = reader.read_routes();
    let responses = reader.read_gateway_responses();
    reader.check_deployment();
    let Reader { authorizers, mut findings, .. } = reader;
    let (settings, function) = authorizers.finish(&mut findings);
    let notes = findings.finish()?;
    let document = Api::new(ApiKind::Rest { routes, responses }, settings, notes);
    Ok(Deployment::new(api, document, stage, function))
}

struct Reader<'a, 'r> {
    resources: &'r Resources<'a>,
    api: &'r Resource<'a>,
    authorizers: Authorizers<'a, 'r>,
    findings: Findings,
}

impl<'a> Reader<'a, '_> {
    fn read_routes(&mut self) -> RouteTable {
        let resources = self.resources;
        // By path, so that what is faulty is told in a settled order.
        let mut by_path: BTreeMap<String, BTreeMap<MethodVerb, Method>> = BTreeMap::new();
        for resource in resources.referring(RESOURCE, API_ID, self.api.id) {
            let path = self.path_of(resource.id, &resource.place);
            if let Some(path) = self.findings.take(path) {
                by_path.entry(path).or_default();
            }
        }
        for resource in resources.referring(METHOD, API_ID, self.api.id) {
            let method = self.read_method(resource);
            if let Some((path, verb, method)) = self.findings.take(method) {
                by_path.entry(path).or_default().insert(verb, method);
            }
        }
        let mut routes = RouteTable::default();
        for (path, methods) in by_path {
            if let Err(error) = routes.insert(&path, methods) {
                self.findings.fault(self.api.place.fault(format!("the path `{path}`: {error}")));
            }
        }
        routes
    }

    /// The path of a resource, by its parents; `asked` is where it is named.
    fn path_of(&self, id: &str, asked: &Place<'_>) -> Result<String, DefinitionFault> {
        let mut segments = Vec::new();
        let mut id = id;
        while id != self.api.id {
            let resource = self.resources.get(id).filter(|resource| resource.kind == RESOURCE);
            let resource = resource.ok_or_else(|| {
                asked.fault(format!("`{id}` is no resource of this API in this template"))
            })?;
            segments.push(resource.require("PathPart")?.text()?);
            if segments.len() > MAX_DEPTH {
                return Err(asked.fault("the parents go round in a circle"));
            }
            id = id_of(resource.require("ParentId")?.text()?);
        }
        segments.reverse();
        Ok(format!("/{}", segments.join("/")))
    }

    fn read_method(
        &mut self,
        resource: &Resource<'a>,
    ) -> Result<(String, MethodVerb, Method), DefinitionFault> {
        let place = resource.require("ResourceId")?;
        let path = self.path_of(id_of(place.text()?), &place)?;
        let place = resource.require("HttpMethod")?;
        let verb = MethodVerb::one_or_any(place.text()?)
            .ok_or_else(|| place.fault("no verb that API Gateway knows"))?;
        if let Some(required) = resource.get("ApiKeyRequired").filter(Place::is_true) {
            self.findings.note(not_emulated(
                &required,
                "API keys are not emulated: every caller is taken to have sent one",
            ));
        }
        let access = self.authorizers.access(resource, &mut self.findings)?;
        let integration = match resource.get("Integration") {
            None => Integration::backend(),
            Some(place) => self.read_integration(resource, verb, &place)?,
        };
        Ok((path, verb, Method { access, integration }))
    }

    fn read_integration(
        &mut self,
        resource: &Resource<'a>,
        verb: MethodVerb,
        place: &Place<'a>,
    ) -> Result<Integration, DefinitionFault> {
        let read = definition::integration(Spelling::CloudFormation, verb, place)?;
        for value in &read.mapped {
            self.findings.note(not_emulated(value, definition::FIXED_VALUES));
        }
        let declared = declared_headers(resource)?;
        for (name, value) in &read.headers {
            if !declared.contains(name.as_str()) {
                self.findings.note(value.note(
                    NoteKind::Mistake,
                    format!(
                        "`method.response.header.{name}` is not among the method's \
                         `MethodResponses`: the deployment will fail"
                    ),
                ));
            }
        }
        Ok(read.integration)
    }

    fn read_gateway_responses(&mut self) -> GatewayResponses {
        let mut responses = GatewayResponses::default();
        for resource in self.resources.referring(GATEWAY_RESPONSE, API_ID, self.api.id) {
            let read = read_gateway_response(resource, &mut responses);
            self.findings.take(read);
        }
        responses
    }

    /// A deployment is a picture of the API: what it does not wait for may not be on it.
    fn check_deployment(&mut self) {
        let mut deployments = self.resources.referring(DEPLOYMENT, API_ID, self.api.id);
        let Some(deployment) = deployments.next() else { return };
        let depends_on = deployment.place.get("DependsOn");
        let waits_for: BTreeSet<&str> = match &depends_on {
            None => BTreeSet::new(),
            Some(place) => match place.elements() {
                Ok(list) => list.iter().filter_map(|element| element.text().ok()).collect(),
                Err(_) => place.text().into_iter().collect(),
            },
        };
        for kind in [METHOD, GATEWAY_RESPONSE] {
            for resource in self.resources.referring(kind, API_ID, self.api.id) {
                if !waits_for.contains(resource.id) {
                    let id = deployment.id;
                    self.findings.note(resource.place.note(
                        NoteKind::Mistake,
                        format!("`{id}` does not depend on it, and may be deployed without it"),
                    ));
                }
            }
        }
    }
}

fn read_gateway_response(
    resource: &Resource<'_>,
    responses: &mut GatewayResponses,
) -> Result<(), DefinitionFault> {
    let kind = resource.require("ResponseType")?;
    let response = definition::gateway_response(Spelling::CloudFormation, resource.properties())?;
    responses.set(kind.text()?, response).map_err(|error| kind.fault(error.to_string()))
}

/// The names of the headers, in lower case, that a method says it may answer with.
fn declared_headers(method: &Resource<'_>) -> Result<BTreeSet<String>, DefinitionFault> {
    let mut declared = BTreeSet::new();
    let Some(responses) = method.get("MethodResponses") else { return Ok(declared) };
    for response in responses.elements()? {
        let Some(parameters) = response.get("ResponseParameters") else { continue };
        for (name, _) in parameters.members()? {
            if let Some(name) = name.strip_prefix("method.response.header.") {
                declared.insert(name.to_ascii_lowercase());
            }
        }
    }
    Ok(declared)
}
