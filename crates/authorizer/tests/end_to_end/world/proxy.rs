//! A proxy that can be told to fail: it stands between the function and what the function asks.
//!
//! It speaks HTTP/1.1 by hand, because most of what it must do no server would: break off, say
//! nothing, send rubbish, never end.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::watch;
use tokio::time::{sleep, timeout};

use super::fault::{Answer, Fault, Request};

/// A proxy before one server.
#[derive(Debug)]
pub(crate) struct Proxy {
    address: SocketAddr,
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    upstream: SocketAddr,
    state: Mutex<State>,
    /// Counts the changes of the fault, so that connections and the door notice.
    changes: watch::Sender<u64>,
}

#[derive(Debug, Default)]
struct State {
    fault: Option<Fault>,
    /// How many more requests meet the fault; `None` for all of them.
    left: Option<usize>,
    requests: usize,
}

impl Proxy {
    /// A proxy that passes everything on to `upstream`.
    pub(crate) async fn start(upstream: SocketAddr) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let changes = watch::Sender::new(0);
        let shared = Arc::new(Shared { upstream, state: Mutex::default(), changes });
        tokio::spawn(keep_door(listener, address, Arc::clone(&shared)));
        Self { address, shared }
    }

    pub(crate) fn origin(&self) -> String {
        format!("http://{}", self.address)
    }

    /// From now on, `requests` requests fail in this way, or all.
    pub(crate) async fn fail(&self, fault: Fault, requests: Option<usize>) {
        let awaits_door = fault.is_at_the_door();
        {
            let mut state = self.shared.state.lock().unwrap();
            (state.fault, state.left) = (Some(fault), requests);
        }
        self.shared.changes.send_modify(|changes| *changes += 1);
        while awaits_door && self.is_open().await {
            sleep(Duration::from_millis(1)).await;
        }
    }

    /// From now on all is well.
    pub(crate) async fn mend(&self) {
        self.shared.state.lock().unwrap().fault = None;
        self.shared.changes.send_modify(|changes| *changes += 1);
        while !self.is_open().await {
            sleep(Duration::from_millis(1)).await;
        }
    }

    /// How many requests there have been.
    pub(crate) fn requests(&self) -> usize {
        self.shared.state.lock().unwrap().requests
    }

    async fn is_open(&self) -> bool {
        let connect = TcpStream::connect(self.address);
        timeout(Duration::from_millis(100), connect).await.is_ok_and(|stream| stream.is_ok())
    }
}

impl Shared {
    fn fault(&self) -> Option<Fault> {
        self.state.lock().unwrap().fault.clone()
    }

    /// What the next request meets.
    fn next_fault(&self) -> Option<Fault> {
        let mut state = self.state.lock().unwrap();
        state.requests += 1;
        match &mut state.left {
            None => state.fault.clone(),
            Some(0) => None,
            Some(left) => {
                *left -= 1;
                state.fault.clone()
            }
        }
    }
}

/// Accepts connections, or refuses them, or lets them wait, as the fault has it.
async fn keep_door(mut listener: TcpListener, address: SocketAddr, shared: Arc<Shared>) {
    let mut changes = shared.changes.subscribe();
    loop {
        let changed = match shared.fault() {
            Some(Fault::Refused) => {
                drop(listener);
                // A port that is bound and not listened on refuses, and nobody else can have it.
                let socket = bind(address).await;
                let changed = changes.changed().await;
                listener = socket.listen(1_024).unwrap();
                changed
            }
            Some(Fault::BlackHole) => {
                drop(listener);
                let full = bind(address).await.listen(0).unwrap();
                // The kernel drops what comes after the queue is full.
                let mut waiting = Vec::new();
                while let Ok(Ok(stream)) =
                    timeout(Duration::from_millis(50), TcpStream::connect(address)).await
                {
                    waiting.push(stream);
                }
                let changed = changes.changed().await;
                drop((waiting, full));
                listener = bind(address).await.listen(1_024).unwrap();
                changed
            }
            _ => tokio::select! {
                accepted = listener.accept() => {
                    if let Ok((stream, _)) = accepted {
                        let _ = stream.set_nodelay(true);
                        tokio::spawn(serve(stream, Arc::clone(&shared)));
                    }
                    Ok(())
                }
                changed = changes.changed() => changed,
            },
        };
        if changed.is_err() {
            return;
        }
    }
}

/// The port may still be in use for a moment after its listener is gone.
async fn bind(address: SocketAddr) -> TcpSocket {
    loop {
        let socket = TcpSocket::new_v4().unwrap();
        socket.set_reuseaddr(true).unwrap();
        match socket.bind(address) {
            Ok(()) => return socket,
            Err(_) => sleep(Duration::from_millis(5)).await,
        }
    }
}

/// Serves one connection until an end of it.
async fn serve(mut stream: TcpStream, shared: Arc<Shared>) {
    let mut changes = shared.changes.subscribe();
    loop {
        let request = tokio::select! {
            request = read_request(&mut stream) => request,
            _ = changes.changed() => match shared.fault() {
                Some(fault) if fault.is_at_the_door() => return,
                // This connection is dead, and whoever holds it is not told; new ones are well.
                Some(Fault::DeadConnections) => return silence(&mut stream).await,
                _ => continue,
            },
        };
        let Ok(Some(request)) = request else { return };
        let fault = shared.next_fault();
        if respond(&mut stream, &shared, &request, fault).await.is_err() {
            return;
        }
    }
}

/// Answers one request; an error ends the connection.
async fn respond(
    stream: &mut TcpStream,
    shared: &Shared,
    request: &Request,
    fault: Option<Fault>,
) -> io::Result<()> {
    let hang_up = || Err(io::ErrorKind::ConnectionAborted.into());
    match fault {
        None | Some(Fault::BlackHole | Fault::DeadConnections | Fault::Refused) => {
            write(stream, &forward(shared, request).await?).await
        }
        Some(Fault::Late { ms }) => {
            sleep(Duration::from_millis(ms)).await;
            write(stream, &forward(shared, request).await?).await
        }
        Some(Fault::HungUp) => hang_up(),
        Some(Fault::Silent) => {
            silence(stream).await;
            hang_up()
        }
        Some(fault @ (Fault::CutOff | Fault::Stalled)) => {
            let text = forward(shared, request).await?.to_bytes();
            stream.write_all(&text[..text.len() - 8]).await?;
            if matches!(fault, Fault::Stalled) {
                silence(stream).await;
            }
            hang_up()
        }
        Some(Fault::Dribbling { ms }) => {
            for byte in forward(shared, request).await?.to_bytes() {
                stream.write_all(&[byte]).await?;
                sleep(Duration::from_millis(ms)).await;
            }
            Ok(())
        }
        Some(Fault::Endless) => {
            let head = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n";
            stream.write_all(head).await?;
            loop {
                stream.write_all(b"200\r\n").await?;
                stream.write_all(&[b' '; 0x200]).await?;
                stream.write_all(b"\r\n").await?;
                sleep(Duration::from_millis(2)).await;
            }
        }
        Some(Fault::NotHttp) => {
            stream.write_all(b"SSH-2.0-OpenSSH_9.6\r\n").await?;
            hang_up()
        }
        Some(Fault::Answer(answer)) => write(stream, &answer).await,
        Some(fault) => {
            let answer = forward(shared, request).await?;
            write(stream, &fault.change(request, answer)).await
        }
    }
}

/// Reads what still comes, and answers nothing, until the other side has had enough.
async fn silence(stream: &mut TcpStream) {
    let mut rest = [0; 1_024];
    while stream.read(&mut rest).await.is_ok_and(|bytes| bytes > 0) {}
}

async fn write(stream: &mut TcpStream, answer: &Answer) -> io::Result<()> {
    stream.write_all(&answer.to_bytes()).await
}

/// `None` at the end of the connection.
async fn read_request(stream: &mut TcpStream) -> io::Result<Option<Request>> {
    let mut text = Vec::new();
    loop {
        if let Some((head, body)) = split(&text)
            && body.len() >= content_length(head)
        {
            return Ok(Some(Request { head: head.to_owned(), body: body.to_vec() }));
        }
        if stream.read_buf(&mut text).await? == 0 {
            return Ok(None);
        }
    }
}

/// What the server itself answers.
async fn forward(shared: &Shared, request: &Request) -> io::Result<Answer> {
    let mut stream = TcpStream::connect(shared.upstream).await?;
    let head = request.head.replacen("\r\n", "\r\nconnection: close\r\n", 1);
    stream.write_all(&[head.as_bytes(), b"\r\n\r\n", &request.body].concat()).await?;
    let mut text = Vec::new();
    stream.read_to_end(&mut text).await?;
    let (head, body) = split(&text).ok_or(io::ErrorKind::UnexpectedEof)?;
    assert_eq!(body.len(), content_length(head), "the server's answer has a length: {head}");
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap();
    let body = String::from_utf8(body.to_vec()).unwrap();
    Ok(Answer { status, headers: Vec::new(), body: Value::String(body) })
}

fn split(text: &[u8]) -> Option<(&str, &[u8])> {
    let end = text.windows(4).position(|window| window == b"\r\n\r\n")?;
    Some((str::from_utf8(&text[..end]).unwrap(), &text[end + 4..]))
}

fn content_length(head: &str) -> usize {
    head.lines()
        .filter_map(|line| line.split_once(':'))
        .find(|(name, _)| name.eq_ignore_ascii_case("content-length"))
        .map_or(0, |(_, length)| length.trim().parse().unwrap())
}
