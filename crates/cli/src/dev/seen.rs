//! An authorizer whose answers the explorer looks at.

use std::sync::Arc;

use bytes::Bytes;
use gatepost_emulator::invoke::{BoxFuture, Invocation, Invoke};

use crate::explorer::Explorer;

/// Passes everything on, and shows the explorer what comes back: the groups of whoever calls.
pub(super) struct Seen {
    pub(super) authorizer: Arc<dyn Invoke>,
    pub(super) explorer: Arc<Explorer>,
}

impl Invoke for Seen {
    fn invoke(&self, event: Bytes) -> BoxFuture<'_, Invocation> {
        Box::pin(async move {
            let invocation = self.authorizer.invoke(event).await;
            if let Invocation::Returned(answer) = &invocation {
                self.explorer.learn(answer);
            }
            invocation
        })
    }
}
