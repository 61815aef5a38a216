//! `gatepost revoke` against a DynamoDB-compatible engine.

#![cfg(test)]

mod engine;

use std::process::{Command, Output};
use std::time::{Duration, SystemTime};

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::AttributeValue;
use gatepost_core::revocable::Revocable;
use gatepost_emulator::dynamodb::{DynamoDb, Storage};
use gatepost_store::{DynamoDbStore, PolicyStore, Revocation, TableLayout, create_table};
use serde_json::Value;
use tokio::time::Instant;

use engine::Variables;

const TABLE: &str = "policies";

/// An engine with an empty table.
struct World {
    settings: Variables,
    client: Client,
    store: DynamoDbStore,
    _database: DynamoDb,
}

impl World {
    async fn start() -> Self {
        let database = DynamoDb::start(Storage::Memory, 0).await.unwrap();
        let settings = engine::variables(&database.endpoint_url());
        let client = engine::client(&settings);
        create_table(&client, TABLE).await.unwrap();
        let store = DynamoDbStore::new(&client, TABLE, TableLayout::Gatepost);
        Self { settings, client, store, _database: database }
    }

    fn run(&self, arguments: &[&str]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_gatepost"));
        command.arg("revoke").args(arguments).env_remove("GATEPOST_TABLE_LAYOUT");
        command.env("GATEPOST_POLICY_TABLE", TABLE).envs(&self.settings);
        for (index, (key, value)) in
            [("user.name", "Ada"), ("user.email", "ada@example.org")].iter().enumerate()
        {
            command.env(format!("GIT_CONFIG_KEY_{index}"), key);
            command.env(format!("GIT_CONFIG_VALUE_{index}"), value);
        }
        command.env("GIT_CONFIG_COUNT", "2");
        tokio::task::block_in_place(|| command.output().unwrap())
    }

    async fn revocations(&self, text: &str) -> Vec<Revocation> {
        let revocable: Revocable = text.parse().unwrap();
        let deadline = Instant::now() + Duration::from_secs(30);
        self.store.read_rows(&[], &[revocable], deadline).await.unwrap().revocations
    }
}

fn out(output: &Output) -> String {
    assert!(output.stderr.is_empty(), "{output:?}");
    String::from_utf8(output.stdout.clone()).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_user_is_revoked_and_it_is_said_how_long_they_can_still_get_in() {
    let world = World::start().await;
    let output = world.run(&["user:8a7d", "--result-ttl", "60", "--for-hours", "2"]);
    assert_eq!(output.status.code(), Some(0));
    let text = out(&output);
    assert!(text.starts_with("user:8a7d is revoked until 20"), "{text}");
    assert!(text.contains("\nIt can still get in for 61 s, until 20"), "{text}");
    assert!(!text.contains("sign in again"), "{text}");
    let [revocation] = world.revocations("user:8a7d").await.try_into().unwrap();
    let in_hours = |hours| SystemTime::now() + Duration::from_hours(hours);
    assert!(revocation.holds_at(in_hours(1)) && !revocation.holds_at(in_hours(2)));

    assert_eq!(out(&world.run(&["user:8a7d", "--lift"])), "user:8a7d is revoked no more\n");
    let again = world.run(&["user:8a7d", "--lift"]);
    assert_eq!(
        (again.status.code(), out(&again).as_str()),
        (Some(1), "user:8a7d was not revoked\n")
    );
    assert_eq!(world.revocations("user:8a7d").await, []);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_row_says_who_revoked_and_why() {
    let world = World::start().await;
    let output = world.run(&["token:t-1", "--comment", "laptop lost"]);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let rows = world.client.scan().table_name(TABLE).send().await.unwrap().items.unwrap();
    let [row] = rows.try_into().unwrap();
    assert_eq!(row["revoked_by"], AttributeValue::S("Ada <ada@example.org>".to_owned()));
    assert_eq!(row["comment"], AttributeValue::S("laptop lost".to_owned()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_script_reads_the_same_as_json() {
    let world = World::start().await;
    let output = world.run(&["session:o-1", "--result-ttl", "0", "--format", "json"]);
    let answer: Value = serde_json::from_str(&out(&output)).unwrap();
    assert_eq!(answer["revocable"], "session:o-1");
    assert_eq!(answer["still_admitted_seconds"], 1);
    assert!(answer["expires_at"].as_str().unwrap().ends_with('Z'), "{answer}");
    assert_eq!(world.revocations("session:o-1").await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_revoked_is_said_to_be_so() {
    let world = World::start().await;
    for (arguments, want) in [
        (&["8a7d"][..], "write `user:SUB`, `session:ORIGIN_JTI` or `token:JTI`"),
        (&["user:"], "the subject has no name"),
        (&["user:a", "--table", "nowhere"], "there is no such table"),
        (&["user:a", "--result-ttl", "3601"], "3601 is not in 0..=3600"),
    ] {
        let output = world.run(arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        let text = String::from_utf8(output.stderr).unwrap();
        assert!(text.contains(want), "{arguments:?}: {text}");
    }
}
