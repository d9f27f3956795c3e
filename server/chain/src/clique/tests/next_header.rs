//! What a signer decides and makes.

use std::collections::BTreeMap;

use super::*;

fn draft(signer: char) -> Draft {
    Draft {
        signer: address(signer),
        vote: Some(Vote {
            beneficiary: address('D'),
            proposal: Proposal::Authorize,
        }),
        vanity: B256::repeat_byte(7),
        timestamp: GENESIS_S + 60,
        gas_limit_target: 60_000_000,
    }
}

#[test]
fn a_prepared_header_is_valid_once_sealed() {
    let (mut parent, mut snapshot) = genesis("ABC", 3);
    for sealer in ['A', 'B', 'C', 'A', 'B', 'C'] {
        let mut header = prepare(&parent, &snapshot, &draft(sealer)).unwrap();
        seal(&mut header, &key(sealer)).unwrap();
        assert_eq!(
            verify(&header, &parent, &snapshot, NOW_S),
            Ok(address(sealer))
        );
        assert_eq!(header.extra_data[..EXTRA_VANITY], [7; 32]);
        assert!(header.gas_limit > parent.gas_limit);
        let checkpoint = header.number.is_multiple_of(3);
        assert_eq!(header.beneficiary.is_zero(), checkpoint);
        assert_eq!(
            signers_section(&header).unwrap().len(),
            if checkpoint { 80 } else { 0 }
        );
        snapshot = snapshot.apply(&header).unwrap();
        parent = header;
    }
    // The votes of A and B before the first checkpoint were a majority.
    assert_eq!(snapshot.signers, addresses("ABCD"));
    assert_eq!(parent.timestamp, GENESIS_S + 60 + 5);
}

#[test]
fn only_those_who_may_sign_prepare_a_header() {
    let (genesis, snapshot) = genesis("AB", 100);
    let refused = prepare(&genesis, &snapshot, &draft('C')).unwrap_err();
    assert_eq!(
        refused,
        SigningRefusal::Unauthorized {
            signer: address('C')
        }
    );

    let header = sealed_child(&genesis, &snapshot, 'A', |_| ());
    let snapshot = snapshot.apply(&header).unwrap();
    let signer = address('A');
    let refusal = SigningRefusal::RecentlySigned {
        signer,
        last: 1,
        next: 3,
    };
    assert_eq!(
        prepare(&header, &snapshot, &draft('A')).unwrap_err(),
        refusal
    );
    assert_eq!(snapshot.may_sign(signer, 2), Err(refusal));
    assert_eq!(snapshot.may_sign(signer, 3), Ok(()));
    assert_eq!(snapshot.may_sign(address('B'), 2), Ok(()));
}

#[test]
fn turns_go_round_in_the_order_of_addresses() {
    let (_, snapshot) = genesis("ABC", 100);
    let turns: Vec<_> = (3..6)
        .filter_map(|number| snapshot.signer_in_turn(number))
        .collect();
    assert_eq!(turns, Vec::from_iter(snapshot.signers.clone()));
    assert_eq!(snapshot.difficulty(turns[1], 4), DIFF_INTURN);
    assert_eq!(snapshot.difficulty(turns[1], 5), DIFF_NOTURN);
    assert_eq!(snapshot.difficulty(address('D'), 4), DIFF_NOTURN);

    let nobody = Snapshot {
        signers: BTreeSet::new(),
        ..snapshot
    };
    assert_eq!(nobody.signer_in_turn(4), None);
}

#[test]
fn out_of_turn_blocks_wait_below_half_a_second_for_each_signer() {
    let delay_ms = |signers, random| out_of_turn_delay(signers, random).as_millis();
    assert_eq!(delay_ms(3, 0), 0);
    assert_eq!(delay_ms(3, 1499), 1499);
    assert_eq!(delay_ms(3, 1500), 0);
    assert_eq!(delay_ms(0, u64::MAX), 0);
    assert!(delay_ms(usize::MAX, u64::MAX - 1) < u128::from(u64::MAX));
}

#[test]
fn votes_are_cast_where_they_change_something() {
    let (genesis, snapshot) = genesis("ABCD", 100);
    let propose = |proposals: &[(char, Proposal)]| -> BTreeMap<Address, Proposal> {
        proposals
            .iter()
            .map(|&(name, proposal)| (address(name), proposal))
            .collect()
    };
    let next = |proposals: &[_], snapshot: &Snapshot, random| {
        next_vote(&propose(proposals), snapshot, address('A'), random)
    };
    let vote = |name, proposal| {
        Some(Vote {
            beneficiary: address(name),
            proposal,
        })
    };
    use Proposal::{Authorize, Drop};

    assert_eq!(next(&[], &snapshot, 5), None);
    assert_eq!(next(&[('B', Authorize), ('E', Drop)], &snapshot, 5), None);
    assert_eq!(next(&[('B', Drop)], &snapshot, 5), vote('B', Drop));
    assert_eq!(
        next(&[('E', Authorize)], &snapshot, 5),
        vote('E', Authorize)
    );
    let both = [('B', Drop), ('E', Authorize)];
    let chosen = BTreeSet::from_iter(
        (0..2).map(|random| next(&both, &snapshot, random).unwrap().beneficiary),
    );
    assert_eq!(chosen, addresses("BE"));

    // Counted already.
    let header = sealed_child(&genesis, &snapshot, 'A', |h| h.beneficiary = address('B'));
    let voted = snapshot.apply(&header).unwrap();
    assert_eq!(next(&[('B', Drop)], &voted, 5), None);
    assert_eq!(next(&both, &voted, 5), vote('E', Authorize));
    assert_eq!(
        next_vote(&propose(&both[..1]), &voted, address('C'), 0),
        vote('B', Drop)
    );

    // Enough votes since a signer was dropped: one more block has to name the beneficiary.
    let mut waiting = voted;
    waiting.votes.insert((address('B'), address('C')), 2);
    waiting.signers.remove(&address('D'));
    assert_eq!(next(&[('B', Drop)], &waiting, 5), vote('B', Drop));

    // Nobody ends the chain, and nobody votes for nobody.
    let alone = Snapshot {
        signers: addresses("A"),
        votes: BTreeMap::new(),
        ..waiting
    };
    assert_eq!(next(&[('A', Drop)], &alone, 5), None);
    let nobody = BTreeMap::from([(Address::ZERO, Authorize)]);
    assert_eq!(next_vote(&nobody, &alone, address('A'), 0), None);
}

#[test]
fn the_list_of_a_genesis_is_whole_and_ascending() {
    #[track_caller]
    fn check(section: &[u8]) {
        let header = Header {
            extra_data: with_section(section),
            ..Header::default()
        };
        let config = CliqueConfig {
            period_s: 1,
            epoch_blocks: 3,
        };
        let error = Snapshot::genesis(&header, config).unwrap_err();
        assert!(
            matches!(error, CliqueError::CheckpointSigners { .. }),
            "{error}"
        );
    }
    check(&[1; 19]);
    check(&[1; 21]);
    check(&[1; 40]);
    check(&[[2; 20], [1; 20]].concat());
}

#[test]
fn a_snapshot_is_written_as_clique_get_snapshot_answers() {
    let (genesis, snapshot) = genesis("AB", 100);
    let header = sealed_child(&genesis, &snapshot, 'A', |h| h.beneficiary = address('B'));
    let snapshot = snapshot.apply(&header).unwrap();
    let [a, b] = ['A', 'B'].map(|name| format!("{:?}", address(name)).to_lowercase());
    let expected = serde_json::json!({
        "config": { "period": 1, "epoch": 100 },
        "number": 1,
        "hash": header.hash_slow(),
        "signers": { a.clone(): {}, b.clone(): {} },
        "recents": { "1": a.clone() },
        "votes": [{ "signer": a, "block": 1, "address": b.clone(), "authorize": false }],
        "tally": { b: { "authorize": false, "votes": 1 } },
    });
    assert_eq!(serde_json::to_value(&snapshot).unwrap(), expected);
}
