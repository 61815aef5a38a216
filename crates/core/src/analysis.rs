//! What documents say to *all* requests: exactly, and with a request to show for it.
//!
//! [`decide`](crate::policy::decide) answers for one request. Here the patterns of the documents are
//! walked as one automaton (`automaton`), so that an answer holds for every path there is, and each
//! finding comes with a shortest request, which [`decide`](crate::policy::decide) has confirmed.

mod automaton;
mod diff;
mod finding;
mod language;
mod lint;
mod meet;
mod outcomes;
mod realise;
mod route;
mod rules;
mod search;
mod witness;

pub use self::diff::{Change, ChangeKind, Diff, Scope, TYPICAL_STAGE, Unknown, diff};
pub use self::finding::{Finding, Level, Trap};
pub use self::lint::{ApiRoute, LintSettings, SharedFinding, answer_bytes, lint, lint_together};
pub use self::meet::{Direction, is_within, meet};
pub use self::route::{
    RouteAccess, RouteDecision, RouteExample, RouteRequests, method_access, page_access,
    route_access,
};
pub use self::witness::{Guard, Witness, WitnessTarget};
