use leptos::prelude::*;
use types::Timestamp;

use crate::pages::explorer::path;
use crate::ui::{Card, Countdown, Icon, IconName, LinkButton, PageHeader, Time, count};

/// A block that is not made yet: how many are before it, and when it may come. The page turns into
/// the block's own by itself.
#[component]
pub(super) fn FutureBlock(
    number: u64,
    blocks_left: u64,
    expected_at: Option<Timestamp>,
) -> impl IntoView {
    let left = match blocks_left {
        1 => "1 block".to_owned(),
        left => format!("{} blocks", count(left)),
    };
    view! {
        <PageHeader title=format!("Block {}", count(number)) description="This block is not made yet." />
        <Card>
            <div class="countdown">
                <Icon name=IconName::Clock size=22 />
                {match expected_at {
                    Some(until) => view! {
                        <p class="countdown-time"><Countdown until /></p>
                        <p class="text-muted">
                            {left}" to go. Expected "<Time at=until />", "{until.to_readable()}
                            ", at the chain's present pace."
                        </p>
                    }
                    .into_any(),
                    None => view! {
                        <p class="countdown-time">{left}</p>
                        <p class="text-muted">"to go. When it comes depends on how busy the chain is."</p>
                    }
                    .into_any(),
                }}
                <p class="text-muted">"This page shows the block as soon as it is there."</p>
                <LinkButton href=path::BLOCKS icon=IconName::List>"Newest blocks"</LinkButton>
            </div>
        </Card>
    }
}

/// A block that the node has and the index does not.
#[component]
pub(super) fn NotIndexedYet(number: u64) -> impl IntoView {
    view! {
        <PageHeader title=format!("Block {}", count(number)) description="The chain has this block, and the index will have it shortly." />
        <Card>
            <div class="countdown">
                <Icon name=IconName::Clock size=22 />
                <p class="text-muted">"The line at the top says how far the index is. This page shows the block as soon as it is there."</p>
                <LinkButton href=path::BLOCKS icon=IconName::List>"Newest blocks"</LinkButton>
            </div>
        </Card>
    }
}
