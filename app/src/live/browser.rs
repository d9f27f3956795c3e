//! An `EventSource` that comes back: the browser's own gives up after an HTTP error and holds its
//! connection in hidden tabs.

use std::cell::{Cell, RefCell};
use std::rc::{Rc, Weak};
use std::time::Duration;

use leptos::leptos_dom::helpers::{TimeoutHandle, set_timeout_with_handle};
use leptos::prelude::document;
use wasm_bindgen::JsCast;
use wasm_bindgen::closure::Closure;
use web_sys::{Event, EventSource, MessageEvent, VisibilityState};

use super::LiveStatus;
use super::reconnect::retry_delay_ms;

/// Name of the event by which the server says that it is still there.
const HEARTBEAT_EVENT: &str = "heartbeat";
/// Silence after which the connection counts as broken: two heartbeats and a half. A browser does
/// not notice by itself that the other end is gone.
const SILENCE_MAX: Duration = Duration::from_secs(20);

/// Told of a message: the name of its event, and its data.
type OnMessage = Box<dyn Fn(&str, &str)>;

/// Who is told.
pub(super) struct Handlers {
    pub(super) names: &'static [&'static str],
    pub(super) on_message: OnMessage,
    pub(super) on_status: Box<dyn Fn(LiveStatus)>,
    pub(super) on_reopened: Box<dyn Fn()>,
}

/// A stream that stays open until it is dropped.
pub(super) struct Stream {
    shared: Rc<Shared>,
    visibility: Closure<dyn FnMut(Event)>,
}

struct Shared {
    url: String,
    handlers: Handlers,
    connection: RefCell<Option<Connection>>,
    timer: Cell<Option<TimeoutHandle>>,
    /// Runs out when nothing has been heard for too long.
    watchdog: Cell<Option<TimeoutHandle>>,
    /// Failures since the stream was last open.
    failures: Cell<u32>,
    was_open: Cell<bool>,
}

impl Stream {
    pub(super) fn open(url: String, handlers: Handlers) -> Self {
        let shared = Rc::new(Shared {
            url,
            handlers,
            connection: RefCell::new(None),
            timer: Cell::new(None),
            watchdog: Cell::new(None),
            failures: Cell::new(0),
            was_open: Cell::new(false),
        });
        if !is_hidden() {
            connect(&shared);
        }
        let weak = Rc::downgrade(&shared);
        let visibility = Closure::<dyn FnMut(Event)>::new(move |_| on_visibility(&weak));
        listen(document().as_ref(), "visibilitychange", &visibility);
        Self { shared, visibility }
    }
}

impl Drop for Stream {
    fn drop(&mut self) {
        let listener = self.visibility.as_ref().unchecked_ref();
        let _ = document().remove_event_listener_with_callback("visibilitychange", listener);
        disconnect(&self.shared);
    }
}

/// One `EventSource` with the closures that it calls.
struct Connection {
    source: EventSource,
    _on_message: Vec<Closure<dyn FnMut(MessageEvent)>>,
    _on_change: [Closure<dyn FnMut(Event)>; 2],
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.source.set_onopen(None);
        self.source.set_onerror(None);
        self.source.close();
    }
}

fn connect(shared: &Rc<Shared>) {
    let Ok(source) = EventSource::new(&shared.url) else {
        retry_later(shared);
        return;
    };
    let on_message = shared
        .handlers
        .names
        .iter()
        .chain(&[HEARTBEAT_EVENT])
        .map(|name| message_listener(shared, &source, name))
        .collect();
    let weak = Rc::downgrade(shared);
    let on_open = Closure::<dyn FnMut(Event)>::new(move |_| on_open(&weak));
    let weak = Rc::downgrade(shared);
    let on_error = Closure::<dyn FnMut(Event)>::new(move |_| on_error(&weak));
    source.set_onopen(Some(on_open.as_ref().unchecked_ref()));
    source.set_onerror(Some(on_error.as_ref().unchecked_ref()));
    let connection = Connection {
        source,
        _on_message: on_message,
        _on_change: [on_open, on_error],
    };
    shared.connection.replace(Some(connection));
}

fn disconnect(shared: &Shared) {
    for timer in [&shared.timer, &shared.watchdog] {
        if let Some(timer) = timer.take() {
            timer.clear();
        }
    }
    shared.connection.replace(None);
}

fn message_listener(
    shared: &Rc<Shared>,
    source: &EventSource,
    name: &'static str,
) -> Closure<dyn FnMut(MessageEvent)> {
    let weak = Rc::downgrade(shared);
    let listener = Closure::<dyn FnMut(MessageEvent)>::new(move |event: MessageEvent| {
        let Some(shared) = weak.upgrade() else { return };
        watch_for_silence(&shared);
        if name != HEARTBEAT_EVENT
            && let Some(data) = event.data().as_string()
        {
            (shared.handlers.on_message)(name, &data);
        }
    });
    listen(source, name, &listener);
    listener
}

fn listen<E: ?Sized>(target: &web_sys::EventTarget, name: &str, listener: &Closure<E>) {
    // Fails only for a listener that is no function.
    let _ = target.add_event_listener_with_callback(name, listener.as_ref().unchecked_ref());
}

fn on_open(weak: &Weak<Shared>) {
    let Some(shared) = weak.upgrade() else { return };
    shared.failures.set(0);
    watch_for_silence(&shared);
    (shared.handlers.on_status)(LiveStatus::Live);
    if shared.was_open.replace(true) {
        (shared.handlers.on_reopened)();
    }
}

/// The browser tries again by itself unless the answer was not a stream.
fn on_error(weak: &Weak<Shared>) {
    let Some(shared) = weak.upgrade() else { return };
    (shared.handlers.on_status)(LiveStatus::Interrupted);
    let is_closed = shared
        .connection
        .borrow()
        .as_ref()
        .is_none_or(|connection| connection.source.ready_state() == EventSource::CLOSED);
    if is_closed {
        retry_later(&shared);
    }
}

fn watch_for_silence(shared: &Rc<Shared>) {
    let weak = Rc::downgrade(shared);
    let give_up = move || {
        if let Some(shared) = weak.upgrade() {
            disconnect(&shared);
            (shared.handlers.on_status)(LiveStatus::Interrupted);
            retry_later(&shared);
        }
    };
    let next = set_timeout_with_handle(give_up, SILENCE_MAX).ok();
    if let Some(last) = shared.watchdog.replace(next) {
        last.clear();
    }
}

fn retry_later(shared: &Rc<Shared>) {
    shared.failures.set(shared.failures.get().saturating_add(1));
    let delay_ms = retry_delay_ms(shared.failures.get(), js_sys::Math::random());
    let weak = Rc::downgrade(shared);
    let retry = move || {
        if let Some(shared) = weak.upgrade() {
            shared.timer.take();
            connect(&shared);
        }
    };
    shared
        .timer
        .set(set_timeout_with_handle(retry, Duration::from_millis(delay_ms.into())).ok());
}

fn on_visibility(weak: &Weak<Shared>) {
    let Some(shared) = weak.upgrade() else { return };
    if is_hidden() {
        disconnect(&shared);
    } else if shared.connection.borrow().is_none() {
        disconnect(&shared);
        connect(&shared);
    }
}

fn is_hidden() -> bool {
    document().visibility_state() == VisibilityState::Hidden
}
