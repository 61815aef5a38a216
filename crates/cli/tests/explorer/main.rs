//! The explorer's API: the real program, asked as a browser asks it, and as others might.

#![cfg(test)]

mod asking;
#[path = "../engine/mod.rs"]
mod engine;
mod files;
mod gate;
mod generated;
#[path = "../program/mod.rs"]
mod program;
mod same;
mod saving;
mod table;
mod watching;
#[path = "../publish/world.rs"]
#[expect(dead_code, reason = "the tests of publishing take more of it")]
mod world;
