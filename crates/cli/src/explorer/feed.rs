//! What happens while the explorer is open: changes of what it shows, and calls through the gateway of
//! `gatepost dev`.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};

use gatepost_emulator::gateway::DecisionRecord;
use serde_json::{Value, json};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use tokio::sync::broadcast::{Receiver, Sender, channel};

/// How many calls are kept for whoever comes later.
const MAX_CALLS: usize = 200;
/// How many people's groups are known at once.
const MAX_PEOPLE: usize = 1_000;

/// Something that happened.
#[derive(Clone, Debug)]
pub(super) enum Event {
    /// What is shown has this revision now.
    Changed(String),
    /// A request was answered.
    Call(Value),
}

/// Tells everybody who listens.
#[derive(Debug)]
pub(super) struct Feed(Mutex<State>);

#[derive(Debug)]
struct State {
    /// `None` once it is over.
    listeners: Option<Sender<Event>>,
    calls: VecDeque<Value>,
    /// The groups of those who were answered a policy, by the principal that it names.
    groups: BTreeMap<String, Vec<String>>,
}

impl Feed {
    pub(super) fn new() -> Self {
        let (listeners, _) = channel(MAX_CALLS);
        let (calls, groups) = (VecDeque::new(), BTreeMap::new());
        Self(Mutex::new(State { listeners: Some(listeners), calls, groups }))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The calls until now, and everything from now on; `None` once it is over.
    pub(super) fn listen(&self) -> Option<(VecDeque<Value>, Receiver<Event>)> {
        let state = self.state();
        Some((state.calls.clone(), state.listeners.as_ref()?.subscribe()))
    }

    /// Tells that what is shown has changed.
    pub(super) fn changed(&self, revision: &str) {
        self.state().tell(Event::Changed(revision.to_owned()));
    }

    /// Tells of a call.
    pub(super) fn call(&self, record: &DecisionRecord) {
        let mut state = self.state();
        let groups = record.principal_id.as_ref().and_then(|id| state.groups.get(id));
        let time = OffsetDateTime::from(record.received).format(&Rfc3339).ok();
        let call = json!({
            "id": record.request_id,
            "time": time,
            "method": record.verb,
            "path": record.path,
            "resource": record.resource,
            "status": record.status,
            "decision": record.outcome.to_string(),
            "reason": record.reason,
            "cache": record.cache.to_string(),
            "micros": u64::try_from(record.duration.as_micros()).unwrap_or(u64::MAX),
            "groups": groups,
        });
        if state.calls.len() == MAX_CALLS {
            state.calls.pop_front();
        }
        state.calls.push_back(call.clone());
        state.tell(Event::Call(call));
    }

    /// Remembers the groups that an answer of the authorizer names, with whom it is about.
    pub(super) fn learn(&self, answer: &[u8]) {
        let Ok(answer) = serde_json::from_slice::<Value>(answer) else { return };
        let principal = answer.get("principalId").and_then(Value::as_str);
        let groups = answer.pointer("/context/groups").and_then(Value::as_str);
        let groups = groups.and_then(|groups| serde_json::from_str::<Vec<String>>(groups).ok());
        let (Some(principal), Some(groups)) = (principal, groups) else { return };
        let mut state = self.state();
        if state.groups.len() >= MAX_PEOPLE {
            state.groups.clear();
        }
        state.groups.insert(principal.to_owned(), groups);
    }

    /// Ends it for everybody.
    pub(super) fn end(&self) {
        self.state().listeners = None;
    }
}

impl State {
    fn tell(&self, event: Event) {
        if let Some(listeners) = &self.listeners {
            // That nobody listens is no fault.
            let _ = listeners.send(event);
        }
    }
}
