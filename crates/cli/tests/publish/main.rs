//! The life of policies in a table: the real command against a DynamoDB-compatible engine.

#![cfg(test)]

mod applying;
mod calling;
mod conflicts;
#[path = "../engine/mod.rs"]
mod engine;
mod following;
mod interrupted;
mod moments;
mod proxy;
mod reaching;
mod refusing;
mod world;
