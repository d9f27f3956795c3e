//! JSON-RPC over a Unix socket, as geth's `geth.ipc`: for whoever runs the node. Only its account
//! can open the socket, so methods are answered here that the network is refused.

use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::time::Duration;

use chain::rpc::{BODY_BYTES_MAX, Dispatcher, SESSION_QUEUE_MAX, serve_session};
use futures::{SinkExt, StreamExt};
use tokio::net::{UnixListener, UnixSocket, UnixStream};
use tokio::sync::{mpsc, watch};
use tokio_util::bytes::{Buf, BytesMut};
use tokio_util::codec::{Decoder, FramedRead, FramedWrite, LinesCodec};

/// The socket's name in the data folder.
pub const SOCKET_NAME: &str = "chain.ipc";
/// Connections that wait to be accepted.
const BACKLOG: u32 = 64;
/// How long to wait after a connection could not be accepted: files may have run out.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// Opens the socket and answers there until the program ends. A socket that an earlier program
/// has left behind is replaced.
pub fn serve(
    path: &Path,
    dispatcher: Dispatcher,
    mut shutdown: watch::Receiver<bool>,
) -> io::Result<()> {
    let listener = listen(path)?;
    let path = path.to_owned();
    tokio::spawn(async move {
        tokio::select! {
            () = accept(&listener, &dispatcher) => {}
            _ = shutdown.wait_for(|is_ending| *is_ending) => {}
        }
        // The next start replaces it if this does not work.
        let _ = std::fs::remove_file(path);
    });
    Ok(())
}

fn listen(path: &Path) -> io::Result<UnixListener> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let socket = UnixSocket::new_stream()?;
    socket.bind(path)?;
    // Before it listens: nobody else can ever have connected.
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600))?;
    socket.listen(BACKLOG)
}

async fn accept(listener: &UnixListener, dispatcher: &Dispatcher) {
    loop {
        match listener.accept().await {
            Ok((stream, _)) => {
                tokio::spawn(serve_connection(dispatcher.clone(), stream));
            }
            Err(error) => {
                tracing::warn!(%error, "a connection to the chain's socket was not accepted");
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}

async fn serve_connection(dispatcher: Dispatcher, stream: UnixStream) {
    let (reader, writer) = stream.into_split();
    let (outgoing, mut messages) = mpsc::channel::<chain::rpc::Message>(SESSION_QUEUE_MAX);
    let writing = tokio::spawn(async move {
        let mut lines = FramedWrite::new(writer, LinesCodec::new());
        while let Some(message) = messages.recv().await {
            if lines.send(message.text()).await.is_err() {
                return;
            }
        }
    });
    let incoming = FramedRead::new(reader, JsonValues::default())
        .take_while(|message| std::future::ready(message.is_ok()))
        .filter_map(|message| std::future::ready(message.ok()));
    let reason = serve_session(dispatcher, Box::pin(incoming), outgoing).await;
    tracing::debug!(%reason, "a connection to the chain's socket has ended");
    // It ends by itself: nobody sends to it any more.
    let _ = writing.await;
}

/// Cuts a stream of bytes into JSON's arrays and objects. Clients end their messages with a line
/// feed or with nothing at all, as geth takes both. What is none is handed on up to the end of its
/// line, so that it is answered as the mistake that it is.
#[derive(Debug, Default)]
struct JsonValues {
    /// Bytes that were looked at.
    seen: usize,
    /// Brackets that are open.
    depth: usize,
    in_string: bool,
    is_escaped: bool,
}

impl JsonValues {
    /// Where the first value ends, if it is there as a whole.
    fn end(&mut self, bytes: &[u8]) -> Option<usize> {
        while let Some(byte) = bytes.get(self.seen) {
            self.seen += 1;
            match byte {
                _ if self.is_escaped => self.is_escaped = false,
                b'\\' if self.in_string => self.is_escaped = true,
                b'"' => self.in_string = !self.in_string,
                _ if self.in_string => {}
                b'{' | b'[' => self.depth += 1,
                b'}' | b']' => {
                    self.depth = self.depth.saturating_sub(1);
                    if self.depth == 0 {
                        return Some(self.seen);
                    }
                }
                b'\n' if self.depth == 0 => return Some(self.seen),
                _ => {}
            }
        }
        None
    }
}

impl Decoder for JsonValues {
    type Item = String;
    type Error = io::Error;

    fn decode(&mut self, buffer: &mut BytesMut) -> io::Result<Option<String>> {
        if self.seen == 0 {
            let blank = buffer
                .iter()
                .take_while(|byte| byte.is_ascii_whitespace())
                .count();
            buffer.advance(blank);
        }
        let Some(end) = self.end(buffer) else {
            if buffer.len() > BODY_BYTES_MAX {
                return Err(io::Error::new(
                    io::ErrorKind::InvalidData,
                    "the message is too large",
                ));
            }
            return Ok(None);
        };
        *self = Self::default();
        let message = String::from_utf8(buffer.split_to(end).to_vec())
            .map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))?;
        Ok(Some(message))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What comes out of these parts, however they are cut.
    fn decoded(parts: &[&str]) -> Vec<String> {
        let (mut decoder, mut buffer) = (JsonValues::default(), BytesMut::new());
        let mut found = Vec::new();
        for part in parts {
            buffer.extend_from_slice(part.as_bytes());
            while let Some(message) = decoder.decode(&mut buffer).unwrap() {
                found.push(message);
            }
        }
        found
    }

    #[test]
    fn messages_need_no_line_of_their_own() {
        assert_eq!(decoded(&[r#"{"a":1}[2]"#]), [r#"{"a":1}"#, "[2]"]);
        assert_eq!(decoded(&["{\"a\":1}\n \r\n{}\n"]), [r#"{"a":1}"#, "{}"]);
        assert_eq!(decoded(&["[{\"a\":", "[1]", "}", "]{"]), [r#"[{"a":[1]}]"#]);
    }

    #[test]
    fn brackets_in_texts_are_text() {
        let tricky = r#"{"a":"}\"]\\","b":"\\\""}"#;
        assert_eq!(decoded(&[tricky]), [tricky]);
        let (front, back) = tricky.split_at(8);
        assert_eq!(decoded(&[front, back]), [tricky]);
    }

    #[test]
    fn what_is_no_json_ends_with_its_line() {
        assert_eq!(decoded(&["hello\n{}"]), ["hello\n", "{}"]);
    }

    #[test]
    fn a_message_without_an_end_is_refused() {
        let mut buffer = BytesMut::from(&vec![b'['; BODY_BYTES_MAX + 1][..]);
        assert!(JsonValues::default().decode(&mut buffer).is_err());
    }
}
