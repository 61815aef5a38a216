//! The Lambda Runtime API, as the driver of one function: it hands out one event at a time, and measures
//! from the moment before the event leaves to the moment the answer is here.

use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use anyhow::{Context as _, bail, ensure};

use crate::http::{Connection, Kind};

/// How long anything may take. A contender that is throttled needs seconds for its first call.
const PATIENCE: Duration = Duration::from_secs(30);

const ACCEPTED: &[u8] = b"HTTP/1.1 202 Accepted\r\ncontent-length: 0\r\n\r\n";

pub struct Listening(TcpListener);

impl Listening {
    pub fn start() -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        listener.set_nonblocking(true)?;
        Ok(Self(listener))
    }

    pub fn address(&self) -> io::Result<SocketAddr> {
        self.0.local_addr()
    }

    /// Waits until the function asks for its first event.
    pub fn first_request(self, mut is_alive: impl FnMut() -> bool) -> anyhow::Result<RuntimeApi> {
        let started = Instant::now();
        let stream = loop {
            match self.0.accept() {
                Ok((stream, _)) => break stream,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    ensure!(is_alive(), "the function has ended before it asked for an event");
                    ensure!(
                        started.elapsed() < PATIENCE,
                        "the function has not asked for an event"
                    );
                    std::thread::sleep(Duration::from_micros(20));
                }
                Err(error) => return Err(error.into()),
            }
        };
        let mut api = RuntimeApi { listener: self.0, connection: connection(stream)?, id: 0 };
        api.wait_for_next()?;
        Ok(api)
    }
}

/// A function that waits for an event.
pub struct RuntimeApi {
    listener: TcpListener,
    connection: Connection<TcpStream>,
    id: u64,
}

impl RuntimeApi {
    /// Has `event` answered: how long it took, and the answer. When this returns, the function waits for
    /// the next.
    pub fn invoke(&mut self, event: &[u8]) -> anyhow::Result<(Duration, Vec<u8>)> {
        self.id += 1;
        let deadline = (SystemTime::now() + PATIENCE).duration_since(UNIX_EPOCH)?.as_millis();
        let mut message = format!(
            "HTTP/1.1 200 OK\r\nlambda-runtime-aws-request-id: {:08x}-0000-4000-8000-000000000000\r\n\
             lambda-runtime-deadline-ms: {deadline}\r\nlambda-runtime-trace-id: Root=1-00000000-000000000000000000000000\r\n\
             lambda-runtime-invoked-function-arn: arn:aws:lambda:eu-west-1:123456789012:function:bench\r\n\
             content-type: application/json\r\ncontent-length: {}\r\n\r\n",
            self.id,
            event.len(),
        )
        .into_bytes();
        message.extend_from_slice(event);
        let sent = Instant::now();
        self.connection.write(&message)?;
        let (took, answer) = loop {
            match self.connection.read(Kind::Request)? {
                Some(request) => {
                    let took = sent.elapsed();
                    ensure!(
                        request.start.ends_with("/response"),
                        "the function has refused: {} {}",
                        request.start,
                        String::from_utf8_lossy(request.body)
                    );
                    break (took, request.body.to_vec());
                }
                None => self.accept_again()?,
            }
        };
        self.connection.write(ACCEPTED)?;
        self.wait_for_next()?;
        Ok((took, answer))
    }

    fn wait_for_next(&mut self) -> anyhow::Result<()> {
        loop {
            match self.connection.read(Kind::Request)? {
                Some(request) if request.start.ends_with("/invocation/next") => return Ok(()),
                Some(request) => {
                    bail!("expected a request for the next event, not {}", request.start)
                }
                None => self.accept_again()?,
            }
        }
    }

    /// Some clients open a connection for each request.
    fn accept_again(&mut self) -> anyhow::Result<()> {
        self.listener.set_nonblocking(false)?;
        self.connection = connection(self.listener.accept().context("no new connection")?.0)?;
        Ok(())
    }
}

fn connection(stream: TcpStream) -> io::Result<Connection<TcpStream>> {
    stream.set_nonblocking(false)?;
    stream.set_nodelay(true)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    Ok(Connection::new(stream))
}
