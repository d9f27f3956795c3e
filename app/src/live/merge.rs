//! How pushed events change what a page shows. Pure.

use types::ServerId;
use types::notebook::{ServerEvent, ServerView, Usage};

/// Most events that a page keeps of one server.
pub const EVENTS_MAX: usize = 500;
/// Most samples that a graph keeps: an hour of one each 5 s.
pub const SAMPLES_MAX: usize = 720;

/// What a list does with a server that it does not show yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NewServers {
    /// The list is complete: the server is new.
    Append,
    /// The list is one page of a search: the server belongs elsewhere.
    Ignore,
}

/// Puts a view of a server in its place, unless a newer one is there already: the answer to a
/// command may come after the event that tells of its effect.
pub fn merge_server(rows: &mut Vec<ServerView>, server: ServerView, new_servers: NewServers) {
    match rows
        .iter_mut()
        .find(|row| row.server_id == server.server_id)
    {
        Some(row) if row.version <= server.version => *row = server,
        Some(_) => {}
        None if new_servers == NewServers::Append => rows.push(server),
        None => {}
    }
}

/// Takes away a server that is gone.
pub fn remove_server(rows: &mut Vec<ServerView>, server_id: ServerId) {
    rows.retain(|row| row.server_id != server_id);
}

/// Adds an event unless it is there: a stream that was interrupted tells the last ones again.
pub fn merge_event(events: &mut Vec<ServerEvent>, event: ServerEvent) {
    match events.binary_search_by_key(&event.seq, |known| known.seq) {
        Ok(_) => {}
        Err(position) => events.insert(position, event),
    }
    if events.len() > EVENTS_MAX {
        events.drain(..events.len() - EVENTS_MAX);
    }
}

/// Adds a sample that is newer than the last one.
pub fn merge_sample(samples: &mut Vec<Usage>, sample: Usage) {
    if samples.last().is_some_and(|last| last.time >= sample.time) {
        return;
    }
    samples.push(sample);
    if samples.len() > SAMPLES_MAX {
        samples.drain(..samples.len() - SAMPLES_MAX);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use types::Timestamp;
    use types::notebook::ServerState;

    use super::*;
    use crate::pages::samples::{event, server};

    #[test]
    fn a_newer_view_takes_the_place_of_the_older() {
        let mut rows = vec![server("a"), server("b")];
        let mut newer = server("b");
        newer.state = ServerState::Frozen;
        newer.version += 1;
        merge_server(&mut rows, newer.clone(), NewServers::Ignore);
        assert_eq!(rows, vec![server("a"), newer.clone()]);
        // Its answer was overtaken by an event.
        merge_server(&mut rows, server("b"), NewServers::Ignore);
        assert_eq!(rows, vec![server("a"), newer.clone()]);
        // What it uses changes without a new version.
        newer.busy = true;
        merge_server(&mut rows, newer.clone(), NewServers::Ignore);
        assert_eq!(rows, vec![server("a"), newer]);
    }

    #[test]
    fn unknown_servers_join_complete_lists_only() {
        let mut rows = vec![server("a")];
        merge_server(&mut rows, server("b"), NewServers::Ignore);
        assert_eq!(rows.len(), 1);
        merge_server(&mut rows, server("b"), NewServers::Append);
        assert_eq!(rows.len(), 2);
        remove_server(&mut rows, server("a").server_id);
        assert_eq!(rows, vec![server("b")]);
    }

    #[test]
    fn samples_only_go_forward() {
        let mut samples = Vec::new();
        for time in [5, 10, 10, 7, 15] {
            merge_sample(
                &mut samples,
                Usage {
                    time: Timestamp(time),
                    ..Usage::default()
                },
            );
        }
        assert_eq!(
            samples
                .iter()
                .map(|sample| sample.time.0)
                .collect::<Vec<_>>(),
            vec![5, 10, 15]
        );
    }

    proptest! {
        #[test]
        fn events_stay_sorted_unique_and_bounded(seqs in prop::collection::vec(0_i64..900, 0..1_200)) {
            let mut events = Vec::new();
            for seq in seqs {
                merge_event(&mut events, event(seq));
            }
            prop_assert!(events.windows(2).all(|pair| pair[0].seq < pair[1].seq));
            prop_assert!(events.len() <= EVENTS_MAX);
        }
    }
}
