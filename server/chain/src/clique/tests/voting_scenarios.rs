//! The scenarios of EIP-225, *Test Cases*, and the one that go-ethereum added, run through headers
//! that are sealed by real keys and verified in full.
//!
//! A block is written `A` (sealed by A), `A+B` (with a vote to authorise B), `A-B` (to drop B), or
//! `A!` (a checkpoint); `|` begins another import.

use super::*;

const EPOCH: u64 = 30_000;

#[track_caller]
fn check(epoch_blocks: u64, signers: &str, blocks: &str, expected: Result<&str, CliqueError>) {
    let (mut parent, first) = genesis(signers, epoch_blocks);
    let mut snapshot = first.clone();
    let mut imported: Vec<Vec<Header>> = vec![vec![]];
    let outcome = blocks.split_whitespace().try_for_each(|block| {
        if block == "|" {
            imported.push(vec![]);
            // What is kept between two imports.
            let stored = serde_json::to_string(&snapshot).unwrap();
            snapshot = serde_json::from_str(&stored).unwrap();
            return Ok(());
        }
        let header = header(block, &parent, &snapshot);
        let signer = verify(&header, &parent, &snapshot, NOW_S)?;
        assert_eq!(Some(signer), block.chars().next().map(address));
        snapshot = snapshot.apply(&header)?;
        imported.last_mut().unwrap().push(header.clone());
        parent = header;
        Ok(())
    });
    assert_eq!(
        outcome.map(|()| snapshot.signers.clone()),
        expected.map(addresses),
        "{blocks}"
    );

    let batches = imported
        .iter()
        .try_fold(first, |before, batch| before.apply_all(batch));
    assert_eq!(batches.unwrap(), snapshot, "{blocks}");
}

fn header(block: &str, parent: &Header, snapshot: &Snapshot) -> Header {
    let names = Vec::from_iter(block.chars());
    sealed_child(parent, snapshot, names[0], |header| match names[1..] {
        [] => assert!(!snapshot.config.is_checkpoint(header.number)),
        ['!'] => assert!(snapshot.config.is_checkpoint(header.number)),
        ['+', voted] => {
            (header.beneficiary, header.nonce) = (address(voted), B64::repeat_byte(0xff));
        }
        ['-', voted] => (header.beneficiary, header.nonce) = (address(voted), B64::ZERO),
        _ => panic!("no such block: {block}"),
    })
}

fn recently_signed(name: char, last: u64, next: u64) -> CliqueError {
    SigningRefusal::RecentlySigned {
        signer: address(name),
        last,
        next,
    }
    .into()
}

#[test]
fn single_signer_no_votes_cast() {
    check(EPOCH, "A", "A", Ok("A"));
}

#[test]
fn single_signer_voting_to_add_two_others() {
    check(EPOCH, "A", "A+B B A+C", Ok("AB"));
}

#[test]
fn two_signers_voting_to_add_three_others() {
    check(EPOCH, "AB", "A+C B+C A+D B+D C A+E B+E", Ok("ABCD"));
}

#[test]
fn single_signer_dropping_itself() {
    check(EPOCH, "A", "A-A", Ok(""));
}

#[test]
fn two_signers_need_mutual_consent_to_drop_either() {
    check(EPOCH, "AB", "A-B", Ok("AB"));
    check(EPOCH, "AB", "A-B B-B", Ok("A"));
}

#[test]
fn three_signers_two_drop_the_third() {
    check(EPOCH, "ABC", "A-C B-C", Ok("AB"));
}

#[test]
fn four_signers_need_three_to_drop_one() {
    check(EPOCH, "ABCD", "A-C B-C", Ok("ABCD"));
    check(EPOCH, "ABCD", "A-D B-D C-D", Ok("ABC"));
}

#[test]
fn authorisations_count_once_per_signer_and_target() {
    check(EPOCH, "AB", "A+C B A+C B A+C", Ok("AB"));
}

#[test]
fn several_accounts_authorised_concurrently() {
    check(EPOCH, "AB", "A+C B A+D B A B+D A B+C", Ok("ABCD"));
}

#[test]
fn deauthorisations_count_once_per_signer_and_target() {
    check(EPOCH, "AB", "A-B B A-B B A-B", Ok("AB"));
}

#[test]
fn several_accounts_deauthorised_concurrently() {
    check(EPOCH, "ABCD", "A-C B C A-D B C A B-D C-D A B-C", Ok("AB"));
}

#[test]
fn votes_of_deauthorised_signers_are_discarded() {
    check(EPOCH, "ABC", "C-B A-C B-C A-B", Ok("AB"));
    check(EPOCH, "ABC", "C+D A-C B-C A+D", Ok("AB"));
}

#[test]
fn changes_do_not_cascade() {
    check(EPOCH, "ABCD", "A-C B C A-D B-C C A B-D C-D", Ok("ABC"));
}

#[test]
fn consensus_out_of_bounds_executes_on_touch() {
    check(EPOCH, "ABCD", "A-C B C A-D B-C C A B-D C-D A C+C", Ok("AB"));
}

#[test]
fn consensus_out_of_bounds_may_be_lost_on_touch() {
    check(
        EPOCH,
        "ABCD",
        "A-C B C A-D B-C C A B-D C-D A B+C",
        Ok("ABC"),
    );
}

#[test]
fn pending_votes_do_not_survive_a_change_of_status() {
    let blocks = "A+F B+F C+F D-F E-F B-F C-F D+F E+F B-A C-A D-A B+F";
    check(EPOCH, "ABCDE", blocks, Ok("BCDEF"));
}

#[test]
fn epoch_transitions_reset_votes() {
    check(3, "AB", "A+C B A! B+C", Ok("AB"));
}

#[test]
fn an_unauthorised_signer_may_not_sign() {
    let unauthorized = SigningRefusal::Unauthorized {
        signer: address('B'),
    };
    check(EPOCH, "A", "B", Err(unauthorized.into()));
}

#[test]
fn a_signer_that_signed_recently_may_not_sign() {
    check(EPOCH, "AB", "A A", Err(recently_signed('A', 1, 3)));
}

#[test]
fn checkpoints_do_not_forget_who_signed() {
    check(3, "ABC", "A B A! A", Err(recently_signed('A', 3, 5)));
    check(3, "ABC", "A B A! | A", Err(recently_signed('A', 3, 5)));
}
