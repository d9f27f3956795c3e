//! Where two branches part: compares hashes by number, in as few questions as there can be. Pure:
//! the caller asks the peer.

use super::protocol::HASHES_MAX;

/// What to do next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// Compare the hashes of so many blocks from this number on.
    Compare { start: u64, count: usize },
    /// The newest block that both have.
    Found(u64),
    /// The branches part below the oldest block that may be looked at.
    TooDeep,
}

/// The peer's answers cannot all be true: below a common block all blocks are common.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("its hashes agree with ours at block {agreeing} and differ at block {differing} below it")]
pub struct Contradiction {
    pub agreeing: u64,
    pub differing: u64,
}

/// A search for the newest common block. The first question covers the newest blocks, where
/// branches part nearly always; then it goes back by doubled distances and closes in by halves.
#[derive(Debug, Clone)]
pub struct AncestorSearch {
    floor: u64,
    /// The newest block that is known to agree.
    agreeing: Option<u64>,
    /// The oldest block that is known to differ, or the one after the newest that both have.
    differing: u64,
    /// How far the next question goes back.
    distance: u64,
}

impl AncestorSearch {
    /// Among the blocks from `floor` to `newest`, the newest number that both branches have.
    #[must_use]
    pub const fn new(floor: u64, newest: u64) -> Self {
        Self {
            floor,
            agreeing: None,
            differing: newest.saturating_add(1),
            distance: HASHES_MAX as u64,
        }
    }

    /// What to do next.
    #[must_use]
    pub fn step(&self) -> Step {
        let oldest = match self.agreeing {
            Some(agreeing) if agreeing + 1 >= self.differing => return Step::Found(agreeing),
            Some(agreeing) => agreeing + 1,
            None if self.differing <= self.floor => return Step::TooDeep,
            None => self.floor,
        };
        let open = self.differing - oldest;
        if open <= HASHES_MAX as u64 {
            return compare(oldest, open);
        }
        match self.agreeing {
            Some(_) => compare(oldest + open / 2, 1),
            None => {
                let start = self.differing.saturating_sub(self.distance).max(self.floor);
                compare(start, (self.differing - start).min(HASHES_MAX as u64))
            }
        }
    }

    /// Takes an answer: for each block from `start` on, whether the hashes agree.
    ///
    /// # Errors
    /// It contradicts itself or an earlier one.
    pub fn learn(&mut self, start: u64, agree: &[bool]) -> Result<(), Contradiction> {
        for (number, agrees) in (start..).zip(agree) {
            if *agrees {
                self.agreeing = self.agreeing.max(Some(number));
            } else {
                self.differing = self.differing.min(number);
            }
        }
        if let Some(agreeing) = self.agreeing
            && agreeing >= self.differing
        {
            return Err(Contradiction {
                agreeing,
                differing: self.differing,
            });
        }
        self.distance = self.distance.saturating_mul(2);
        Ok(())
    }
}

const fn compare(start: u64, count: u64) -> Step {
    Step::Compare {
        start,
        count: count as usize,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Runs a search against branches that part after `common`. Returns the end and the questions.
    fn search(floor: u64, newest: u64, common: u64) -> (Step, u32) {
        let mut search = AncestorSearch::new(floor, newest);
        let mut questions = 0;
        loop {
            let Step::Compare { start, count } = search.step() else {
                return (search.step(), questions);
            };
            assert!((1..=HASHES_MAX).contains(&count));
            assert!(start >= floor && start + count as u64 <= newest + 1);
            let agree: Vec<bool> = (start..)
                .take(count)
                .map(|number| number <= common)
                .collect();
            search.learn(start, &agree).unwrap();
            questions += 1;
        }
    }

    proptest! {
        #[test]
        fn the_newest_common_block_is_found(
            floor in 0_u64..100_000,
            height in 0_u64..3_000_000,
            common in 0_u64..3_200_000,
        ) {
            let newest = floor + height;
            let (end, questions) = search(floor, newest, common);
            let expected = if common < floor { Step::TooDeep } else { Step::Found(common.min(newest)) };
            prop_assert_eq!(end, expected);
            prop_assert!(questions <= 40, "{} questions", questions);
        }
    }

    #[test]
    fn near_the_head_one_question_is_enough() {
        assert_eq!(search(900, 1_000, 1_000), (Step::Found(1_000), 1));
        assert_eq!(search(900, 1_000, 930), (Step::Found(930), 1));
        assert_eq!(search(900, 1_000, 899), (Step::TooDeep, 1));
        assert_eq!(search(0, 0, 0), (Step::Found(0), 1));
    }

    #[test]
    fn a_contradiction_is_noticed() {
        let mut search = AncestorSearch::new(0, 10);
        let found = search.learn(4, &[false, true]);
        assert_eq!(
            found,
            Err(Contradiction {
                agreeing: 5,
                differing: 4
            })
        );
    }
}
