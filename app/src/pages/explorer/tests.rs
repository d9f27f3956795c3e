//! The explorer's pages as HTML, without a browser and without a server behind them.

use leptos::prelude::*;
use leptos_router::components::Router;
use leptos_router::location::RequestUrl;
use types::Timestamp;
use types::explorer::*;

use super::samples::*;
use super::*;
use crate::pages::tests::text;
use crate::rendered::html;

/// A view below a router at an address: links, forms and queries work.
fn at<V: IntoView + 'static>(path: &str, view: impl FnOnce() -> V + Send + 'static) -> String {
    let path = path.to_owned();
    html(move || {
        leptos_meta::provide_meta_context();
        provide_context(RequestUrl::new(&path));
        view! { <Router>{view()}</Router> }
    })
}

const PLANTED: &str = "</script><img src=x onerror=alert(1)>";

fn assert_harmless(shown: &str) {
    assert!(
        !shown.contains("<img") && !shown.contains("</script>"),
        "{shown}"
    );
}

#[test]
fn the_first_page_tells_what_happens_on_the_chain() {
    let shown = at("/explorer", || view! { <home::HomeView home=home() /> });
    insta::assert_snapshot!("home", text(&shown));
    for needle in [
        "href=\"/explorer/block/1024\"",
        "href=\"/explorer/tx/0x7a",
        "title=\"1.500000000000000001 ETH\"",
        "role=\"img\"",
    ] {
        assert!(shown.contains(needle), "{needle} is missing in {shown}");
    }
}

#[test]
fn an_empty_chain_says_what_will_appear() {
    let empty = Home {
        blocks: Vec::new(),
        transactions: Vec::new(),
        gas: Part::NotOffered,
        block_time_ms: None,
        transactions_per_1000_s: None,
        ..home()
    };
    let shown = text(&at("/explorer", || view! { <home::HomeView home=empty /> }));
    for needle in [
        "No blocks yet",
        "No transactions yet",
        "Gas prices cannot be shown",
    ] {
        assert!(shown.contains(needle), "{needle} is missing in {shown}");
    }
}

#[test]
fn a_block_links_to_its_neighbours_and_signer() {
    let shown = at("/explorer/block/1024", || {
        view! { <block::BlockFacts block=block_view() /> }
    });
    insta::assert_snapshot!("block", text(&shown));
    assert!(shown.contains(&format!("/explorer/block/0x{}", "b0".repeat(32))));
}

#[test]
fn what_is_not_there_says_so() {
    let future = BlockLookup::Future {
        number: 2_000,
        blocks_left: 976,
        expected_at: Some(Timestamp(1_952_000)),
    };
    let id = BlockId::Number(2_000);
    let shown = text(&at("/", move || block::lookup_view(id, future)));
    insta::assert_snapshot!("block_future", shown);
    let unknown = text(&at("/", move || {
        block::lookup_view(id, BlockLookup::Unknown)
    }));
    assert!(unknown.contains("There is no such block") && unknown.contains("To the explorer"));
    let waiting = text(&at("/", move || {
        block::lookup_view(id, BlockLookup::NotIndexed { number: 2_000 })
    }));
    assert!(waiting.contains("the index will have it shortly"));
}

#[test]
fn a_transaction_tells_who_got_its_fee() {
    let shown = at("/", || transaction::mined_overview(transaction_view()));
    insta::assert_snapshot!("transaction", text(&shown));
    let burnt = shown.lines().find(|line| line.contains("fee-burnt"));
    assert!(
        burnt.is_some_and(|line| line.contains("width=\"667\"")),
        "{burnt:?}"
    );
}

#[test]
fn a_failed_transaction_says_why() {
    let failed = |failure| {
        let mut transaction = transaction_view();
        transaction.summary.status = TransactionStatus::Failed;
        transaction.failure = Some(failure);
        at("/", move || transaction::mined_overview(transaction))
    };
    let told = failed(Part::Known(TransactionFailure {
        message: format!("execution reverted: {PLANTED}"),
        decoded: None,
        data: HexBytes::default(),
    }));
    assert!(told.contains("role=\"alert\"") && text(&told).contains("execution reverted:"));
    assert_harmless(&told);
    assert!(text(&failed(Part::Pruned)).contains("The node cannot tell why any more"));
}

#[test]
fn calls_are_a_tree() {
    let shown = at("/", || view! { <transaction::CallTree frames=frames() /> });
    insta::assert_snapshot!("calls", text(&shown));
    for depth in ["depth-0", "depth-1", "depth-2"] {
        assert!(shown.contains(depth), "{depth} is missing in {shown}");
    }
}

#[test]
fn logs_show_their_event_or_their_words() {
    let log = |decoded: Option<DecodedEvent>| LogView {
        index: 3,
        address: contract_party(),
        topics: vec![Word([0xdd; 32])],
        data: HexBytes(vec![1, 2, 3]),
        decoded,
    };
    let event = DecodedEvent {
        name: "Memo".into(),
        signature: "Memo(string)".into(),
        parameters: vec![field("text", "string", DecodedValue::Text(PLANTED.into()))],
    };
    let logs = vec![log(Some(event)), log(None)];
    let shown = at("/", move || view! { <transaction::Logs logs /> });
    assert_harmless(&shown);
    assert_eq!(shown.matches(&"dd".repeat(32)).count(), 2, "{shown}");
    let none = text(&at("/", || view! { <transaction::Logs logs=Vec::new() /> }));
    assert!(none.contains("Nothing was logged"));
}

#[test]
fn state_changes_show_before_and_after() {
    let changes = vec![AccountChange {
        party: contract_party(),
        balance: Some(Change {
            before: Amount::zero(),
            after: Amount::from(1_000_000_000_000_000_000_u64),
        }),
        nonce: Some(Change {
            before: 1,
            after: 2,
        }),
        code_bytes: None,
        slots: vec![SlotChange {
            slot: Word([0; 32]),
            before: Word([0; 32]),
            after: Word([1; 32]),
        }],
    }];
    let shown = text(&at("/", || {
        view! { <transaction::StateChanges changes /> }
    }));
    assert!(
        shown.contains("0 ETH → 1 ETH") && shown.contains("1 → 2"),
        "{shown}"
    );
}

#[test]
fn an_address_has_an_overview() {
    let shown = at("/", || {
        view! { <address::Overview overview=overview() /> }
    });
    insta::assert_snapshot!("address", text(&shown));
    let mut unknown = overview();
    unknown.balance = Part::Unavailable("the node is busy".into());
    (unknown.first_seen, unknown.last_seen) = (None, None);
    let shown = text(&at("/", || {
        view! { <address::Overview overview=unknown /> }
    }));
    assert!(
        shown.contains("unknown : the node is busy") && shown.contains("in no block so far"),
        "{shown}"
    );
}

#[test]
fn names_that_contracts_choose_are_text() {
    let mut planted = transfer();
    planted.token.symbol = Some(PLANTED.into());
    planted.token.name = Some(PLANTED.into());
    planted.from.name = Some(PLANTED.into());
    let shown = at("/", || tables::transfer_table(vec![planted], None));
    assert_harmless(&shown);
    let hit = SearchHit::Token {
        token: TokenLabel {
            symbol: None,
            name: Some(PLANTED.into()),
            ..token()
        },
    };
    let results = SearchResults {
        hits: vec![hit.clone(), hit],
        note: Some(PLANTED.into()),
    };
    let shown = at("/explorer/search?q=a", || {
        view! { <search::Results results text=PLANTED.to_owned() /> }
    });
    assert_harmless(&shown);
}

#[test]
fn the_rows_of_an_addresss_list_do_not_link_to_itself() {
    let shown = at("/", || {
        transaction_table(vec![transaction()], Some(address(0xaa)))
    });
    let own = address(0xaa).to_checksum();
    assert!(
        !shown.contains(&format!("/explorer/address/{own}")),
        "{shown}"
    );
    assert!(shown.contains(&format!("title=\"{own}\"")));
    insta::assert_snapshot!("transactions", text(&shown));
}

#[test]
fn functions_are_forms_that_work_without_scripts() {
    let read = at("/explorer/address/x?tab=contract&view=read", || {
        view! { <contract::Contract contract=contract() /> }
    });
    for needle in [
        "method=\"GET\"",
        "name=\"call\" value=\"balanceOf(address)\"",
        "name=\"argument\"",
        "pattern=\"0x[0-9a-fA-F]{40}\"",
        &address(0xaa).to_checksum(),
    ] {
        assert!(read.contains(needle), "{needle} is missing in {read}");
    }
    let write = at("/explorer/address/x?tab=contract&view=write", || {
        view! { <contract::Contract contract=contract() /> }
    });
    for needle in [
        "Show call data",
        "needs-script",
        "Value to send, in ETH",
        "<select",
    ] {
        assert!(write.contains(needle), "{needle} is missing in {write}");
    }
    let unknown = ContractView {
        interface: None,
        ..contract()
    };
    let shown = text(&at("/x?view=read", || {
        view! { <contract::Contract contract=unknown /> }
    }));
    assert!(shown.contains("The interface is not known"));
}

#[test]
fn signers_have_turns_and_votes() {
    let shown = at("/", || view! { <signers::SignersView signers=signers() /> });
    insta::assert_snapshot!("signers", text(&shown));
}

#[test]
fn nodes_say_how_they_stand() {
    let shown = at("/", || view! { <nodes::NodesView nodes=nodes() /> });
    insta::assert_snapshot!("nodes", text(&shown));
}

#[test]
fn the_status_is_calm_until_something_is_wrong() {
    let line = |status: IndexStatus| {
        let copy = status.clone();
        text(&at("/", move || {
            view! { <status::StatusNotice status=copy /> <status::StatusLine status /> }
        }))
    };
    insta::assert_snapshot!("status_current", line(status()));
    let mut behind = status();
    (behind.lag_blocks, behind.tip) = (900, Some(1_924));
    behind.sections[0].freshness = Freshness::CatchingUp {
        remaining: 900,
        ready_in_ms: Some(90_000),
    };
    behind.sections[1].freshness = Freshness::NotOffered;
    insta::assert_snapshot!("status_catching_up", line(behind));
    let failing = IndexStatus {
        node: NodeState::Failing {
            message: "http://secret:8545 refused".into(),
        },
        ..status()
    };
    let shown = line(failing);
    assert!(!shown.contains("secret"), "{shown}");
    insta::assert_snapshot!("status_failing", shown);
}

#[test]
fn a_sent_transaction_is_followed_until_it_is_mined() {
    let shown = |lookup| {
        text(&at("/", move || {
            crate::pages::send::sent_view(hash(0x7a), lookup)
        }))
    };
    assert!(shown(TransactionLookup::Unknown).contains("waiting to be mined"));
    let mined = TransactionLookup::Mined(Box::new(transaction_view()));
    assert!(shown(mined).contains("Mined"));
}

#[test]
fn every_find_leads_to_its_page() {
    for (hit, path, kind) in [
        (
            SearchHit::Block {
                number: 7,
                hash: BlockHash([7; 32]),
            },
            "/explorer/block/7".to_owned(),
            "Block",
        ),
        (
            SearchHit::PendingTransaction { hash: hash(7) },
            format!("/explorer/tx/0x{}", "07".repeat(32)),
            "Pending",
        ),
        (
            SearchHit::Address { party: party(7) },
            format!("/explorer/address/0x{}", "07".repeat(20)),
            "Address",
        ),
        (
            SearchHit::Token { token: token() },
            format!("/explorer/token/0x{}", "70".repeat(20)),
            "ERC-20",
        ),
    ] {
        let suggestion = search::suggestion(&hit);
        assert_eq!((suggestion.path, suggestion.kind.as_str()), (path, kind));
    }
}
