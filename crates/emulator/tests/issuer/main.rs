//! The development issuer as browsers and applications meet it: over HTTP, through its public
//! interface only.
#![cfg(test)]

mod exchange;
mod keys;
mod pages;
mod server;
mod sign_in;
mod world;
