//! Pages of rows: what is written together and read in order costs the database one row for many.

use crate::error::StoreError;

/// Rows in a full page. All pages of a block but its last are full.
pub const ROWS_MAX: u32 = 16;

/// Each row's length (4 bytes, big endian) and the row.
#[must_use]
pub fn encode<'a>(rows: impl IntoIterator<Item = &'a [u8]>) -> Vec<u8> {
    let mut page = Vec::new();
    for row in rows {
        let length = u32::try_from(row.len()).unwrap_or(u32::MAX);
        page.extend_from_slice(&length.to_be_bytes());
        page.extend_from_slice(row);
    }
    page
}

/// The rows of a page.
pub fn rows(page: &[u8]) -> impl Iterator<Item = Result<&[u8], StoreError>> {
    let mut rest = page;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let Some((row, after)) = split(rest) else {
            rest = &[];
            return Some(Err(StoreError::Damaged("a page of rows".to_owned())));
        };
        rest = after;
        Some(Ok(row))
    })
}

/// The row at an index of a page; none when the page ends before.
///
/// # Errors
/// The page is damaged before that row.
pub fn row(page: &[u8], index: u32) -> Result<Option<&[u8]>, StoreError> {
    rows(page).nth(index as usize).transpose()
}

/// The index of the first row of the page that holds the row at `index` of the block.
#[must_use]
pub const fn first_index(index: u32) -> u32 {
    index - index % ROWS_MAX
}

fn split(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, rest) = bytes.split_first_chunk::<4>()?;
    rest.split_at_checked(u32::from_be_bytes(*length) as usize)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn round_trip(
            expected in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..9), 0..20),
            lost in 1_usize..9,
        ) {
            let page = encode(expected.iter().map(Vec::as_slice));
            let found: Vec<Vec<u8>> = rows(&page).map(|row| row.unwrap().to_vec()).collect();
            prop_assert_eq!(&found, &expected);
            for index in 0..=expected.len() {
                let found = row(&page, index as u32).unwrap();
                prop_assert_eq!(found, expected.get(index).map(Vec::as_slice));
            }
            // Whatever is cut off, the last row is no longer there as it was.
            if let Some(last) = expected.last() {
                let lost = lost.min(4 + last.len());
                let index = expected.len() - 1;
                let cut = row(&page[..page.len() - lost], index as u32);
                prop_assert!(!matches!(cut, Ok(Some(found)) if found == last.as_slice()));
            }
        }
    }
}
