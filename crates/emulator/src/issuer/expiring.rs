//! Values under names nobody can guess, for a bounded time and in a bounded number.

use std::collections::{HashMap, VecDeque};
use std::time::{Duration, SystemTime};

use super::{CryptoError, random};

/// Values that all live equally long; beyond `CAPACITY` the oldest makes room.
pub(super) struct Expiring<V, const CAPACITY: usize> {
    lifetime: Duration,
    entries: HashMap<String, Entry<V>>,
    // INVARIANT: every name of `entries`, oldest first; names that were removed may linger.
    names: VecDeque<String>,
}

struct Entry<V> {
    expires_at: SystemTime,
    value: V,
}

impl<V, const CAPACITY: usize> Expiring<V, CAPACITY> {
    pub(super) fn new(lifetime: Duration) -> Self {
        Self { lifetime, entries: HashMap::new(), names: VecDeque::new() }
    }

    /// Keeps `value` under a new name of 43 characters.
    pub(super) fn insert(&mut self, value: V, now: SystemTime) -> Result<String, CryptoError> {
        let name = random::secret()?;
        while self.names.front().is_some_and(|oldest| self.is_gone(oldest, now))
            || self.names.len() >= CAPACITY
        {
            if let Some(oldest) = self.names.pop_front() {
                self.entries.remove(&oldest);
            }
        }
        self.names.push_back(name.clone());
        self.entries.insert(name.clone(), Entry { expires_at: now + self.lifetime, value });
        Ok(name)
    }

    /// The value under `name`, unless its time is over.
    pub(super) fn get_mut(&mut self, name: &str, now: SystemTime) -> Option<&mut V> {
        let entry = self.entries.get_mut(name)?;
        (now < entry.expires_at).then_some(&mut entry.value)
    }

    pub(super) fn remove(&mut self, name: &str) {
        self.entries.remove(name);
    }

    fn is_gone(&self, name: &str, now: SystemTime) -> bool {
        self.entries.get(name).is_none_or(|entry| entry.expires_at <= now)
    }
}

#[cfg(test)]
mod tests {
    use std::time::UNIX_EPOCH;

    use super::*;

    const MINUTE: Duration = Duration::from_mins(1);

    #[test]
    fn value_is_gone_when_its_time_is_over() {
        let mut kept = Expiring::<_, 10>::new(MINUTE);
        let name = kept.insert("a", UNIX_EPOCH).unwrap();
        let last = UNIX_EPOCH + MINUTE - Duration::from_nanos(1);
        assert_eq!(kept.get_mut(&name, last), Some(&mut "a"));
        assert_eq!(kept.get_mut(&name, UNIX_EPOCH + MINUTE), None);
    }

    #[test]
    fn oldest_value_makes_room() {
        let mut kept = Expiring::<_, 2>::new(MINUTE);
        let names = ["a", "b", "c"].map(|value| kept.insert(value, UNIX_EPOCH).unwrap());
        let found = names.map(|name| kept.get_mut(&name, UNIX_EPOCH).copied());
        assert_eq!(found, [None, Some("b"), Some("c")]);
    }

    #[test]
    fn expired_and_removed_values_leave_nothing_behind() {
        let mut kept = Expiring::<_, 10>::new(MINUTE);
        let removed = kept.insert("a", UNIX_EPOCH).unwrap();
        kept.remove(&removed);
        kept.insert("b", UNIX_EPOCH).unwrap();
        kept.insert("c", UNIX_EPOCH + MINUTE).unwrap();
        assert_eq!((kept.entries.len(), kept.names.len()), (1, 1));
    }
}
