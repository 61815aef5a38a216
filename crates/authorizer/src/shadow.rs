//! Candidates, tried in the shadow: what would change for callers if they were in force.
//!
//! A row may hold a candidate beside its document. For every caller whom one concerns, the exact
//! difference between the documents in force and the same with the candidates in their places is
//! written to the log: once for each set of documents and candidates, in each environment of the
//! function. Nothing of it reaches an answer.
//!
//! The difference is of the documents as they are written. Claims are placeholders in them, and a
//! request that shows a difference has made-up ones: what the log holds is nobody's.
//!
//! A comparison can take a thousand times as long as an answer. It waits until all of them
//! together, the next one at the cost of the costliest so far, take at most [`SHARE`] of the time
//! spent on answers.

use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use gatepost_core::analysis::{Change, Scope, diff};
use gatepost_core::gateway::StageArn;
use gatepost_core::policy::PolicyDocument;
use gatepost_store::StoredPolicy;

/// One part in this many of the time spent on answers is spent on comparisons.
const SHARE: u32 = 10;

/// What a comparison is taken to cost before there was one.
const FIRST_ESTIMATE: Duration = Duration::from_millis(1);

/// Where a comparison gives up: some milliseconds.
const MAX_STATES: usize = 2_000;

/// How many comparisons are remembered. Callers bring their sets of documents with them, so there
/// is a limit; beyond it some are made again.
const MAX_SEEN: usize = 10_000;

/// How many differences one line of the log names.
const MAX_NAMED: usize = 10;

/// What has been compared, and at what cost.
#[derive(Debug, Default)]
pub(crate) struct Shadow {
    ledger: Mutex<Ledger>,
}

impl Shadow {
    /// Notes that an answer took so long, without its waiting; and if any of its `policies` has a
    /// candidate, compares them, unless that was done before or must wait.
    pub(crate) fn follow(
        &self,
        policies: &[Arc<StoredPolicy>],
        stage: &StageArn,
        answer_took: Duration,
    ) {
        let mut ledger = self.ledger.lock().unwrap_or_else(PoisonError::into_inner);
        ledger.answers += answer_took;
        if policies.iter().all(|policy| policy.candidate.is_none()) || !ledger.may_spend() {
            return;
        }
        let started = Instant::now();
        if ledger.is_new(fingerprint(policies, stage)) {
            compare(policies, stage);
        }
        ledger.spend(started.elapsed());
    }
}

/// What was spent on what.
#[derive(Debug, Default)]
struct Ledger {
    answers: Duration,
    comparisons: Duration,
    costliest: Option<Duration>,
    seen: HashSet<u64>,
}

impl Ledger {
    fn may_spend(&self) -> bool {
        let next = self.costliest.unwrap_or(FIRST_ESTIMATE);
        (self.comparisons + next) * SHARE <= self.answers
    }

    fn spend(&mut self, took: Duration) {
        self.comparisons += took;
        self.costliest = Some(self.costliest.map_or(took, |most| most.max(took)));
    }

    fn is_new(&mut self, fingerprint: u64) -> bool {
        if self.seen.len() >= MAX_SEEN {
            self.seen.clear();
        }
        self.seen.insert(fingerprint)
    }
}

fn fingerprint(policies: &[Arc<StoredPolicy>], stage: &StageArn) -> u64 {
    let mut hasher = DefaultHasher::new();
    stage.hash(&mut hasher);
    for policy in policies {
        policy.subject.hash(&mut hasher);
        policy.version.hash(&mut hasher);
        policy.candidate.as_ref().map(|candidate| &candidate.digest).hash(&mut hasher);
    }
    hasher.finish()
}

/// Writes what would change to the log.
fn compare(policies: &[Arc<StoredPolicy>], stage: &StageArn) {
    let before: Vec<&PolicyDocument> = policies.iter().map(|policy| &*policy.document).collect();
    let after: Vec<&PolicyDocument> = policies
        .iter()
        .map(|policy| policy.candidate.as_ref().map_or(&*policy.document, |one| &one.document))
        .collect();
    let scope = Scope { stage: Some(stage.clone()), max_states: MAX_STATES, moved: false };
    let found = diff(&before, &after, &scope);
    let of_kind = |kind: &str| -> Vec<&Change> {
        found.changes.iter().filter(|change| change.kind.as_str() == kind).collect()
    };
    let (gained, lost) = (of_kind("gained"), of_kind("lost"));
    tracing::info!(
        gained = gained.len(),
        gained_examples = named(&gained),
        lost = lost.len(),
        lost_examples = named(&lost),
        unknown = found.unknown.map(tracing::field::display),
        versions = ?policies.iter().map(|policy| policy.version).collect::<Vec<_>>(),
        candidates = ?policies
            .iter()
            .filter_map(|policy| policy.candidate.as_ref())
            .map(|candidate| &candidate.digest)
            .collect::<Vec<_>>(),
        "shadow"
    );
}

/// The first of some differences, by a request that shows each.
fn named(changes: &[&Change]) -> String {
    let named = changes.iter().take(MAX_NAMED).map(|change| match &change.when {
        Some(guard) if !guard.is_empty() => format!("{} {guard}", change.witness),
        Some(_) | None => change.witness.to_string(),
    });
    named.collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: Duration = Duration::from_millis(1);

    #[test]
    fn comparisons_take_no_more_than_their_share_of_the_time() {
        let mut ledger = Ledger::default();
        let mut compared = 0;
        for _ in 0..10_000 {
            ledger.answers += MS / 10;
            if ledger.may_spend() {
                ledger.spend(7 * MS);
                compared += 1;
            }
            assert!(ledger.comparisons.is_zero() || ledger.comparisons <= ledger.answers * 7 / 10);
        }
        assert!(ledger.comparisons * SHARE <= ledger.answers);
        assert!(compared > 10, "{compared}");
    }

    #[test]
    fn a_set_of_documents_is_new_once_for_each_version_and_candidate() {
        let document = PolicyDocument::parse(
            br#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"GET/a"}]}"#,
        );
        let document = Arc::new(document.unwrap());
        let policy = |version, digest: &str| {
            let mut policy =
                StoredPolicy::new("group:a".parse().unwrap(), version, Arc::clone(&document));
            policy.candidate = Some(gatepost_store::Candidate {
                document: Arc::clone(&document),
                digest: digest.to_owned(),
            });
            vec![Arc::new(policy)]
        };
        let stage = "arn:aws:execute-api:eu-west-1:123456789012:a1/prod".parse().unwrap();
        let mut ledger = Ledger::default();
        let mut is_new =
            |policies: &[Arc<StoredPolicy>]| ledger.is_new(fingerprint(policies, &stage));
        assert!(is_new(&policy(1, "a")));
        assert!(!is_new(&policy(1, "a")));
        assert!(is_new(&policy(2, "a")));
        assert!(is_new(&policy(2, "b")));
    }
}
