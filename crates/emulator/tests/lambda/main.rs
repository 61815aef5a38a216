//! The Lambda side and the DynamoDB engine, on real sockets and with real processes.
#![cfg(test)]

mod dynamodb;
mod invoke_url;
mod process;
mod runtime_api;
