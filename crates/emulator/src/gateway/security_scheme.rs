//! A Lambda authorizer from a security scheme with `x-amazon-apigateway-authorizer`.

use super::api::Protocol;
use super::authorizer_definition::AuthorizerDefinition;
use super::definition::Spelling;
use super::fault::DefinitionFault;
use super::settings::AuthorizerSettings;
use super::yaml::Place;

const AUTH_TYPE: &str = "x-amazon-apigateway-authtype";
const AUTHORIZER: &str = "x-amazon-apigateway-authorizer";

/// Whether only an HTTP API has such a scheme.
pub(super) fn is_http(scheme: &Place<'_>) -> bool {
    let Some(authorizer) = scheme.get(AUTHORIZER) else { return false };
    let source = authorizer.get("identitySource").and_then(|source| source.text().ok());
    source.is_some_and(|source| source.starts_with('$'))
        || ["authorizerPayloadFormatVersion", "enableSimpleResponses", "jwtConfiguration"]
            .into_iter()
            .any(|name| authorizer.get(name).is_some())
}

/// Reads the authorizer of a scheme that an operation names.
pub(super) fn read(
    protocol: Protocol,
    scheme: &Place<'_>,
) -> Result<AuthorizerSettings, DefinitionFault> {
    let kind = scheme.require("type")?;
    if kind.text()? != "apiKey" && protocol == Protocol::Rest {
        return Err(kind.fault("API Gateway wants `apiKey` here for a REST API's authorizer"));
    }
    let Some(place) = scheme.get(AUTHORIZER) else {
        return Err(scheme.fault(format!("no `{AUTHORIZER}`; plain API keys are not emulated")));
    };
    // The value is free for a Lambda authorizer; these two name something else.
    if let Some(auth_type) = scheme.get(AUTH_TYPE)
        && matches!(auth_type.text()?, "awsSigv4" | "cognito_user_pools")
    {
        return Err(auth_type.fault("only Lambda authorizers are emulated; write `custom`"));
    }
    let kind = place.require("type")?;
    let definition = AuthorizerDefinition { spelling: Spelling::OpenApi, protocol, place };
    match kind.text()? {
        "request" => definition.request(),
        "token" => {
            let name = scheme.get("name").map(|name| {
                name.text()?.parse().map_err(|_| name.fault("not the name of a header"))
            });
            definition.token(name.transpose()?)
        }
        _ => Err(kind.fault("only `request` and `token` authorizers are emulated")),
    }
}
