//! The policy documents at hand: read through from the store, and kept for the TTL.
//!
//! That a subject has no document is kept too. What is older than the TTL is never used, whatever
//! has become of the store: an outage is a failure and not a reason to answer from memory.
//!
//! An age counts from the time of the call that read, so that the TTL bounds how long a change
//! can go unseen. It is taken from the wall clock, as in [`crate::jwks`].

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use gatepost_core::policy::PolicyDocument;
use gatepost_core::subject::{Subject, SubjectKind};
use gatepost_store::{PolicyStore, StoreError};
use tokio::time::Instant;

/// How many subjects are kept. Callers bring their own subjects with them, so there is a limit.
const MAX_KEPT: usize = 1_000;

/// A store with a memory.
pub(crate) struct Policies<S> {
    store: S,
    ttl: Duration,
    // Never held across an await.
    kept: Mutex<HashMap<Subject, Kept>>,
}

impl<S: PolicyStore> Policies<S> {
    /// Keeps nothing where `ttl` is zero.
    pub(crate) fn new(store: S, ttl: Duration) -> Self {
        Self { store, ttl, kept: Mutex::default() }
    }

    /// The documents of those `subjects` that have one, in the order of the subjects.
    ///
    /// # Errors
    ///
    /// [`StoreError`] if any of them could not be read before `deadline`.
    pub(crate) async fn read(
        &self,
        subjects: &[Subject],
        now: SystemTime,
        deadline: Instant,
    ) -> Result<Documents, StoreError> {
        let mut known = self.recall(subjects, now);
        let missing: Vec<Subject> =
            subjects.iter().filter(|subject| !known.contains_key(*subject)).cloned().collect();
        if !missing.is_empty() {
            let mut read: HashMap<Subject, Option<Arc<PolicyDocument>>> =
                missing.iter().map(|subject| (subject.clone(), None)).collect();
            for policy in self.store.read(&missing, deadline).await? {
                read.insert(policy.subject, Some(policy.document));
            }
            self.keep(&read, now);
            known.extend(read);
        }
        let documents =
            subjects.iter().filter_map(|subject| known.get(subject).cloned().flatten()).collect();
        Ok(Documents { documents, read: missing.len() })
    }

    /// Opens the connection to the store by asking for a document that nobody has. A failure is
    /// only logged: a call may fare better.
    pub(crate) async fn warm_up(&self, deadline: Instant) {
        let Ok(nobody) = Subject::new(SubjectKind::Group, "gatepost:nobody") else { return };
        if let Err(error) = self.store.read(&[nobody], deadline).await {
            tracing::warn!(reason = error.reason(), %error, "policy store not reached");
        }
    }

    fn recall(
        &self,
        subjects: &[Subject],
        now: SystemTime,
    ) -> HashMap<Subject, Option<Arc<PolicyDocument>>> {
        let kept = self.kept();
        let mut known = HashMap::with_capacity(subjects.len());
        for subject in subjects {
            if let Some(kept) = kept.get(subject).filter(|kept| kept.age(now) < self.ttl) {
                known.insert(subject.clone(), kept.document.clone());
            }
        }
        known
    }

    fn keep(&self, read: &HashMap<Subject, Option<Arc<PolicyDocument>>>, now: SystemTime) {
        if self.ttl.is_zero() {
            return;
        }
        let mut kept = self.kept();
        if kept.len() + read.len() > MAX_KEPT {
            kept.retain(|_, kept| kept.age(now) < self.ttl);
        }
        if kept.len() + read.len() > MAX_KEPT {
            kept.clear();
        }
        for (subject, document) in read {
            kept.insert(subject.clone(), Kept { document: document.clone(), read_at: now });
        }
    }

    fn kept(&self) -> MutexGuard<'_, HashMap<Subject, Kept>> {
        // No code that can panic runs while it is held; were it poisoned, it would still be whole.
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The answer of one reading.
#[derive(Debug)]
pub(crate) struct Documents {
    pub(crate) documents: Vec<Arc<PolicyDocument>>,
    /// How many subjects the store was asked for; the others were at hand.
    pub(crate) read: usize,
}

struct Kept {
    document: Option<Arc<PolicyDocument>>,
    read_at: SystemTime,
}

impl Kept {
    /// Zero for a call that began before the reading, in another task.
    fn age(&self, now: SystemTime) -> Duration {
        now.duration_since(self.read_at).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use gatepost_store::StoredPolicy;

    use super::*;

    /// Documents for some subjects; remembers what it was asked for, and fails when told to.
    #[derive(Default)]
    struct Store {
        documents: Mutex<Vec<&'static str>>,
        asked: Mutex<Vec<Vec<String>>>,
        down: Mutex<bool>,
    }

    impl PolicyStore for &Store {
        async fn read(
            &self,
            subjects: &[Subject],
            _deadline: Instant,
        ) -> Result<Vec<StoredPolicy>, StoreError> {
            let names: Vec<String> = subjects.iter().map(ToString::to_string).collect();
            self.asked.lock().unwrap().push(names.clone());
            if *self.down.lock().unwrap() {
                return Err(StoreError::Throttled);
            }
            let documents = self.documents.lock().unwrap();
            let found = subjects.iter().filter(|one| documents.contains(&one.name()));
            Ok(found
                .map(|subject| StoredPolicy {
                    subject: subject.clone(),
                    version: 1,
                    document: document(subject.name()),
                })
                .collect())
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
        let got = policies.read(&groups(names), at(now), deadline).await.unwrap();
        let texts = got.documents.iter().map(|document| {
            let text = document.to_string();
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
            let got = policies.read(&groups(names), at(now), deadline).await;
            assert_eq!(got.unwrap_err(), StoreError::Throttled, "{names:?}");
        }
    }

    #[tokio::test]
    async fn the_memory_has_a_bound() {
        let store = store(&[]);
        let policies = Policies::new(&store, Duration::from_secs(30));
        for index in 0..MAX_KEPT + 10 {
            read(&policies, &[&index.to_string()], 0).await;
            assert!(policies.kept().len() <= MAX_KEPT);
        }
        assert!(policies.kept().len() <= 10, "a full memory starts again");
    }

    #[tokio::test]
    async fn no_subjects_need_no_store() {
        let store = store(&[]);
        let policies = Policies::new(&store, Duration::from_secs(30));
        assert_eq!(read(&policies, &[], 0).await, (vec![], 0));
        assert!(store.asked.lock().unwrap().is_empty());
    }
}
