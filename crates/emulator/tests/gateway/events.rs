//! The REQUEST event, member for member, and as AWS's event crate for Rust reads it.

use std::time::{Duration, SystemTime};

use aws_lambda_events::apigw::ApiGatewayCustomAuthorizerRequestTypeRequest;
use axum::body::Body;
use gatepost_emulator::clock::Clock;
use http::Request;
use serde_json::{Value, json};

use super::support::{API, FakeAuthorizer, STAGE, Setup, allowing, config};

async fn event(request: Request<Body>) -> Value {
    let authorizer = FakeAuthorizer::answering([allowing(&["*"])]);
    let mut config = config(API, &authorizer);
    config.clock =
        Clock::reading(|| SystemTime::UNIX_EPOCH + Duration::from_millis(1_794_707_625_250));
    let setup = Setup::new(config);
    assert_eq!(setup.send(request).await.status, 200);
    authorizer.events().remove(0)
}

fn request(path: &str) -> Request<Body> {
    Request::get(path)
        .header("host", "localhost:3000")
        .header("Authorization", "Bearer t")
        .header("user-agent", "curl/8.1")
        .body(Body::empty())
        .unwrap()
}

#[tokio::test]
async fn event_is_member_for_member_what_api_gateway_sends() {
    let mut event = event(request("/movies/7?a=1&a=2")).await;
    // Random or derived from what is random: only their form is known.
    let request_id = event["requestContext"]["requestId"].take();
    assert_eq!(request_id.as_str().unwrap().len(), 36);
    let extended = event["requestContext"]["extendedRequestId"].take();
    assert_eq!(extended.as_str().unwrap().len(), 16);
    let trace = event["headers"]["x-amzn-trace-id"].take();
    assert!(trace.as_str().unwrap().starts_with("Root=1-6af910a9-"), "{trace}");
    assert_eq!(event["multiValueHeaders"]["x-amzn-trace-id"].take(), json!([trace]));

    let want = json!({
        "type": "REQUEST",
        "methodArn": format!("{STAGE}/GET/movies/7"),
        "resource": "/movies/{id}",
        "path": "/movies/7",
        "httpMethod": "GET",
        "headers": {
            "authorization": "Bearer t",
            "host": "localhost:3000",
            "user-agent": "curl/8.1",
            "x-amzn-trace-id": null,
            "x-forwarded-for": "192.0.2.7",
            "x-forwarded-port": "3000",
            "x-forwarded-proto": "http",
        },
        "multiValueHeaders": {
            "authorization": ["Bearer t"],
            "host": ["localhost:3000"],
            "user-agent": ["curl/8.1"],
            "x-amzn-trace-id": null,
            "x-forwarded-for": ["192.0.2.7"],
            "x-forwarded-port": ["3000"],
            "x-forwarded-proto": ["http"],
        },
        "queryStringParameters": { "a": "2" },
        "multiValueQueryStringParameters": { "a": ["1", "2"] },
        "pathParameters": { "id": "7" },
        "stageVariables": null,
        "requestContext": {
            "accountId": "123456789012",
            "apiId": "a1b2c3",
            "deploymentId": "local0",
            "domainName": "localhost",
            "domainPrefix": "localhost",
            "extendedRequestId": null,
            "httpMethod": "GET",
            "identity": {
                "accessKey": null,
                "accountId": null,
                "caller": null,
                "cognitoAuthenticationProvider": null,
                "cognitoAuthenticationType": null,
                "cognitoIdentityId": null,
                "cognitoIdentityPoolId": null,
                "principalOrgId": null,
                "sourceIp": "192.0.2.7",
                "user": null,
                "userAgent": "curl/8.1",
                "userArn": null,
            },
            "path": "/movies/7",
            "protocol": "HTTP/1.1",
            "requestId": null,
            "requestTime": "15/Nov/2026:01:53:45 +0000",
            "requestTimeEpoch": 1_794_707_625_250_u64,
            "resourceId": event["requestContext"]["resourceId"],
            "resourcePath": "/movies/{id}",
            "stage": "dev",
        },
    });
    assert_eq!(event, want);
}

#[tokio::test]
async fn maps_without_entries_are_null() {
    let event = event(request("/movies")).await;
    for name in [
        "queryStringParameters",
        "multiValueQueryStringParameters",
        "pathParameters",
        "stageVariables",
    ] {
        assert_eq!(event.get(name), Some(&Value::Null), "{name}");
    }
}

#[tokio::test]
async fn request_ids_are_unique_and_given_to_the_client() {
    let authorizer = FakeAuthorizer::answering([allowing(&["*"])]);
    let setup = Setup::new(config(API, &authorizer));
    let (one, two) = (setup.get("/movies", "a").await, setup.get("/movies", "b").await);
    let events = authorizer.events();
    for (answer, event) in [one, two].iter().zip(&events) {
        let context = &event["requestContext"];
        assert_eq!(answer.header("x-amzn-requestid"), context["requestId"].as_str());
        assert_eq!(answer.header("x-amz-apigw-id"), context["extendedRequestId"].as_str());
    }
    assert_ne!(events[0]["requestContext"]["requestId"], events[1]["requestContext"]["requestId"]);
}

#[tokio::test]
async fn the_event_crate_of_aws_reads_the_same() {
    let event = event(request("/movies/7?a=1&a=2")).await;
    let read: ApiGatewayCustomAuthorizerRequestTypeRequest = serde_json::from_value(event).unwrap();
    assert_eq!(read.type_.as_deref(), Some("REQUEST"));
    assert_eq!(read.method_arn, Some(format!("{STAGE}/GET/movies/7")));
    assert_eq!(read.headers["authorization"], "Bearer t");
    assert_eq!(read.path_parameters["id"], "7");
    assert_eq!(read.multi_value_query_string_parameters.all("a"), Some(vec!["1", "2"]));
    assert_eq!(read.request_context.resource_path.as_deref(), Some("/movies/{id}"));
    let identity = read.request_context.identity.unwrap();
    assert_eq!(identity.source_ip.as_deref(), Some("192.0.2.7"));
}
