//! The settings of a Lambda authorizer, as OpenAPI extensions and CloudFormation write them.
//!
//! Sources: [`x-amazon-apigateway-authorizer`][openapi], [`AWS::ApiGateway::Authorizer`][rest],
//! [`AWS::ApiGatewayV2::Authorizer`][http].
//!
//! [openapi]: https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-swagger-extensions-authorizer.html
//! [rest]: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-apigateway-authorizer.html
//! [http]: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-apigatewayv2-authorizer.html

use http::HeaderName;

use super::api::Protocol;
use super::definition::Spelling;
use super::fault::DefinitionFault;
use super::identity::{IdentitySource, IdentitySourceError};
use super::settings::{
    AuthorizerKind, AuthorizerSettings, PayloadFormat, ResultTtl, ValidationExpression,
};
use super::yaml::Place;

/// An authorizer's definition.
#[derive(Clone, Debug)]
pub(super) struct AuthorizerDefinition<'a> {
    pub(super) spelling: Spelling,
    pub(super) protocol: Protocol,
    pub(super) place: Place<'a>,
}

impl<'a> AuthorizerDefinition<'a> {
    /// Reads an authorizer that gets the whole request.
    pub(super) fn request(&self) -> Result<AuthorizerSettings, DefinitionFault> {
        let format = self.format()?;
        let mut identity_sources = Vec::new();
        if let Some(place) = self.get("identitySource") {
            // A list in `AWS::ApiGatewayV2::Authorizer`, elsewhere a text with commas.
            let elements = place.elements().unwrap_or_else(|_| vec![place.clone()]);
            for element in elements {
                for source in element.text()?.split(',') {
                    identity_sources.push(self.source(&element, source.trim())?);
                }
            }
        }
        self.settings(AuthorizerKind::Request { format, identity_sources })
    }

    /// Reads an authorizer that gets one header: `otherwise`, if its definition names none.
    pub(super) fn token(
        &self,
        otherwise: Option<HeaderName>,
    ) -> Result<AuthorizerSettings, DefinitionFault> {
        if self.protocol == Protocol::Http {
            return Err(self.place.fault("an HTTP API has no `token` authorizers"));
        }
        let header = match (self.get("identitySource"), otherwise) {
            (Some(place), _) => {
                let IdentitySource::Header(header) = self.source(&place, place.text()?)? else {
                    return Err(place.fault("a `token` authorizer reads one header"));
                };
                header
            }
            (None, Some(header)) => header,
            (None, None) => return Err(self.place.fault("the identity source is missing")),
        };
        let expression = match self.get("identityValidationExpression") {
            None => None,
            Some(place) => Some(ValidationExpression::parse(place.text()?).map_err(|error| {
                place.fault(format!("not a regular expression that is known here: {error}"))
            })?),
        };
        self.settings(AuthorizerKind::Token { header, expression })
    }

    fn get(&self, name: &str) -> Option<Place<'a>> {
        self.spelling.get(&self.place, name)
    }

    fn settings(&self, kind: AuthorizerKind) -> Result<AuthorizerSettings, DefinitionFault> {
        let result_ttl = match (self.get("authorizerResultTtlInSeconds"), self.protocol) {
            (Some(seconds), _) => ResultTtl::from_seconds(seconds.number()?).ok_or_else(|| {
                seconds.fault(format!("over the limit of {} seconds", ResultTtl::MAX.as_secs()))
            })?,
            (None, Protocol::Rest) => ResultTtl::default(),
            (None, Protocol::Http) => ResultTtl::OFF,
        };
        AuthorizerSettings::new(kind, result_ttl)
            .map_err(|error| self.place.fault(error.to_string()))
    }

    fn format(&self) -> Result<PayloadFormat, DefinitionFault> {
        let version = self.get("authorizerPayloadFormatVersion");
        let simple = self.get("enableSimpleResponses");
        if self.protocol == Protocol::Rest {
            return match version.or(simple).or(self.get("jwtConfiguration")) {
                Some(place) => Err(place.fault("a setting of HTTP APIs; this is a REST API")),
                None => Ok(PayloadFormat::Rest),
            };
        }
        let is_simple = simple.as_ref().is_some_and(Place::is_true);
        let version = version.ok_or_else(|| {
            self.place.fault("an HTTP API wants `authorizerPayloadFormatVersion` here: 1.0 or 2.0")
        })?;
        match (version.text()?, is_simple) {
            ("1.0", false) => Ok(PayloadFormat::Http1),
            ("2.0", false) => Ok(PayloadFormat::Http2),
            ("2.0", true) => Ok(PayloadFormat::Http2Simple),
            ("1.0", true) => Err(version.fault("simple responses need the format 2.0")),
            _ => Err(version.fault("the formats are 1.0 and 2.0")),
        }
    }

    fn source(&self, place: &Place<'_>, text: &str) -> Result<IdentitySource, DefinitionFault> {
        IdentitySource::parse(self.protocol, text)
            .map_err(|error: IdentitySourceError| place.fault(error.to_string()))
    }
}
