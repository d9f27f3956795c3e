//! Runs the provider, and walks through its redirects as a browser does.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, Command};
use url::Url;

use crate::service::OauthCallback;
use crate::service::outbound;
use crate::service::testing::wallet;

/// Redirects of one visit; more is a loop.
const REDIRECTS_MAX: usize = 12;

/// For requests of the test itself, on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

pub(super) struct Provider {
    pub(super) issuer: String,
    http: reqwest::Client,
    _process: Child,
}

impl Provider {
    pub(super) async fn start() -> Self {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../end2end");
        assert!(
            folder.join("node_modules/oidc-provider").exists(),
            "the package oidc-provider is missing: run `npm ci` in end2end/"
        );
        let mut process = Command::new("node")
            .arg("oidc/provider.mjs")
            .current_dir(&folder)
            .env("WALLET_SUBJECT", wallet(1).address.to_checksum())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit())
            .kill_on_drop(true)
            .spawn()
            .expect("node runs");
        let mut lines = BufReader::new(process.stdout.take().unwrap()).lines();
        let line = lines
            .next_line()
            .await
            .unwrap()
            .expect("the provider says where it listens");
        let told: serde_json::Value = serde_json::from_str(&line).unwrap();
        Self {
            issuer: told["issuer"].as_str().unwrap().to_owned(),
            http: outbound::client(PATIENCE).unwrap(),
            _process: process,
        }
    }

    /// Signs in there as a person and returns with which query the provider sends them back.
    pub(super) async fn answer(&self, authorize_url: &Url, person: &str) -> OauthCallback {
        let mut url = authorize_url.clone();
        url.query_pairs_mut().append_pair("login_hint", person);
        let mut cookies: BTreeMap<String, String> = BTreeMap::new();
        for _ in 0..REDIRECTS_MAX {
            if url.as_str().starts_with("http://localhost:3000/") {
                return callback_of(&url);
            }
            let jar: Vec<_> = cookies
                .iter()
                .map(|(name, value)| format!("{name}={value}"))
                .collect();
            let response = self
                .http
                .get(url.clone())
                .header("cookie", jar.join("; "))
                .send()
                .await
                .unwrap();
            for cookie in response.headers().get_all("set-cookie") {
                let pair = cookie.to_str().unwrap().split(';').next().unwrap();
                let (name, value) = pair.split_once('=').unwrap();
                cookies.insert(name.to_owned(), value.to_owned());
            }
            let location = response
                .headers()
                .get("location")
                .map(|value| value.to_str().unwrap().to_owned());
            let Some(location) = location else {
                panic!(
                    "{url} answered {}: {}",
                    response.status(),
                    response.text().await.unwrap()
                );
            };
            url = url.join(&location).unwrap();
        }
        panic!("the provider redirects in a circle: {url}");
    }

    pub(super) async fn rotate_keys(&self) {
        self.post("/test/keys").await;
    }

    pub(super) async fn set_groups(&self, person: &str, groups: &str) {
        self.post(&format!("/test/groups?person={person}&groups={groups}"))
            .await;
    }

    pub(super) async fn key_requests(&self) -> u32 {
        let url = format!("{}/test/requests", self.issuer);
        self.http
            .get(url)
            .send()
            .await
            .unwrap()
            .text()
            .await
            .unwrap()
            .parse()
            .unwrap()
    }

    async fn post(&self, path: &str) {
        let response = self
            .http
            .post(format!("{}{path}", self.issuer))
            .send()
            .await
            .unwrap();
        assert!(response.status().is_success());
    }
}

pub(super) fn query_of(url: &Url) -> HashMap<String, String> {
    url.query_pairs().into_owned().collect()
}

fn callback_of(url: &Url) -> OauthCallback {
    let mut query = query_of(url);
    OauthCallback {
        code: query.remove("code"),
        state: query.remove("state"),
        iss: query.remove("iss"),
        error: query.remove("error"),
        error_description: query.remove("error_description"),
    }
}
