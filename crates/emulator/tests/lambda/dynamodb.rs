//! The embedded engine, through the AWS SDK.

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::retry::RetryConfig;
use aws_sdk_dynamodb::config::{BehaviorVersion, Credentials, Region};
use aws_sdk_dynamodb::types::{
    AttributeDefinition, AttributeValue, BillingMode, KeySchemaElement, KeyType,
    ScalarAttributeType,
};
use gatepost_emulator::dynamodb::{DynamoDb, DynamoDbError, Storage};

fn client(engine: &DynamoDb) -> Client {
    let config = aws_sdk_dynamodb::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("eu-west-1"))
        .credentials_provider(Credentials::new("key", "secret", None, None, "tests"))
        .endpoint_url(engine.endpoint_url())
        .http_client(aws_smithy_http_client::Builder::new().build_http())
        .retry_config(RetryConfig::disabled())
        .build();
    Client::from_conf(config)
}

async fn create_table(client: &Client) {
    let attribute = AttributeDefinition::builder()
        .attribute_name("id")
        .attribute_type(ScalarAttributeType::S)
        .build()
        .unwrap();
    let key =
        KeySchemaElement::builder().attribute_name("id").key_type(KeyType::Hash).build().unwrap();
    client
        .create_table()
        .table_name("things")
        .attribute_definitions(attribute)
        .key_schema(key)
        .billing_mode(BillingMode::PayPerRequest)
        .send()
        .await
        .unwrap();
}

async fn put(client: &Client, id: &str) {
    let id = AttributeValue::S(id.to_owned());
    client.put_item().table_name("things").item("id", id).send().await.unwrap();
}

async fn has(client: &Client, id: &str) -> bool {
    let id = AttributeValue::S(id.to_owned());
    client.get_item().table_name("things").key("id", id).send().await.unwrap().item.is_some()
}

#[tokio::test]
async fn an_item_that_was_put_can_be_read() {
    let engine = DynamoDb::start(Storage::Memory, 0).await.unwrap();
    let client = client(&engine);
    create_table(&client).await;
    put(&client, "a").await;
    assert!(has(&client, "a").await);
    assert!(!has(&client, "b").await);
}

#[tokio::test]
async fn a_file_keeps_its_tables_when_the_engine_stops() {
    let folder = tempfile::tempdir().unwrap();
    let storage = Storage::File(folder.path().join("tables.db"));
    let first = DynamoDb::start(storage.clone(), 0).await.unwrap();
    create_table(&client(&first)).await;
    put(&client(&first), "a").await;
    first.stop().await.unwrap();
    let second = DynamoDb::start(storage, 0).await.unwrap();
    assert!(has(&client(&second), "a").await);
}

#[tokio::test]
async fn an_engine_that_has_stopped_answers_no_more() {
    let engine = DynamoDb::start(Storage::Memory, 0).await.unwrap();
    let client = client(&engine);
    create_table(&client).await;
    engine.stop().await.unwrap();
    assert!(client.list_tables().send().await.is_err());
}

#[tokio::test]
async fn a_port_that_is_taken_is_an_error_that_names_it() {
    let one = DynamoDb::start(Storage::Memory, 0).await.unwrap();
    let port: u16 = one.endpoint_url().rsplit_once(':').unwrap().1.parse().unwrap();
    let error = DynamoDb::start(Storage::Memory, port).await.unwrap_err();
    assert_eq!(error.to_string(), format!("cannot listen on 127.0.0.1:{port}"));
}

#[tokio::test]
async fn a_file_that_is_no_database_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("text.db");
    std::fs::write(&path, "this is no database, whatever its name says".repeat(100)).unwrap();
    let error = DynamoDb::start(Storage::File(path), 0).await.unwrap_err();
    assert!(matches!(error, DynamoDbError::Open { .. }), "{error}");
}
