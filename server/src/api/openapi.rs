//! `GET /api/openapi.json`: the interfaces for programs, as an OpenAPI 3.1 document. The page
//! `/api` is made from the same document.

use std::sync::Arc;

use axum::extract::State;
use axum::response::IntoResponse;
use bytes::Bytes;
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use serde_json::{Map, Value, json};

use crate::services::Services;

/// The document of a site that offers everything; [`ApiDocument::new`] fills in what differs.
const DOCUMENT: &str = include_str!("openapi.json");
/// What other parts of the document may refer to.
const REFERRED_TO: [&str; 3] = ["parameters", "responses", "schemas"];

/// What a site may offer or not.
#[derive(Debug, Clone, Copy)]
pub struct Offer {
    /// `/rpc` and what is below it: where this program is a node of the chain.
    pub chain: bool,
    /// `/explorer/…`: where it shows a chain.
    pub explorer: bool,
}

impl Offer {
    fn has(self, path: &str) -> bool {
        match path.split('/').nth(1) {
            Some("rpc") => self.chain,
            Some("explorer") => self.explorer,
            _ => true,
        }
    }
}

/// How programs talk to this site. Cheap to clone.
#[derive(Debug, Clone)]
pub struct ApiDocument {
    json: Bytes,
    reference: Arc<str>,
}

impl ApiDocument {
    /// The document of the site with this origin.
    ///
    /// # Errors
    /// The file that is compiled in is not JSON.
    pub fn new(public_origin: &str, offer: Offer) -> serde_json::Result<Self> {
        let mut document: Value = serde_json::from_str(DOCUMENT)?;
        document["info"]["version"] = json!(env!("CARGO_PKG_VERSION"));
        document["servers"] = json!([{ "url": public_origin }]);
        keep_offered(&mut document, offer);
        Ok(Self {
            json: serde_json::to_vec(&document)?.into(),
            reference: app::pages::api::reference(&document).into(),
        })
    }

    /// The page as HTML.
    #[must_use]
    pub fn reference(&self) -> Arc<str> {
        self.reference.clone()
    }
}

/// `GET /api/openapi.json`.
pub async fn document(State(services): State<Services>) -> impl IntoResponse {
    let headers = [
        (CONTENT_TYPE, "application/json"),
        (CACHE_CONTROL, "public, max-age=300"),
    ];
    (headers, services.document.json)
}

/// Takes out the paths that this site has not, and what is only there for them.
fn keep_offered(document: &mut Value, offer: Offer) {
    if let Some(paths) = document["paths"].as_object_mut() {
        paths.retain(|path, _| offer.has(path));
    }
    if !offer.chain
        && let Some(text) = document["info"]["description"].as_str()
    {
        let about_others: Vec<&str> = text
            .split("\n\n")
            .filter(|paragraph| !paragraph.contains("`/rpc`"))
            .collect();
        document["info"]["description"] = about_others.join("\n\n").into();
    }
    let used = tags_of(&document["paths"]);
    if let Some(tags) = document["tags"].as_array_mut() {
        tags.retain(|tag| used.contains(&tag["name"]));
    }
    // What is taken out may have been the last to refer to something else.
    while drop_unused(document) {}
}

fn tags_of(paths: &Value) -> Vec<Value> {
    let items = paths.as_object().into_iter().flat_map(Map::values);
    let operations = items.filter_map(Value::as_object).flat_map(Map::values);
    operations
        .map(|operation| operation["tags"][0].clone())
        .collect()
}

/// Whether anything was dropped.
fn drop_unused(document: &mut Value) -> bool {
    let text = document.to_string();
    let mut dropped = false;
    for kind in REFERRED_TO {
        let Some(components) = document["components"][kind].as_object_mut() else {
            continue;
        };
        components.retain(|name, _| {
            let is_used = text.contains(&format!("\"#/components/{kind}/{name}\""));
            dropped |= !is_used;
            is_used
        });
    }
    dropped
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    const ALL: Offer = Offer {
        chain: true,
        explorer: true,
    };

    fn served(offer: Offer) -> Value {
        let document = ApiDocument::new("https://hub.example", offer).unwrap();
        serde_json::from_slice(&document.json).unwrap()
    }

    fn paths(document: &Value) -> BTreeSet<String> {
        document["paths"]
            .as_object()
            .unwrap()
            .keys()
            .cloned()
            .collect()
    }

    /// What stands in quotation marks after `.route(`, in a file that makes routes.
    fn routes(source: &str) -> BTreeSet<String> {
        let calls = source.split(".route(").skip(1);
        calls
            .filter_map(|call| call.trim_start().strip_prefix('"'))
            .filter_map(|call| call.split('"').next())
            .map(str::to_owned)
            .collect()
    }

    #[test]
    fn it_names_every_path_of_the_chain_and_no_path_that_is_not_there() {
        let mut chain = routes(include_str!("chain.rs"));
        chain.extend(routes(include_str!("json_rpc.rs")));
        // The answer to what is not there.
        assert!(chain.remove("/rpc/{*rest}"));
        let documented = paths(&served(ALL));
        let (of_chain, others): (BTreeSet<_>, BTreeSet<_>) = documented
            .into_iter()
            .partition(|path| path == "/rpc" || path.starts_with("/rpc/"));
        assert_eq!(of_chain, chain);
        let hub = routes(include_str!("../router.rs"));
        let missing: Vec<_> = others.difference(&hub).collect();
        assert!(missing.is_empty(), "{missing:?}");
        let events = hub.iter().filter(|path| path.ends_with("/events"));
        assert_eq!(events.filter(|path| !others.contains(*path)).count(), 0);
    }

    #[test]
    fn it_names_every_method_of_json_rpc() {
        let source = include_str!("../../chain/src/rpc/methods.rs");
        let prefixes = [
            "eth_",
            "net_",
            "web3_",
            "txpool_",
            "clique_",
            "debug_",
            "evm_",
            "personal_",
        ];
        let methods: BTreeSet<&str> = source
            .lines()
            .filter(|line| !line.contains("Rights::Operator"))
            .flat_map(|line| line.split('"').skip(1).step_by(2))
            .filter(|word| prefixes.iter().any(|prefix| word.starts_with(prefix)))
            .collect();
        assert!(methods.len() > 60, "{methods:?}");
        let document = served(ALL);
        let text = document["paths"]["/rpc"]["post"]["description"]
            .as_str()
            .unwrap();
        let listed: BTreeSet<&str> = text
            .split('`')
            .skip(1)
            .step_by(2)
            .filter(|word| prefixes.iter().any(|prefix| word.starts_with(prefix)))
            .collect();
        assert_eq!(listed, methods);
    }

    #[test]
    fn it_names_every_code_of_an_error() {
        let document = served(ALL);
        let codes = document["components"]["schemas"]["ApiError"]["properties"]["code"]["enum"]
            .as_array()
            .unwrap()
            .iter()
            .map(|code| code.as_str().unwrap());
        let known = types::ErrorCode::ALL.iter().map(|code| code.as_str());
        assert_eq!(codes.collect::<Vec<_>>(), known.collect::<Vec<_>>());
    }

    #[test]
    fn version_and_origin_are_those_of_the_site() {
        let document = served(ALL);
        assert_eq!(document["info"]["version"], env!("CARGO_PKG_VERSION"));
        assert_eq!(document["servers"][0]["url"], "https://hub.example");
        let page = ApiDocument::new("https://hub.example", ALL)
            .unwrap()
            .reference();
        assert!(page.contains("curl 'https://hub.example/rpc/head'"));
    }

    #[test]
    fn what_a_site_does_not_offer_is_left_out() {
        let outside = served(Offer {
            chain: false,
            explorer: true,
        });
        assert!(paths(&outside).iter().all(|path| !path.starts_with("/rpc")));
        assert!(paths(&outside).contains("/explorer/events"));
        let off = served(Offer {
            chain: false,
            explorer: false,
        });
        assert!(!paths(&off).contains("/explorer/events"));
        assert!(paths(&off).contains("/health"));
        let text = off.to_string();
        assert!(!text.contains("\"Transaction\""), "it has no schema of it");
        assert!(!text.contains("/rpc"), "{text}");
        let tags: Vec<&str> = off["tags"]
            .as_array()
            .unwrap()
            .iter()
            .map(|tag| tag["name"].as_str().unwrap())
            .collect();
        assert_eq!(tags, ["servers", "monitoring"]);
        assert_eq!(off["components"]["schemas"]["Health"]["type"], "object");
    }
}
