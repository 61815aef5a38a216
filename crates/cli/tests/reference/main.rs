//! The reference pages of the guide, made from the code and held to it.
//!
//! What stands between `<!-- made: NAME -->` and `<!-- end -->` in a page is made here; what stands around it
//! is written by hand. With `GATEPOST_WRITE_DOCS=1`, which `scripts/reference` sets, the tests write it.

#![cfg(test)]

mod commands;
#[path = "../engine/mod.rs"]
mod engine;
mod environment;
mod log;
mod metrics;
mod page;
mod settings;
mod source;
mod table;
