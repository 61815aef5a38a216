//! HTTP/1.1 with kept connections and bodies of a known length: all that the two sides of a Runtime API
//! and the stubs need. Blocking and without copies, so that what is measured is the function.

use std::io::{self, ErrorKind, Read, Write};

/// One side of a connection.
pub struct Connection<S> {
    stream: S,
    buffer: Vec<u8>,
    /// How much of the buffer was the last message.
    used: usize,
}

/// A request or an answer; borrowed from its connection until the next is read.
pub struct Message<'a> {
    /// The first line of a request, without the version: `GET /path`. Of an answer, its status.
    pub start: String,
    pub body: &'a [u8],
}

/// Which of the two is expected.
#[derive(Clone, Copy)]
pub enum Kind {
    Answer,
    Request,
}

impl<S: Read + Write> Connection<S> {
    pub fn new(stream: S) -> Self {
        Self { stream, buffer: Vec::with_capacity(64 * 1024), used: 0 }
    }

    /// The next message; nothing when the other side has closed the connection.
    pub fn read(&mut self, kind: Kind) -> io::Result<Option<Message<'_>>> {
        self.buffer.drain(..self.used);
        self.used = 0;
        loop {
            if let Some(head) = Head::parse(&self.buffer, kind)? {
                while self.buffer.len() < head.length + head.body_length {
                    if self.fill()? == 0 {
                        return Err(ErrorKind::UnexpectedEof.into());
                    }
                }
                self.used = head.length + head.body_length;
                return Ok(Some(Message {
                    start: head.start,
                    body: &self.buffer[head.length..self.used],
                }));
            }
            if self.fill()? == 0 {
                return if self.buffer.is_empty() {
                    Ok(None)
                } else {
                    Err(ErrorKind::UnexpectedEof.into())
                };
            }
        }
    }

    /// Sends a whole message in one piece.
    pub fn write(&mut self, message: &[u8]) -> io::Result<()> {
        self.stream.write_all(message)?;
        self.stream.flush()
    }

    fn fill(&mut self) -> io::Result<usize> {
        let before = self.buffer.len();
        self.buffer.resize(before + 16 * 1024, 0);
        let read = self.stream.read(&mut self.buffer[before..]);
        self.buffer.truncate(before + *read.as_ref().unwrap_or(&0));
        match read {
            // How some clients end TLS.
            Err(error)
                if matches!(
                    error.kind(),
                    ErrorKind::ConnectionReset | ErrorKind::UnexpectedEof
                ) =>
            {
                Ok(0)
            }
            read => read,
        }
    }
}

struct Head {
    start: String,
    length: usize,
    body_length: usize,
}

impl Head {
    fn parse(bytes: &[u8], kind: Kind) -> io::Result<Option<Self>> {
        let mut headers = [httparse::EMPTY_HEADER; 64];
        let invalid = |error| io::Error::new(ErrorKind::InvalidData, error);
        let (start, length, headers) = match kind {
            Kind::Request => {
                let mut request = httparse::Request::new(&mut headers);
                let httparse::Status::Complete(length) = request.parse(bytes).map_err(invalid)?
                else {
                    return Ok(None);
                };
                let (method, path) =
                    (request.method.unwrap_or_default(), request.path.unwrap_or_default());
                (format!("{method} {path}"), length, request.headers)
            }
            Kind::Answer => {
                let mut answer = httparse::Response::new(&mut headers);
                let httparse::Status::Complete(length) = answer.parse(bytes).map_err(invalid)?
                else {
                    return Ok(None);
                };
                (answer.code.unwrap_or_default().to_string(), length, answer.headers)
            }
        };
        let body_length =
            headers.iter().find(|header| header.name.eq_ignore_ascii_case("content-length"));
        let body_length = match body_length {
            None => 0,
            Some(header) => std::str::from_utf8(header.value)
                .ok()
                .and_then(|text| text.parse().ok())
                .ok_or_else(|| {
                    io::Error::new(ErrorKind::InvalidData, "Content-Length is no number")
                })?,
        };
        if headers.iter().any(|header| header.name.eq_ignore_ascii_case("transfer-encoding")) {
            return Err(io::Error::new(
                ErrorKind::InvalidData,
                "the length of a body must be known",
            ));
        }
        Ok(Some(Self { start, length, body_length }))
    }
}
