//! `/explorer/nodes`: which nodes follow the chain, and how far each is.

use leptos::prelude::*;
use types::chain::{NodeStatus, NodeSync, Nodes};

use super::feed::{Follows, live};
use super::party::BlockLink;
use crate::actions::explorer::machinery::read_nodes;
use crate::ui::{
    Badge, Card, Cell, Column, Countdown, EmptyState, IconName, PageHeader, Table, Time, Tone,
    count,
};

/// The nodes of the chain.
#[component]
pub fn NodesPage() -> impl IntoView {
    view! {
        <PageHeader title="Nodes" description="This site's node and the peers that it compares its newest block with." />
        {live(
            Memo::new(|_| ()),
            |()| Follows::EachBlock,
            |()| read_nodes(),
            |(), nodes| view! { <NodesView nodes /> },
        )}
    }
}

#[component]
pub(super) fn NodesView(nodes: Nodes) -> impl IntoView {
    let rows = match nodes.nodes.is_empty() {
        true => view! {
            <EmptyState icon=IconName::Network title="No nodes yet">
                <p>"This site's node appears here as soon as it runs, and its peers once they are configured."</p>
            </EmptyState>
        }
        .into_any(),
        false => node_table(nodes.nodes).into_any(),
    };
    view! {
        <Card flush=true>{rows}</Card>
        {nodes.compared_at.map(|at| view! {
            <p class="text-sm text-muted">"Heads were last compared "<Time at />"."</p>
        })}
    }
}

fn node_table(nodes: Vec<NodeStatus>) -> impl IntoView {
    let columns = vec![
        Column::new("Node"),
        Column::new("State"),
        Column::numeric("Newest block"),
        Column::numeric("Behind"),
        Column::new("Last answer"),
        Column::new("Software"),
        Column::new("Last failure"),
    ];
    view! {
        <Table caption="Nodes" columns>
            {nodes.into_iter().map(|node| view! { <NodeRow node /> }).collect_view()}
        </Table>
    }
}

#[component]
fn NodeRow(node: NodeStatus) -> impl IntoView {
    let reason = match &node.state {
        NodeSync::Incompatible { reason } => Some(reason.clone()),
        _ => None,
    };
    let retry_at = match node.state {
        NodeSync::Failing { retry_at } => retry_at,
        _ => None,
    };
    let (tone, state) = state_word(&node.state);
    view! {
        <tr>
            <Cell label="Node">
                <span class="cell-stack">
                    <strong>{node.name}</strong>
                    {node.is_own.then(|| view! { <Badge tone=Tone::Accent>"Ours"</Badge> })}
                    <span class="text-muted mono break-all">{node.endpoint}</span>
                </span>
            </Cell>
            <Cell label="State">
                <span class="cell-stack">
                    <Badge tone>{state}</Badge>
                    {reason.map(|reason| view! { <span class="text-muted">{reason}</span> })}
                    {retry_at.map(|until| view! { <span class="text-muted">"asked again in "<Countdown until /></span> })}
                </span>
            </Cell>
            <Cell label="Newest block" numeric=true>
                {match node.head {
                    Some(number) => view! { <BlockLink number /> }.into_any(),
                    None => "–".into_any(),
                }}
            </Cell>
            <Cell label="Behind" numeric=true>{node.lag_blocks.map_or_else(|| "–".to_owned(), count)}</Cell>
            <Cell label="Last answer">
                {match node.last_answer_at {
                    Some(at) => view! { <Time at /> }.into_any(),
                    None => view! { <span class="text-muted">"never"</span> }.into_any(),
                }}
            </Cell>
            <Cell label="Software">
                <span class="break-all">{node.client_version.unwrap_or_else(|| "–".to_owned())}</span>
            </Cell>
            <Cell label="Last failure">
                {match node.last_error {
                    Some((at, message)) => view! {
                        <span class="cell-stack"><Time at /><span class="text-muted">{message}</span></span>
                    }
                    .into_any(),
                    None => view! { <span class="text-muted">"none"</span> }.into_any(),
                }}
            </Cell>
        </tr>
    }
}

const fn state_word(state: &NodeSync) -> (Tone, &'static str) {
    match state {
        NodeSync::Connecting => (Tone::Neutral, "Connecting"),
        NodeSync::InStep => (Tone::Positive, "In step"),
        NodeSync::CatchingUp => (Tone::Info, "Catching up"),
        NodeSync::Failing { .. } => (Tone::Danger, "Does not answer"),
        NodeSync::Incompatible { .. } => (Tone::Danger, "Another chain"),
    }
}
