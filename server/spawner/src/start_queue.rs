//! Who starts next: one of each user in turn, each user's servers in the order of asking.
//!
//! A user with ten servers waiting delays another user's first server by one start, not by ten.

use std::collections::VecDeque;

use types::{ServerId, UserId};

/// Servers that wait for a start. Every operation is linear in their number at most.
#[derive(Debug, Clone, Default)]
pub struct StartQueue {
    /// Users in the order of their turns, each with at least one waiting server.
    turns: VecDeque<(UserId, VecDeque<ServerId>)>,
}

impl StartQueue {
    /// Adds a server at the end of its user's line, unless it waits already.
    pub fn push(&mut self, user_id: UserId, server_id: ServerId) {
        match self.turns.iter_mut().find(|(user, _)| *user == user_id) {
            Some((_, line)) if line.contains(&server_id) => {}
            Some((_, line)) => line.push_back(server_id),
            None => self.turns.push_back((user_id, VecDeque::from([server_id]))),
        }
    }

    /// The server whose turn it is; its user goes to the end.
    pub fn pop(&mut self) -> Option<ServerId> {
        let (user_id, mut line) = self.turns.pop_front()?;
        let server_id = line.pop_front()?;
        if !line.is_empty() {
            self.turns.push_back((user_id, line));
        }
        Some(server_id)
    }

    /// Takes a server out of the queue.
    pub fn remove(&mut self, server_id: ServerId) {
        for (_, line) in &mut self.turns {
            line.retain(|waiting| *waiting != server_id);
        }
        self.turns.retain(|(_, line)| !line.is_empty());
    }

    #[must_use]
    pub fn len(&self) -> usize {
        self.turns.iter().map(|(_, line)| line.len()).sum()
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.turns.is_empty()
    }

    /// How many starts come before this server's: 0 when it is next.
    #[must_use]
    pub fn ahead_of(&self, server_id: ServerId) -> Option<usize> {
        let (turn, place) = self
            .turns
            .iter()
            .enumerate()
            .find_map(|(turn, (_, line))| {
                Some((turn, line.iter().position(|waiting| *waiting == server_id)?))
            })?;
        // Before it come `place` rounds in full and, in its own round, the users before its own.
        let ahead = self.turns.iter().enumerate().map(|(other, (_, line))| {
            let rounds = if other < turn { place + 1 } else { place };
            line.len().min(rounds)
        });
        Some(ahead.sum())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn user(number: u8) -> UserId {
        UserId::from_parts(0, number.into())
    }

    fn server(number: u8) -> ServerId {
        ServerId::from_parts(0, number.into())
    }

    fn drain(mut queue: StartQueue) -> Vec<ServerId> {
        std::iter::from_fn(|| queue.pop()).collect()
    }

    #[test]
    fn users_take_turns() {
        let mut queue = StartQueue::default();
        for (user_number, server_number) in [(1, 11), (1, 12), (1, 13), (2, 21), (3, 31), (2, 22)] {
            queue.push(user(user_number), server(server_number));
        }
        queue.push(user(1), server(11));
        assert_eq!(drain(queue), [11, 21, 31, 12, 22, 13].map(server));
    }

    proptest! {
        #[test]
        fn nobody_is_lost_doubled_or_misinformed(
            pushes in proptest::collection::vec(0_u8..40, 0..60),
            removed in proptest::collection::vec(0_u8..40, 0..10),
        ) {
            let mut queue = StartQueue::default();
            let mut expected = std::collections::BTreeSet::new();
            for server_number in pushes {
                // A server belongs to one user.
                queue.push(user(server_number % 5), server(server_number));
                expected.insert(server(server_number));
            }
            for number in removed {
                queue.remove(server(number));
                expected.remove(&server(number));
            }
            prop_assert_eq!(queue.len(), expected.len());
            let ahead: Vec<_> = expected.iter().map(|id| (queue.ahead_of(*id), *id)).collect();
            let order = drain(queue);
            for (ahead, id) in ahead {
                prop_assert_eq!(ahead.map(|ahead| order[ahead]), Some(id));
            }
            prop_assert_eq!(order.into_iter().collect::<std::collections::BTreeSet<_>>(), expected);
        }
    }
}
