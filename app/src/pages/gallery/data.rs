use leptos::prelude::*;
use types::explorer::{Amount, DecodedField, DecodedValue};
use types::notebook::ServerState;
use types::{Timestamp, WalletAddress};

use super::Specimen;
use crate::shell::use_shell;
use crate::ui::{
    Address, AreaChart, Button, Card, Cell, ChartPoint, ChartUnit, Code, Coins, Column,
    ControlSize, Countdown, DecodedFields, GasPrice, Hash, IconButton, IconName, KeyValue,
    KeyValues, LogView, Pager, Reference, SortDirection, Sparkline, StateBadge, Table, Time,
    TokenAmount,
};

const ADDRESS: WalletAddress = WalletAddress([
    0x5a, 0xae, 0xb6, 0x05, 0x3f, 0x3e, 0x94, 0xc9, 0xb9, 0xa0, 0x9f, 0x33, 0x66, 0x94, 0x35, 0xe7,
    0xef, 0x1b, 0xea, 0xed,
]);

#[component]
pub(super) fn Tables() -> impl IntoView {
    let columns = vec![
        Column::new("Owner").sorted_by("/ui?sort=owner", Some(SortDirection::Ascending)),
        Column::new("State"),
        Column::new("Load"),
        Column::numeric("Memory").sorted_by("/ui?sort=memory", None),
        Column::new("Last used"),
        Column::actions("Actions"),
    ];
    let rows = [
        ("ada", ServerState::Ready, 3),
        ("grace", ServerState::Frozen, 5),
        ("", ServerState::Failed, 7),
    ];
    view! {
        <Card title="Table" description="Turns into cards at 390 px" flush=true>
            <Table caption="Servers" columns>
                {rows.map(|(owner, state, seed)| view! { <Row owner state seed /> }).collect_view()}
            </Table>
        </Card>
        <Pager first=Some("/ui".to_owned()) next=Some("/ui?after=50".to_owned()) shown="3 servers" />
    }
}

#[component]
fn Row(owner: &'static str, state: ServerState, seed: u32) -> impl IntoView {
    let now = use_shell().read_at();
    let values: Vec<f64> = (0..24).map(|step| wave(step, seed)).collect();
    let owner = if owner.is_empty() {
        view! { <Address address=ADDRESS /> }.into_any()
    } else {
        owner.into_any()
    };
    view! {
        <tr>
            <Cell label="Owner">{owner}</Cell>
            <Cell label="State"><StateBadge state /></Cell>
            <Cell label="Load"><Sparkline label="Load over the last hour" values /></Cell>
            <Cell label="Memory" numeric=true>{format!("{seed}12 MiB")}</Cell>
            <Cell label="Last used"><Time at=now.plus_ms(-i64::from(seed) * 240_000) /></Cell>
            <Cell label="Actions" actions=true>
                <Button size=ControlSize::Small>"Open"</Button>
                <IconButton size=ControlSize::Small label="Stop" icon=IconName::Stop />
            </Cell>
        </tr>
    }
}

/// A shape that looks like load and is the same on every machine: a parabola modulo a prime.
fn wave(step: u32, seed: u32) -> f64 {
    f64::from((step * step * seed + 40 * step) % 97)
}

#[component]
pub(super) fn Charts() -> impl IntoView {
    let end = use_shell().read_at();
    let points = move |seed: u32, scale: f64| -> Vec<ChartPoint> {
        (0_u32..60)
            .filter(|step| !(30..36).contains(step))
            .map(|step| ChartPoint {
                time: end.plus_ms(-60_000 * i64::from(60 - step)),
                value: scale * (40.0 + wave(step / 3, seed) / 3.0),
            })
            .collect()
    };
    view! {
        <Card title="Charts">
            <div class="grid gap-6 lg:grid-cols-2">
                <AreaChart label="Memory" points=points(3, 20e6) unit=ChartUnit::Bytes limit=2_147_483_648.0 />
                <AreaChart label="Processor" points=points(5, 12.0) unit=ChartUnit::CpuMillis />
                <AreaChart label="Nothing yet" points=Vec::new() unit=ChartUnit::Count />
            </div>
        </Card>
    }
}

#[component]
pub(super) fn Values() -> impl IntoView {
    let now = use_shell().read_at();
    let lines: Vec<String> = (1..=40)
        .map(|line| format!("[I 2026-11-21 09:30:{line:02} ServerApp] line {line} of the log"))
        .collect();
    view! {
        <Card title="Values">
            <KeyValues>
                <KeyValue label="Wallet"><Address address=ADDRESS /></KeyValue>
                <KeyValue label="Wallet, whole"><Address address=ADDRESS full=true /></KeyValue>
                <KeyValue label="Hash"><Hash text="0x88df016429689c079f3b2f6ad39fa052532c56795b733da78a91ebe6a713944b" /></KeyValue>
                <KeyValue label="Reference">
                    <Reference href="/explorer" short="0x88df0164…713944" whole="0x88df016429689c079f3b2f6ad39fa052532c56795b733da78a91ebe6a713944b" copy_label="Copy transaction hash" />
                </KeyValue>
                <KeyValue label="Coins, gas price, token">
                    <Coins wei=Amount::from(1_500_000_000_000_000_001_u64) />" · "
                    <GasPrice wei=Amount::from(1_500_000_000_u64) />" · "
                    <TokenAmount amount=Amount::from(1_234_567_u64) decimals=Some(2) symbol="TUSD" />
                </KeyValue>
                <KeyValue label="Decoded"><DecodedFields fields=decoded() /></KeyValue>
                <KeyValue label="Created"><Time at=Timestamp(1_700_000_000_000) /></KeyValue>
                <KeyValue label="Just now"><Time at=now /></KeyValue>
                <KeyValue label="Freezes in"><Countdown until=now.plus_ms(725_000) /></KeyValue>
            </KeyValues>
            <Specimen name="Code"><Code label="Command" text="ledgercloud serve --data-dir ./data" /></Specimen>
            <Specimen name="Log"><LogView label="Log" lines=lines /><LogView label="Empty log" lines=Vec::new() /></Specimen>
        </Card>
    }
}

fn decoded() -> Vec<DecodedField> {
    let field = |name: &str, type_name: &str, value| DecodedField {
        name: name.to_owned(),
        type_name: type_name.to_owned(),
        is_indexed: false,
        value,
    };
    vec![
        field(
            "to",
            "address",
            DecodedValue::Address(ADDRESS.to_checksum()),
        ),
        field(
            "amounts",
            "uint256[]",
            DecodedValue::List(vec![
                DecodedValue::Number("7".to_owned()),
                DecodedValue::Number("11".to_owned()),
            ]),
        ),
    ]
}
