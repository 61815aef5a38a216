//! The Lambda request authorizer of Gatepost: an event of API Gateway in, one IAM policy out.
//!
//! [`Authorizer`] is the whole of it, without Lambda around: the binary puts it behind Lambda's
//! Runtime API, and `gatepost dev` calls it in its own process. Everything it needs from outside
//! comes in by [`Config`], a [`gatepost_store::PolicyStore`], a [`jwks::FetchKeySet`], perhaps a
//! [`ReadSession`], and the time of each call.
//!
//! The modules that are public beside it serve other functions of Gatepost too: they verify the same
//! tokens and read the same documents, and so must not have rules of their own.

mod answer;
mod authorizer;
pub mod config;
mod credential;
mod decision_log;
pub mod dynamodb;
mod front_door;
pub mod https;
pub mod jwks;
pub mod lambda;
pub mod logging;
mod merged;
pub mod metrics;
mod policies;
mod policy;
mod refusal;
mod request;
pub mod runtime_api;
mod sessions;
mod shadow;
mod steady_clock;
pub mod subjects;
pub mod url;
mod usage_plan;
mod wire;

pub use authorizer::{Authorizer, Call};
pub use config::{Config, ConfigFaults};
pub use decision_log::DecisionLine;
pub use refusal::Refusal;
pub use sessions::{ReadSession, SessionFuture};
