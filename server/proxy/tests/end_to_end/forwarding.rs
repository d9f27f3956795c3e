//! Requests arrive whole and with our word on who asks; answers come back whole.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::response::IntoResponse;
use axum::routing::{any, get as on_get};
use http::HeaderMap;
use proxy::identity_header::{IDENTITY_HEADER, SignedRequest, verify};
use proxy::{ActivityKind, Target};
use tokio::io::AsyncWriteExt;
use types::Timestamp;

use super::support::*;

/// Tells what it was asked, and by whom.
async fn mirror(request: Request) -> impl IntoResponse {
    let (parts, body) = request.into_parts();
    let target = parts.uri.path_and_query().unwrap().as_str().to_owned();
    let identity = parts.headers[IDENTITY_HEADER].to_str().unwrap().to_owned();
    let signed = SignedRequest {
        method: &parts.method,
        path_and_query: &target,
    };
    let user = verify(&KEY, &identity, Timestamp::now(), signed).unwrap();
    let body = axum::body::to_bytes(body, usize::MAX).await.unwrap();
    let mut headers: Vec<String> = parts
        .headers
        .iter()
        .filter(|(name, _)| *name != IDENTITY_HEADER)
        .map(|(name, value)| format!("{name}={}", value.to_str().unwrap()))
        .collect();
    headers.sort();
    format!(
        "{user} {} {target}\n{}\n\n{}",
        parts.method,
        headers.join("\n"),
        String::from_utf8_lossy(&body)
    )
}

async fn check_mirror(server: &Server) {
    let site = site(server.target.clone()).await;
    let request = request("PUT", "/api/contents/a%2Fb%20c.ipynb?x=%7E&y=../z")
        .header("origin", ORIGIN)
        .header("x-forwarded-for", "10.0.0.1")
        .header("x-ledgercloud-identity", "v1;forged")
        .header("cookie", "_xsrf=2|x; ledgercloud-door=secret")
        .header("content-length", "5")
        .body(http_body_util::Full::<bytes::Bytes>::from("hello"))
        .unwrap();
    let response = send(&site, request).await;
    assert_eq!(response.status(), 200);
    assert_eq!(
        text(response).await,
        "ada PUT /api/contents/a%2Fb%20c.ipynb?x=%7E&y=../z\n\
         content-length=5\n\
         cookie=_xsrf=2|x\n\
         host=ada.localhost:3000\n\
         origin=http://ada.localhost:3000\n\
         x-forwarded-for=127.0.0.1\n\
         x-forwarded-host=ada.localhost:3000\n\
         x-forwarded-proto=http\n\
         \n\
         hello"
    );
    assert_eq!(site.gate.notes(), [ActivityKind::Interaction]);
}

#[tokio::test]
async fn a_request_arrives_whole_over_a_unix_socket() {
    check_mirror(&on_unix_socket(Router::new().fallback(mirror))).await;
}

#[tokio::test]
async fn a_request_arrives_whole_over_tcp() {
    check_mirror(&on_tcp(Router::new().fallback(mirror)).await).await;
}

#[tokio::test]
async fn answers_keep_status_and_fields_and_lose_what_is_not_theirs_to_say() {
    let router = Router::new().fallback(|| async {
        let mut headers = HeaderMap::new();
        for (name, value) in [
            ("set-cookie", "_xsrf=2|x; Path=/"),
            ("set-cookie", "ledgercloud-door=stolen; Path=/"),
            ("set-cookie", "wide=1; Domain=localhost"),
            ("clear-site-data", "\"cookies\""),
            ("x-ledgercloud-note", "forged"),
            ("x-mine", "1"),
        ] {
            headers.append(name, value.parse().unwrap());
        }
        (http::StatusCode::IM_A_TEAPOT, headers, "short and stout")
    });
    let server = on_unix_socket(router);
    let site = site(server.target.clone()).await;
    let response = send(&site, get("/")).await;
    assert_eq!(response.status(), 418);
    let headers = response.headers();
    let cookies: Vec<_> = headers.get_all("set-cookie").iter().collect();
    assert_eq!(cookies, ["_xsrf=2|x; Path=/", "wide=1"]);
    assert_eq!(headers["x-mine"], "1");
    assert!(!headers.contains_key("clear-site-data"));
    assert!(!headers.contains_key("x-ledgercloud-note"));
    assert_eq!(text(response).await, "short and stout");
    assert_eq!(site.gate.notes(), [ActivityKind::Presence]);
}

#[tokio::test]
async fn answers_without_a_body_leave_the_connection_usable() {
    let connections = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&connections);
    let server = raw_server(move |mut stream, _| {
        counted.fetch_add(1, Ordering::SeqCst);
        async move {
            loop {
                let head = read_until(&mut stream, |text| text.ends_with("\r\n\r\n")).await;
                let answer: &[u8] = match head.split(' ').nth(1) {
                    None => return,
                    Some("/head") => b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n",
                    Some("/none") => b"HTTP/1.1 204 No Content\r\n\r\n",
                    Some("/same") => b"HTTP/1.1 304 Not Modified\r\nETag: \"x\"\r\n\r\n",
                    Some("/empty") => b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
                    Some("/hints") => {
                        b"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
                    }
                    Some(_) => b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n",
                };
                stream.write_all(answer).await.unwrap();
            }
        }
    })
    .await;
    let site = site(server.target.clone()).await;
    let mut client = client(&site).await;
    for (method, path, status, length, body) in [
        ("HEAD", "/head", 200, Some("1000000"), ""),
        ("GET", "/none", 204, None, ""),
        ("GET", "/same", 304, None, ""),
        ("GET", "/empty", 200, Some("0"), ""),
        ("GET", "/hints", 200, Some("2"), "ok"),
        ("GET", "/chunks", 200, None, "ok"),
        ("HEAD", "/head", 200, Some("1000000"), ""),
    ] {
        client.ready().await.unwrap();
        let request = request(method, path)
            .body(http_body_util::Empty::new())
            .unwrap();
        let response = soon(client.send_request(request)).await.unwrap();
        assert_eq!(response.status(), status, "{path}");
        let found = response
            .headers()
            .get("content-length")
            .map(|value| value.to_str().unwrap());
        assert_eq!(found, length, "{path}");
        assert_eq!(text(response).await, body, "{path}");
    }
    assert_eq!(connections.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn connections_are_used_again() {
    let connections = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&connections);
    let server = raw_server(move |stream, _| {
        counted.fetch_add(1, Ordering::SeqCst);
        async move {
            let service = hyper::service::service_fn(|request| async {
                Ok::<_, std::convert::Infallible>(
                    mirror(request.map(Body::new)).await.into_response(),
                )
            });
            let io = hyper_util::rt::TokioIo::new(stream);
            let _ = hyper::server::conn::http1::Builder::new()
                .serve_connection(io, service)
                .await;
        }
    })
    .await;
    let site = site(server.target.clone()).await;
    // Each client is new; the server sees one.
    for number in 0..100 {
        let request = if number % 3 == 0 {
            post("/write", "x")
        } else {
            get("/read")
        };
        let response = send(&site, request).await;
        assert_eq!(response.status(), 200);
        text(response).await;
    }
    assert_eq!(connections.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn an_http_1_0_client_is_answered() {
    let server = on_unix_socket(Router::new().route("/", on_get(|| async { "hello" })));
    let site = site(server.target.clone()).await;
    let bytes = format!("GET / HTTP/1.0\r\nHost: {HOST}\r\n\r\n");
    let answer = send_bytes(&site, bytes.as_bytes(), |_| false).await;
    assert!(answer.starts_with("HTTP/1.0 200 OK"), "{answer}");
    assert!(answer.ends_with("\r\n\r\nhello"), "{answer}");
}

#[tokio::test]
async fn other_hosts_and_refusals_reach_no_server() {
    let asked = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&asked);
    let router = Router::new().fallback(any(move || {
        counted.fetch_add(1, Ordering::SeqCst);
        async { "inside" }
    }));
    let server = on_unix_socket(router);
    let site = site(server.target.clone()).await;
    let check = async |host: &str, path: &str, status: u16, body: &str| {
        let request = http::Request::builder().uri(path).header("host", host);
        let response = send(
            &site,
            request
                .body(http_body_util::Full::<bytes::Bytes>::default())
                .unwrap(),
        )
        .await;
        assert_eq!(response.status(), status, "{host}{path}");
        let found = text(response).await;
        assert!(found.contains(body), "{host}{path}: {found}");
    };
    check("bob.localhost:3000", "/", 404, "not yours").await;
    check("localhost:3000", "/", 421, "No notebook server").await;
    check("ada.localhost:3001", "/", 421, "No notebook server").await;
    check("ada.evil.example:3000", "/", 421, "No notebook server").await;
    check(HOST, "/_ledgercloud/enter?ticket=1", 404, "nothing").await;
    check(HOST, "/lab/../%5fledgercloud/enter", 404, "nothing").await;
    let foreign = request("POST", "/api/kernels").header("origin", "http://bob.localhost:3000");
    let foreign = foreign
        .body(http_body_util::Full::<bytes::Bytes>::default())
        .unwrap();
    assert_eq!(send(&site, foreign).await.status(), 403);
    assert_eq!(asked.load(Ordering::SeqCst), 0);
    assert_eq!(site.gate.notes(), []);
    check("ADA.localhost:3000", "/", 200, "inside").await;
}

#[tokio::test]
async fn metrics_count_what_passed() {
    let recorder = metrics_exporter_prometheus::PrometheusBuilder::new().build_recorder();
    let handle = recorder.handle();
    let server = on_unix_socket(Router::new().route("/", on_get(|| async { "hello" })));
    // Series are looked up when the proxy is made.
    let site = {
        let _guard = metrics::set_default_local_recorder(&recorder);
        futures::FutureExt::now_or_never(site(server.target.clone())).unwrap()
    };
    text(send(&site, get("/")).await).await;
    text(send(&site, get("/missing")).await).await;
    text(send(&site, get("/_ledgercloud/x")).await).await;
    let page = handle.render();
    for line in [
        "requests_web 2",
        "requests_ws 0",
        "requests_proxy{status=\"200\"} 1",
        "requests_proxy{status=\"404\"} 2",
        "requests_proxy{status=\"503\"} 0",
        "last_activity_updating 1",
        "find_target_for_req_count 3",
        "ledgercloud_proxy_bytes_total{direction=\"to_client\"} 5",
        "ledgercloud_proxy_upstream_connections_opened_total 1",
        "ledgercloud_proxy_upstream_connections_reused_total 1",
        "ledgercloud_proxy_websockets_open 0",
    ] {
        assert!(page.lines().any(|found| found == line), "{line} in\n{page}");
    }
}

#[tokio::test]
async fn a_full_queue_of_connections_is_waited_for() {
    let (_folder, path) = unix_path();
    let socket = socket2::Socket::new(socket2::Domain::UNIX, socket2::Type::STREAM, None).unwrap();
    socket
        .bind(&socket2::SockAddr::unix(&path).unwrap())
        .unwrap();
    socket.listen(0).unwrap();
    socket.set_nonblocking(true).unwrap();
    // One connection fills the queue.
    let _first = std::os::unix::net::UnixStream::connect(&path).unwrap();
    let site = site(Target::Unix(Arc::new(path))).await;
    let answered = tokio::spawn({
        let mut client = client(&site).await;
        async move { soon(client.send_request(get("/"))).await.unwrap() }
    });
    site.gate
        .waiting
        .subscribe()
        .wait_for(|waiting| *waiting == 1)
        .await
        .unwrap();
    let listener = tokio::net::UnixListener::from_std(std::os::unix::net::UnixListener::from(
        std::os::fd::OwnedFd::from(socket),
    ))
    .unwrap();
    soon(listener.accept()).await.unwrap();
    let (mut stream, _) = soon(listener.accept()).await.unwrap();
    read_until(&mut stream, |text| text.ends_with("\r\n\r\n")).await;
    stream
        .write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
        .await
        .unwrap();
    assert_eq!(answered.await.unwrap().status(), 200);
}
