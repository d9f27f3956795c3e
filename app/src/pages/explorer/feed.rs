//! What the chain tells a page while it is open, and lists that follow it.

use leptos::prelude::*;
use leptos::task::spawn_local;
use serde::Serialize;
use serde::de::DeserializeOwned;
use types::explorer::IndexStatus;

use crate::actions::error::ActionResult;
use crate::actions::explorer::read_status;
use crate::live::{CHAIN_EVENT, CHAIN_EVENTS_URL, LiveStatus, follow};
use crate::pages::loading::loaded;

/// The index as this page knows it. One stream serves everything on a page.
#[derive(Clone, Copy)]
pub(crate) struct ChainFeed {
    /// As the server knew it when it made the page.
    first: Resource<ActionResult<IndexStatus>>,
    /// As the stream says; none before its first event, so that the first render is the server's.
    pushed: RwSignal<Option<IndexStatus>>,
    /// Newest block in the index when the page was made; none before that is known, and none in it
    /// when the index was empty.
    first_block: RwSignal<Option<Option<u64>>>,
    connection: Signal<LiveStatus>,
}

/// Opens the stream for the pages below.
pub(crate) fn provide_chain_feed() -> ChainFeed {
    let pushed = RwSignal::new(None);
    let on_message = move |_: &str, data: &str| {
        // An event that cannot be read is of a newer program: what is shown stays.
        if let Ok(status) = serde_json::from_str::<IndexStatus>(data) {
            pushed.try_set(Some(status));
        }
    };
    let on_reopened = move || {
        spawn_local(async move {
            if let Ok(status) = read_status().await {
                pushed.try_set(Some(status));
            }
        });
    };
    let connection = follow(
        CHAIN_EVENTS_URL.to_owned(),
        &[CHAIN_EVENT],
        on_message,
        on_reopened,
    );
    let feed = ChainFeed {
        first: Resource::new_blocking(|| (), |()| read_status()),
        pushed,
        first_block: RwSignal::new(None),
        connection: connection.into(),
    };
    provide_context(feed);
    feed
}

/// The feed of the pages above. Take it at the top of a component: contexts may be out of reach
/// in what is rendered later.
pub(crate) fn use_chain_feed() -> Option<ChainFeed> {
    use_context()
}

impl ChainFeed {
    pub(super) fn connection(self) -> Signal<LiveStatus> {
        self.connection
    }

    /// Renders the state of the index, now and whenever it changes. Nothing when it is unknown:
    /// the page's own data then says what is wrong.
    pub(super) fn with_status<V: IntoView + 'static>(
        self,
        view: impl Fn(IndexStatus) -> V + Clone + Send + Sync + 'static,
    ) -> impl IntoView {
        let shown = move |first: IndexStatus| {
            let indexed = first.indexed;
            Effect::new(move |_| {
                self.first_block.set(Some(indexed));
            });
            let view = view.clone();
            move || view(self.pushed.get().unwrap_or_else(|| first.clone()))
        };
        view! {
            <Transition fallback=|| ()>
                {move || {
                    let shown = shown.clone();
                    Suspend::new(async move { self.first.await.ok().map(shown) })
                }}
            </Transition>
        }
    }

    /// Newest block in the index, as far as the stream told.
    pub(super) fn pushed_block(self) -> Option<u64> {
        self.pushed
            .with(|status| status.as_ref().and_then(|status| status.indexed))
    }

    /// Calls back after each new block; in the browser only.
    fn on_new_block(self, callback: impl Fn() + 'static) {
        let pushed = move || {
            self.pushed
                .with(|status| status.as_ref().map(|status| status.indexed))
        };
        let newest = Memo::new(move |_| pushed().or_else(|| self.first_block.get()));
        Effect::new(move |last: Option<Option<Option<u64>>>| {
            let now = newest.get();
            if is_news(last.flatten(), now) {
                callback();
            }
            now
        });
    }
}

/// What the newest block is; none inside when there is no block yet.
type Newest = Option<u64>;

/// Whether what was read at one newest block is old at another. A lower one is news too: the
/// chain was reorganised.
fn is_news(before: Option<Newest>, now: Option<Newest>) -> bool {
    before.is_some() && now.is_some() && before != now
}

/// Whether a list is read anew with each block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Follows {
    EachBlock,
    /// A later page of a list, or something that never changes.
    Nothing,
}

/// Shows what `read` gives for a key, and reads it anew with new blocks. A failure then leaves
/// what is shown; the next block tries again.
pub(crate) fn live<K, T, Reading, V>(
    key: Memo<K>,
    follows: fn(&K) -> Follows,
    read: impl Fn(K) -> Reading + Clone + Send + Sync + 'static,
    view: impl Fn(&K, T) -> V + Clone + Send + Sync + 'static,
) -> impl IntoView
where
    K: Clone + PartialEq + Send + Sync + 'static,
    T: Clone + PartialEq + Serialize + DeserializeOwned + Send + Sync + 'static,
    Reading: Future<Output = ActionResult<T>> + Send + 'static,
    V: IntoView + 'static,
{
    live_but_same(key, follows, T::eq, read, view)
}

/// The same where some of the data changes with each block and yet needs no other view.
pub(crate) fn live_but_same<K, T, Reading, V>(
    key: Memo<K>,
    follows: fn(&K) -> Follows,
    is_same: fn(&T, &T) -> bool,
    read: impl Fn(K) -> Reading + Clone + Send + Sync + 'static,
    view: impl Fn(&K, T) -> V + Clone + Send + Sync + 'static,
) -> impl IntoView
where
    K: Clone + PartialEq + Send + Sync + 'static,
    T: Clone + Serialize + DeserializeOwned + Send + Sync + 'static,
    Reading: Future<Output = ActionResult<T>> + Send + 'static,
    V: IntoView + 'static,
{
    let feed = use_chain_feed();
    let first_read = read.clone();
    let resource = Resource::new_blocking(move || key.get(), first_read);
    loaded(resource, move |first| {
        let key = key.get_untracked();
        let data = RwSignal::new(first);
        if let Some(feed) = feed.filter(|_| follows(&key) == Follows::EachBlock) {
            let (read, key) = (read.clone(), key.clone());
            reread_on_new_block(feed, data, is_same, move || read(key.clone()));
        }
        let view = view.clone();
        move || view(&key, data.get())
    })
}

/// One reading at a time: blocks that come meanwhile are answered by one more.
fn reread_on_new_block<T, Reading>(
    feed: ChainFeed,
    data: RwSignal<T>,
    is_same: fn(&T, &T) -> bool,
    read: impl Fn() -> Reading + Clone + 'static,
) where
    T: Send + Sync + 'static,
    Reading: Future<Output = ActionResult<T>> + 'static,
{
    let is_reading = StoredValue::new(false);
    let is_asked_again = StoredValue::new(false);
    feed.on_new_block(move || {
        if is_reading.get_value() {
            is_asked_again.set_value(true);
            return;
        }
        is_reading.set_value(true);
        let read = read.clone();
        spawn_local(async move {
            loop {
                is_asked_again.try_set_value(false);
                if let Ok(newer) = read().await
                    && data.try_with_untracked(|shown| is_same(shown, &newer)) == Some(false)
                {
                    data.try_set(newer);
                }
                if is_asked_again.try_get_value() != Some(true) {
                    break;
                }
            }
            is_reading.try_set_value(false);
        });
    });
}

#[cfg(test)]
mod tests {
    use super::is_news;

    #[test]
    fn another_newest_block_is_news() {
        for (before, now, news) in [
            (None, None, false),
            (None, Some(None), false),
            (None, Some(Some(3)), false),
            (Some(Some(3)), None, false),
            (Some(Some(3)), Some(Some(3)), false),
            (Some(None), Some(Some(0)), true),
            (Some(Some(3)), Some(Some(4)), true),
            (Some(Some(4)), Some(Some(3)), true),
        ] {
            assert_eq!(is_news(before, now), news, "{before:?} {now:?}");
        }
    }
}
