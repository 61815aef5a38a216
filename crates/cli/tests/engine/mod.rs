//! How commands reach an engine of the tests, and how the tests reach it themselves.

use std::collections::BTreeMap;

use aws_sdk_dynamodb::Client;
use gatepost_authorizer::dynamodb::DynamoDbSettings;
use gatepost_authorizer::https::HttpsClient;

/// Settings of the environment.
pub(crate) type Variables = BTreeMap<&'static str, String>;

/// What a command has to be told to reach the engine at an address.
pub(crate) fn variables(endpoint: &str) -> Variables {
    BTreeMap::from([
        ("AWS_REGION", "eu-west-1".to_owned()),
        ("AWS_ACCESS_KEY_ID", "development".to_owned()),
        ("AWS_SECRET_ACCESS_KEY", "development".to_owned()),
        ("AWS_ENDPOINT_URL_DYNAMODB", endpoint.to_owned()),
    ])
}

/// A client of the same engine.
pub(crate) fn client(variables: &Variables) -> Client {
    let get = |name: &str| variables.get(name).cloned();
    let https = HttpsClient::from_vars(get).unwrap();
    DynamoDbSettings::from_vars(get).unwrap().client(&https)
}
