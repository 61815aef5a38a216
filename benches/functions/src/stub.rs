//! A server on the loopback interface, with TLS or without, that counts what it is asked.

use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use rustls::{ServerConfig, ServerConnection, StreamOwned};

use crate::http::{Connection, Kind};

/// What a stub answers to a body.
pub type Answer = dyn Fn(&[u8]) -> Vec<u8> + Send + Sync;

pub struct Stub {
    address: SocketAddr,
    counts: Arc<Counts>,
}

#[derive(Default)]
struct Counts {
    connections: AtomicU64,
    requests: AtomicU64,
}

/// What a stub has seen.
#[derive(Clone, Copy, Debug, Default)]
pub struct Seen {
    pub connections: u64,
    pub requests: u64,
}

impl std::ops::Add for Seen {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            connections: self.connections + other.connections,
            requests: self.requests + other.requests,
        }
    }
}

impl std::ops::Sub for Seen {
    type Output = Self;

    fn sub(self, before: Self) -> Self {
        Self {
            connections: self.connections - before.connections,
            requests: self.requests - before.requests,
        }
    }
}

impl Stub {
    /// Answers every request after `latency`, in threads that live as long as the program.
    pub fn start(
        tls: Option<Arc<ServerConfig>>,
        latency: Duration,
        answer: Arc<Answer>,
    ) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let address = listener.local_addr()?;
        let counts = Arc::<Counts>::default();
        let shared = Arc::clone(&counts);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                shared.connections.fetch_add(1, Ordering::Relaxed);
                let (tls, counts, answer) = (tls.clone(), Arc::clone(&shared), Arc::clone(&answer));
                thread::spawn(move || {
                    // That a contender breaks a connection off is its own business; it is counted.
                    let _ = stream.set_nodelay(true);
                    let _ = match tls {
                        None => serve(stream, latency, &counts, &*answer),
                        Some(config) => ServerConnection::new(config)
                            .map_err(io::Error::other)
                            .and_then(|tls| {
                                serve(StreamOwned::new(tls, stream), latency, &counts, &*answer)
                            }),
                    };
                });
            }
        });
        Ok(Self { address, counts })
    }

    pub fn port(&self) -> u16 {
        self.address.port()
    }

    pub fn seen(&self) -> Seen {
        Seen {
            connections: self.counts.connections.load(Ordering::Relaxed),
            requests: self.counts.requests.load(Ordering::Relaxed),
        }
    }
}

fn serve(
    stream: impl Read + Write,
    latency: Duration,
    counts: &Counts,
    answer: &Answer,
) -> io::Result<()> {
    let mut connection = Connection::new(stream);
    loop {
        let (due, message) = {
            let Some(request) = connection.read(Kind::Request)? else { return Ok(()) };
            counts.requests.fetch_add(1, Ordering::Relaxed);
            let due = Instant::now() + latency;
            let body = answer(request.body);
            let mut message = format!(
                "HTTP/1.1 200 OK\r\ncontent-type: application/x-amz-json-1.0\r\ncontent-length: {}\r\n\r\n",
                body.len()
            )
            .into_bytes();
            message.extend(body);
            (due, message)
        };
        // Sleeping is too coarse by half of the latency.
        while Instant::now() < due {
            thread::yield_now();
        }
        connection.write(&message)?;
    }
}
