//! WebSockets: payloads untouched, activity told apart, ends passed on.

use std::time::Duration;

use axum::Router;
use axum::extract::WebSocketUpgrade;
use axum::extract::ws;
use axum::response::IntoResponse;
use axum::routing::get as on_get;
use bytes::Bytes;
use futures::{SinkExt, StreamExt};
use http_body_util::Full;
use proxy::{ActivityKind, ProxyLimits};
use sha2::{Digest, Sha256};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::{Error, Message};

use super::support::*;

const HANDSHAKE_ANSWER: &str = "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\n\
                                Upgrade: websocket\r\nSec-WebSocket-Accept: x\r\n\r\n";

async fn echo(upgrade: WebSocketUpgrade) -> impl IntoResponse {
    upgrade
        .max_message_size(usize::MAX)
        .max_frame_size(usize::MAX)
        .on_upgrade(|mut socket| async move {
            while let Some(Ok(message)) = socket.recv().await {
                let is_data = matches!(message, ws::Message::Text(_) | ws::Message::Binary(_));
                if is_data && socket.send(message).await.is_err() {
                    return;
                }
            }
        })
}

fn echo_server() -> Server {
    let refusal = || async { (http::StatusCode::FORBIDDEN, "no") };
    on_unix_socket(
        Router::new()
            .route("/echo", on_get(echo))
            .route("/refuse", on_get(refusal)),
    )
}

pub async fn connect(site: &Site, path: &str) -> Result<WebSocketStream<TcpStream>, Error> {
    let stream = TcpStream::connect(site.address).await.unwrap();
    let mut request = format!("ws://{HOST}{path}").into_client_request().unwrap();
    request
        .headers_mut()
        .insert("origin", ORIGIN.parse().unwrap());
    Ok(soon(tokio_tungstenite::client_async(request, stream))
        .await?
        .0)
}

/// The bytes of a WebSocket handshake.
pub fn handshake(path: &str) -> String {
    format!(
        "GET {path} HTTP/1.1\r\nHost: {HOST}\r\nOrigin: {ORIGIN}\r\nConnection: Upgrade\r\n\
         Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\
         Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
    )
}

#[tokio::test]
async fn messages_of_every_size_come_back() {
    let server = echo_server();
    let site = site(server.target.clone()).await;
    let mut socket = connect(&site, "/echo").await.unwrap();
    for length in [0, 1, 125, 126, 65_535, 65_536, 3_000_000] {
        let message = Message::binary(Bytes::from_iter((0..length).map(|i| i as u8)));
        socket.send(message.clone()).await.unwrap();
        assert_eq!(soon(socket.next()).await.unwrap().unwrap(), message);
    }
    socket.send(Message::text("ĝis")).await.unwrap();
    assert_eq!(
        soon(socket.next()).await.unwrap().unwrap(),
        Message::text("ĝis")
    );
    socket.close(None).await.unwrap();
    while let Some(message) = soon(socket.next()).await {
        assert!(matches!(message, Ok(Message::Close(_))), "{message:?}");
    }
}

#[tokio::test]
async fn only_data_is_interaction() {
    let server = echo_server();
    let site = site(server.target.clone()).await;
    let mut socket = connect(&site, "/echo").await.unwrap();
    assert_eq!(site.gate.notes(), [ActivityKind::Presence]);
    socket
        .send(Message::Ping(Bytes::from_static(b"are you there")))
        .await
        .unwrap();
    let pong = soon(socket.next()).await.unwrap().unwrap();
    assert!(matches!(pong, Message::Pong(_)), "{pong:?}");
    assert!(!site.gate.notes().contains(&ActivityKind::Interaction));
    // A page says this by itself when it connects, and connects by itself.
    socket
        .send(Message::text("kernel_info_request"))
        .await
        .unwrap();
    soon(socket.next()).await.unwrap().unwrap();
    assert!(!site.gate.notes().contains(&ActivityKind::Interaction));
    tokio::time::sleep(Duration::from_millis(3_500)).await;
    socket.send(Message::text("x = 1")).await.unwrap();
    soon(socket.next()).await.unwrap().unwrap();
    let interactions = || {
        let mut notes = site.gate.notes();
        notes.retain(|kind| *kind == ActivityKind::Interaction);
        notes.len()
    };
    assert_eq!(interactions(), 1);
    // One note an interval, not one a frame.
    for _ in 0..50 {
        socket.send(Message::text("x = 1")).await.unwrap();
        soon(socket.next()).await.unwrap().unwrap();
    }
    assert!(site.gate.notes().len() < 10, "{:?}", site.gate.notes());
}

#[tokio::test]
async fn a_refusal_of_the_server_passes() {
    let server = echo_server();
    let site = site(server.target.clone()).await;
    for path in ["/refuse", "/missing"] {
        let Err(Error::Http(answer)) = connect(&site, path).await else {
            panic!("accepted {path}")
        };
        assert_eq!(answer.status(), if path == "/refuse" { 403 } else { 404 });
    }
}

#[tokio::test]
async fn foreign_pages_open_none() {
    let server = echo_server();
    let site = site(server.target.clone()).await;
    let bytes = handshake("/echo").replace(ORIGIN, "http://bob.localhost:3000");
    let answer = send_bytes(&site, bytes.as_bytes(), |text| text.contains("\r\n\r\n")).await;
    assert!(answer.starts_with("HTTP/1.1 403"), "{answer}");
    assert_eq!(*site.gate.waiting.borrow(), 0);
}

#[tokio::test]
async fn as_many_as_allowed_are_open() {
    let server = echo_server();
    let limits = ProxyLimits {
        websockets_per_server_max: 2,
        ..ProxyLimits::default()
    };
    let site = site_with(server.target.clone(), limits).await;
    let first = connect(&site, "/echo").await.unwrap();
    let _second = connect(&site, "/echo").await.unwrap();
    let Err(Error::Http(answer)) = connect(&site, "/echo").await else {
        panic!("a third")
    };
    assert_eq!(answer.status(), 503);
    drop(first);
    // Its place is free once its end has passed through.
    soon(async {
        while connect(&site, "/echo").await.is_err() {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    })
    .await;
    // WebSockets take no place among requests.
    assert_eq!(send(&site, get("/refuse")).await.status(), 403);
}

/// Frames with every flag, mask and length, fragmented, interleaved with pings.
fn hundred_megabytes_of_frames() -> impl Iterator<Item = Vec<u8>> {
    let lengths = [0_usize, 5, 125, 126, 70_000, 1_000_000, 400_000];
    let heads = [0x42_u8, 0x00, 0x80, 0xc1, 0x89, 0x02, 0x80];
    (0..490).map(move |number| {
        let length = lengths[number % 7];
        let mut frame = vec![heads[number % 7]];
        match length {
            0..126 => frame.push(0x80 | length as u8),
            126..65_536 => {
                frame.push(0x80 | 126);
                frame.extend((length as u16).to_be_bytes());
            }
            _ => {
                frame.push(0x80 | 127);
                frame.extend((length as u64).to_be_bytes());
            }
        }
        frame.extend([number as u8; 4]);
        frame.extend((0..length).map(|i| (i * 31 + number) as u8));
        frame
    })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hundred_megabytes_of_frames_pass_both_ways_unchanged() {
    // The server sends back every byte as it is, frame heads and masks included.
    let server = raw_server(|mut stream, _| async move {
        read_until(&mut stream, |text| text.ends_with("\r\n\r\n")).await;
        stream.write_all(HANDSHAKE_ANSWER.as_bytes()).await.unwrap();
        let (mut reader, mut writer) = stream.split();
        tokio::io::copy(&mut reader, &mut writer).await.unwrap();
    })
    .await;
    let site = site(server.target.clone()).await;
    let mut stream = TcpStream::connect(site.address).await.unwrap();
    stream.write_all(handshake("/").as_bytes()).await.unwrap();
    let answer = soon(read_until(&mut stream, |text| text.ends_with("\r\n\r\n"))).await;
    assert!(answer.starts_with("HTTP/1.1 101"), "{answer}");
    let (mut reader, mut writer) = stream.into_split();
    let sending = tokio::spawn(async move {
        let mut hash = Sha256::new();
        for frame in hundred_megabytes_of_frames() {
            hash.update(&frame);
            writer.write_all(&frame).await.unwrap();
        }
        writer.shutdown().await.unwrap();
        hash.finalize()
    });
    let mut hash = Sha256::new();
    let mut length = 0;
    let mut buffer = vec![0; 256 * 1024];
    loop {
        let read = soon(reader.read(&mut buffer)).await.unwrap();
        if read == 0 {
            break;
        }
        length += read;
        hash.update(&buffer[..read]);
    }
    assert!(length > 100_000_000, "{length}");
    assert_eq!(hash.finalize(), soon(sending).await.unwrap());
}

#[tokio::test]
async fn what_a_server_sends_with_its_handshake_arrives() {
    let server = raw_server(|mut stream, _| async move {
        read_until(&mut stream, |text| text.ends_with("\r\n\r\n")).await;
        let answer = [HANDSHAKE_ANSWER.as_bytes(), b"\x81\x05hello\x88\x00"].concat();
        stream.write_all(&answer).await.unwrap();
    })
    .await;
    let site = site(server.target.clone()).await;
    let answer = send_bytes(&site, handshake("/").as_bytes(), |_| false).await;
    assert!(answer.contains("\r\n\r\n\u{fffd}\u{5}hello"), "{answer:?}");
}

#[tokio::test]
async fn what_a_client_sends_with_its_handshake_arrives() {
    let (told, mut heard) = tokio::sync::mpsc::unbounded_channel();
    let server = raw_server(move |mut stream, _| {
        let told = told.clone();
        async move {
            read_until(&mut stream, |text| text.ends_with("\r\n\r\n")).await;
            stream.write_all(HANDSHAKE_ANSWER.as_bytes()).await.unwrap();
            told.send(read_until(&mut stream, |text| text.len() >= 7).await)
                .unwrap();
        }
    })
    .await;
    let site = site(server.target.clone()).await;
    let bytes = [handshake("/").as_bytes(), b"\x01\x81\0\0\0\0x"].concat();
    let _client = send_bytes(&site, &bytes, |text| text.contains("101")).await;
    assert_eq!(soon(heard.recv()).await.unwrap(), "\x01\u{fffd}\0\0\0\0x");
}

#[tokio::test]
async fn each_side_learns_that_the_other_has_gone() {
    let (told, mut heard) = tokio::sync::mpsc::unbounded_channel();
    let server = raw_server(move |mut stream, number| {
        let told = told.clone();
        async move {
            read_until(&mut stream, |text| text.ends_with("\r\n\r\n")).await;
            stream.write_all(HANDSHAKE_ANSWER.as_bytes()).await.unwrap();
            if number == 0 {
                return;
            }
            read_until(&mut stream, |_| false).await;
            told.send(()).unwrap();
        }
    })
    .await;
    let site = site(server.target.clone()).await;
    // The server goes.
    send_bytes(&site, handshake("/").as_bytes(), |_| false).await;
    // The client goes.
    let answer = send_bytes(&site, handshake("/").as_bytes(), |text| {
        text.contains("\r\n\r\n")
    })
    .await;
    assert!(answer.starts_with("HTTP/1.1 101"), "{answer}");
    soon(heard.recv()).await.unwrap();
}

#[tokio::test]
async fn no_other_protocol_is_switched_to() {
    let server = raw_server(|mut stream, _| async move {
        let head = read_until(&mut stream, |text| text.ends_with("\r\n\r\n")).await;
        let length = head.to_lowercase().contains("upgrade");
        let body = if length { "upgrade" } else { "plain" };
        let answer = format!(
            "HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        );
        stream.write_all(answer.as_bytes()).await.unwrap();
    })
    .await;
    let site = site(server.target.clone()).await;
    let request = request("GET", "/")
        .header("connection", "Upgrade, HTTP2-Settings")
        .header("upgrade", "h2c")
        .header("http2-settings", "AAMAAABkAARAAAAAAAIAAAAA")
        .body(Full::<Bytes>::default())
        .unwrap();
    assert_eq!(text(send(&site, request).await).await, "plain");
}
