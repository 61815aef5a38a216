//! The pages' function in the emulator's engine, and the host around it.
#![cfg(test)]

mod cases;
mod host;
mod world;
