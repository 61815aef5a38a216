//! One connection to the Runtime API: HTTP/1.1 as a client that blocks.
//!
//! Bodies come with a length or in chunks: Lambda's own server sends a long event in chunks.
//!
//! Source: [RFC 9112](https://www.rfc-editor.org/rfc/rfc9112) sections 6 and 7.1.

use std::io::{self, ErrorKind, Read, Write};
use std::net::TcpStream;

use http::StatusCode;
use httparse::{EMPTY_HEADER, Status, parse_chunk_size};

/// How many headers an answer may have. Lambda's have some ten.
const MAX_HEADERS: usize = 64;

/// How much is read at once: an event with room to spare.
const READ_BYTES: usize = 32 * 1024;

/// A connection on which one request is under way at most.
#[derive(Debug)]
pub(super) struct Connection<S = TcpStream> {
    stream: S,
    /// Room for what comes, which is kept between answers: to clear it costs as much as to read.
    room: Vec<u8>,
    /// How much of it is what has come of this answer.
    filled: usize,
}

/// An answer, whole.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: StatusCode,
    /// Those of the Runtime API, by their names in lower case.
    headers: Vec<(String, String)>,
    pub(super) body: Vec<u8>,
    /// Whether another request may be sent.
    pub(super) keeps_connection: bool,
}

impl Answer {
    /// The value of a header of the Runtime API.
    pub(super) fn text(&self, name: &str) -> Option<&str> {
        let (_, value) = self.headers.iter().find(|(other, _)| other == name)?;
        Some(value)
    }
}

impl Connection {
    /// Opens a connection to `host:port`.
    pub(super) fn open(authority: &str) -> io::Result<Self> {
        let stream = TcpStream::connect(authority)?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, room: Vec::new(), filled: 0 })
    }
}

impl<S: Read + Write> Connection<S> {
    /// Sends a request and waits for its answer; nothing if the other side has closed the connection
    /// before any of it came.
    ///
    /// # Errors
    ///
    /// When the connection breaks in the middle of an answer, or what comes is no HTTP.
    pub(super) fn exchange(&mut self, head: &[u8], body: &[u8]) -> io::Result<Option<Answer>> {
        self.filled = 0;
        // In one piece, so that it leaves in one packet.
        let sent = self.stream.write_all(&[head, body].concat());
        let head = match sent.and_then(|()| self.read_head()) {
            Ok(Some(head)) => head,
            Ok(None) => return Ok(None),
            Err(error) if was_closed(&error) && self.filled == 0 => return Ok(None),
            Err(error) => return Err(error),
        };
        let body = match head.body {
            Body::Chunked => self.read_chunks(head.length)?,
            Body::Length(length) => self.read_length(head.length, length)?,
        };
        let Head { status, headers, keeps_connection, .. } = head;
        Ok(Some(Answer { status, headers, body, keeps_connection }))
    }

    fn read_head(&mut self) -> io::Result<Option<Head>> {
        loop {
            if self.fill()? == 0 {
                let is_nothing = self.filled == 0;
                return if is_nothing { Ok(None) } else { Err(ErrorKind::UnexpectedEof.into()) };
            }
            if let Some(head) = Head::parse(self.received())? {
                return Ok(Some(head));
            }
        }
    }

    fn read_length(&mut self, start: usize, length: usize) -> io::Result<Vec<u8>> {
        loop {
            if let Some(body) = self.received().get(start..start + length) {
                return Ok(body.to_vec());
            }
            self.fill_more()?;
        }
    }

    fn read_chunks(&mut self, start: usize) -> io::Result<Vec<u8>> {
        let mut body = Vec::new();
        let mut at = start;
        loop {
            let rest = self.received().get(at..).unwrap_or_default();
            let Status::Complete((line, size)) = parse_chunk_size(rest).map_err(|_| no_http())?
            else {
                self.fill_more()?;
                continue;
            };
            at += line;
            if size == 0 {
                return self.read_trailer(at).map(|()| body);
            }
            let size = usize::try_from(size).map_err(|_| no_http())?;
            let chunk = self.read_length(at, size)?;
            body.extend_from_slice(&chunk);
            at += size;
            // The line's end after the chunk.
            if self.read_length(at, 2)? != b"\r\n" {
                return Err(no_http());
            }
            at += 2;
        }
    }

    /// What may come after the last chunk, up to the empty line.
    fn read_trailer(&mut self, start: usize) -> io::Result<()> {
        loop {
            let mut headers = [EMPTY_HEADER; MAX_HEADERS];
            let rest = self.received().get(start..).unwrap_or_default();
            match httparse::parse_headers(rest, &mut headers) {
                Ok(Status::Complete(_)) => return Ok(()),
                Ok(Status::Partial) => self.fill_more()?,
                Err(_) => return Err(no_http()),
            }
        }
    }

    fn fill_more(&mut self) -> io::Result<()> {
        match self.fill()? {
            0 => Err(ErrorKind::UnexpectedEof.into()),
            _ => Ok(()),
        }
    }

    fn received(&self) -> &[u8] {
        self.room.get(..self.filled).unwrap_or_default()
    }

    fn fill(&mut self) -> io::Result<usize> {
        if self.room.len() - self.filled < READ_BYTES {
            self.room.resize(self.filled + 2 * READ_BYTES, 0);
        }
        let room = self.room.get_mut(self.filled..).unwrap_or_default();
        let read = loop {
            match self.stream.read(room) {
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                read => break read?,
            }
        };
        self.filled += read;
        Ok(read)
    }
}

struct Head {
    status: StatusCode,
    headers: Vec<(String, String)>,
    /// Of the head itself, in bytes.
    length: usize,
    body: Body,
    keeps_connection: bool,
}

enum Body {
    Chunked,
    Length(usize),
}

impl Head {
    /// Nothing if more of it is still to come.
    fn parse(bytes: &[u8]) -> io::Result<Option<Self>> {
        let mut headers = [EMPTY_HEADER; MAX_HEADERS];
        let mut answer = httparse::Response::new(&mut headers);
        let Status::Complete(length) = answer.parse(bytes).map_err(|_| no_http())? else {
            return Ok(None);
        };
        let status = answer.code.and_then(|code| StatusCode::from_u16(code).ok());
        let mut head = Self {
            status: status.ok_or_else(no_http)?,
            headers: Vec::new(),
            length,
            body: Body::Length(0),
            keeps_connection: answer.version == Some(1),
        };
        for header in answer.headers.iter() {
            let Ok(value) = str::from_utf8(header.value) else { continue };
            match header.name.to_ascii_lowercase().as_str() {
                "connection" if value.eq_ignore_ascii_case("close") => {
                    head.keeps_connection = false;
                }
                "content-length" => {
                    head.body = Body::Length(value.parse().map_err(|_| no_http())?);
                }
                "transfer-encoding" if value.eq_ignore_ascii_case("chunked") => {
                    head.body = Body::Chunked;
                }
                "transfer-encoding" => return Err(no_http()),
                name if name.starts_with("lambda-runtime-") => {
                    head.headers.push((name.to_owned(), value.to_owned()));
                }
                _ => {}
            }
        }
        Ok(Some(head))
    }
}

fn was_closed(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::BrokenPipe | ErrorKind::ConnectionReset)
}

fn no_http() -> io::Error {
    io::Error::new(ErrorKind::InvalidData, "it is no HTTP/1.1 that is understood")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Gives what is to be read in the pieces in which it comes.
    struct Pieces(Vec<Vec<u8>>);

    impl Read for Pieces {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            if self.0.is_empty() {
                return Ok(0);
            }
            let piece = self.0.remove(0);
            buffer[..piece.len()].copy_from_slice(&piece);
            Ok(piece.len())
        }
    }

    impl Write for Pieces {
        fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
            Ok(buffer.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn answer(text: &str, piece: usize) -> io::Result<Option<Answer>> {
        let pieces = text.as_bytes().chunks(piece).map(<[u8]>::to_vec).collect();
        let mut connection = Connection { stream: Pieces(pieces), room: Vec::new(), filled: 0 };
        connection.exchange(b"GET / HTTP/1.1\r\n\r\n", b"")
    }

    #[test]
    fn a_body_comes_with_a_length_or_in_chunks_and_in_whatever_pieces() {
        for text in [
            "HTTP/1.1 200 OK\r\nLambda-Runtime-Trace-Id: a\r\nContent-Length: 11\r\n\r\nhello world",
            "HTTP/1.1 200 OK\r\nlambda-runtime-trace-id: a\r\nTransfer-Encoding: chunked\r\n\r\n\
             5\r\nhello\r\n6;x=y\r\n world\r\n0\r\n\r\n",
            "HTTP/1.1 200 OK\r\nlambda-runtime-trace-id: a\r\ntransfer-encoding: Chunked\r\n\r\n\
             b\r\nhello world\r\n0\r\nafter: all\r\n\r\n",
        ] {
            for piece in 1..=text.len() {
                let answer = answer(text, piece).unwrap().unwrap();
                assert_eq!(answer.body, b"hello world", "{piece} {text}");
                assert_eq!(answer.text("lambda-runtime-trace-id"), Some("a"));
                assert!(answer.keeps_connection);
            }
        }
    }

    #[test]
    fn what_breaks_off_or_is_no_http_is_an_error_and_nothing_at_all_is_a_closed_connection() {
        for text in [
            "HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhell",
            "HTTP/1.1 200 OK\r\ncontent-length: five\r\n\r\nhello",
            "HTTP/1.1 200 OK\r\ntransfer-encoding: gzip\r\n\r\nhello",
            "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello!\r\n0\r\n\r\n",
            "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n",
            "HTTP/1.1 200",
            "SSH-2.0\r\n\r\n",
        ] {
            assert!(answer(text, 1_000).is_err(), "{text}");
        }
        assert!(answer("", 1).unwrap().is_none());
    }

    #[test]
    fn a_connection_that_is_to_be_closed_is_not_kept() {
        let closing = "HTTP/1.1 202 Accepted\r\nconnection: close\r\ncontent-length: 0\r\n\r\n";
        let old = "HTTP/1.0 202 Accepted\r\ncontent-length: 0\r\n\r\n";
        for text in [closing, old] {
            let answer = answer(text, 1_000).unwrap().unwrap();
            assert!(!answer.keeps_connection, "{text}");
            assert_eq!(answer.status, StatusCode::ACCEPTED);
        }
    }
}
