//! The decision of Gatepost: token, keys, documents and time in; one policy out.
//!
//! Everything here is a pure function. There is no I/O, no async, no clock and no environment:
//! `clippy.toml` beside this crate's manifest and `scripts/check-purity` hold it to that.

pub mod analysis;
pub mod csrf;
pub mod gateway;
pub mod json;
pub mod policy;
pub mod revocable;
pub mod secret;
pub mod subject;
pub mod token;

/// The example in the README, which is compiled and run as a test.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
