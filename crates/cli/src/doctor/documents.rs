//! Throw-away documents in the policy table, and their end.

use std::collections::BTreeMap;
use std::time::{Duration, SystemTime};

use anyhow::{Context as _, ensure};
use aws_sdk_dynamodb::Client;
use gatepost_core::policy::PolicyDocument;
use gatepost_core::subject::{Subject, SubjectKind};
use gatepost_store::{NewRevision, Written, erase, put_policy, subjects_beginning};
use serde_json::Value;
use tokio::time::timeout;
use uuid::Uuid;

/// What the name of everything begins with that doctor makes, and of nothing else.
pub(super) const PREFIX: &str = "gatepost-doctor-";

/// One call of DynamoDB, with its retries.
const PATIENCE: Duration = Duration::from_secs(30);

/// The documents of one run.
pub(super) struct Documents {
    client: Client,
    table: String,
    run: String,
    /// Subjects that have rows, or may have, and the version of the current one.
    made: BTreeMap<Subject, u64>,
}

impl Documents {
    /// Looks what other runs have left in the table, and writes nothing yet.
    ///
    /// # Errors
    ///
    /// When the table cannot be read.
    pub(super) async fn open(client: Client, table: String) -> anyhow::Result<(Self, Vec<String>)> {
        let prefix = format!("{}:{PREFIX}", SubjectKind::Group);
        let left = patiently(subjects_beginning(&client, &table, &prefix))
            .await
            .with_context(|| format!("the table `{table}` cannot be read"))?;
        // 64 bits, drawn anew: no other run and no group of anybody's has them.
        let mut run = Uuid::new_v4().simple().to_string();
        run.truncate(16);
        let commands = left.iter().map(|key| delete_command(&table, key)).collect();
        Ok((Self { client, table, run, made: BTreeMap::new() }, commands))
    }

    /// The name of a group of this run.
    pub(super) fn group(&self, name: &str) -> String {
        format!("{PREFIX}{}-{name}", self.run)
    }

    /// Makes `document` the current document of a group of this run.
    ///
    /// # Errors
    ///
    /// When it cannot be written.
    pub(super) async fn write(&mut self, name: &str, document: &Value) -> anyhow::Result<()> {
        let group = self.group(name);
        let document = PolicyDocument::parse(document.to_string().as_bytes())
            .with_context(|| format!("the document of `{group}`"))?;
        let subject = Subject::new(SubjectKind::Group, group)?;
        let version = self.made.get(&subject).copied().filter(|version| *version > 0);
        // Before the call, whose answer may be lost.
        self.made.entry(subject.clone()).or_insert(0);
        let revision = NewRevision {
            updated_at: SystemTime::now(),
            updated_by: "gatepost doctor",
            comment: "a probe of gatepost doctor, which takes it away again",
            source_revision: None,
        };
        let put = put_policy(&self.client, &self.table, &subject, &document, version, &revision);
        let written = patiently(put)
            .await
            .with_context(|| format!("the table `{}` cannot be written", self.table))?;
        let Written::Revision(now) = written else { return Ok(()) };
        ensure!(
            now == version.unwrap_or(0) + 1,
            "somebody else writes to `{subject}`, whose name is doctor's own"
        );
        self.made.insert(subject, now);
        Ok(())
    }

    /// Takes away what was written, history included. Returns what could not be, as commands that
    /// do it.
    pub(super) async fn clean(&mut self) -> Vec<String> {
        let subjects: Vec<Subject> = self.made.keys().cloned().collect();
        for subject in subjects {
            if patiently(erase(&self.client, &self.table, &subject)).await.is_ok() {
                self.made.remove(&subject);
            }
        }
        self.left()
    }

    /// Commands that take away what is still there.
    pub(super) fn left(&self) -> Vec<String> {
        self.made.keys().map(|subject| delete_command(&self.table, &subject.to_string())).collect()
    }
}

/// Rows 0, 1 and 2 are the current document and the history of a subject that was written twice,
/// as no more of doctor's are.
fn delete_command(table: &str, key: &str) -> String {
    let key = crate::visible::visible(&key.replace('\'', ""));
    format!(
        "for n in 0 1 2; do aws dynamodb delete-item --table-name {table} --key \
         '{{\"subject\":{{\"S\":\"{key}\"}},\"revision\":{{\"N\":\"'$n'\"}}}}'; done"
    )
}

async fn patiently<T, E>(asked: impl Future<Output = Result<T, E>>) -> anyhow::Result<T>
where
    E: std::error::Error + Send + Sync + 'static,
{
    let answer = timeout(PATIENCE, asked).await;
    Ok(answer.with_context(|| format!("no answer within {} s", PATIENCE.as_secs()))??)
}
