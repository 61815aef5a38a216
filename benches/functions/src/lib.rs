//! Runs the authorizer as Lambda would, beside its peers and the floors, and measures them in turn.

pub mod contender;
mod cores;
pub mod engine;
pub mod http;
pub mod picture;
pub mod report;
pub mod run;
pub mod runtime_api;
pub mod scenario;
mod session;
pub mod sigv4;
pub mod statistics;
pub mod stub;
pub mod tls;
pub mod world;
