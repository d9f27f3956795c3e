//! Who may ask a server, and for whom it takes them.

use http::Method;
use types::Timestamp;

use super::bench::{Bench, spec};
use super::http::{HOST, IDENTITY};
use super::kernel::{Kernel, connect};

#[tokio::test(flavor = "multi_thread")]
async fn only_what_the_proxy_has_signed_is_answered() {
    let bench = Bench::new();
    let server = bench.start(spec()).await;
    let client = server.client();

    let me = client.get("/api/me").await.unwrap();
    assert_eq!(me.status, 200);
    assert_eq!(me.json()["identity"]["username"], "Ada Lovelace é");
    assert!(!me.headers.contains_key("set-cookie"), "no login cookie");
    assert!(!me.headers.contains_key("access-control-allow-origin"));

    let (get, now) = (Method::GET, Timestamp::now());
    let stranger = super::http::Client::new(&server.socket, [9; 32], "Ada Lovelace é");
    let good = client.sign(&get, "/api/me", now);
    for (why, headers) in [
        ("nothing is signed", vec![]),
        ("another key", vec![stranger.sign(&get, "/api/me", now)]),
        ("another path", vec![client.sign(&get, "/api/status", now)]),
        ("another query", vec![client.sign(&get, "/api/me?x=1", now)]),
        (
            "another method",
            vec![client.sign(&Method::POST, "/api/me", now)],
        ),
        (
            "too old",
            vec![client.sign(&get, "/api/me", now.plus_ms(-61_000))],
        ),
        (
            "too new",
            vec![client.sign(&get, "/api/me", now.plus_ms(90_000))],
        ),
        ("another version", vec![good.replacen("v1", "v2", 1)]),
        ("too many parts", vec![format!("{good};")]),
        (
            "not hexadecimal",
            vec![format!("{}é", &good[..good.len() - 1])],
        ),
        ("twice", vec![good.clone(), good.clone()]),
    ] {
        let headers: Vec<_> = headers
            .iter()
            .map(|value| (IDENTITY, value.as_str()))
            .collect();
        let answer = client
            .send_raw(get.clone(), "/api/me", &headers, "")
            .await
            .unwrap();
        assert_eq!(answer.status, 403, "{why}: {}", answer.body);
    }
    let almost_expired = client.sign(&get, "/api/me", now.plus_ms(-30_000));
    let answer = client
        .send_raw(get, "/api/me", &[(IDENTITY, &almost_expired)], "")
        .await
        .unwrap();
    assert_eq!(answer.status, 200, "clocks may differ by up to a minute");

    // Tokens, which would switch off the checks below, mean nothing.
    for headers in [
        [("authorization", "token ")],
        [("authorization", "token 0123456789abcdef")],
    ] {
        let answer = client
            .send_raw(Method::GET, "/api/me", &headers, "")
            .await
            .unwrap();
        assert_eq!(answer.status, 403);
    }
    let page = client
        .send_raw(Method::GET, "/lab?token=", &[], "")
        .await
        .unwrap();
    assert_ne!(page.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_browser_is_guarded_against_other_sites() {
    let bench = Bench::new();
    let server = bench.start(spec()).await;
    let client = server.client();
    let kernels = "/api/kernels";

    let answer = client.send(Method::POST, kernels, &[], "{}").await.unwrap();
    assert_eq!(answer.status, 403, "without an XSRF token: {}", answer.body);
    let answer = client
        .send(
            Method::POST,
            kernels,
            &[("cookie", "_xsrf=a"), ("x-xsrftoken", "b")],
            "{}",
        )
        .await
        .unwrap();
    assert_eq!(answer.status, 403, "with a wrong one: {}", answer.body);

    let answer = client
        .send(
            Method::GET,
            kernels,
            &[("origin", "http://evil.example")],
            "",
        )
        .await
        .unwrap();
    assert_eq!(answer.status, 404, "from another origin: {}", answer.body);
    let sibling = "http://mallory.localhost:3000";
    let answer = client
        .send(Method::GET, kernels, &[("origin", sibling)], "")
        .await
        .unwrap();
    assert_eq!(
        answer.status, 404,
        "from another server's origin: {}",
        answer.body
    );
    let own = format!("http://{HOST}");
    let answer = client
        .send(Method::GET, kernels, &[("origin", &own)], "")
        .await
        .unwrap();
    assert_eq!(answer.status, 200, "from its own: {}", answer.body);

    let kernel = Kernel::start(client.clone()).await;
    assert_eq!(
        connect(&client, &kernel.id, Some(sibling)).await.err(),
        Some(403)
    );
    assert!(connect(&client, &kernel.id, Some(&own)).await.is_ok());

    let page = client.get("/lab").await.unwrap();
    assert_eq!(
        page.headers["content-security-policy"],
        "frame-ancestors 'self'"
    );
    for shown in [
        r#""hubHost": "http://localhost:3000""#,
        r#""hubPrefix": "/hub/""#,
        r#""token": """#,
    ] {
        assert!(
            page.body.contains(shown),
            "{shown} is missing in {}",
            page.body
        );
    }
    let extensions = client.get("/lab/api/extensions").await.unwrap();
    assert_eq!(extensions.status, 200);
    let install = r#"{"cmd":"install","extension_name":"x"}"#;
    let answer = client
        .write(Method::POST, "/lab/api/extensions", install)
        .await
        .unwrap();
    assert_ne!(
        answer.status, 201,
        "the server's own code is not for users to replace: {}",
        answer.body
    );
}
