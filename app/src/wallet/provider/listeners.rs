//! What a wallet tells of itself (EIP-1193 §events).

use std::rc::Rc;

use js_sys::{Function, Object, Reflect};
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};

use super::ProviderEvent;
use super::request::{read_accounts, read_chain_id};
use crate::wallet::found::WalletRef;

/// What is called for an event, by the event's name.
type Attached = (&'static str, Closure<dyn FnMut(JsValue)>);

/// Listeners at one wallet; removed when dropped.
pub(super) struct Listeners {
    pub(super) wallet: WalletRef,
    provider: Object,
    attached: Vec<Attached>,
}

impl Listeners {
    pub(super) fn attach(
        wallet: WalletRef,
        provider: Object,
        on_event: &Rc<dyn Fn(ProviderEvent)>,
    ) -> Self {
        let mut listeners = Self {
            wallet: wallet.clone(),
            provider,
            attached: Vec::new(),
        };
        let (tell, of) = (Rc::clone(on_event), wallet.clone());
        listeners.add("accountsChanged", move |value| {
            tell(ProviderEvent::AccountsChanged {
                wallet: of.clone(),
                accounts: read_accounts(&value),
            });
        });
        let (tell, of) = (Rc::clone(on_event), wallet.clone());
        listeners.add("chainChanged", move |value| {
            if let Some(chain_id) = read_chain_id(&value) {
                tell(ProviderEvent::ChainChanged {
                    wallet: of.clone(),
                    chain_id,
                });
            }
        });
        let tell = Rc::clone(on_event);
        listeners.add("disconnect", move |_| {
            tell(ProviderEvent::Disconnected {
                wallet: wallet.clone(),
            });
        });
        listeners
    }

    fn add(&mut self, name: &'static str, listener: impl Fn(JsValue) + 'static) {
        let closure = Closure::<dyn FnMut(JsValue)>::new(listener);
        call(&self.provider, "on", name, &closure);
        self.attached.push((name, closure));
    }
}

impl Drop for Listeners {
    fn drop(&mut self) {
        for (name, closure) in &self.attached {
            call(&self.provider, "removeListener", name, closure);
        }
    }
}

/// A wallet without events is still a wallet: what it does not offer is left out.
fn call(provider: &Object, method: &str, name: &str, closure: &Closure<dyn FnMut(JsValue)>) {
    let function = Reflect::get(provider, &method.into())
        .ok()
        .and_then(|value| value.dyn_into::<Function>().ok());
    if let Some(function) = function {
        let _ = function.call2(provider, &name.into(), closure.as_ref());
    }
}
