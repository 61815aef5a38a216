//! The Lambda service around an authorizer: a compiled function under the Runtime API, or the
//! Invoke endpoint of another emulator.

mod invoke_url;
mod process;
mod runtime_api;

pub use self::invoke_url::{InvokeUrl, InvokeUrlError};
pub use self::process::{LambdaConfig, LambdaProcess, OutputSink, OutputStream, StartError};
pub use self::runtime_api::RuntimeApi;
