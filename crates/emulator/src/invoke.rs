//! The authorizer as the gateway sees it: an event goes in, and one of four things comes out.
//!
//! A function in this process, a compiled binary under the Runtime API and a Lambda Invoke endpoint
//! all look the same from here, so the gateway cannot treat one of them more kindly than AWS would.

use std::future::Future;
use std::pin::Pin;

use bytes::Bytes;

/// A future on the heap, which is what lets [`Invoke`] be a trait object.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Runs the authorizer once.
pub trait Invoke: Send + Sync {
    /// Hands `event`, a JSON text, to the authorizer and waits for what comes of it.
    fn invoke(&self, event: Bytes) -> BoxFuture<'_, Invocation>;
}

/// What came of one invocation.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Invocation {
    /// The function returned this payload.
    Returned(Bytes),
    /// The function failed, or its process did.
    FunctionError {
        /// The `errorMessage`; API Gateway answers 401 if it is exactly `Unauthorized`.
        message: String,
    },
    /// The function did not answer in its time.
    TimedOut,
    /// The function could not be invoked at all.
    Unreachable {
        /// The cause, in words for the developer.
        why: String,
    },
}
