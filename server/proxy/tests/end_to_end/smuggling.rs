//! Bytes that two HTTP parsers could read differently (RFC 9112 §11.2): what the server gets is
//! exactly one request with our framing, or nothing.

use std::sync::Arc;

use parking_lot::Mutex;
use tokio::io::AsyncWriteExt;

use super::support::*;

/// A server that keeps all it hears, answering each head that it finds.
async fn recording_server(heard: Arc<Mutex<String>>) -> Server {
    raw_server(move |mut stream, _| {
        let heard = Arc::clone(&heard);
        async move {
            let mut buffer = Vec::new();
            let mut answered = 0;
            loop {
                let read = tokio::io::AsyncReadExt::read_buf(&mut stream, &mut buffer).await;
                if read.unwrap_or(0) == 0 {
                    return;
                }
                heard
                    .lock()
                    .push_str(&String::from_utf8_lossy(&std::mem::take(&mut buffer)));
                let heads = heard.lock().matches("\r\n\r\n").count();
                if heads > answered {
                    let answer = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
                    stream.write_all(answer).await.unwrap();
                    answered += 1;
                }
            }
        }
    })
    .await
}

enum Expected {
    /// Refused with this status, or with a plain close; the server hears nothing.
    Refused,
    /// Passed with these lines, and without the smuggled part as a request of its own.
    Passed(&'static [&'static str]),
}
use Expected::{Passed, Refused};

async fn check(bytes: &str, expected: Expected) {
    let heard = Arc::new(Mutex::default());
    let server = recording_server(Arc::clone(&heard)).await;
    let site = site(server.target.clone()).await;
    let bytes = bytes.replace("HOST", HOST);
    let answer = send_bytes(&site, bytes.as_bytes(), |text| text.contains("\r\n\r\n")).await;
    let heard = heard.lock().clone();
    match expected {
        Refused => {
            assert!(
                answer.is_empty() || answer.starts_with("HTTP/1.1 4"),
                "{bytes:?}: {answer}"
            );
            assert_eq!(heard, "", "{bytes:?}");
        }
        Passed(lines) => {
            assert!(answer.starts_with("HTTP/1.1 200"), "{bytes:?}: {answer}");
            let lower = heard.to_lowercase();
            for line in lines {
                assert!(
                    lower.lines().any(|found| found == *line),
                    "{bytes:?}: {line} in {heard}"
                );
            }
            assert_eq!(
                lower.matches(" http/1.1\r\n").count(),
                1,
                "{bytes:?}: {heard}"
            );
            let framings = lower.lines().filter(|line| {
                line.starts_with("content-length:") || line.starts_with("transfer-encoding:")
            });
            assert!(framings.count() <= 1, "{bytes:?}: {heard}");
            assert!(!lower.contains("forged"), "{bytes:?}: {heard}");
        }
    }
}

#[tokio::test]
async fn one_request_is_one_request() {
    let chunked = "5\r\nhello\r\n0\r\n\r\n";
    let line = "POST / HTTP/1.1\r\nHost: HOST\r\n";

    // CL.CL: two lengths.
    check(
        &format!("{line}Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello"),
        Refused,
    )
    .await;
    check(&format!("{line}Content-Length: 5, 6\r\n\r\nhello"), Refused).await;
    check(&format!("{line}Content-Length: 5, 5\r\n\r\nhello"), Refused).await;
    for length in ["+5", "-5", "0x5", "5 5", "5;", "", "99999999999999999999"] {
        check(
            &format!("{line}Content-Length: {length}\r\n\r\nhello"),
            Refused,
        )
        .await;
    }
    check(
        &format!("{line}Content-Length: 5\r\nContent-Length: 5\r\n\r\nhello"),
        Passed(&["content-length: 5"]),
    )
    .await;

    // CL.TE and TE.CL: the chunks count, and the length does not go on.
    for order in [
        "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n",
        "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n",
        "Content-Length: 5\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n",
    ] {
        check(
            &format!("{line}{order}\r\n{chunked}"),
            Passed(&["transfer-encoding: chunked"]),
        )
        .await;
    }

    // TE.TE: codings that one side may not know.
    for coding in [
        "xchunked",
        "chunked, identity",
        "identity, chunked",
        "gzip, chunked",
        "chunked\r\nTransfer-Encoding: chunked",
        "chunked\r\nTransfer-Encoding: x",
        "x\r\nTransfer-Encoding: chunked",
        "\"chunked\"",
        "chunked;x=1",
        "\u{b}chunked",
    ] {
        check(
            &format!("{line}Transfer-Encoding: {coding}\r\n\r\n{chunked}"),
            Refused,
        )
        .await;
    }
    for field in [
        "Transfer-Encoding : chunked",
        "Transfer-Encoding\t: chunked",
        " Transfer-Encoding: chunked",
        "Transfer\0-Encoding: chunked",
        "X: y\r\n Transfer-Encoding: chunked",
        "X: y\rTransfer-Encoding: chunked",
    ] {
        check(&format!("{line}{field}\r\n\r\n{chunked}"), Refused).await;
    }
    check(
        &format!("POST / HTTP/1.0\r\nHost: HOST\r\nTransfer-Encoding: chunked\r\n\r\n{chunked}"),
        Refused,
    )
    .await;

    // Chunks that are read in two ways.
    for body in [
        "5;\nhello\r\n0\r\n\r\n",
        "-1\r\nhello\r\n0\r\n\r\n",
        "ffffffffffffffff1\r\nhello",
    ] {
        let bytes = format!("{line}Transfer-Encoding: chunked\r\n\r\n{body}");
        let heard = Arc::new(Mutex::default());
        let server = recording_server(Arc::clone(&heard)).await;
        let site = site(server.target.clone()).await;
        let bytes = bytes.replace("HOST", HOST);
        send_bytes(&site, bytes.as_bytes(), |text| text.contains("\r\n\r\n")).await;
        assert!(
            heard.lock().to_lowercase().matches(" http/1.1\r\n").count() <= 1,
            "{body:?}"
        );
    }
}

#[tokio::test]
async fn hosts_and_targets_are_not_played_against_each_other() {
    for head in [
        "GET / HTTP/1.1\r\n",
        "GET / HTTP/1.1\r\nHost: HOST\r\nHost: bob.localhost:3000\r\n",
        "GET / HTTP/1.1\r\nHost: HOST, bob.localhost:3000\r\n",
        "GET / HTTP/1.1\r\nHost: HOST/x\r\n",
        "GET / HTTP/1.1\r\nHost: HOST\\x\r\n",
        "GET / HTTP/1.1\r\nHost: x@HOST\r\n",
        "GET / HTTP/1.1\r\nHost: ada%2elocalhost:3000\r\n",
        "GET / HTTP/1.1\r\nHost: ada%2f.localhost:3000\r\n",
        "GET / HTTP/1.1\r\nHost: ada.localhost:3000 .localhost:3000\r\n",
        "GET http://HOST/ HTTP/1.1\r\nHost: HOST\r\n",
        "GET http://bob.localhost:3000/ HTTP/1.1\r\nHost: HOST\r\n",
        "GET http://HOST@evil.example/ HTTP/1.1\r\nHost: HOST\r\n",
        "GET //HOST/ HTTP/1.1\r\nHost: bob.localhost:3000\r\n",
        "GET @evil.example/ HTTP/1.1\r\nHost: HOST\r\n",
        "GET evil.example HTTP/1.1\r\nHost: HOST\r\n",
        "CONNECT HOST HTTP/1.1\r\nHost: HOST\r\n",
        "TRACE / HTTP/1.1\r\nHost: HOST\r\n",
        "OPTIONS * HTTP/1.1\r\nHost: HOST\r\n",
        "GET / HTTP/1.1 HTTP/1.1\r\nHost: HOST\r\n",
        "GET  / HTTP/1.1\r\nHost: HOST\r\n",
        "GET / HTTP/1.1\r\nHost: HOST\r\nConnection: Host\r\n",
        "GET / HTTP/1.1\r\nHost: HOST\r\nConnection: close, Cookie\r\n",
    ] {
        check(&format!("{head}\r\n"), Refused).await;
    }
}

#[tokio::test]
async fn no_field_of_ours_is_forged() {
    check(
        "GET / HTTP/1.1\r\nHost: HOST\r\n\
         X-LedgerCloud-Identity: v1;forged\r\n\
         x-ledgercloud-IDENTITY: forged\r\n\
         X_LedgerCloud_Identity: forged\r\n\
         X-Forwarded-For: forged\r\n\
         X-Forwarded-Host: forged\r\n\
         X-Real-IP: forged\r\n\
         Forwarded: for=forged\r\n\
         X-Mine: forged\r\n\
         Connection: X-Mine, X-LedgerCloud-Identity, X-Forwarded-For\r\n\
         Keep-Alive: forged\r\n\
         Upgrade: forged\r\n\
         Cookie: ledgercloud-door=forged; __Host-ledgercloud-door=forged\r\n\r\n",
        Passed(&[
            "host: ada.localhost:3000",
            "x-forwarded-for: 127.0.0.1",
            "x-forwarded-proto: http",
        ]),
    )
    .await;
}

#[tokio::test]
async fn a_large_head_is_refused() {
    let jar = "x".repeat(70 * 1024);
    check(
        &format!("GET / HTTP/1.1\r\nHost: HOST\r\nCookie: {jar}\r\n\r\n"),
        Refused,
    )
    .await;
    let jar = "x".repeat(50 * 1024);
    check(
        &format!("GET / HTTP/1.1\r\nHost: HOST\r\nCookie: {jar}\r\n\r\n"),
        Passed(&[]),
    )
    .await;
}
