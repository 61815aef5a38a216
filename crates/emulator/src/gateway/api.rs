//! An API as it is deployed to a stage: its methods, its authorizers, how it refuses, and what
//! pages of other origins may do with it.

use axum::response::Response;
use gatepost_core::gateway::VERBS;
use http::{HeaderMap, HeaderValue, StatusCode, header};

use super::call::Call;
use super::facts::Facts;
use super::fault::{DefinitionError, DefinitionNote};
use super::gateway_responses::{GatewayResponses, ResponseHeader};
use super::http_cors::HttpCors;
use super::http_routes::HttpRoutes;
use super::mapping::Mapping;
use super::method::{Access, AuthorizerId, Integration, Method, MethodVerb, MockAnswer};
use super::response::GatewayResponse;
use super::route::{Resource, RouteMatch, RouteTable};
use super::settings::AuthorizerSettings;

/// The request headers a page may send: those that API Gateway's console proposes.
const ALLOWED_HEADERS: &str =
    "Authorization,Content-Type,X-Amz-Date,X-Amz-Security-Token,X-Api-Key";

/// An API of one of the two kinds that answer HTTP requests.
#[derive(Clone, Debug)]
pub struct Api {
    kind: ApiKind,
    // INVARIANT: has every authorizer that a method names.
    authorizers: Vec<AuthorizerSettings>,
    notes: Vec<DefinitionNote>,
}

#[derive(Clone, Debug)]
pub(super) enum ApiKind {
    Http { routes: HttpRoutes, cors: Option<HttpCors> },
    Rest { routes: RouteTable, responses: GatewayResponses },
}

/// The kind of an API, where nothing else of it is needed.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Protocol {
    /// An HTTP API, "version 2".
    Http,
    /// A REST API, "version 1".
    Rest,
}

impl Api {
    pub(super) fn new(
        kind: ApiKind,
        authorizers: Vec<AuthorizerSettings>,
        notes: Vec<DefinitionNote>,
    ) -> Self {
        Self { kind, authorizers, notes }
    }

    /// With these notes first.
    pub(super) fn with_notes(mut self, mut notes: Vec<DefinitionNote>) -> Self {
        notes.append(&mut self.notes);
        self.notes = notes;
        self
    }

    /// Reads an OpenAPI 3.0 document, as YAML or JSON.
    ///
    /// It is of an HTTP API if it says something that only those know, such as
    /// `authorizerPayloadFormatVersion`, and else of a REST API.
    ///
    /// # Errors
    ///
    /// [`DefinitionError`] with every fault that was found.
    pub fn from_openapi(text: &str) -> Result<Self, DefinitionError> {
        super::openapi::read(text)
    }

    /// What in its definition is a mistake, or is passed over here.
    pub fn notes(&self) -> &[DefinitionNote] {
        &self.notes
    }

    /// Which kind of API it is.
    pub fn protocol(&self) -> Protocol {
        match self.kind {
            ApiKind::Http { .. } => Protocol::Http,
            ApiKind::Rest { .. } => Protocol::Rest,
        }
    }

    /// Every method with its verb and path, such as `/movies/{id}`, or `$default`.
    pub fn methods(&self) -> Vec<(MethodVerb, &str, &Method)> {
        match &self.kind {
            ApiKind::Http { routes, .. } => routes.methods().collect(),
            ApiKind::Rest { routes, .. } => routes
                .resources()
                .into_iter()
                .flat_map(|resource| {
                    let template = resource.template();
                    resource.methods().map(move |(verb, method)| (verb, template, method))
                })
                .collect(),
        }
    }

    /// The settings of an authorizer; `None` only for an id of another API.
    pub fn authorizer(&self, id: AuthorizerId) -> Option<&AuthorizerSettings> {
        self.authorizers.get(id.0)
    }

    /// Every authorizer, to be set up otherwise than it was written.
    pub fn authorizers_mut(&mut self) -> &mut [AuthorizerSettings] {
        &mut self.authorizers
    }

    /// Lets pages of every origin call a REST API and read its refusals, without cookies, as CDK's
    /// `defaultCorsPreflightOptions` and gateway responses with a header do: every resource without
    /// an answer to OPTIONS gets one, where nothing else is said. An HTTP API gets the same from
    /// its CORS settings, if it has none.
    #[must_use]
    pub fn open_to_any_origin(mut self) -> Self {
        let any = HeaderValue::from_static("*");
        match &mut self.kind {
            ApiKind::Http { cors, .. } => {
                cors.get_or_insert_with(HttpCors::any_origin);
            }
            ApiKind::Rest { routes, responses } => {
                responses.add_default_header(&ResponseHeader {
                    name: header::ACCESS_CONTROL_ALLOW_ORIGIN,
                    value: Mapping::Literal("*".to_owned()),
                });
                for resource in routes.resources_mut() {
                    open_resource(resource, &any);
                }
            }
        }
        self
    }

    /// The method that a request is for.
    pub(super) fn find(&self, call: &Call) -> Option<RouteMatch<'_>> {
        match &self.kind {
            ApiKind::Http { routes, .. } => routes.find(call.verb, call.path.routed()),
            ApiKind::Rest { routes, .. } => routes.find(call.verb, call.path.routed()),
        }
    }

    /// The answer to a preflight request that no route of an HTTP API answers before its CORS
    /// settings do.
    pub(super) fn preflight(
        &self,
        call: &Call,
        found: Option<&RouteMatch<'_>>,
    ) -> Option<Response> {
        match &self.kind {
            ApiKind::Http { cors, .. } => cors.as_ref()?.preflight(call, found),
            ApiKind::Rest { .. } => None,
        }
    }

    /// A response of the gateway's own, as this API gives it.
    pub(super) fn render(&self, response: GatewayResponse, facts: &Facts<'_>) -> Response {
        match &self.kind {
            ApiKind::Http { .. } => response.render_http(),
            ApiKind::Rest { responses, .. } => responses.render(response, facts),
        }
    }

    /// Adds to any response what the API adds to all of them.
    pub(super) fn finish(&self, response: &mut Response, request: &HeaderMap, request_id: &str) {
        match &self.kind {
            ApiKind::Http { cors, .. } => {
                if let Some(cors) = cors {
                    cors.mark(request, response.headers_mut());
                }
                super::response::add_http_request_id(response, request_id);
            }
            ApiKind::Rest { .. } => super::response::add_request_ids(response, request_id),
        }
    }
}

/// Lets pages of every origin call the methods of a resource.
fn open_resource(resource: &mut Resource, any: &HeaderValue) {
    let has_any = resource.methods_mut().contains_key(&MethodVerb::Any);
    let verbs: Vec<&str> = VERBS
        .into_iter()
        .filter(|verb| {
            *verb == "OPTIONS"
                || has_any
                || MethodVerb::one(verb).is_some_and(|it| resource.methods_mut().contains_key(&it))
        })
        .collect();
    let methods = resource.methods_mut();
    for method in methods.values_mut() {
        if let Integration::Backend { headers } = &mut method.integration {
            headers.entry(header::ACCESS_CONTROL_ALLOW_ORIGIN).or_insert_with(|| any.clone());
        }
    }
    let mut headers = HeaderMap::new();
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, any.clone());
    headers.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, HeaderValue::from_static(ALLOWED_HEADERS));
    if let Ok(verbs) = HeaderValue::from_str(&verbs.join(",")) {
        headers.insert(header::ACCESS_CONTROL_ALLOW_METHODS, verbs);
    }
    let answer = MockAnswer { status: StatusCode::NO_CONTENT, headers };
    let options = methods
        .entry(MethodVerb::OPTIONS)
        .or_insert_with(|| Method { access: Access::Public, integration: Integration::Mock(None) });
    if options.integration == Integration::Mock(None) {
        options.integration = Integration::Mock(Some(answer));
    }
}
