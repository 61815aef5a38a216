//! The result cache of an authorizer: the policy is kept, not the decision.
//!
//! One entry serves every method of the API until it is as old as the result TTL; a policy that was
//! built for one method alone therefore denies the others, here as on AWS. Allow and Deny are kept
//! alike, failures are not. An entry knows nothing of the token's `exp`. Requests that miss at the
//! same time each invoke the authorizer, and the last answer stays.
//!
//! Keys are digests: no token is held longer than its request. Memory is bounded by
//! [`MAX_ENTRIES`] and [`MAX_BYTES`]; the oldest entries go first.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use sha2::{Digest as _, Sha256};

use super::answer::Answer;
use super::identity::SourceValues;
use super::method::AuthorizerId;

/// How many answers are kept.
const MAX_ENTRIES: usize = 10_000;

/// How many bytes the kept answers may have together, as JSON.
const MAX_BYTES: usize = 64 * 1024 * 1024;

/// An authorizer and the values of all its identity sources, digested.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub(super) struct CacheKey([u8; 32]);

impl CacheKey {
    /// The key of one list of values for each source; no two different lists have the same, and no
    /// two authorizers have one.
    pub(super) fn of(authorizer: AuthorizerId, sources: &[SourceValues]) -> Self {
        let mut digest = Sha256::new();
        digest.update((authorizer.0 as u64).to_be_bytes());
        for values in sources {
            digest.update((values.len() as u64).to_be_bytes());
            for value in values {
                digest.update((value.len() as u64).to_be_bytes());
                digest.update(value);
            }
        }
        Self(digest.finalize().into())
    }
}

/// Answers by key.
#[derive(Debug, Default)]
pub(super) struct ResultCache {
    entries: Mutex<Entries>,
}

impl ResultCache {
    /// The answer kept for `key`, if it is younger than `ttl`.
    pub(super) fn get(
        &self,
        key: &CacheKey,
        now: SystemTime,
        ttl: Duration,
    ) -> Option<Arc<Answer>> {
        let entries = self.entries();
        let entry = entries.answers.get(key)?;
        // A clock that was set back makes an entry from the future: no answer may outlive its TTL.
        let age = now.duration_since(entry.stored).ok()?;
        (age < ttl).then(|| Arc::clone(&entry.answer))
    }

    /// Keeps `answer`, in place of an older one.
    pub(super) fn put(&self, key: CacheKey, answer: Arc<Answer>, now: SystemTime) {
        let mut entries = self.entries();
        entries.remove(&key);
        entries.bytes += answer.bytes;
        entries.answers.insert(key, Entry { stored: now, answer });
        entries.order.push_back(key);
        entries.shrink();
    }

    /// Forgets everything, as `FlushStageAuthorizersCache` does.
    pub(super) fn flush(&self) {
        *self.entries() = Entries::default();
    }

    fn entries(&self) -> std::sync::MutexGuard<'_, Entries> {
        // Nothing here can panic while it holds the lock.
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[derive(Debug)]
struct Entry {
    stored: SystemTime,
    answer: Arc<Answer>,
}

#[derive(Debug, Default)]
struct Entries {
    answers: HashMap<CacheKey, Entry>,
    // INVARIANT: holds every key of `answers` once, the oldest first.
    order: VecDeque<CacheKey>,
    bytes: usize,
}

impl Entries {
    fn remove(&mut self, key: &CacheKey) {
        if let Some(entry) = self.answers.remove(key) {
            self.bytes = self.bytes.saturating_sub(entry.answer.bytes);
            self.order.retain(|other| other != key);
        }
    }

    fn shrink(&mut self) {
        while self.answers.len() > MAX_ENTRIES || self.bytes > MAX_BYTES {
            let Some(oldest) = self.order.pop_front() else { break };
            if let Some(entry) = self.answers.remove(&oldest) {
                self.bytes = self.bytes.saturating_sub(entry.answer.bytes);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gateway::settings::PayloadFormat;

    const TTL: Duration = Duration::from_mins(5);

    fn answer() -> Arc<Answer> {
        let payload =
            br#"{"principalId": "p", "policyDocument": {"Version": "2012-10-17", "Statement":
            [{"Effect": "Deny", "Action": "execute-api:Invoke", "Resource": "*"}]}}"#;
        Arc::new(Answer::parse(PayloadFormat::Rest, payload).unwrap())
    }

    fn key(text: &str) -> CacheKey {
        CacheKey::of(AuthorizerId(0), &[vec![text.as_bytes().to_vec()]])
    }

    #[test]
    fn an_answer_lives_until_its_ttl_and_not_at_it() {
        let (cache, start) = (ResultCache::default(), SystemTime::now());
        cache.put(key("a"), answer(), start);
        assert!(cache.get(&key("a"), start + TTL - Duration::from_nanos(1), TTL).is_some());
        assert!(cache.get(&key("a"), start + TTL, TTL).is_none());
        assert!(cache.get(&key("b"), start, TTL).is_none());
    }

    #[test]
    fn an_answer_from_the_future_is_not_served() {
        let (cache, start) = (ResultCache::default(), SystemTime::now());
        cache.put(key("a"), answer(), start);
        assert!(cache.get(&key("a"), start - Duration::from_secs(1), TTL).is_none());
    }

    #[test]
    fn the_oldest_answers_go_first() {
        let (cache, start) = (ResultCache::default(), SystemTime::now());
        let one = answer();
        for index in 0..=MAX_ENTRIES {
            cache.put(key(&index.to_string()), Arc::clone(&one), start);
        }
        assert!(cache.get(&key("0"), start, TTL).is_none());
        assert!(cache.get(&key("1"), start, TTL).is_some());
        assert_eq!(cache.entries().bytes, MAX_ENTRIES * one.bytes);
    }

    #[test]
    fn a_second_answer_takes_the_place_of_the_first() {
        let (cache, start) = (ResultCache::default(), SystemTime::now());
        cache.put(key("a"), answer(), start);
        cache.put(key("a"), answer(), start + TTL);
        assert!(cache.get(&key("a"), start + TTL, TTL).is_some());
        assert_eq!(cache.entries().order.len(), 1);
    }

    #[test]
    fn keys_differ_where_values_are_split_differently() {
        let values = |parts: &[&[&str]]| {
            let parts: Vec<SourceValues> = parts
                .iter()
                .map(|values| values.iter().map(|value| value.as_bytes().to_vec()).collect())
                .collect();
            CacheKey::of(AuthorizerId(0), &parts)
        };
        assert_ne!(values(&[&["ab"], &["c"]]), values(&[&["a"], &["bc"]]));
        assert_ne!(values(&[&["a", "b"]]), values(&[&["a"], &["b"]]));
    }

    #[test]
    fn authorizers_share_no_key() {
        assert_ne!(CacheKey::of(AuthorizerId(0), &[]), CacheKey::of(AuthorizerId(1), &[]));
    }
}
