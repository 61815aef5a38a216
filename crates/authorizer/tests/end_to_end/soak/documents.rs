//! The documents of the soak's groups, and what a second evaluator makes of them.

use std::collections::BTreeMap;
use std::time::SystemTime;

use gatepost_core::policy::PolicyDocument;
use gatepost_store::{NewRevision, Written, put_policy};
use serde_json::{Value, json};

use crate::oracle::{self, Answer};
use crate::world::{TABLE, World};

const GROUPS: [&str; 6] = ["actors", "buyers", "critics", "directors", "editors", "fans"];

pub(super) struct Documents {
    current: BTreeMap<&'static str, (u64, Value)>,
    changes: usize,
}

impl Documents {
    /// Gives every group a document.
    pub(super) async fn write_all(world: &World, random: &mut fastrand::Rng) -> Self {
        let mut documents = Self { current: BTreeMap::new(), changes: 0 };
        for group in GROUPS {
            documents.write(world, group, document(random)).await;
        }
        documents
    }

    /// Gives some group another document.
    pub(super) async fn change(&mut self, world: &World, random: &mut fastrand::Rng) {
        let group = GROUPS[random.usize(..GROUPS.len())];
        self.write(world, group, document(random)).await;
        self.changes += 1;
    }

    async fn write(&mut self, world: &World, group: &'static str, document: Value) {
        let version = self.current.get(group).map(|(version, _)| *version);
        let parsed = PolicyDocument::parse(document.to_string().as_bytes()).unwrap();
        let subject = format!("group:{group}").parse().unwrap();
        let revision = NewRevision {
            updated_at: SystemTime::UNIX_EPOCH,
            updated_by: "soak",
            comment: "",
            source_revision: None,
        };
        let written = put_policy(&world.client, TABLE, &subject, &parsed, version, &revision);
        if let Written::Revision(version) = written.await.unwrap() {
            self.current.insert(group, (version, document));
        }
    }

    pub(super) fn changes(&self) -> usize {
        self.changes
    }

    /// Whether members of these groups may read what is at `path`.
    pub(super) fn allow(&self, groups: &[String], path: &str) -> bool {
        let documents: Vec<Value> = groups
            .iter()
            .filter_map(|group| self.current.get(group.as_str()))
            .map(|(_, document)| document.clone())
            .collect();
        let method_arn =
            format!("arn:aws:execute-api:eu-west-1:123456789012:a1b2c3/prod/GET{path}");
        let context = json!({"aws:SourceIp": "198.51.100.7"});
        oracle::decide(&documents, "execute-api:Invoke", &method_arn, &context) == Answer::Allow
    }
}

/// One group or more.
pub(super) fn some_groups(random: &mut fastrand::Rng) -> Vec<String> {
    let mut groups = GROUPS;
    random.shuffle(&mut groups);
    groups[..random.usize(1..=3)].iter().map(|group| (*group).to_owned()).collect()
}

fn document(random: &mut fastrand::Rng) -> Value {
    const RESOURCES: [&str; 8] = [
        "GET/movies",
        "GET/shows",
        "GET/*",
        "*/movies",
        "GET/mov*s",
        "POST/movies",
        "GET/s?ows",
        "*",
    ];
    const NETWORKS: [&str; 3] = ["198.51.100.0/24", "203.0.113.0/24", "198.51.100.8/32"];
    let statements: Vec<Value> = (0..random.usize(1..=3))
        .map(|_| {
            let effect = if random.u8(..4) == 0 { "Deny" } else { "Allow" };
            let resource = RESOURCES[random.usize(..RESOURCES.len())];
            let mut statement = json!({"Effect": effect, "Action": "execute-api:Invoke"});
            statement["Resource"] = json!([resource]);
            if random.u8(..4) == 0 {
                let network = NETWORKS[random.usize(..NETWORKS.len())];
                statement["Condition"] = json!({"IpAddress": {"aws:SourceIp": network}});
            }
            statement
        })
        .collect();
    json!({"Version": "2012-10-17", "Statement": statements})
}
