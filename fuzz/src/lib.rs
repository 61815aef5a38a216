//! What the fuzz targets are made of: documents, requests and tokens out of a fuzzer's bytes.

mod signer;
mod world;

pub use signer::{CLIENT, ISSUER, NOW, Signer};
pub use world::{STAGE, World, answer};
