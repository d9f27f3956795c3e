//! What clients are told when a server fails, and what is never done twice.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::routing::get as on_get;
use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use parking_lot::Mutex;
use proxy::{ProxyLimits, Target};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

use super::support::*;

#[tokio::test]
async fn an_absent_server_is_unavailable_and_nothing_inside_is_told() {
    let (folder, path) = unix_path();
    let refusing = std::os::unix::net::UnixListener::bind(&path).unwrap();
    drop(refusing);
    let closed_port = {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.local_addr().unwrap()
    };
    for target in [
        Target::Unix(Arc::new(PathBuf::from("/nonexistent/server.sock"))),
        Target::Unix(Arc::new(path)),
        Target::Tcp(closed_port),
    ] {
        let site = site(target.clone()).await;
        let response = send(&site, get("/api/kernels")).await;
        assert_eq!(response.status(), 503, "{target:?}");
        assert_eq!(response.headers()["content-type"], "application/json");
        assert_eq!(response.headers()["retry-after"], "2");
        let body = text(response).await;
        assert!(body.starts_with("{\"message\":"), "{body}");

        let page = request("GET", "/lab")
            .header("accept", "text/html")
            .header("sec-fetch-mode", "navigate")
            .body(Full::<Bytes>::default())
            .unwrap();
        let response = send(&site, page).await;
        assert_eq!(response.status(), 503);
        let page = text(response).await;
        assert!(page.contains("http://localhost:3000/dashboard"), "{page}");
        for secret in ["sock", "127.0.0.1", "os error", "refused"] {
            assert!(!page.contains(secret) && !body.contains(secret), "{secret}");
        }
    }
    drop(folder);
}

/// Answers the first request of each connection, and closes when the next arrives, which is what
/// a server does that closes idle connections at the wrong moment.
async fn closing_server(asked: Arc<Mutex<Vec<String>>>) -> Server {
    raw_server(move |mut stream, _| {
        let asked = Arc::clone(&asked);
        async move {
            for is_answered in [true, false] {
                let head = read_until(&mut stream, |text| text.contains("\r\n\r\n")).await;
                let line = head.lines().next().unwrap_or_default().to_owned();
                if !line.is_empty() {
                    asked.lock().push(line);
                }
                if is_answered {
                    let answer = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
                    stream.write_all(answer).await.unwrap();
                }
            }
        }
    })
    .await
}

#[tokio::test]
async fn an_idempotent_request_on_a_dying_connection_is_sent_again() {
    let asked = Arc::new(Mutex::default());
    let server = closing_server(Arc::clone(&asked)).await;
    let site = site(server.target.clone()).await;
    for _ in 0..3 {
        let response = send(&site, get("/x")).await;
        assert_eq!(response.status(), 200);
        assert_eq!(text(response).await, "ok");
    }
    // Every request but the first met a connection that closed on it.
    assert_eq!(asked.lock().len(), 5);
}

#[tokio::test]
async fn a_write_is_never_sent_twice() {
    let asked = Arc::new(Mutex::default());
    let server = closing_server(Arc::clone(&asked)).await;
    let site = site(server.target.clone()).await;
    text(send(&site, get("/first")).await).await;
    let response = send(&site, post("/write", "once")).await;
    assert_eq!(response.status(), 502);
    let asked = asked.lock().clone();
    assert_eq!(asked, ["GET /first HTTP/1.1", "POST /write HTTP/1.1"]);
}

#[tokio::test]
async fn broken_answers_are_refused() {
    for answer in [
        "",
        "garbage\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nxx",
        "HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: h2c\r\n\r\n",
    ] {
        let server = raw_server(move |mut stream, _| async move {
            read_until(&mut stream, |text| text.contains("\r\n\r\n")).await;
            stream.write_all(answer.as_bytes()).await.unwrap();
        })
        .await;
        let site = site(server.target.clone()).await;
        assert_eq!(send(&site, get("/")).await.status(), 502, "{answer:?}");
    }
}

#[tokio::test]
async fn an_answer_that_breaks_off_does_not_look_whole() {
    for answer in [
        "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n",
    ] {
        let server = raw_server(move |mut stream, _| async move {
            read_until(&mut stream, |text| text.contains("\r\n\r\n")).await;
            stream.write_all(answer.as_bytes()).await.unwrap();
        })
        .await;
        let site = site(server.target.clone()).await;
        // The failure may come before the head has left the proxy, or after.
        let whole = match soon(client(&site).await.send_request(get("/"))).await {
            Ok(response) => soon(response.into_body().collect()).await.map(drop),
            Err(error) => Err(error),
        };
        assert!(whole.is_err(), "{answer:?}");
    }
}

#[tokio::test]
async fn a_client_that_stops_in_a_body_is_cut_off_and_others_are_served() {
    let router = Router::new()
        .route("/", on_get(|| async { "hello" }))
        .fallback(|body: axum::body::Body| async {
            axum::body::to_bytes(body, 100).await.unwrap()
        });
    let server = on_unix_socket(router);
    let limits = ProxyLimits {
        body_stall_timeout: Duration::from_millis(300),
        ..ProxyLimits::default()
    };
    let site = site_with(server.target.clone(), limits).await;
    let mut slow = TcpStream::connect(site.address).await.unwrap();
    let head = format!("PUT /x HTTP/1.1\r\nHost: {HOST}\r\nContent-Length: 100\r\n\r\nhalf");
    slow.write_all(head.as_bytes()).await.unwrap();
    assert_eq!(text(send(&site, get("/")).await).await, "hello");
    let answer = soon(read_until(&mut slow, |_| false)).await;
    assert!(answer.starts_with("HTTP/1.1 408 "), "{answer}");
}

#[tokio::test]
async fn requests_wait_for_their_turn_and_not_for_ever() {
    let (release, released) = tokio::sync::watch::channel(false);
    let router = Router::new().fallback(move || {
        let mut released = released.clone();
        async move {
            released.wait_for(|released| *released).await.unwrap();
            "done"
        }
    });
    let server = on_unix_socket(router);
    let limits = ProxyLimits {
        requests_per_server_max: 1,
        queue_timeout: Duration::from_millis(200),
        ..ProxyLimits::default()
    };
    let site = site_with(server.target.clone(), limits).await;
    let mut first = client(&site).await;
    let first = tokio::spawn(async move { soon(first.send_request(get("/first"))).await.unwrap() });
    site.gate
        .waiting
        .subscribe()
        .wait_for(|asked| *asked == 1)
        .await
        .unwrap();
    until(|| !site.gate.notes().is_empty()).await;
    // The only place is taken, and it stays so.
    assert_eq!(send(&site, get("/second")).await.status(), 503);
    release.send(true).unwrap();
    assert_eq!(text(first.await.unwrap()).await, "done");
    assert_eq!(text(send(&site, get("/third")).await).await, "done");
}
