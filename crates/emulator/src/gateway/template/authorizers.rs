//! The authorizers of an API of a template, read as methods and routes name them.

use super::function::{FunctionFinder, FunctionSettings, check_settings};
use super::resources::{Resource, Resources, id_of};
use super::{Findings, not_emulated};
use crate::gateway::api::Protocol;
use crate::gateway::authorizer_definition::AuthorizerDefinition;
use crate::gateway::definition::Spelling;
use crate::gateway::fault::DefinitionFault;
use crate::gateway::method::{Access, AuthorizerId};
use crate::gateway::settings::AuthorizerSettings;
use crate::gateway::yaml::Place;

const OTHER_FUNCTION: &str = "the authorizer of another function";

/// The authorizers that were named so far, and the function behind them.
pub(super) struct Authorizers<'a, 'r> {
    resources: &'r Resources<'a>,
    protocol: Protocol,
    function: FunctionFinder<'a, 'r>,
    known: Vec<Known<'a>>,
}

struct Known<'a> {
    resource: Resource<'a>,
    /// `None` if it calls another function.
    settings: Option<AuthorizerSettings>,
}

impl<'a, 'r> Authorizers<'a, 'r> {
    pub(super) fn new(resources: &'r Resources<'a>, protocol: Protocol) -> Self {
        let function = FunctionFinder::new(resources);
        Self { resources, protocol, function, known: Vec::new() }
    }

    /// Who may call a method or route.
    pub(super) fn access(
        &mut self,
        method: &Resource<'a>,
        findings: &mut Findings,
    ) -> Result<Access, DefinitionFault> {
        let Some(kind) = method.get("AuthorizationType") else { return Ok(Access::Public) };
        let what = match kind.text()? {
            "NONE" => return Ok(Access::Public),
            "CUSTOM" => return self.authorizer(&method.require("AuthorizerId")?, findings),
            "AWS_IAM" => "AWS_IAM authorization",
            "COGNITO_USER_POOLS" => "a Cognito user pool authorizer",
            "JWT" => "a JWT authorizer",
            _ => return Err(kind.fault("no authorization type")),
        };
        findings.note(not_emulated(&kind, &behind(what)));
        Ok(Access::NotEmulated(what))
    }

    fn authorizer(
        &mut self,
        reference: &Place<'a>,
        findings: &mut Findings,
    ) -> Result<Access, DefinitionFault> {
        let id = id_of(reference.text()?);
        if !self.known.iter().any(|known| known.resource.id == id) {
            let resource =
                self.resources.get(id).filter(|resource| resource.kind == self.kind()).ok_or_else(
                    || reference.fault("there is no such authorizer in this template"),
                )?;
            let settings = self.settings(&resource, findings)?;
            self.known.push(Known { resource, settings });
        }
        // Settings are numbered without those of other functions.
        let mut number = 0;
        for known in &self.known {
            match (&known.settings, known.resource.id == id) {
                (Some(_), true) => return Ok(Access::Guarded(AuthorizerId(number))),
                (Some(_), false) => number += 1,
                (None, _) => {}
            }
        }
        Ok(Access::NotEmulated(OTHER_FUNCTION))
    }

    fn settings(
        &mut self,
        resource: &Resource<'a>,
        findings: &mut Findings,
    ) -> Result<Option<AuthorizerSettings>, DefinitionFault> {
        let kind = resource.require(match self.protocol {
            Protocol::Http => "AuthorizerType",
            Protocol::Rest => "Type",
        })?;
        let (protocol, place) = (self.protocol, resource.properties().clone());
        let spelling = Spelling::CloudFormation;
        let definition = AuthorizerDefinition { spelling, protocol, place };
        let settings = match kind.text()? {
            "REQUEST" => definition.request()?,
            "TOKEN" => definition.token(None)?,
            _ => return Err(kind.fault("only REQUEST and TOKEN authorizers call a function")),
        };
        let uri = resource.require("AuthorizerUri")?;
        if !self.function.is_called_by(&uri, findings)? {
            findings.note(not_emulated(&uri, &behind(OTHER_FUNCTION)));
            return Ok(None);
        }
        self.function.check_permission(resource, &uri, findings)?;
        Ok(Some(settings))
    }

    fn kind(&self) -> &'static str {
        match self.protocol {
            Protocol::Http => "AWS::ApiGatewayV2::Authorizer",
            Protocol::Rest => "AWS::ApiGateway::Authorizer",
        }
    }

    /// Notes the function that the authorizers of an OpenAPI document call.
    pub(super) fn read_body(
        &mut self,
        body: &Place<'a>,
        findings: &mut Findings,
    ) -> Result<(), DefinitionFault> {
        let schemes = body.get("components").and_then(|place| place.get("securitySchemes"));
        let schemes = schemes.map(|schemes| schemes.members()).transpose()?.unwrap_or_default();
        for (_, scheme) in schemes {
            let authorizer = scheme.get("x-amazon-apigateway-authorizer");
            if let Some(uri) = authorizer.and_then(|authorizer| authorizer.get("authorizerUri")) {
                self.function.is_called_by(&uri, findings)?;
            }
        }
        Ok(())
    }

    /// The settings of the authorizers in their order, and those of their function.
    pub(super) fn finish(
        self,
        findings: &mut Findings,
    ) -> (Vec<AuthorizerSettings>, Option<FunctionSettings>) {
        let function = findings.take(self.function.settings()).flatten();
        let mut all = Vec::new();
        for Known { resource, settings } in self.known {
            let Some(settings) = settings else { continue };
            if let Some(function) = &function {
                check_settings(function, &resource, &settings, findings);
            }
            all.push(settings);
        }
        (all, function)
    }
}

fn behind(what: &str) -> String {
    format!("{what} is not emulated: what it guards answers 501 here")
}
