//! Walks the log index: the places under tags, in order, with jumps.

use std::iter::Peekable;
use std::ops::RangeInclusive;

use super::Place;
use crate::error::StoreError;
use crate::store::view::View;

/// The places under any of some tags, in order.
pub(super) struct Union<'a> {
    view: &'a View,
    lists: Vec<List>,
    last_block: u64,
}

struct List {
    tag: u64,
    places: Peekable<Box<dyn Iterator<Item = Result<Place, StoreError>>>>,
}

/// Steps that are taken one by one before a list is opened anew further on.
const STEPS_BEFORE_SEEK: usize = 16;

impl<'a> Union<'a> {
    pub fn new(
        view: &'a View,
        tags: &[u64],
        blocks: &RangeInclusive<u64>,
    ) -> Result<Self, StoreError> {
        let last_block = *blocks.end();
        let lists = tags
            .iter()
            .map(|tag| List::open(view, *tag, (*blocks.start(), 0), last_block))
            .collect::<Result<_, _>>()?;
        Ok(Self {
            view,
            lists,
            last_block,
        })
    }

    /// The first place that is not before `wanted`.
    pub fn seek(&mut self, wanted: Place) -> Result<Option<Place>, StoreError> {
        let mut first = None;
        for list in &mut self.lists {
            let place = list.seek(self.view, wanted, self.last_block)?;
            first = match (first, place) {
                (Some(one), Some(other)) => Some(std::cmp::min(one, other)),
                (one, other) => one.or(other),
            };
        }
        Ok(first)
    }
}

impl List {
    fn open(view: &View, tag: u64, from: Place, last_block: u64) -> Result<Self, StoreError> {
        let places: Box<dyn Iterator<Item = _>> =
            Box::new(view.logs_under_from(tag, from, last_block)?);
        Ok(Self {
            tag,
            places: places.peekable(),
        })
    }

    fn seek(
        &mut self,
        view: &View,
        wanted: Place,
        last_block: u64,
    ) -> Result<Option<Place>, StoreError> {
        for _ in 0..STEPS_BEFORE_SEEK {
            match self.places.peek() {
                None => return Ok(None),
                Some(Ok(place)) if *place >= wanted => return Ok(Some(*place)),
                Some(_) => {
                    // What was peeked at is an error or lies before.
                    self.places.next().transpose()?;
                }
            }
        }
        *self = Self::open(view, self.tag, wanted, last_block)?;
        match self.places.peek() {
            Some(Ok(place)) => Ok(Some(*place)),
            Some(Err(_)) => self.places.next().transpose(),
            None => Ok(None),
        }
    }
}
