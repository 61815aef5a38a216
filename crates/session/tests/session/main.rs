//! The session function in a world on the loopback interface: a provider to sign in at, documents of
//! groups, and a browser with a cookie jar.

#![cfg(test)]

mod attacks;
mod binary;
mod browser;
mod faults;
mod flow;
mod pages;
mod secrets;
mod tabs;
mod world;
