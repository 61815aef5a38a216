//! Between the command and the engine: sees each transaction before and after it, and can lose what
//! is said about it.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{mpsc, oneshot};

/// Where a transaction is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Moment {
    /// It is about to be sent to the engine.
    Before,
    /// The engine has answered, and the command has not heard of it.
    After,
}

/// What becomes of it then.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Fate {
    GoesOn,
    /// The connection ends.
    IsLost,
}

/// A transaction at a moment; it waits for its fate.
#[derive(Debug)]
pub(crate) struct Event {
    /// The number of the transaction, from 0, counting those that are sent again.
    pub(crate) number: usize,
    pub(crate) moment: Moment,
    pub(crate) fate: oneshot::Sender<Fate>,
}

pub(crate) struct Proxy {
    pub(crate) endpoint: String,
    pub(crate) events: mpsc::UnboundedReceiver<Event>,
}

impl Proxy {
    pub(crate) async fn start(engine: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        let engine = engine.strip_prefix("http://").unwrap().to_owned();
        let (send, events) = mpsc::unbounded_channel();
        let count = Arc::new(AtomicUsize::new(0));
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let server = TcpStream::connect(&engine).await.unwrap();
                let (send, count) = (send.clone(), Arc::clone(&count));
                // A connection that breaks is what happens to commands that are killed.
                tokio::spawn(async move { relay(client, server, send, count).await.unwrap_or(()) });
            }
        });
        Self { endpoint, events }
    }
}

/// Passes requests on, one at a time.
async fn relay(
    mut client: TcpStream,
    mut server: TcpStream,
    events: mpsc::UnboundedSender<Event>,
    count: Arc<AtomicUsize>,
) -> Option<()> {
    loop {
        let request = message(&mut client).await?;
        let head = String::from_utf8_lossy(&request[..request.len().min(4_096)]).to_lowercase();
        let number =
            head.contains(".transactwriteitems").then(|| count.fetch_add(1, Ordering::SeqCst));
        wait(&events, number, Moment::Before).await?;
        server.write_all(&request).await.ok()?;
        let answer = message(&mut server).await?;
        wait(&events, number, Moment::After).await?;
        client.write_all(&answer).await.ok()?;
    }
}

async fn wait(
    events: &mpsc::UnboundedSender<Event>,
    number: Option<usize>,
    moment: Moment,
) -> Option<()> {
    let Some(number) = number else { return Some(()) };
    let (fate, decided) = oneshot::channel();
    if events.send(Event { number, moment, fate }).is_err() {
        return Some(());
    }
    (decided.await.unwrap_or(Fate::GoesOn) == Fate::GoesOn).then_some(())
}

/// A whole message of HTTP/1.1 that says how long it is.
async fn message(stream: &mut TcpStream) -> Option<Vec<u8>> {
    let mut message = Vec::new();
    let mut buffer = vec![0; 64 * 1024];
    loop {
        let read = stream.read(&mut buffer).await.ok().filter(|read| *read > 0)?;
        message.extend_from_slice(&buffer[..read]);
        let Some(end) = message.windows(4).position(|window| window == b"\r\n\r\n") else {
            continue;
        };
        let head = String::from_utf8_lossy(&message[..end]).to_lowercase();
        let length = head.lines().find_map(|line| line.strip_prefix("content-length:"));
        let length: usize = length.map_or(0, |length| length.trim().parse().unwrap());
        if message.len() >= end + 4 + length {
            return Some(message);
        }
    }
}
