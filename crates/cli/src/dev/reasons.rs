//! Why the authorizer in this process gave no policy: its log says so, and its answer must not.

use std::collections::VecDeque;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use tracing::field::{Field, Visit};
use tracing::{Event, Subscriber};
use tracing_subscriber::layer::{Context, Layer};

/// Lines of the log that nobody has asked for are forgotten after so many.
const MAX_KEPT: usize = 64;

/// The reasons of calls that ended without a policy, by the gateway's id of the request.
#[derive(Clone, Debug, Default)]
pub(super) struct Reasons(Arc<Mutex<VecDeque<(String, String)>>>);

impl Reasons {
    /// The reason of this request, if the authorizer has told one. It is told once.
    pub(super) fn take(&self, request_id: &str) -> Option<String> {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let at = kept.iter().position(|(id, _)| id == request_id)?;
        kept.remove(at).map(|(_, reason)| reason)
    }

    fn keep(&self, request_id: String, reason: String) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() == MAX_KEPT {
            kept.pop_front();
        }
        kept.push_back((request_id, reason));
    }
}

impl<S: Subscriber> Layer<S> for Reasons {
    fn on_event(&self, event: &Event<'_>, _context: Context<'_, S>) {
        let mut line = DecisionLine::default();
        event.record(&mut line);
        let has_policy = line.outcome.is_none_or(|outcome| outcome == "policy");
        if let (false, Some(request_id), Some(reason)) = (has_policy, line.request_id, line.reason)
        {
            self.keep(request_id, reason);
        }
    }
}

/// What is read of a line of the decision log.
#[derive(Default)]
struct DecisionLine {
    outcome: Option<String>,
    reason: Option<String>,
    request_id: Option<String>,
}

impl Visit for DecisionLine {
    fn record_str(&mut self, field: &Field, value: &str) {
        match field.name() {
            "outcome" => self.outcome = Some(value.to_owned()),
            "reason" => self.reason = Some(value.to_owned()),
            "request_id" => self.request_id = Some(value.to_owned()),
            _ => {}
        }
    }

    fn record_debug(&mut self, _field: &Field, _value: &dyn fmt::Debug) {}
}

#[cfg(test)]
mod tests {
    use tracing_subscriber::layer::SubscriberExt as _;

    use super::*;

    #[test]
    fn a_reason_is_told_once_and_of_no_policy_none() {
        let reasons = Reasons::default();
        tracing::subscriber::with_default(
            tracing_subscriber::registry().with(reasons.clone()),
            || {
                tracing::info!(
                    outcome = "refusal",
                    reason = "expired",
                    request_id = "a",
                    "decision"
                );
                tracing::info!(
                    outcome = "policy",
                    reason = "granted",
                    request_id = "b",
                    "decision"
                );
                tracing::warn!(reason = "of something else", request_id = "c");
            },
        );
        assert_eq!(reasons.take("a").as_deref(), Some("expired"));
        assert_eq!([reasons.take("a"), reasons.take("b"), reasons.take("c")], [None, None, None]);
    }

    #[test]
    fn what_nobody_asks_for_is_forgotten() {
        let reasons = Reasons::default();
        for id in 0..=MAX_KEPT {
            reasons.keep(id.to_string(), "expired".to_owned());
        }
        assert_eq!(reasons.take("0"), None);
        assert!(reasons.take("1").is_some());
    }
}
