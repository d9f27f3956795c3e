//! Speaks to a server as the proxy does: over its socket, with a signed identity header.

use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bytes::Bytes;
use hmac::{Hmac, Mac};
use http::{Method, Request, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper_util::rt::TokioIo;
use sha2::Sha256;
use tokio::net::UnixStream;
use types::Timestamp;

pub(crate) const HOST: &str = "ada.localhost:3000";
pub(crate) const IDENTITY: &str = "x-ledgercloud-identity";

#[derive(Clone)]
pub(crate) struct Client {
    pub(crate) socket: PathBuf,
    key: [u8; 32],
    user_name: String,
}

#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: http::HeaderMap,
    pub(crate) body: String,
}

impl Answer {
    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.body))
    }
}

impl Client {
    pub(crate) fn new(socket: &Path, key: [u8; 32], user_name: &str) -> Self {
        Self {
            socket: socket.to_owned(),
            key,
            user_name: user_name.to_owned(),
        }
    }

    /// The header's value as the proxy writes it.
    pub(crate) fn sign(&self, method: &Method, target: &str, now: Timestamp) -> String {
        let name = URL_SAFE_NO_PAD.encode(&self.user_name);
        let signed = ["v1", &name, &now.0.to_string(), method.as_str(), target].join("\n");
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.key).unwrap();
        mac.update(signed.as_bytes());
        format!(
            "v1;{name};{};{}",
            now.0,
            hex::encode(mac.finalize().into_bytes())
        )
    }

    pub(crate) async fn get(&self, target: &str) -> std::io::Result<Answer> {
        self.send(Method::GET, target, &[], "").await
    }

    /// Signed, with these headers beside.
    pub(crate) async fn send(
        &self,
        method: Method,
        target: &str,
        headers: &[(&str, &str)],
        body: &str,
    ) -> std::io::Result<Answer> {
        let identity = self.sign(&method, target, Timestamp::now());
        let mut all = vec![(IDENTITY, identity.as_str())];
        all.extend_from_slice(headers);
        self.send_raw(method, target, &all, body).await
    }

    pub(crate) async fn send_raw(
        &self,
        method: Method,
        target: &str,
        headers: &[(&str, &str)],
        body: &str,
    ) -> std::io::Result<Answer> {
        let stream = UnixStream::connect(&self.socket).await?;
        let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream))
            .await
            .map_err(std::io::Error::other)?;
        let driver = tokio::spawn(connection);
        let mut request = Request::builder()
            .method(method)
            .uri(target)
            .header("host", HOST);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request
            .body(Full::new(Bytes::from(body.to_owned())))
            .unwrap();
        let response = sender
            .send_request(request)
            .await
            .map_err(std::io::Error::other)?;
        let (parts, body) = response.into_parts();
        let body = body
            .collect()
            .await
            .map_err(std::io::Error::other)?
            .to_bytes();
        drop(sender);
        driver.abort();
        Ok(Answer {
            status: parts.status,
            headers: parts.headers,
            body: String::from_utf8_lossy(&body).into_owned(),
        })
    }

    /// A browser's XSRF cookie, as Jupyter gives it with its page.
    pub(crate) async fn xsrf_token(&self) -> String {
        let page = self.get("/lab").await.unwrap();
        let cookies = page.headers.get_all("set-cookie");
        let cookie = cookies
            .iter()
            .find_map(|value| value.to_str().ok()?.strip_prefix("_xsrf="))
            .unwrap();
        cookie.split(';').next().unwrap().to_owned()
    }

    /// A write from Jupyter's own page.
    pub(crate) async fn write(
        &self,
        method: Method,
        target: &str,
        body: &str,
    ) -> std::io::Result<Answer> {
        let token = self.xsrf_token().await;
        let cookie = format!("_xsrf={token}");
        let headers = [
            ("cookie", cookie.as_str()),
            ("x-xsrftoken", &token),
            ("content-type", "application/json"),
        ];
        self.send(method, target, &headers, body).await
    }
}
