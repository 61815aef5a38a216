//! The compiled authorizer, as Lambda runs it, in a world on the loopback interface.

#![cfg(test)]

mod answers;
mod faults;
mod outages;
mod world;
