//! Which OpenAPI documents are APIs, and where the others are wrong.

use gatepost_emulator::gateway::{
    Access, Api, AuthorizerKind, AuthorizerSettings, Integration, Method, MethodVerb,
    MissingIdentitySource, PayloadFormat, Protocol, ResultTtl,
};
use serde_json::{Value, json};

use super::support::API;

/// A document with one guarded method.
fn document() -> Value {
    json!({
        "openapi": "3.0.1",
        "components": { "securitySchemes": { "a": {
            "type": "apiKey", "name": "Authorization", "in": "header",
            "x-amazon-apigateway-authtype": "custom",
            "x-amazon-apigateway-authorizer": {
                "type": "request", "identitySource": "method.request.header.Authorization",
            },
        }}},
        "paths": { "/x": { "get": { "security": [{ "a": [] }] } } },
    })
}

/// Sets the value at `pointer`, of which all but the last name exist.
fn set(document: &mut Value, pointer: &str, value: Value) {
    let (parent, name) = pointer.rsplit_once('/').unwrap();
    let name = name.replace("~1", "/");
    document.pointer_mut(parent).unwrap().as_object_mut().unwrap().insert(name, value);
}

/// `GET /movies Public` and so on, in the order they are looked for.
fn accesses(api: &Api) -> Vec<String> {
    let methods = api.methods();
    let line = |(verb, path, method): &(MethodVerb, &str, &Method)| {
        format!("{verb} {path} {:?}", method.access)
    };
    methods.iter().map(line).collect()
}

/// The settings of the one authorizer of an API.
fn authorizer(api: &Api) -> &AuthorizerSettings {
    let guarded = |(_, _, method): &(MethodVerb, &str, &Method)| match method.access {
        Access::Guarded(id) => Some(id),
        Access::NotEmulated(_) | Access::Public => None,
    };
    api.authorizer(api.methods().iter().find_map(guarded).unwrap()).unwrap()
}

#[test]
fn methods_are_read_with_their_access() {
    let api = Api::from_openapi(API).unwrap();
    assert_eq!(
        accesses(&api),
        [
            "GET / Guarded(AuthorizerId(0))",
            "ANY /api/{proxy+} Guarded(AuthorizerId(0))",
            "GET /health Public",
            "GET /movies Guarded(AuthorizerId(0))",
            "POST /movies Guarded(AuthorizerId(0))",
            "GET /movies/{id} Guarded(AuthorizerId(0))",
        ]
    );
    assert_eq!(api.protocol(), Protocol::Rest);
}

#[test]
fn authorizer_settings_have_the_defaults_of_api_gateway() {
    let api = Api::from_openapi(&document().to_string()).unwrap();
    let settings = authorizer(&api);
    assert_eq!(settings.result_ttl(), ResultTtl::default());
    let AuthorizerKind::Request { format, identity_sources } = settings.kind() else {
        panic!("{settings:?}")
    };
    assert_eq!(*format, PayloadFormat::Rest);
    assert_eq!(identity_sources[0].to_string(), "method.request.header.authorization");
}

#[test]
fn a_cache_without_a_key_cannot_be_turned_on() {
    let mut document = document();
    let scheme = "/components/securitySchemes/a/x-amazon-apigateway-authorizer";
    set(&mut document, scheme, json!({ "type": "request", "authorizerResultTtlInSeconds": 0 }));
    let mut api = Api::from_openapi(&document.to_string()).unwrap();
    let settings = &mut api.authorizers_mut()[0];
    assert_eq!(settings.set_result_ttl(ResultTtl::default()), Err(MissingIdentitySource));
    assert!(settings.result_ttl().is_off());
}

#[test]
fn a_mock_integration_of_options_is_a_preflight_answer() {
    let mut document = document();
    let options = json!({ "x-amazon-apigateway-integration": {
        "type": "MOCK",
        "responses": { "default": { "statusCode": "204", "responseParameters": {
            "method.response.header.Access-Control-Allow-Origin": "'https://a.example'",
        }}},
    }});
    set(&mut document, "/paths/~1x/options", options);
    let api = Api::from_openapi(&document.to_string()).unwrap();
    let (verb, _, method) = *api.methods().last().unwrap();
    assert_eq!((verb, method.access), (MethodVerb::OPTIONS, Access::Public));
    let Integration::Mock(Some(answer)) = &method.integration else { panic!("{method:?}") };
    assert_eq!(answer.status, 204);
    assert_eq!(answer.headers["access-control-allow-origin"], "https://a.example");
}

#[test]
fn a_document_with_a_setting_of_http_apis_is_of_one() {
    let mut document = document();
    let scheme = "/components/securitySchemes/a/x-amazon-apigateway-authorizer";
    for (version, simple, want) in [
        ("1.0", false, PayloadFormat::Http1),
        ("2.0", false, PayloadFormat::Http2),
        ("2.0", true, PayloadFormat::Http2Simple),
    ] {
        let definition = json!({
            "type": "request", "identitySource": "$request.header.Authorization",
            "authorizerPayloadFormatVersion": version, "enableSimpleResponses": simple,
        });
        set(&mut document, scheme, definition);
        let api = Api::from_openapi(&document.to_string()).unwrap();
        assert_eq!(api.protocol(), Protocol::Http);
        let settings = authorizer(&api);
        assert!(settings.result_ttl().is_off(), "an HTTP API keeps no answers unless told to");
        let AuthorizerKind::Request { format, .. } = settings.kind() else { panic!() };
        assert_eq!(*format, want);
    }
    set(&mut document, "/paths/~1$default", json!({ "x-amazon-apigateway-any-method": {} }));
    let api = Api::from_openapi(&document.to_string()).unwrap();
    assert_eq!(accesses(&api), ["GET /x Guarded(AuthorizerId(0))", "ANY $default Public"]);
}

#[test]
fn two_authorizers_are_told_apart() {
    let mut document = document();
    let other = document["components"]["securitySchemes"]["a"].clone();
    set(&mut document, "/components/securitySchemes/b", other);
    set(&mut document, "/paths/~1y", json!({ "get": { "security": [{ "b": [] }] } }));
    let api = Api::from_openapi(&document.to_string()).unwrap();
    assert_eq!(
        accesses(&api),
        ["GET /x Guarded(AuthorizerId(0))", "GET /y Guarded(AuthorizerId(1))"]
    );
}

#[test]
fn every_fault_is_found_in_its_place() {
    let scheme = "/components/securitySchemes/a";
    let authorizer = "/components/securitySchemes/a/x-amazon-apigateway-authorizer";
    for (pointer, value, fault) in [
        ("/openapi", json!("2.0"), "`/openapi`: only OpenAPI 3 is read"),
        ("/openapi", json!(3.0), "`/openapi`: a number, expected a string"),
        ("/swagger", json!("2.0"), "Swagger 2.0 is not read"),
        ("/security", json!([{ "a": [] }]), "`/security`: API Gateway does not apply security"),
        ("/x-amazon-apigateway-policy", json!({}), "`/x-amazon-apigateway-policy`: resource pol"),
        ("/paths", json!({}), "`/paths`: there is no path"),
        ("/paths", json!([]), "`/paths`: a list, expected a mapping"),
        ("/paths/x", json!({}), "`/paths/x`: a path begins with `/`"),
        ("/paths/~1{p+}~1x", json!({}), "`/paths/~1{p+}~1x`: a greedy parameter must be the last"),
        ("/paths/~1x/fetch", json!({}), "`/paths/~1x/fetch`: no verb"),
        ("/paths/~1x/GET", json!({}), "`/paths/~1x/GET`: no verb"),
        ("/paths/~1x/trace", json!({}), "`/paths/~1x/trace`: API Gateway has no method TRACE"),
        ("/paths/~1x/$ref", json!("#/y"), "`/paths/~1x/$ref`: references"),
        ("/paths/~1x/get/security", json!({}), "`/paths/~1x/get/security`: a mapping, expected a"),
        ("/paths/~1x/get/security", json!([{}]), "`/paths/~1x/get/security/0`: 0 schemes"),
        (
            "/paths/~1x/get/security",
            json!([{ "a": [] }, {}]),
            "`/paths/~1x/get/security/1`: API Gateway knows no alternatives",
        ),
        (
            "/paths/~1x/get/security",
            json!([{ "a": [], "key": [] }]),
            "`/paths/~1x/get/security/0`: 2 schemes",
        ),
        (
            "/paths/~1x/get/security",
            json!([{ "a": ["read"] }]),
            "`/paths/~1x/get/security/0/a/0`: a Lambda authorizer has no scopes",
        ),
        (
            "/paths/~1x/get/security",
            json!([{ "b": [] }]),
            "`/paths/~1x/get/security/0/b`: there is no such scheme",
        ),
        (
            "/paths/~1x/get/x-amazon-apigateway-auth",
            json!({ "type": "AWS_IAM" }),
            "`/paths/~1x/get/x-amazon-apigateway-auth/type`: only `NONE`",
        ),
        (
            "/x-amazon-apigateway-gateway-responses",
            json!({ "DEFAULT_4xx": {} }),
            "`/x-amazon-apigateway-gateway-responses/DEFAULT_4xx`: no gateway response type",
        ),
        (
            "/x-amazon-apigateway-gateway-responses",
            json!({ "UNAUTHORIZED": { "responseParameters": { "gatewayresponse.header.A": "*" } } }),
            "not a value that is emulated; expected '…' in single quotes",
        ),
        (
            &format!("{scheme}/type"),
            json!("http"),
            "`/components/securitySchemes/a/type`: API Gate",
        ),
        (
            &format!("{scheme}/x-amazon-apigateway-authtype"),
            json!("cognito_user_pools"),
            "`/components/securitySchemes/a/x-amazon-apigateway-authtype`: only Lambda authorizers",
        ),
        (scheme, json!({ "type": "apiKey" }), "`/components/securitySchemes/a`: no `x-amazon-"),
        (&format!("{authorizer}/type"), json!("jwt"), "only `request` and `token` authorizers"),
        (
            &format!("{authorizer}/jwtConfiguration"),
            json!({}),
            "an HTTP API wants `authorizerPayloadFormatVersion`",
        ),
        (&format!("{authorizer}/identitySource"), json!("a.b"), "not an identity source"),
        (
            &format!("{authorizer}/authorizerResultTtlInSeconds"),
            json!(3601),
            "over the limit of 3600",
        ),
        (
            &format!("{authorizer}/authorizerResultTtlInSeconds"),
            json!(-1),
            "expected a whole number",
        ),
        (authorizer, json!({ "type": "request" }), "`identitySource` is missing"),
        (
            authorizer,
            json!({ "type": "token", "identitySource": "method.request.querystring.t" }),
            "a `token` authorizer reads one header",
        ),
        (
            authorizer,
            json!({ "type": "token", "identityValidationExpression": "(" }),
            "not a regular expression",
        ),
    ] {
        let mut document = document();
        set(&mut document, pointer, value);
        let error = Api::from_openapi(&document.to_string()).unwrap_err();
        assert_eq!(error.faults().len(), 1, "{error}");
        assert!(error.to_string().contains(fault), "want `{fault}`, got {error}");
    }
}

#[test]
fn all_faults_are_told_together_and_each_once() {
    let mut document = document();
    set(&mut document, "/components/securitySchemes/a/type", json!("http"));
    set(&mut document, "/paths/~1y", json!({ "get": { "security": [{ "a": [] }] }, "trace": {} }));
    set(&mut document, "/security", json!([]));
    let error = Api::from_openapi(&document.to_string()).unwrap_err();
    let pointers: Vec<&str> = error.faults().iter().map(|fault| fault.pointer.as_str()).collect();
    assert_eq!(pointers, ["/security", "/components/securitySchemes/a/type", "/paths/~1y/trace"]);
}

#[test]
fn what_is_no_document_is_one_fault() {
    for (text, fault) in [
        ("{", "not JSON"),
        ("a: [", "not YAML"),
        ("a: 1\na: 2", "not YAML"),
        ("", "nothing, expected a mapping"),
        ("just text", "a string, expected a mapping"),
    ] {
        let error = Api::from_openapi(text).unwrap_err().to_string();
        assert!(error.contains(fault), "want `{fault}`, got {error}");
    }
}

#[test]
fn merge_keys_and_aliases_of_yaml_are_resolved() {
    let text = "
openapi: 3.0.1
paths:
  /a: &base { get: {} }
  /b: { <<: *base, post: {} }
";
    let api = Api::from_openapi(text).unwrap();
    assert_eq!(accesses(&api), ["GET /a Public", "GET /b Public", "POST /b Public"]);
}
