//! Wallets in the page: discovery by EIP-6963 and requests by EIP-1193, on plain JavaScript
//! objects. Everything that comes from them is checked before it is used.

mod listeners;
mod request;

use std::cell::RefCell;
use std::rc::Rc;

use js_sys::{Object, Reflect};
use leptos::prelude::window;
use types::WalletAddress;
use types::chain::Network;
use types::explorer::TransactionHash;
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{CustomEvent, Event};

use self::listeners::Listeners;
use super::failure::WalletFailure;
use super::found::{Announcement, WALLETS_MAX, WalletRef};
use super::transaction::Draft;

const ANNOUNCE_EVENT: &str = "eip6963:announceProvider";
const REQUEST_EVENT: &str = "eip6963:requestProvider";
/// Sent by some wallets when `window.ethereum` appears late.
const INITIALIZED_EVENT: &str = "ethereum#initialized";
/// Provider objects that one page keeps, impostors included.
const PROVIDERS_MAX: usize = 2 * WALLETS_MAX;

/// What wallets tell of their own accord.
#[derive(Debug, Clone)]
pub(crate) enum ProviderEvent {
    Announced(Announcement),
    InjectedFound,
    AccountsChanged {
        wallet: WalletRef,
        accounts: Vec<WalletAddress>,
    },
    ChainChanged {
        wallet: WalletRef,
        chain_id: u64,
    },
    Disconnected {
        wallet: WalletRef,
    },
}

/// What is called for an event of the page, by the event's name.
type PageListener = (&'static str, Closure<dyn FnMut(Event)>);

/// The wallets of a page. Listens for announcements until it is dropped.
#[derive(Clone)]
pub(crate) struct Providers(Rc<Inner>);

struct Inner {
    /// The first object that announced itself under each id.
    known: RefCell<Vec<(WalletRef, Object)>>,
    /// Every provider object seen; its place is its number.
    objects: RefCell<Vec<Object>>,
    listened: RefCell<Vec<Listeners>>,
    on_event: Rc<dyn Fn(ProviderEvent)>,
    page_listeners: RefCell<Vec<PageListener>>,
}

impl Providers {
    /// Listens from now on; [`Providers::discover`] then asks the wallets.
    pub(crate) fn listen(on_event: impl Fn(ProviderEvent) + 'static) -> Self {
        let providers = Self(Rc::new(Inner {
            known: RefCell::default(),
            objects: RefCell::default(),
            listened: RefCell::default(),
            on_event: Rc::new(on_event),
            page_listeners: RefCell::default(),
        }));
        let weak = Rc::downgrade(&providers.0);
        providers.on_page_event(ANNOUNCE_EVENT, move |event| {
            if let Some(inner) = weak.upgrade() {
                inner.on_announcement(&event);
            }
        });
        let weak = Rc::downgrade(&providers.0);
        providers.on_page_event(INITIALIZED_EVENT, move |_| {
            if let Some(inner) = weak.upgrade() {
                inner.look_for_injected();
            }
        });
        providers
    }

    /// Asks the wallets to announce themselves, and looks at `window.ethereum`.
    pub(crate) fn discover(&self) {
        if let Ok(event) = Event::new(REQUEST_EVENT) {
            // Fails only while the same event is being dispatched.
            let _ = window().dispatch_event(&event);
        }
        self.0.look_for_injected();
    }

    /// Tells from now on when the wallet's account or chain changes.
    pub(crate) fn follow(&self, wallet: &WalletRef) {
        let is_followed = self
            .0
            .listened
            .borrow()
            .iter()
            .any(|listeners| listeners.wallet == *wallet);
        if is_followed {
            return;
        }
        if let Some(provider) = self.0.object(wallet) {
            let listeners = Listeners::attach(wallet.clone(), provider, &self.0.on_event);
            self.0.listened.borrow_mut().push(listeners);
        }
    }

    /// `eth_requestAccounts`: the wallet asks the person which accounts to share.
    pub(crate) async fn connect(
        &self,
        wallet: &WalletRef,
    ) -> Result<(Vec<WalletAddress>, u64), WalletFailure> {
        let provider = self.provider(wallet)?;
        let accounts = request::accounts(&provider, "eth_requestAccounts").await?;
        let chain_id = request::chain_id(&provider).await?;
        Ok((accounts, chain_id))
    }

    /// `eth_accounts`: what the wallet shares already. Nobody is asked.
    pub(crate) async fn shared_accounts(
        &self,
        wallet: &WalletRef,
    ) -> Result<Vec<WalletAddress>, WalletFailure> {
        request::accounts(&self.provider(wallet)?, "eth_accounts").await
    }

    pub(crate) async fn switch_chain(
        &self,
        wallet: &WalletRef,
        chain_id: u64,
    ) -> Result<(), WalletFailure> {
        request::switch_chain(&self.provider(wallet)?, chain_id).await
    }

    /// Adds the chain and makes sure that the wallet is on it: EIP-3085 leaves that open.
    pub(crate) async fn add_chain(
        &self,
        wallet: &WalletRef,
        chain_id: u64,
    ) -> Result<(), WalletFailure> {
        let provider = self.provider(wallet)?;
        request::add_chain(&provider, chain_id).await?;
        if request::chain_id(&provider).await? == chain_id {
            return Ok(());
        }
        request::switch_chain(&provider, chain_id).await
    }

    pub(crate) async fn personal_sign(
        &self,
        wallet: &WalletRef,
        account: WalletAddress,
        message: &str,
    ) -> Result<String, WalletFailure> {
        request::personal_sign(&self.provider(wallet)?, account, message).await
    }

    /// Adds this site's own chain, whatever its id, and makes sure that the wallet is on it.
    pub(crate) async fn add_network(
        &self,
        wallet: &WalletRef,
        network: &Network,
    ) -> Result<(), WalletFailure> {
        let provider = self.provider(wallet)?;
        request::add_network(&provider, network).await?;
        if request::chain_id(&provider).await? == network.chain_id {
            return Ok(());
        }
        request::switch_chain(&provider, network.chain_id).await
    }

    /// `eth_sendTransaction`: the wallet shows it, and signs and sends it if the person agrees.
    pub(crate) async fn send_transaction(
        &self,
        wallet: &WalletRef,
        account: WalletAddress,
        draft: &Draft,
    ) -> Result<TransactionHash, WalletFailure> {
        request::send_transaction(&self.provider(wallet)?, account, draft).await
    }

    fn provider(&self, wallet: &WalletRef) -> Result<Object, WalletFailure> {
        self.0.object(wallet).ok_or(WalletFailure::Gone)
    }

    fn on_page_event(&self, name: &'static str, listener: impl Fn(Event) + 'static) {
        let closure = Closure::<dyn FnMut(Event)>::new(listener);
        // Fails only for a listener that is no function.
        let _ = window().add_event_listener_with_callback(name, closure.as_ref().unchecked_ref());
        self.0.page_listeners.borrow_mut().push((name, closure));
    }
}

impl Inner {
    fn on_announcement(&self, event: &Event) {
        let Some((mut announcement, provider)) = read_announcement(event) else {
            return;
        };
        let Some(number) = self.number_of(&provider) else {
            return;
        };
        announcement.provider = number;
        let reference = WalletRef::Announced(announcement.uuid.trim().to_owned());
        let is_known = self
            .known
            .borrow()
            .iter()
            .any(|(known, _)| *known == reference);
        if !is_known {
            self.known.borrow_mut().push((reference, provider));
        }
        (self.on_event)(ProviderEvent::Announced(announcement));
    }

    fn look_for_injected(&self) {
        if injected_provider().is_some() {
            (self.on_event)(ProviderEvent::InjectedFound);
        }
    }

    fn number_of(&self, provider: &Object) -> Option<usize> {
        let mut objects = self.objects.borrow_mut();
        if let Some(number) = objects
            .iter()
            .position(|object| Object::is(object, provider))
        {
            return Some(number);
        }
        if objects.len() >= PROVIDERS_MAX {
            return None;
        }
        objects.push(provider.clone());
        Some(objects.len() - 1)
    }

    fn object(&self, wallet: &WalletRef) -> Option<Object> {
        if *wallet == WalletRef::Injected {
            return injected_provider();
        }
        self.known
            .borrow()
            .iter()
            .find(|(known, _)| known == wallet)
            .map(|(_, object)| object.clone())
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        for (name, closure) in self.page_listeners.borrow().iter() {
            let _ = window()
                .remove_event_listener_with_callback(name, closure.as_ref().unchecked_ref());
        }
    }
}

fn injected_provider() -> Option<Object> {
    let provider = Reflect::get(window().as_ref(), &"ethereum".into()).ok()?;
    as_provider(provider)
}

/// An object with a method `request`.
fn as_provider(value: JsValue) -> Option<Object> {
    let object = value.dyn_into::<Object>().ok()?;
    Reflect::get(&object, &"request".into())
        .ok()?
        .is_function()
        .then_some(object)
}

fn read_announcement(event: &Event) -> Option<(Announcement, Object)> {
    let detail = event.dyn_ref::<CustomEvent>()?.detail();
    let info = Reflect::get(&detail, &"info".into()).ok()?;
    let provider = as_provider(Reflect::get(&detail, &"provider".into()).ok()?)?;
    let text = |name: &str| {
        Reflect::get(&info, &name.into())
            .ok()
            .and_then(|value| value.as_string())
    };
    let announcement = Announcement {
        uuid: text("uuid")?,
        name: text("name").unwrap_or_default(),
        icon: text("icon").unwrap_or_default(),
        rdns: text("rdns").unwrap_or_default(),
        provider: 0,
    };
    Some((announcement, provider))
}
