//! Admission comes first and may take its time; its end ends everything under way.

use std::time::Instant;

use axum::Router;
use axum::routing::get as on_get;
use bytes::Bytes;
use futures::{SinkExt, StreamExt, stream};
use http_body_util::BodyExt;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;

use super::support::*;
use super::websockets::{connect, handshake};

#[tokio::test]
async fn a_request_to_a_frozen_server_waits_for_the_thaw() {
    let (told, mut heard) = tokio::sync::mpsc::unbounded_channel();
    let router = Router::new().fallback(move || {
        told.send(()).unwrap();
        async { "awake" }
    });
    let server = on_unix_socket(router);
    let site = site(server.target.clone()).await;
    site.thaw.send(false).unwrap();
    let mut client = client(&site).await;
    let answer = tokio::spawn(async move { soon(client.send_request(get("/"))).await.unwrap() });
    soon(
        site.gate
            .waiting
            .subscribe()
            .wait_for(|waiting| *waiting == 1),
    )
    .await
    .unwrap();
    assert!(heard.try_recv().is_err());
    assert!(!answer.is_finished());
    site.thaw.send(true).unwrap();
    assert_eq!(text(answer.await.unwrap()).await, "awake");
}

#[tokio::test]
async fn what_an_open_page_does_by_itself_does_not_thaw() {
    let count = std::sync::Arc::new(std::sync::atomic::AtomicUsize::new(0));
    let counted = count.clone();
    let router = Router::new().fallback(move || {
        let asked = counted.fetch_add(1, std::sync::atomic::Ordering::SeqCst) + 1;
        async move { ([("x-kept", "yes")], format!("answer {asked}")) }
    });
    let server = on_unix_socket(router);
    let site = site(server.target.clone()).await;
    let layout = |text: &'static str| {
        request("PUT", "/lab/api/workspaces/default?1795277487254")
            .header("origin", ORIGIN)
            .header("content-length", text.len())
            .body(http_body_util::Full::from(text))
            .unwrap()
    };
    assert_eq!(
        text(send(&site, get("/api/kernels?17")).await).await,
        "answer 1"
    );
    assert_eq!(text(send(&site, layout("left")).await).await, "answer 2");

    site.thaw.send(false).unwrap();
    for number in 18..22 {
        let answer = send(&site, get(&format!("/api/kernels?{number}"))).await;
        assert_eq!(answer.headers()["x-kept"], "yes");
        assert_eq!(text(answer).await, "answer 1");
    }
    assert_eq!(text(send(&site, layout("left")).await).await, "answer 2");

    // What is not known wakes it: another layout, or a question that was not asked before.
    site.thaw.send(true).unwrap();
    assert_eq!(text(send(&site, layout("right")).await).await, "answer 3");
    assert_eq!(
        text(send(&site, get("/api/sessions")).await).await,
        "answer 4"
    );
    // What somebody does makes all of it void.
    assert_eq!(
        text(send(&site, post("/api/kernels", "{}")).await).await,
        "answer 5"
    );
    site.thaw.send(false).unwrap();
    let mut client = client(&site).await;
    let answer = tokio::spawn(async move {
        soon(client.send_request(get("/api/kernels?23")))
            .await
            .unwrap()
    });
    tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    assert!(!answer.is_finished());
    site.thaw.send(true).unwrap();
    assert_eq!(text(answer.await.unwrap()).await, "answer 6");
}

#[tokio::test]
async fn the_end_of_the_permission_closes_a_websocket_on_both_sides() {
    let (told, mut heard) = tokio::sync::mpsc::unbounded_channel();
    let router = Router::new().route(
        "/",
        on_get(move |upgrade: axum::extract::WebSocketUpgrade| async move {
            upgrade.on_upgrade(move |mut socket| async move {
                while let Some(message) = socket.recv().await {
                    told.send(message).unwrap();
                }
            })
        }),
    );
    let server = on_unix_socket(router);
    let mut site = site(server.target.clone()).await;
    let mut socket = connect(&site, "/").await.unwrap();
    socket.send(Message::text("hello")).await.unwrap();
    soon(heard.recv()).await.unwrap().unwrap();

    let began = Instant::now();
    site.end.take().unwrap().send(()).unwrap();
    let Some(Ok(Message::Close(Some(close)))) = soon(socket.next()).await else {
        panic!("no close frame");
    };
    assert_eq!(
        (close.code, close.reason.as_str()),
        (CloseCode::Policy, "access ended")
    );
    let Some(Ok(axum::extract::ws::Message::Close(Some(close)))) = soon(heard.recv()).await else {
        panic!("no close frame for the server");
    };
    assert_eq!(close.code, 1008);
    assert!(
        soon(socket.next())
            .await
            .is_none_or(|message| message.is_err())
    );
    assert!(began.elapsed().as_secs() < 5);
}

#[tokio::test]
async fn no_frame_is_cut_in_two_by_the_end() {
    let (go_on, may_go_on) = tokio::sync::watch::channel(false);
    let server = raw_server(move |mut stream, _| {
        let mut may_go_on = may_go_on.clone();
        async move {
            read_until(&mut stream, |text| text.ends_with("\r\n\r\n")).await;
            let half = b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\n\
                         Upgrade: websocket\r\nSec-WebSocket-Accept: x\r\n\r\n\x01\x06abc";
            stream.write_all(half).await.unwrap();
            may_go_on.wait_for(|go_on| *go_on).await.unwrap();
            // The rest of the frame, and a frame that nobody may see any more.
            stream.write_all(b"def\x01\x06secret").await.unwrap();
            read_until(&mut stream, |_| false).await;
        }
    })
    .await;
    let mut site = site(server.target.clone()).await;
    let mut stream = TcpStream::connect(site.address).await.unwrap();
    stream.write_all(handshake("/").as_bytes()).await.unwrap();
    let answer = soon(read_until(&mut stream, |text| {
        text.ends_with("\u{1}\u{6}abc")
    }))
    .await;
    assert!(answer.starts_with("HTTP/1.1 101"), "{answer}");
    site.end.take().unwrap().send(()).unwrap();
    go_on.send(true).unwrap();
    let rest = soon(read_until(&mut stream, |_| false)).await;
    assert!(rest.starts_with("def"), "{rest:?}");
    assert!(rest.ends_with("access ended"), "{rest:?}");
    assert!(!rest.contains("secret"), "{rest:?}");
}

#[tokio::test]
async fn a_side_that_does_not_move_delays_the_end_little() {
    let server = raw_server(|mut stream, _| async move {
        read_until(&mut stream, |text| text.ends_with("\r\n\r\n")).await;
        let half = b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\n\
                     Upgrade: websocket\r\nSec-WebSocket-Accept: x\r\n\r\n\x01\x06abc";
        stream.write_all(half).await.unwrap();
        std::future::pending::<()>().await;
    })
    .await;
    let mut site = site(server.target.clone()).await;
    let mut stream = TcpStream::connect(site.address).await.unwrap();
    stream.write_all(handshake("/").as_bytes()).await.unwrap();
    soon(read_until(&mut stream, |text| {
        text.ends_with("\u{1}\u{6}abc")
    }))
    .await;
    site.end.take().unwrap().send(()).unwrap();
    let began = Instant::now();
    assert_eq!(soon(read_until(&mut stream, |_| false)).await, "");
    assert!(began.elapsed().as_secs() < 5);
}

#[tokio::test]
async fn the_end_of_the_permission_breaks_off_what_is_under_way() {
    let router = Router::new()
        .route(
            "/stream",
            on_get(|| async {
                let first = stream::iter([Ok::<_, std::io::Error>(Bytes::from_static(b"first"))]);
                axum::body::Body::from_stream(first.chain(stream::pending()))
            }),
        )
        .route("/silent", on_get(std::future::pending::<()>));
    let server = on_unix_socket(router);
    let mut site = site(server.target.clone()).await;
    let mut silent = client(&site).await;
    let silent =
        tokio::spawn(async move { soon(silent.send_request(get("/silent"))).await.unwrap() });
    let mut body = send(&site, get("/stream")).await.into_body();
    let first = soon(body.frame()).await.unwrap().unwrap();
    assert_eq!(first.into_data().unwrap(), "first");
    site.end.take().unwrap().send(()).unwrap();
    assert!(soon(body.frame()).await.unwrap().is_err());
    assert_eq!(silent.await.unwrap().status(), 403);
}
