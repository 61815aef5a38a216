//! A running `gatepost dev` over an engine that the test looks into.

use std::collections::{BTreeSet, HashMap};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::mpsc::Receiver;
use std::thread;
use std::time::Duration;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::AttributeValue;
use gatepost_emulator::dynamodb::{DynamoDb, Storage};
use serde_json::Value;

use crate::engine::{self, Variables};
use crate::program::{GATEPOST, address, copy, dev, gatepost, lines_of, lines_until};

/// Longer than anything takes on a busy machine: only a failure waits for it.
const PATIENCE: Duration = Duration::from_mins(2);

/// The table that `gatepost dev` fills.
pub(crate) const TABLE: &str = "gatepost-policies";

/// `gatepost dev`, ended when this is dropped.
pub(crate) struct World {
    process: Child,
    /// The API's address.
    pub(crate) api: String,
    issuer: String,
    folder: tempfile::TempDir,
    pub(crate) client: Client,
    settings: Variables,
    _database: DynamoDb,
}

impl World {
    pub(crate) async fn start() -> Self {
        Self::start_with_result_ttl(300).await
    }

    /// With an API that keeps answers for so many seconds.
    pub(crate) async fn start_with_result_ttl(seconds: u64) -> Self {
        let database = DynamoDb::start(Storage::Memory, 0).await.unwrap();
        let settings = engine::variables(&database.endpoint_url());
        let client = engine::client(&settings);
        let folder = tempfile::tempdir().unwrap();
        let policies = folder.path().join("policies");
        copy(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../../policies"), &policies);
        let routes = policies.join("routes/openapi.yaml");
        let text = fs::read_to_string(&routes).unwrap();
        let of = |seconds: u64| format!("authorizerResultTtlInSeconds: {seconds}");
        assert!(text.contains(&of(300)));
        fs::write(&routes, text.replace(&of(300), &of(seconds))).unwrap();
        let mut process = dev(["--dynamodb-endpoint", &database.endpoint_url()])
            .arg("--policies")
            .arg(&policies)
            .arg("--state")
            .arg(folder.path().join("state"))
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = lines_of(&mut process);
        let (api, issuer) = tokio::task::block_in_place(|| {
            let api = address(&line_with(&lines, "  API "));
            let issuer = address(&line_with(&lines, "  Sign in "));
            line_with(&lines, "Ctrl-C");
            (api, issuer)
        });
        thread::spawn(move || lines.into_iter().for_each(drop));
        Self { process, api, issuer, folder, client, settings, _database: database }
    }

    /// What makes a token, when it is given `--groups` too.
    pub(crate) fn token_command(&self) -> Vec<String> {
        let state = self.folder.path().join("state");
        [GATEPOST, "token", "doctor", "--issuer", &self.issuer, "--state", state.to_str().unwrap()]
            .map(str::to_owned)
            .into()
    }

    /// The routes that `dev` follows.
    pub(crate) fn routes(&self) -> PathBuf {
        self.folder.path().join("policies/routes/openapi.yaml")
    }

    /// `gatepost doctor` on the API at `url`, with the table, and tokens by a command.
    pub(crate) fn doctor(&self, url: &str) -> Command {
        let mut command = self.bare(url);
        let words: Vec<String> =
            self.token_command().iter().map(|word| format!("'{word}'")).collect();
        command.args(["--table", TABLE, "--token-command"]);
        command.arg(format!("{} --groups \"$GATEPOST_DOCTOR_GROUPS\"", words.join(" ")));
        command
    }

    /// `gatepost doctor` with nothing but an address.
    pub(crate) fn bare(&self, url: &str) -> Command {
        let mut command = gatepost();
        command.args(["doctor", "--format", "json", "--url", url]).envs(&self.settings);
        command
    }

    /// Every row of the table.
    pub(crate) async fn rows(&self) -> BTreeSet<String> {
        let answer = self.client.scan().table_name(TABLE).send().await.unwrap();
        answer.items().iter().map(text_of).collect()
    }
}

impl Drop for World {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// The members in one order, which maps have not.
fn text_of(row: &HashMap<String, AttributeValue>) -> String {
    let mut members: Vec<String> =
        row.iter().map(|(name, member)| format!("{name}: {}", text_of_value(member))).collect();
    members.sort();
    format!("{{{}}}", members.join(", "))
}

fn text_of_value(value: &AttributeValue) -> String {
    if let AttributeValue::M(members) = value {
        text_of(members)
    } else if let AttributeValue::L(elements) = value {
        let elements: Vec<String> = elements.iter().map(text_of_value).collect();
        format!("[{}]", elements.join(", "))
    } else {
        format!("{value:?}")
    }
}

/// Runs a command to its end, while the test's own servers go on.
pub(crate) fn run(command: &mut Command) -> Run {
    let output = tokio::task::block_in_place(|| command.output().unwrap());
    Run::of(&output)
}

/// What came of `gatepost doctor`.
#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) status: Option<i32>,
    pub(crate) report: Value,
    pub(crate) stderr: String,
}

impl Run {
    pub(crate) fn of(output: &Output) -> Self {
        let stderr = String::from_utf8(output.stderr.clone()).unwrap();
        let report = serde_json::from_slice(&output.stdout)
            .unwrap_or_else(|error| panic!("{error}: {output:?}"));
        Self { status: output.status.code(), report, stderr }
    }

    fn probe(&self, id: &str) -> &Value {
        let probes = self.report["probes"].as_array().unwrap();
        probes.iter().find(|probe| probe["probe"] == id).unwrap()
    }

    pub(crate) fn verdict(&self, id: &str) -> &str {
        self.probe(id)["verdict"].as_str().unwrap()
    }

    pub(crate) fn found(&self, id: &str) -> &str {
        self.probe(id)["found"].as_str().unwrap()
    }

    /// Each probe with its verdict.
    pub(crate) fn verdicts(&self) -> HashMap<&str, &str> {
        let probes = self.report["probes"].as_array().unwrap();
        probes
            .iter()
            .map(|probe| (probe["probe"].as_str().unwrap(), probe["verdict"].as_str().unwrap()))
            .collect()
    }

    /// Whether a setting is called safe.
    pub(crate) fn safe(&self, setting: &str) -> Option<bool> {
        let settings = self.report["settings"].as_array().unwrap();
        let found = settings.iter().find(|one| one["setting"] == setting).unwrap();
        found["safe"].as_bool()
    }
}

/// The next line that holds `text`.
pub(crate) fn line_with(lines: &Receiver<String>, text: &str) -> String {
    lines_until(lines, text, PATIENCE).1
}
