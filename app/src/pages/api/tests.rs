use serde_json::Value;

use super::reference;

fn document() -> Value {
    serde_json::from_str(include_str!("../../../../server/src/api/openapi.json"))
        .unwrap_or_else(|error| panic!("the document: {error}"))
}

#[test]
fn every_operation_and_schema_has_its_place() {
    let document = document();
    let page = reference(&document);
    for item in document["paths"].as_object().unwrap().values() {
        for operation in item.as_object().unwrap().values() {
            let id = operation["operationId"].as_str().unwrap();
            assert_eq!(page.matches(&format!("id=\"{id}\"")).count(), 1, "{id}");
            assert!(page.contains(&format!("href=\"#{id}\"")), "{id}");
        }
    }
    for name in document["components"]["schemas"]
        .as_object()
        .unwrap()
        .keys()
    {
        assert!(page.contains(&format!("id=\"schema-{name}\"")), "{name}");
    }
    for link in page.split("href=\"#").skip(1) {
        let id = link.split('"').next().unwrap();
        assert!(
            page.contains(&format!("id=\"{id}\"")),
            "nothing is at #{id}"
        );
    }
}

#[test]
fn requests_can_be_typed_as_they_stand() {
    let page = reference(&document());
    for command in [
        "curl 'http://localhost:3000/rpc/head'",
        "curl 'http://localhost:3000/rpc/blocks/3'",
        "curl -o answer 'http://localhost:3000/rpc/sync/hashes?start=1&amp;count=2'",
        "curl -N 'http://localhost:3000/explorer/events'",
        "curl -N -b 'ledgercloud-session=…' 'http://localhost:3000/hub/api/lc/servers/events'",
        "websocat 'ws://localhost:3000/rpc/ws/blocks'",
        "-d '{\"raw\":",
    ] {
        assert!(page.contains(command), "{command}");
    }
}

#[test]
fn what_the_document_says_is_text_and_not_markup() {
    let mut document = document();
    document["paths"]["/rpc/head"]["get"]["summary"] = "</p><img src=x onerror=alert(1)>".into();
    assert!(!reference(&document).contains("<img"));
}
