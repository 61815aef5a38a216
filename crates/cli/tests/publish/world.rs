//! An engine with a table, a folder of policies, and the command to bring them together.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::AttributeValue;
use gatepost_core::policy::PolicyDocument;
use gatepost_emulator::dynamodb::{DynamoDb, Storage};
use gatepost_store::{TableState, create_table, read_table};
use serde_json::{Value, json};

use crate::engine;

pub(crate) const TABLE: &str = "policies";

pub(crate) struct World {
    pub(crate) client: Client,
    pub(crate) endpoint: String,
    pub(crate) folder: PathBuf,
    pub(crate) temporary: tempfile::TempDir,
    _database: Option<DynamoDb>,
}

/// What a command did.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) code: Option<i32>,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl World {
    /// Begins with an empty table, in an engine of its own or in the one that `GATEPOST_ENGINE` names,
    /// which takes one test at a time.
    pub(crate) async fn start() -> Self {
        let (database, endpoint) = if let Ok(endpoint) = std::env::var("GATEPOST_ENGINE") {
            (None, endpoint)
        } else {
            let database = DynamoDb::start(Storage::Memory, 0).await.unwrap();
            let endpoint = database.endpoint_url();
            (Some(database), endpoint)
        };
        let client = engine::client(&engine::variables(&endpoint));
        for table in [TABLE, "sample"] {
            // There is none in an engine of one's own.
            let _ = client.delete_table().table_name(table).send().await;
        }
        create_table(&client, TABLE).await.unwrap();
        let temporary = tempfile::tempdir().unwrap();
        let folder = temporary.path().join("policies");
        fs::create_dir(&folder).unwrap();
        Self { client, endpoint, folder, temporary, _database: database }
    }

    /// The command, in the folder above the policies.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_gatepost"));
        command
            .args(arguments)
            .current_dir(self.temporary.path())
            .stdin(Stdio::null())
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap())
            .env("HOME", self.temporary.path())
            .env("GIT_CEILING_DIRECTORIES", self.temporary.path().parent().unwrap())
            .env("USER", "tester")
            .env("GATEPOST_POLICY_TABLE", TABLE)
            .envs(engine::variables(&self.endpoint));
        command
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Ran {
        let mut command = self.command(arguments);
        Ran::of(tokio::task::block_in_place(|| command.output().unwrap()))
    }

    /// Runs what must succeed.
    pub(crate) fn done(&self, arguments: &[&str]) -> String {
        let ran = self.run(arguments);
        assert_eq!(ran.code, Some(0), "{arguments:?}: {ran:?}");
        ran.out
    }

    /// Writes the file of a group: what it allows, and what it denies after a `!`.
    pub(crate) fn write(&self, group: &str, resources: &[&str]) {
        write(&self.folder, group, resources);
    }

    pub(crate) async fn state(&self) -> TableState {
        read_table(&self.client, TABLE).await.unwrap()
    }

    /// A row as it is, read past everything.
    pub(crate) async fn row(&self, group: &str, revision: u64) -> Option<Value> {
        let answer = self
            .client
            .get_item()
            .table_name(TABLE)
            .key("subject", AttributeValue::S(format!("group:{group}")))
            .key("revision", AttributeValue::N(revision.to_string()))
            .send();
        answer.await.unwrap().item.map(|item| serde_dynamo::from_item(item).unwrap())
    }

    /// Changes a row as somebody does in the console.
    pub(crate) async fn edit(&self, group: &str, edit: impl Fn(&mut Value)) {
        let mut row = self.row(group, 0).await.unwrap();
        edit(&mut row);
        let item = serde_dynamo::to_item(row).unwrap();
        self.client.put_item().table_name(TABLE).set_item(Some(item)).send().await.unwrap();
    }

    /// Every row but for its times, in the order of its key.
    pub(crate) async fn rows(&self) -> BTreeMap<(String, u64), Value> {
        let scan = self.client.scan().table_name(TABLE).consistent_read(true);
        let mut items = scan.into_paginator().items().send();
        let mut rows = BTreeMap::new();
        while let Some(item) = items.next().await {
            let mut row: Value = serde_dynamo::from_item(item.unwrap()).unwrap();
            row.as_object_mut().unwrap().remove("updated_at");
            let key =
                (row["subject"].as_str().unwrap().to_owned(), row["revision"].as_u64().unwrap());
            rows.insert(key, row);
        }
        rows
    }
}

impl Ran {
    pub(crate) fn of(output: Output) -> Self {
        let text = |bytes| String::from_utf8(bytes).unwrap();
        Self { code: output.status.code(), out: text(output.stdout), err: text(output.stderr) }
    }
}

/// Writes the file of a group in a folder.
pub(crate) fn write(folder: &Path, group: &str, resources: &[&str]) {
    let path = folder.join("groups").join(format!("{group}.json"));
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, format!("{:#}\n", document(resources))).unwrap();
}

/// A document: what it allows, and what it denies after a `!`.
pub(crate) fn document(resources: &[&str]) -> Value {
    let statements = resources.iter().map(|resource| {
        let (effect, resource) = match resource.strip_prefix('!') {
            Some(denied) => ("Deny", denied),
            None => ("Allow", *resource),
        };
        json!({ "Effect": effect, "Action": "execute-api:Invoke", "Resource": resource })
    });
    json!({ "Version": "2012-10-17", "Statement": statements.collect::<Vec<_>>() })
}

pub(crate) fn parsed(resources: &[&str]) -> PolicyDocument {
    PolicyDocument::parse(document(resources).to_string().as_bytes()).unwrap()
}

/// Runs git in a folder.
pub(crate) fn git(folder: &Path, arguments: &[&str]) -> String {
    let output = Command::new("git")
        .arg("-C")
        .arg(folder)
        .args([
            "-c",
            "user.name=Ada",
            "-c",
            "user.email=ada@example.org",
            "-c",
            "init.defaultBranch=main",
        ])
        .args(arguments)
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .output()
        .unwrap();
    let mut told = String::new();
    write!(told, "{output:?}").unwrap();
    assert!(output.status.success(), "{arguments:?}: {told}");
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}
