//! The gateway from outside: requests in, responses, events and records out.
#![cfg(test)]

mod backend;
mod cases;
mod events;
mod example;
mod limits;
mod openapi;
mod result_cache;
mod server;
mod support;
mod template;
