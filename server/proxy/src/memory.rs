//! The last answers to what open pages do by themselves, so that a frozen server need not be thawed
//! to give them again: while it is frozen nothing in it changes.
//!
//! An interaction with the server makes everything remembered of it void; the polls that follow
//! fill the memory anew.

use std::collections::HashMap;
use std::sync::Arc;

use bytes::Bytes;
use http::header::{DATE, HeaderMap, SET_COOKIE, TRANSFER_ENCODING};
use http::{Response, StatusCode};
use http_body_util::{BodyExt, Full};
use parking_lot::Mutex;

use crate::{ProxyBody, Target};

/// Bytes of one answer, and of what a page says.
pub(crate) const ENTRY_BYTES_MAX: usize = 256 * 1024;
/// Answers of one server.
const ENTRIES_PER_SERVER_MAX: usize = 64;
/// Bytes of all answers. Beyond it nothing is remembered, and polls thaw.
const BYTES_MAX: usize = 64 * 1024 * 1024;

/// The answers of all servers.
#[derive(Default)]
pub(crate) struct Memory {
    held: Mutex<Held>,
}

#[derive(Default)]
struct Held {
    servers: HashMap<Target, HashMap<String, Entry>>,
    bytes: usize,
}

/// An answer, and what it was given to.
struct Entry {
    /// Body of the request; empty for questions.
    said: Bytes,
    status: StatusCode,
    headers: HeaderMap,
    body: Bytes,
}

impl Entry {
    fn bytes(&self) -> usize {
        self.said.len() + self.body.len()
    }
}

impl Memory {
    /// The answer to the same request with the same body.
    pub(crate) fn answer(
        &self,
        target: &Target,
        key: &str,
        said: &[u8],
    ) -> Option<Response<ProxyBody>> {
        let held = self.held.lock();
        let entry = held.servers.get(target)?.get(key)?;
        if entry.said != said {
            return None;
        }
        let body = Full::from(entry.body.clone()).map_err(|never| match never {});
        let mut response = Response::new(body.boxed());
        *response.status_mut() = entry.status;
        *response.headers_mut() = entry.headers.clone();
        Some(response)
    }

    /// Makes everything that was remembered of a server void.
    pub(crate) fn forget(&self, target: &Target) {
        let mut held = self.held.lock();
        if let Some(entries) = held.servers.remove(target) {
            held.bytes -= entries.values().map(Entry::bytes).sum::<usize>();
        }
    }

    fn keep(&self, target: Target, key: String, entry: Entry) {
        let mut held = self.held.lock();
        let Held { servers, bytes } = &mut *held;
        let entries = servers.entry(target).or_default();
        if let Some(before) = entries.remove(&key) {
            *bytes -= before.bytes();
        }
        if entries.len() < ENTRIES_PER_SERVER_MAX && *bytes + entry.bytes() <= BYTES_MAX {
            *bytes += entry.bytes();
            entries.insert(key, entry);
        }
    }
}

/// Takes an answer down while it passes.
pub(crate) struct Recorder {
    memory: Arc<Memory>,
    target: Target,
    key: String,
    said: Bytes,
    status: StatusCode,
    headers: HeaderMap,
    body: Vec<u8>,
    is_too_large: bool,
}

/// What is to be remembered if its answer allows it.
pub(crate) struct Asked {
    pub(crate) memory: Arc<Memory>,
    pub(crate) target: Target,
    pub(crate) key: String,
    pub(crate) said: Bytes,
}

impl Asked {
    /// A recorder for an answer with this head; none for a failure, which may be over next time.
    pub(crate) fn recorder(self, status: StatusCode, headers: &HeaderMap) -> Option<Recorder> {
        if !status.is_success() {
            return None;
        }
        let mut headers = headers.clone();
        for of_the_moment in [DATE, SET_COOKIE, TRANSFER_ENCODING] {
            headers.remove(of_the_moment);
        }
        Some(Recorder {
            memory: self.memory,
            target: self.target,
            key: self.key,
            said: self.said,
            status,
            headers,
            body: Vec::new(),
            is_too_large: false,
        })
    }
}

impl Recorder {
    pub(crate) fn take(&mut self, data: &[u8]) {
        if self.body.len() + data.len() > ENTRY_BYTES_MAX {
            self.is_too_large = true;
            self.body = Vec::new();
        }
        if !self.is_too_large {
            self.body.extend_from_slice(data);
        }
    }

    /// The answer is complete.
    pub(crate) fn keep(self) {
        if self.is_too_large {
            return;
        }
        let entry = Entry {
            said: self.said,
            status: self.status,
            headers: self.headers,
            body: Bytes::from(self.body),
        };
        self.memory.keep(self.target, self.key, entry);
    }
}

#[cfg(test)]
mod tests {
    use std::net::SocketAddr;

    use super::*;

    fn target(port: u16) -> Target {
        Target::Tcp(SocketAddr::from(([127, 0, 0, 1], port)))
    }

    fn remember(memory: &Arc<Memory>, port: u16, key: &str, said: &'static str, body: &[u8]) {
        let asked = Asked {
            memory: Arc::clone(memory),
            target: target(port),
            key: key.to_owned(),
            said: Bytes::from_static(said.as_bytes()),
        };
        let mut recorder = asked.recorder(StatusCode::OK, &HeaderMap::new()).unwrap();
        recorder.take(body);
        recorder.keep();
    }

    #[test]
    fn the_same_words_to_the_same_server_have_the_same_answer() {
        let memory = Arc::<Memory>::default();
        remember(&memory, 1, "GET /api/kernels?", "", b"[]");
        remember(&memory, 1, "PUT /w?", "layout", b"");
        let knows =
            |port, key, said: &str| memory.answer(&target(port), key, said.as_bytes()).is_some();
        assert!(knows(1, "GET /api/kernels?", ""));
        assert!(knows(1, "PUT /w?", "layout"));
        assert!(!knows(1, "PUT /w?", "another layout"));
        assert!(!knows(2, "GET /api/kernels?", ""));
        memory.forget(&target(1));
        assert!(!knows(1, "GET /api/kernels?", ""));
        assert_eq!(memory.held.lock().bytes, 0);
    }

    #[test]
    fn failures_and_large_answers_are_not_remembered() {
        let memory = Arc::<Memory>::default();
        let asked = Asked {
            memory: Arc::clone(&memory),
            target: target(1),
            key: "k".to_owned(),
            said: Bytes::new(),
        };
        assert!(
            asked
                .recorder(StatusCode::BAD_GATEWAY, &HeaderMap::new())
                .is_none()
        );
        remember(&memory, 1, "k", "", &vec![0; ENTRY_BYTES_MAX + 1]);
        assert!(memory.answer(&target(1), "k", b"").is_none());
    }

    #[test]
    fn memory_is_bounded() {
        let memory = Arc::<Memory>::default();
        for index in 0..1_000 {
            remember(&memory, 1, &index.to_string(), "", b"x");
            remember(&memory, index + 2, "k", "", &vec![0; ENTRY_BYTES_MAX]);
        }
        let held = memory.held.lock();
        assert_eq!(held.servers[&target(1)].len(), ENTRIES_PER_SERVER_MAX);
        assert!(held.bytes <= BYTES_MAX);
    }
}
