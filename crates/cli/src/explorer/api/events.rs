//! What happens, as server-sent events.

use std::collections::VecDeque;
use std::convert::Infallible;

use axum::extract::State;
use axum::response::Sse;
use axum::response::sse::{Event as Sent, KeepAlive};
use futures_util::stream::{Stream, unfold};
use http::StatusCode;
use serde_json::{Value, json};
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;

use super::{Shared, aside};
use crate::explorer::fault::Fault;
use crate::explorer::feed::Event;

/// The revision, the last calls, and everything that happens from now on.
pub(super) async fn events(
    State(explorer): Shared,
) -> Result<Sse<impl Stream<Item = Result<Sent, Infallible>>>, Fault> {
    let ended = || Fault::new(StatusCode::SERVICE_UNAVAILABLE, "the explorer is being ended");
    let (calls, receiver) = explorer.feed.listen().ok_or_else(ended)?;
    let world = aside(explorer, super::super::Explorer::world).await?;
    let mut first: VecDeque<Event> = VecDeque::from([Event::Changed(world.revision.clone())]);
    first.extend(calls.into_iter().map(Event::Call));
    let stream = unfold((first, receiver), async |(mut first, mut receiver)| {
        let event = match first.pop_front() {
            Some(event) => event,
            None => next(&mut receiver).await?,
        };
        Some((Ok(sent(&event)), (first, receiver)))
    });
    Ok(Sse::new(stream).keep_alive(KeepAlive::default()))
}

/// The next event; `None` once it is over.
async fn next(receiver: &mut Receiver<Event>) -> Option<Event> {
    loop {
        match receiver.recv().await {
            Ok(event) => return Some(event),
            // Whoever is too slow misses some.
            Err(RecvError::Lagged(_)) => {}
            Err(RecvError::Closed) => return None,
        }
    }
}

fn sent(event: &Event) -> Sent {
    let (name, data): (&str, Value) = match event {
        Event::Changed(revision) => ("changed", json!({ "revision": revision })),
        Event::Call(call) => ("call", call.clone()),
    };
    Sent::default().event(name).data(data.to_string())
}
