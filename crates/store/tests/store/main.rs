//! The stores from outside: against a real engine behind the real SDK, and against a scripted
//! service for what an engine will not do on demand.
#![cfg(test)]

mod changing;
mod conformance;
mod erasing;
mod folder;
mod read_all;
mod reading;
mod revoking;
mod sessions;
mod support;
mod writing;
