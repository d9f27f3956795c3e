use alloy_primitives::{B256, Bytes, U256};
use proptest::prelude::*;

use super::*;

fn head() -> impl Strategy<Value = Head> {
    (any::<u64>(), any::<[u8; 32]>(), any::<[u8; 32]>()).prop_map(|(number, hash, difficulty)| {
        Head {
            number,
            hash: B256::new(hash),
            total_difficulty: U256::from_be_bytes(difficulty),
        }
    })
}

fn message() -> impl Strategy<Value = Message> {
    let hello = (
        any::<u32>(),
        any::<u64>(),
        any::<[u8; 32]>(),
        any::<[u8; 32]>(),
        head(),
    );
    let body = proptest::collection::vec(any::<u8>(), 0..200);
    prop_oneof![
        hello.prop_map(|(version, chain_id, genesis, node, head)| {
            Message::Hello(Hello {
                version,
                chain_id,
                genesis_hash: B256::new(genesis),
                node: B256::new(node),
                head,
            })
        }),
        head().prop_map(Message::Head),
        body.clone().prop_map(|body| Message::Block(body.into())),
        proptest::collection::vec(body.prop_map(Bytes::from), 0..40)
            .prop_map(Message::Transactions),
        any::<u64>().prop_map(Message::Ping),
        any::<u64>().prop_map(Message::Pong),
    ]
}

proptest! {
    #[test]
    fn what_is_said_is_understood(message in message()) {
        prop_assert_eq!(Message::decode(&message.encode()), Ok(message));
    }

    #[test]
    fn garbage_is_refused_or_is_what_it_says(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        let bytes = bytes::Bytes::from(bytes);
        if let Ok(message) = Message::decode(&bytes) {
            // One message has one spelling.
            prop_assert_eq!(message.encode(), bytes);
        }
    }

    #[test]
    fn a_damaged_message_does_no_harm(message in message(), at in any::<prop::sample::Index>(), byte in any::<u8>()) {
        let mut bytes = message.encode().to_vec();
        let at = at.index(bytes.len());
        bytes[at] = byte;
        let _ = Message::decode(&bytes.clone().into());
        bytes.truncate(at);
        let _ = Message::decode(&bytes.into());
    }

    #[test]
    fn lists_of_blocks_are_cut_where_they_were_joined(
        bodies in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..80), 0..20),
    ) {
        let blocks: Vec<Vec<u8>> = bodies.iter().map(|body| alloy_rlp::encode(body.as_slice())).collect();
        let answer = bytes::Bytes::from(encode_blocks(&blocks));
        let found = split_blocks(&answer);
        prop_assert_eq!(found.map(|found| found.iter().map(|block| block.to_vec()).collect()), Ok(blocks));
    }

    #[test]
    fn garbage_is_no_list_of_blocks(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let answer = bytes::Bytes::from(bytes);
        if let Ok(blocks) = split_blocks(&answer) {
            let blocks: Vec<Vec<u8>> = blocks.iter().map(|block| block.to_vec()).collect();
            prop_assert_eq!(encode_blocks(&blocks), answer.to_vec());
        }
    }

    #[test]
    fn hashes_come_back(hashes in proptest::collection::vec(any::<[u8; 32]>(), 0..20)) {
        let hashes: Vec<B256> = hashes.into_iter().map(B256::new).collect();
        prop_assert_eq!(decode_hashes(&encode_hashes(&hashes)), Ok(hashes));
    }
}

#[test]
fn each_bound_holds() {
    let check = |bytes: Vec<u8>, expected: Malformed| {
        assert_eq!(Message::decode(&bytes.into()), Err(expected));
    };
    check(Vec::new(), Malformed::Empty);
    check(vec![6], Malformed::Type(6));
    let mut long = vec![HEAD];
    long.resize(SMALL_MESSAGE_BYTES_MAX + 1, 0);
    check(
        long,
        Malformed::TooLong {
            found: SMALL_MESSAGE_BYTES_MAX + 1,
            max: SMALL_MESSAGE_BYTES_MAX,
        },
    );
    let mut long = vec![BLOCK];
    long.resize(MESSAGE_BYTES_MAX + 1, 0);
    check(
        long,
        Malformed::TooLong {
            found: MESSAGE_BYTES_MAX + 1,
            max: MESSAGE_BYTES_MAX,
        },
    );
    let many = Message::Transactions(vec![Bytes::new(); TRANSACTIONS_MAX + 1]);
    check(
        many.encode().to_vec(),
        Malformed::TooMany {
            max: TRANSACTIONS_MAX,
        },
    );
    check(vec![PING, 1, 1], Malformed::TrailingBytes(1));
}

#[test]
fn the_longest_batch_fits() {
    let longest = vec![0xff; crate::transaction::ENCODED_LENGTH_MAX];
    let batch = Message::Transactions(vec![longest.into(); 3]);
    assert_eq!(Message::decode(&batch.encode()), Ok(batch));
}

#[test]
fn more_blocks_than_allowed_are_refused() {
    let answer = encode_blocks(&vec![vec![0x80]; BLOCKS_MAX + 1]);
    let refusal = Malformed::TooMany { max: BLOCKS_MAX };
    assert_eq!(split_blocks(&answer.into()), Err(refusal));
    // A list whose length is a lie.
    let answer = bytes::Bytes::from_static(&[0xfb, 0xff, 0xff, 0xff, 0xff]);
    assert!(matches!(split_blocks(&answer), Err(Malformed::Rlp(_))));
}
