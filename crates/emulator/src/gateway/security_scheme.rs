//! A Lambda authorizer from a security scheme with `x-amazon-apigateway-authorizer`.
//!
//! Source: [`x-amazon-apigateway-authorizer`][doc].
//!
//! [doc]: https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-swagger-extensions-authorizer.html

use super::identity::{IdentitySource, IdentitySourceError};
use super::openapi::OpenApiFault;
use super::settings::{AuthorizerKind, AuthorizerSettings, ResultTtl, ValidationExpression};
use super::yaml::Place;

const AUTH_TYPE: &str = "x-amazon-apigateway-authtype";
const AUTHORIZER: &str = "x-amazon-apigateway-authorizer";

/// Reads the authorizer of a scheme that an operation names.
pub(super) fn read(scheme: &Place<'_>) -> Result<AuthorizerSettings, OpenApiFault> {
    let kind = scheme.require("type")?;
    if kind.text()? != "apiKey" {
        return Err(kind.fault("API Gateway wants `apiKey` here for a REST API's authorizer"));
    }
    let Some(authorizer) = scheme.get(AUTHORIZER) else {
        return Err(scheme.fault(format!("no `{AUTHORIZER}`; plain API keys are not emulated")));
    };
    // The value is free for a Lambda authorizer; these two name something else.
    if let Some(auth_type) = scheme.get(AUTH_TYPE)
        && matches!(auth_type.text()?, "awsSigv4" | "cognito_user_pools")
    {
        return Err(auth_type.fault("only Lambda authorizers are emulated; write `custom`"));
    }
    for name in ["authorizerPayloadFormatVersion", "enableSimpleResponses", "jwtConfiguration"] {
        if let Some(place) = authorizer.get(name) {
            return Err(place.fault("a setting of HTTP APIs; this is a REST API"));
        }
    }
    let result_ttl = read_ttl(&authorizer)?;
    let kind = authorizer.require("type")?;
    let kind = match kind.text()? {
        "request" => read_request(&authorizer)?,
        "token" => read_token(scheme, &authorizer)?,
        _ => return Err(kind.fault("only `request` and `token` authorizers are emulated")),
    };
    AuthorizerSettings::new(kind, result_ttl).map_err(|error| authorizer.fault(error.to_string()))
}

fn read_ttl(authorizer: &Place<'_>) -> Result<ResultTtl, OpenApiFault> {
    let Some(seconds) = authorizer.get("authorizerResultTtlInSeconds") else {
        return Ok(ResultTtl::default());
    };
    ResultTtl::from_seconds(seconds.number()?).ok_or_else(|| {
        seconds.fault(format!("over the limit of {} seconds", ResultTtl::MAX.as_secs()))
    })
}

fn read_request(authorizer: &Place<'_>) -> Result<AuthorizerKind, OpenApiFault> {
    let identity_sources = match authorizer.get("identitySource") {
        None => Vec::new(),
        Some(place) => place
            .text()?
            .split(',')
            .map(|source| read_source(&place, source.trim()))
            .collect::<Result<_, _>>()?,
    };
    Ok(AuthorizerKind::Request { identity_sources })
}

fn read_token(scheme: &Place<'_>, authorizer: &Place<'_>) -> Result<AuthorizerKind, OpenApiFault> {
    let header = if let Some(place) = authorizer.get("identitySource") {
        let IdentitySource::Header(header) = read_source(&place, place.text()?)? else {
            return Err(place.fault("a `token` authorizer reads one header"));
        };
        header
    } else {
        let name = scheme.require("name")?;
        name.text()?.parse().map_err(|_| name.fault("not the name of a header"))?
    };
    let expression = match authorizer.get("identityValidationExpression") {
        None => None,
        Some(place) => Some(ValidationExpression::parse(place.text()?).map_err(|error| {
            place.fault(format!("not a regular expression that is known here: {error}"))
        })?),
    };
    Ok(AuthorizerKind::Token { header, expression })
}

fn read_source(place: &Place<'_>, text: &str) -> Result<IdentitySource, OpenApiFault> {
    text.parse().map_err(|error: IdentitySourceError| place.fault(error.to_string()))
}
