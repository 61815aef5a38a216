//! The compiled authorizer, as Lambda runs it, in a world on the loopback interface.

#![cfg(test)]

mod answers;
mod faults;
#[expect(clippy::allow_attributes, dead_code, reason = "its search for cases is the core's")]
#[allow(unfulfilled_lint_expectations, reason = "the core has lints of its own")]
#[path = "../../../core/tests/oracle/mod.rs"]
mod oracle;
mod outages;
mod secrets;
mod sessions;
mod soak;
mod tokens;
mod world;
