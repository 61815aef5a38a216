//! The rows at hand: policy documents are read through from the store and kept for the TTL;
//! revocations are read with every call and never kept.
//!
//! That a subject has no document is kept too. What is older than the TTL is never used, whatever
//! has become of the store: an outage is a failure and not a reason to answer from memory.
//!
//! An age counts from the time of the call that read, so that the TTL bounds how long a change
//! can go unseen. It is taken from a [`SteadyClock`], as in [`crate::jwks`].

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use gatepost_core::revocable::Revocable;
use gatepost_core::subject::{Subject, SubjectKind};
use gatepost_store::{PolicyStore, Revocation, StoreError, StoredPolicy};
use tokio::time::Instant;

use crate::steady_clock::SteadyClock;

/// How many subjects are kept. Callers bring their own subjects with them, so there is a limit.
const MAX_KEPT: usize = 1_000;

/// A store with a memory.
pub(crate) struct Policies<S> {
    store: S,
    ttl: Duration,
    // Never held across an await.
    memory: Mutex<Memory>,
}

#[derive(Default)]
struct Memory {
    clock: SteadyClock,
    kept: HashMap<Subject, Kept>,
}

impl<S: PolicyStore> Policies<S> {
    /// Keeps nothing where `ttl` is zero.
    pub(crate) fn new(store: S, ttl: Duration) -> Self {
        Self { store, ttl, memory: Mutex::default() }
    }

    /// The policies of those `subjects` that have one, in the order of the subjects, and what of
    /// `revocables` is revoked.
    ///
    /// # Errors
    ///
    /// [`StoreError`] if any of them could not be read before `deadline`.
    pub(crate) async fn read(
        &self,
        subjects: &[Subject],
        revocables: &[Revocable],
        now: SystemTime,
        deadline: Instant,
    ) -> Result<Found, StoreError> {
        let now = self.memory().clock.read(now);
        let mut known = self.recall(subjects, now);
        let missing: Vec<Subject> = subjects
            .iter()
            .zip(&known)
            .filter(|(_, known)| known.is_none())
            .map(|(subject, _)| subject.clone())
            .collect();
        let mut revocations = Vec::new();
        if !missing.is_empty() || !revocables.is_empty() {
            let rows = self.store.read_rows(&missing, revocables, deadline).await?;
            let mut read: HashMap<Subject, Option<Arc<StoredPolicy>>> =
                missing.iter().map(|subject| (subject.clone(), None)).collect();
            for policy in rows.policies {
                read.insert(policy.subject.clone(), Some(Arc::new(policy)));
            }
            self.keep(&read, now);
            for (subject, known) in subjects.iter().zip(&mut known) {
                if known.is_none() {
                    *known = read.get(subject).cloned();
                }
            }
            revocations = rows.revocations;
        }
        let policies = known.into_iter().flatten().flatten().collect();
        Ok(Found { policies, read: missing.len(), revocations })
    }

    /// Opens the connection to the store by asking for a document that nobody has. A failure is
    /// only logged: a call may fare better.
    pub(crate) async fn warm_up(&self, deadline: Instant) {
        let Ok(nobody) = Subject::new(SubjectKind::Group, "gatepost:nobody") else { return };
        if let Err(error) = self.store.read(&[nobody], deadline).await {
            tracing::warn!(reason = error.reason(), %error, "policy store not reached");
        }
    }

    /// What is known of each of the subjects.
    fn recall(&self, subjects: &[Subject], now: Duration) -> Vec<Known> {
        let memory = self.memory();
        let recall = |subject: &Subject| {
            let kept = memory.kept.get(subject).filter(|kept| kept.age(now) < self.ttl);
            kept.map(|kept| kept.policy.clone())
        };
        subjects.iter().map(recall).collect()
    }

    fn keep(&self, read: &HashMap<Subject, Option<Arc<StoredPolicy>>>, now: Duration) {
        if self.ttl.is_zero() {
            return;
        }
        let kept = &mut self.memory().kept;
        if kept.len() + read.len() > MAX_KEPT {
            kept.retain(|_, kept| kept.age(now) < self.ttl);
        }
        if kept.len() + read.len() > MAX_KEPT {
            kept.clear();
        }
        for (subject, policy) in read {
            kept.insert(subject.clone(), Kept { policy: policy.clone(), read_at: now });
        }
    }

    fn memory(&self) -> MutexGuard<'_, Memory> {
        // No code that can panic runs while it is held; were it poisoned, it would still be whole.
        self.memory.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The answer of one reading.
#[derive(Debug)]
pub(crate) struct Found {
    pub(crate) policies: Vec<Arc<StoredPolicy>>,
    /// How many subjects the store was asked for; the others were at hand.
    pub(crate) read: usize,
    pub(crate) revocations: Vec<Revocation>,
}

/// What is known of a subject: nothing yet; that it has no document; or its document.
type Known = Option<Option<Arc<StoredPolicy>>>;

struct Kept {
    policy: Option<Arc<StoredPolicy>>,
    read_at: Duration,
}

impl Kept {
    /// Zero for a call that began before the reading, in another task.
    fn age(&self, now: Duration) -> Duration {
        now.saturating_sub(self.read_at)
    }
}

#[cfg(test)]
mod tests {
    use gatepost_core::policy::PolicyDocument;
    use gatepost_store::Rows;

    use super::*;

    /// Documents for some subjects; remembers what it was asked for, and fails when told to.
    #[derive(Default)]
    struct Store {
        documents: Mutex<Vec<&'static str>>,
        asked: Mutex<Vec<Vec<String>>>,
        down: Mutex<bool>,
    }

    impl PolicyStore for &Store {
        async fn read_rows(
            &self,
            subjects: &[Subject],
            revocables: &[Revocable],
            _deadline: Instant,
        ) -> Result<Rows, StoreError> {
            let revocables = revocables.iter().map(|revocable| format!("revoked:{revocable}"));
            let names: Vec<String> =
                subjects.iter().map(ToString::to_string).chain(revocables).collect();
            self.asked.lock().unwrap().push(names.clone());
            if *self.down.lock().unwrap() {
                return Err(StoreError::Throttled);
            }
            let documents = self.documents.lock().unwrap();
            let found = subjects.iter().filter(|one| documents.contains(&one.name()));
            let policies = found
                .map(|subject| StoredPolicy::new(subject.clone(), 1, document(subject.name())));
            Ok(Rows { policies: policies.collect(), revocations: Vec::new() })
        }
    }

    /// A document that tells by its path whose it is.
    fn document(name: &str) -> Arc<PolicyDocument> {
        let text = format!(
            r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow",
                "Action":"execute-api:Invoke","Resource":"GET/{name}"}}]}}"#
        );
        Arc::new(PolicyDocument::parse(text.as_bytes()).unwrap())
    }

    fn groups(names: &[&str]) -> Vec<Subject> {
        names.iter().map(|name| format!("group:{name}").parse().unwrap()).collect()
    }

    fn at(seconds: u64) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000 + seconds)
    }

    async fn read(policies: &Policies<&Store>, names: &[&str], now: u64) -> (Vec<String>, usize) {
        let deadline = Instant::now() + Duration::from_secs(1);
        let got = policies.read(&groups(names), &[], at(now), deadline).await.unwrap();
        let texts = got.policies.iter().map(|policy| {
            let text = policy.document.to_string();
            text.rsplit_once("GET/").unwrap().1.split('"').next().unwrap().to_owned()
        });
        (texts.collect(), got.read)
    }

    fn store(documents: &[&'static str]) -> Store {
        Store { documents: Mutex::new(documents.to_vec()), ..Store::default() }
    }

    #[tokio::test]
    async fn documents_come_in_the_order_of_the_subjects_wherever_they_come_from() {
        let store = store(&["a", "b", "c"]);
        let policies = Policies::new(&store, Duration::from_secs(30));
        assert_eq!(read(&policies, &["b"], 0).await, (vec!["b".to_owned()], 1));
        let (documents, read) = read(&policies, &["c", "b", "a"], 1).await;
        assert_eq!((documents.join(""), read), ("cba".to_owned(), 2));
        assert_eq!(store.asked.lock().unwrap()[1], ["group:c", "group:a"]);
    }

    #[tokio::test]
    async fn a_document_is_kept_until_the_ttl_and_not_a_second_longer() {
        let store = store(&["a"]);
        let policies = Policies::new(&store, Duration::from_secs(30));
        for (now, want) in [(0, 1), (29, 0), (30, 1), (59, 0), (60, 1)] {
            assert_eq!(read(&policies, &["a"], now).await.1, want, "{now}");
        }
    }

    #[tokio::test]
    async fn that_there_is_no_document_is_kept_too() {
        let store = store(&[]);
        let policies = Policies::new(&store, Duration::from_secs(30));
        assert_eq!(read(&policies, &["a"], 0).await, (vec![], 1));
        store.documents.lock().unwrap().push("a");
        assert_eq!(read(&policies, &["a"], 29).await, (vec![], 0));
        assert_eq!(read(&policies, &["a"], 30).await, (vec!["a".to_owned()], 1));
    }

    #[tokio::test]
    async fn a_ttl_of_zero_reads_for_every_call() {
        let store = store(&["a"]);
        let policies = Policies::new(&store, Duration::ZERO);
        for _ in 0..3 {
            assert_eq!(read(&policies, &["a"], 0).await.1, 1);
        }
    }

    #[tokio::test]
    async fn an_outage_is_an_error_once_anything_needed_is_too_old() {
        let store = store(&["a", "b"]);
        let policies = Policies::new(&store, Duration::from_secs(30));
        read(&policies, &["a"], 0).await;
        *store.down.lock().unwrap() = true;
        assert_eq!(read(&policies, &["a"], 10).await.1, 0);
        let deadline = Instant::now() + Duration::from_secs(1);
        for (names, now) in [(&["a", "b"][..], 10), (&["a"], 30)] {
            let got = policies.read(&groups(names), &[], at(now), deadline).await;
            assert_eq!(got.unwrap_err(), StoreError::Throttled, "{names:?}");
        }
    }

    #[tokio::test]
    async fn the_memory_has_a_bound() {
        let store = store(&[]);
        let policies = Policies::new(&store, Duration::from_secs(30));
        for index in 0..MAX_KEPT + 10 {
            read(&policies, &[&index.to_string()], 0).await;
            assert!(policies.memory().kept.len() <= MAX_KEPT);
        }
        assert!(policies.memory().kept.len() <= 10, "a full memory starts again");
    }

    #[tokio::test(start_paused = true)]
    async fn a_clock_set_back_makes_no_document_live_longer() {
        let store = store(&["a"]);
        let policies = Policies::new(&store, Duration::from_secs(30));
        assert_eq!(read(&policies, &["a"], 5_000).await.1, 1);
        assert_eq!(read(&policies, &["a"], 1_000).await.1, 0);
        tokio::time::advance(Duration::from_secs(30)).await;
        assert_eq!(read(&policies, &["a"], 1_001).await.1, 1);
    }

    #[tokio::test]
    async fn no_subjects_need_no_store() {
        let store = store(&[]);
        let policies = Policies::new(&store, Duration::from_secs(30));
        assert_eq!(read(&policies, &[], 0).await, (vec![], 0));
        assert!(store.asked.lock().unwrap().is_empty());
    }
}
