//! An HTTP API of a template.

use super::authorizers::Authorizers;
use super::resources::{Resource, Resources};
use super::{Deployment, Findings, Stage};
use crate::gateway::api::{Api, ApiKind, Protocol};
use crate::gateway::definition::{self, Spelling};
use crate::gateway::fault::{DefinitionError, DefinitionFault};
use crate::gateway::http_routes::HttpRoutes;
use crate::gateway::method::{Integration, Method};
use crate::gateway::openapi;

const ROUTE: &str = "AWS::ApiGatewayV2::Route";
const STAGE: &str = "AWS::ApiGatewayV2::Stage";

/// Reads the API with its routes.
pub(super) fn read<'a>(
    resources: &Resources<'a>,
    api: &Resource<'a>,
) -> Result<Deployment, DefinitionError> {
    // An API that is an OpenAPI document may leave it out.
    if let Some(protocol) = api.get("ProtocolType")
        && protocol.text()? != "HTTP"
    {
        return Err(protocol.fault("only HTTP APIs and REST APIs are emulated").into());
    }
    let mut findings = Findings::default();
    let mut authorizers = Authorizers::new(resources, Protocol::Http);
    let stage = resources.referring(STAGE, "ApiId", api.id).next();
    let stage = findings.take(Stage::read(stage, "StageVariables")).unwrap_or_default();
    if let Some(body) = api.get("Body") {
        let read = authorizers.read_body(&body, &mut findings);
        findings.take(read);
        let document = openapi::read_document(&body, Some(Protocol::Http))?;
        let (_, function) = authorizers.finish(&mut findings);
        let document = document.with_notes(findings.finish()?);
        return Ok(Deployment::new(api, document, stage, function));
    }
    let cors = api.get("CorsConfiguration");
    let cors = cors.map(|place| definition::http_cors(Spelling::CloudFormation, &place));
    let cors = cors.and_then(|cors| findings.take(cors));
    let mut routes = HttpRoutes::default();
    for resource in resources.referring(ROUTE, "ApiId", api.id) {
        let route = read_route(resource, &mut authorizers, &mut routes, &mut findings);
        findings.take(route);
    }
    let (settings, function) = authorizers.finish(&mut findings);
    let notes = findings.finish()?;
    Ok(Deployment::new(
        api,
        Api::new(ApiKind::Http { routes, cors }, settings, notes),
        stage,
        function,
    ))
}

fn read_route<'a>(
    resource: &Resource<'a>,
    authorizers: &mut Authorizers<'a, '_>,
    routes: &mut HttpRoutes,
    findings: &mut Findings,
) -> Result<(), DefinitionFault> {
    let key = resource.require("RouteKey")?;
    let access = authorizers.access(resource, findings)?;
    let method = Method { access, integration: Integration::backend() };
    routes.insert(key.text()?, method).map_err(|error| key.fault(error.to_string()))
}
