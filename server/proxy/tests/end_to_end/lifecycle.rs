//! Servers come and go at the same address.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use proxy::{ProxyLimits, Target};
use tokio::net::UnixListener;
use tokio::task::JoinSet;

use super::support::*;

const GENERATIONS: usize = 1_000;

/// Answers with its generation and what it was sent, until its task is aborted: then all its
/// connections close at once, as those of a killed process.
async fn run_generation(listener: UnixListener, generation: usize) {
    let mut connections = JoinSet::new();
    loop {
        let (stream, _) = listener.accept().await.unwrap();
        let service = service_fn(move |request: Request<Incoming>| async move {
            let body = request.into_body().collect().await.unwrap().to_bytes();
            let answer = format!("{generation} {}", String::from_utf8_lossy(&body));
            Ok::<_, Infallible>(Response::new(Full::new(Bytes::from(answer))))
        });
        let connection = hyper::server::conn::http1::Builder::new()
            .serve_connection(TokioIo::new(stream), service);
        connections.spawn(async move { connection.await.unwrap_or_default() });
    }
}

#[tokio::test]
async fn a_thousand_restarts_lose_no_request() {
    let (_folder, path) = unix_path();
    let site = site(Target::Unix(Arc::new(path.clone()))).await;
    let mut client = client(&site).await;
    for generation in 0..GENERATIONS {
        let listener = UnixListener::bind(&path).unwrap();
        let server = tokio::spawn(run_generation(listener, generation));
        // A write first: it must not go to the connection of the generation before.
        for (request, expected) in [
            (post("/write", "once"), format!("{generation} once")),
            (get("/read"), format!("{generation} ")),
        ] {
            client.ready().await.unwrap();
            let response = soon(client.send_request(request)).await.unwrap();
            assert_eq!(response.status(), 200, "generation {generation}");
            assert_eq!(text(response).await, expected);
        }
        std::fs::remove_file(&path).unwrap();
        server.abort();
        let _ = server.await;
    }
}

#[tokio::test]
async fn idle_connections_are_given_up() {
    for way in ["time", "word"] {
        let (left, mut has_left) = tokio::sync::mpsc::unbounded_channel();
        let server = raw_server(move |mut stream, _| {
            let left = left.clone();
            async move {
                let service = service_fn(|_| async {
                    Ok::<_, Infallible>(Response::new(Full::<Bytes>::from("hello")))
                });
                let connection = hyper::server::conn::http1::Builder::new()
                    .serve_connection(TokioIo::new(&mut stream), service);
                let _ = connection.await;
                left.send(()).unwrap();
            }
        })
        .await;
        let idle_timeout = match way {
            "time" => Duration::from_millis(100),
            _ => Duration::from_secs(3_600),
        };
        let site = site_with(
            server.target.clone(),
            ProxyLimits {
                idle_timeout,
                ..ProxyLimits::default()
            },
        )
        .await;
        assert_eq!(text(send(&site, get("/")).await).await, "hello");
        if way == "word" {
            assert!(has_left.try_recv().is_err());
            site.proxy.forget(&server.target);
        }
        soon(has_left.recv()).await.unwrap();
        assert_eq!(text(send(&site, get("/")).await).await, "hello");
    }
}

#[tokio::test]
async fn no_more_idle_connections_are_kept_than_allowed() {
    let (left, mut has_left) = tokio::sync::mpsc::unbounded_channel();
    let (release, released) = tokio::sync::watch::channel(false);
    let server = raw_server(move |mut stream, _| {
        let (left, released) = (left.clone(), released.clone());
        async move {
            let service = service_fn(move |_| {
                let mut released = released.clone();
                async move {
                    released.wait_for(|released| *released).await.unwrap();
                    Ok::<_, Infallible>(Response::new(Full::<Bytes>::from("hello")))
                }
            });
            let connection = hyper::server::conn::http1::Builder::new()
                .serve_connection(TokioIo::new(&mut stream), service);
            let _ = connection.await;
            left.send(()).unwrap();
        }
    })
    .await;
    let limits = ProxyLimits {
        idle_connections_per_server_max: 2,
        ..ProxyLimits::default()
    };
    let site = site_with(server.target.clone(), limits).await;
    let mut requests = JoinSet::new();
    for _ in 0..6 {
        let mut client = client(&site).await;
        requests.spawn(async move {
            let response = soon(client.send_request(get("/"))).await.unwrap();
            text(response).await
        });
    }
    soon(
        site.gate
            .waiting
            .subscribe()
            .wait_for(|waiting| *waiting == 6),
    )
    .await
    .unwrap();
    release.send(true).unwrap();
    while let Some(answer) = requests.join_next().await {
        assert_eq!(answer.unwrap(), "hello");
    }
    for _ in 0..4 {
        soon(has_left.recv()).await.unwrap();
    }
    assert!(has_left.try_recv().is_err());
}
