//! The session function in a world on the loopback interface: a provider to sign in at, documents of
//! groups, perhaps a table of sessions, and a browser with a cookie jar.

#![cfg(test)]

mod attacks;
mod binary;
mod browser;
mod faults;
mod flow;
mod opaque;
mod pages;
mod secrets;
mod tables;
mod tabs;
mod turns;
mod world;
