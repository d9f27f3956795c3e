//! Bodies of any size pass unchanged, at the speed of the slower side, and end with the client.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::Router;
use axum::body::Body;
use axum::routing::{get as on_get, put as on_put};
use bytes::Bytes;
use futures::StreamExt;
use futures::stream;
use http_body::Frame;
use http_body_util::{BodyExt, StreamBody};
use sha2::{Digest, Sha256};
use tokio::io::AsyncReadExt;
use tokio::net::TcpStream;

use super::support::*;

const CHUNK_BYTES: usize = 64 * 1024;
const CHUNKS: usize = 1_600;
const TOTAL_BYTES: usize = CHUNKS * CHUNK_BYTES;

/// Bytes that differ from chunk to chunk.
fn chunk(number: usize) -> Bytes {
    let seed = number.wrapping_mul(0x9e37_79b9).to_le_bytes();
    Bytes::from_iter((0..CHUNK_BYTES).map(|i| seed[i % 8] ^ (i >> 3) as u8))
}

fn expected_checksum() -> String {
    let mut hash = Sha256::new();
    (0..CHUNKS).for_each(|number| hash.update(chunk(number)));
    hex::encode(hash.finalize())
}

/// The body of all chunks; `made` counts them as they are made.
fn chunks(made: Arc<AtomicUsize>) -> impl stream::Stream<Item = Result<Bytes, std::io::Error>> {
    stream::iter(0..CHUNKS).map(move |number| {
        made.fetch_add(1, Ordering::SeqCst);
        Ok(chunk(number))
    })
}

fn router(made: Arc<AtomicUsize>) -> Router {
    Router::new()
        .route(
            "/download",
            on_get(move || async move { Body::from_stream(chunks(made)) }),
        )
        .route(
            "/upload",
            on_put(|body: Body| async move {
                let mut hash = Sha256::new();
                let mut body = body.into_data_stream();
                while let Some(data) = body.next().await {
                    hash.update(data.unwrap());
                }
                hex::encode(hash.finalize())
            }),
        )
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hundred_megabytes_come_down_unchanged() {
    let server = on_unix_socket(router(Arc::default()));
    let site = site(server.target.clone()).await;
    let mut body = send(&site, get("/download")).await.into_body();
    let mut hash = Sha256::new();
    let mut length = 0;
    while let Some(frame) = soon(body.frame()).await {
        let data = frame.unwrap().into_data().unwrap();
        length += data.len();
        hash.update(data);
    }
    assert_eq!(length, TOTAL_BYTES);
    assert_eq!(hex::encode(hash.finalize()), expected_checksum());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hundred_megabytes_go_up_unchanged() {
    let server = on_unix_socket(router(Arc::default()));
    let site = site(server.target.clone()).await;
    let body = StreamBody::new(chunks(Arc::default()).map(|data| data.map(Frame::data)));
    let upload = request("PUT", "/upload")
        .header("origin", ORIGIN)
        .body(body)
        .unwrap();
    let response = send(&site, upload).await;
    assert_eq!(response.status(), 200);
    assert_eq!(text(response).await, expected_checksum());
}

/// More than all buffers between server and client hold.
const BUFFERED_MAX_BYTES: usize = 32 * 1024 * 1024;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_slow_client_holds_the_server_back() {
    let made = Arc::new(AtomicUsize::new(0));
    let server = on_unix_socket(router(Arc::clone(&made)));
    let site = site(server.target.clone()).await;
    let mut client = TcpStream::connect(site.address).await.unwrap();
    let head = format!("GET /download HTTP/1.1\r\nHost: {HOST}\r\n\r\n");
    tokio::io::AsyncWriteExt::write_all(&mut client, head.as_bytes())
        .await
        .unwrap();
    let mut buffer = vec![0; 1024 * 1024];
    let mut taken = 0;
    while taken < TOTAL_BYTES {
        taken += soon(client.read(&mut buffer)).await.unwrap();
        let ahead = (made.load(Ordering::SeqCst) * CHUNK_BYTES).saturating_sub(taken);
        assert!(
            ahead < BUFFERED_MAX_BYTES,
            "{ahead} bytes are waiting somewhere"
        );
    }
}

#[tokio::test]
async fn a_server_is_left_when_its_client_leaves() {
    struct Left(Option<tokio::sync::oneshot::Sender<()>>);
    impl Drop for Left {
        fn drop(&mut self) {
            self.0.take().unwrap().send(()).unwrap();
        }
    }
    for path in ["/endless", "/silent"] {
        let (left, has_left) = tokio::sync::oneshot::channel();
        let left = Arc::new(parking_lot::Mutex::new(Some(Left(Some(left)))));
        let router = Router::new()
            .route(
                "/endless",
                on_get({
                    let left = Arc::clone(&left);
                    move || async move {
                        let left = left.lock().take();
                        let drops = stream::repeat_with(move || {
                            let _ = &left;
                            Ok::<_, std::io::Error>(Bytes::from_static(&[0; 1000]))
                        });
                        Body::from_stream(drops)
                    }
                }),
            )
            .route(
                "/silent",
                on_get(move || async move {
                    let _left = left.lock().take();
                    std::future::pending::<()>().await;
                }),
            );
        let server = on_unix_socket(router);
        let site = site(server.target.clone()).await;
        let mut client = TcpStream::connect(site.address).await.unwrap();
        let head = format!("GET {path} HTTP/1.1\r\nHost: {HOST}\r\n\r\n");
        tokio::io::AsyncWriteExt::write_all(&mut client, head.as_bytes())
            .await
            .unwrap();
        until(|| !site.gate.notes().is_empty()).await;
        if path == "/endless" {
            soon(read_until(&mut client, |text| text.len() > 10_000)).await;
        }
        drop(client);
        soon(has_left).await.unwrap();
    }
}
