use proptest::prelude::*;

use super::*;

fn any_reference() -> impl Strategy<Value = NodeReference> {
    prop_oneof![
        prop::collection::vec(any::<u8>(), 32..40).prop_map(|rlp| NodeReference::to_node(&rlp)),
        prop::collection::vec(any::<u8>(), 2..=30).prop_map(|payload| {
            let mut rlp = vec![0xc0 + payload.len() as u8];
            rlp.extend(payload);
            NodeReference::to_node(&rlp)
        }),
    ]
}

fn any_child() -> impl Strategy<Value = Child> {
    prop_oneof![
        Just(Child::Empty),
        any_reference().prop_map(Child::Leaf),
        any_reference().prop_map(Child::Stem),
    ]
}

fn any_stem() -> impl Strategy<Value = Stem> {
    let extension = prop::collection::vec(0..16_u8, 0..64).prop_map(Nibbles::from_nibbles);
    (extension, prop::array::uniform16(any_child()))
        .prop_map(|(extension, children)| Stem {
            extension,
            children,
        })
        .prop_filter("two children", |stem| {
            stem.children
                .iter()
                .filter(|child| **child != Child::Empty)
                .count()
                >= 2
        })
}

proptest! {
    #[test]
    fn records_are_read_back(stem in any_stem()) {
        prop_assert_eq!(Stem::decode(&stem.encode()), Ok(stem));
    }

    #[test]
    fn a_record_has_one_form(stem in any_stem(), at in any::<prop::sample::Index>(), flip in 1..=255_u8) {
        let mut record = stem.encode();
        let at = at.index(record.len());
        record[at] ^= flip;
        if let Ok(other) = Stem::decode(&record) {
            prop_assert_eq!(other.encode(), record);
        }
    }

    #[test]
    fn a_record_that_is_cut_or_continued_is_refused(stem in any_stem(), at in any::<prop::sample::Index>()) {
        let mut record = stem.encode();
        prop_assert!(Stem::decode(&record[..at.index(record.len())]).is_err());
        record.push(0);
        prop_assert_eq!(Stem::decode(&record), Err(CorruptStem::Trailing(1)));
    }
}

#[test]
fn the_record_is_compact() {
    let leaf = Child::Leaf(NodeReference::to_node(&[0xc2, 0x20, 0x01]));
    let stem = Child::Stem(NodeReference::to_node(&[0xc3, 0x20, 0x81, 0x80]));
    let mut children = [Child::Empty; 16];
    children[0] = leaf;
    children[15] = stem;
    let record = Stem {
        extension: Nibbles::from_nibbles([0xa, 0xb, 0xc]),
        children,
    }
    .encode();
    let mut expected = vec![3, 0xab, 0xc0, 0x00, 0x01, 0x80, 0x00];
    expected.extend([0xc2, 0x20, 0x01, 0xc3, 0x20, 0x81, 0x80]);
    assert_eq!(record, expected);
}

fn check_refused(record: &[u8], problem: CorruptStem) {
    assert_eq!(Stem::decode(record), Err(problem), "{record:x?}");
}

#[test]
fn damage_is_named() {
    check_refused(&[], CorruptStem::Extension);
    check_refused(&[65], CorruptStem::Extension);
    check_refused(&[1, 0x11], CorruptStem::Extension);
    check_refused(
        &[[64].as_slice(), &[0; 100]].concat(),
        CorruptStem::Extension,
    );
    check_refused(&[0, 0, 3], CorruptStem::Slots);
    check_refused(&[0, 0, 1, 0, 0], CorruptStem::Slots);
    check_refused(&[0, 0, 3, 0, 1], CorruptStem::Slots);
    check_refused(&[0, 0, 3, 0, 0, 0x80], CorruptStem::Reference { nibble: 0 });
    check_refused(
        &[0, 0, 3, 0, 0, 0xc2, 0x20, 1],
        CorruptStem::Reference { nibble: 1 },
    );
    check_refused(
        &[0, 0, 3, 0, 0, 0xc2, 0x20, 1, 0xa0],
        CorruptStem::Reference { nibble: 1 },
    );
}
