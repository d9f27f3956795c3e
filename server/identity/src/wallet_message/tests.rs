use super::*;
use proptest::prelude::*;

const ADDRESS: &str = "0x52908400098527886E0F7030069857D2E4169EE7";
const NONCE: &str = "abcdefghijklmnopqrstuvwx";
const ISSUED_AT: Timestamp = Timestamp(1_790_000_000_000);

fn origin() -> url::Url {
    "http://localhost:3000".parse().unwrap()
}

fn message() -> String {
    let draft = MessageDraft {
        hub_origin: &origin(),
        address: ADDRESS.parse().unwrap(),
        statement: "Sign in to Stoxus LedgerCloud.",
        chain_id: 31_337,
        nonce: NONCE,
        issued_at: ISSUED_AT,
    };
    compose(&draft).unwrap()
}

/// Verifies `answer` as if exactly this text had been kept, so that each rule stands alone.
fn verdict(answer: &str, now: Timestamp) -> Result<(), MessageFault> {
    verify_against(answer, answer, now)
}

fn verify_against(answer: &str, kept: &str, now: Timestamp) -> Result<(), MessageFault> {
    let expected = Expectation {
        kept,
        hub_origin: &origin(),
        address: ADDRESS.parse().unwrap(),
        chain_id: 31_337,
        chain_ids: &[31_337, 1],
        nonce: NONCE,
        issued_at: ISSUED_AT,
        now,
    };
    verify(answer, &expected)
}

/// Replaces `from` by `to` in a good message and expects `fault`.
fn check(from: &str, to: &str, fault: MessageFault) {
    let good = message();
    assert!(good.contains(from), "{from:?} is not in the message");
    assert_eq!(
        verdict(&good.replacen(from, to, 1), ISSUED_AT),
        Err(fault),
        "{from:?} → {to:?}"
    );
}

#[test]
fn the_message_is_as_the_standard_writes_it() {
    insta::assert_snapshot!(message(), @r"
    localhost:3000 wants you to sign in with your Ethereum account:
    0x52908400098527886E0F7030069857D2E4169EE7

    Sign in to Stoxus LedgerCloud.

    URI: http://localhost:3000/sign-in
    Version: 1
    Chain ID: 31337
    Nonce: abcdefghijklmnopqrstuvwx
    Issued At: 2026-09-21T14:13:20.000Z
    Expiration Time: 2026-09-21T14:18:20.000Z
    ");
    assert_eq!(verdict(&message(), ISSUED_AT), Ok(()));
}

#[test]
fn one_changed_byte_is_an_altered_message() {
    let good = message();
    for (from, to) in [
        ("localhost", "localhosT"),
        ("31337", "1"),
        ("Sign in", "Sign  in"),
    ] {
        assert_eq!(
            verify_against(&good.replacen(from, to, 1), &good, ISSUED_AT),
            Err(MessageFault::Altered)
        );
    }
    assert_eq!(
        verify_against(&format!("{good}\n"), &good, ISSUED_AT),
        Err(MessageFault::Altered)
    );
}

#[test]
fn a_bent_grammar_is_refused() {
    for (from, to, fault) in [
        ("\n", "\r\n", MessageFault::ControlCharacter),
        ("Sign in to", "Sign\tin to", MessageFault::ControlCharacter),
        ("URI: ", "Uri: ", MessageFault::Grammar),
        (
            "Version: 1\nChain ID: 31337",
            "Chain ID: 31337\nVersion: 1",
            MessageFault::Grammar,
        ),
        (
            "Chain ID: 31337",
            "Chain ID: 31337\nChain ID: 31337",
            MessageFault::Grammar,
        ),
        ("Chain ID: 31337", "Chain ID: 031337", MessageFault::Grammar),
        ("\n\nURI", "\nURI", MessageFault::Grammar),
        ("7\n\nSign", "7\nSign", MessageFault::Grammar),
        ("7\n\nSign", "7\nfilled\nSign", MessageFault::Grammar),
        ("wants you", "want you", MessageFault::Grammar),
        (
            "Z\nExpiration",
            "Z\nResources:\nExpiration",
            MessageFault::Grammar,
        ),
    ] {
        check(from, to, fault);
    }
    assert_eq!(
        verdict(&format!("{}\nextra", message()), ISSUED_AT),
        Err(MessageFault::Grammar)
    );
    assert_eq!(
        verdict(&format!("{}\n", message()), ISSUED_AT),
        Err(MessageFault::Grammar)
    );
    assert_eq!(verdict("", ISSUED_AT), Err(MessageFault::Grammar));
    let long = message().replace("LedgerCloud.", &"x".repeat(MESSAGE_BYTES_MAX));
    assert_eq!(verdict(&long, ISSUED_AT), Err(MessageFault::TooLong));
}

#[test]
fn another_site_is_refused() {
    for (from, to, fault) in [
        (
            "localhost:3000 wants",
            "localhost wants",
            MessageFault::ForeignDomain,
        ),
        (
            "localhost:3000 wants",
            "evil.example wants",
            MessageFault::ForeignDomain,
        ),
        (
            "localhost:3000 wants",
            "alice.localhost:3000 wants",
            MessageFault::ForeignDomain,
        ),
        (
            "localhost:3000 wants",
            "localhost:3000@evil.example wants",
            MessageFault::ForeignDomain,
        ),
        (
            "localhost:3000 wants",
            "https://localhost:3000 wants",
            MessageFault::Grammar,
        ),
        (
            "URI: http://localhost:3000",
            "URI: https://localhost:3000",
            MessageFault::ForeignUri,
        ),
        (
            "localhost:3000/sign-in",
            "evil.example/sign-in",
            MessageFault::ForeignUri,
        ),
        ("/sign-in", "/account", MessageFault::ForeignUri),
    ] {
        check(from, to, fault);
    }
}

#[test]
fn another_version_is_refused() {
    check("Version: 1", "Version: 2", MessageFault::Version);
}

#[test]
fn another_chain_is_refused_even_when_it_is_accepted_here() {
    check("Chain ID: 31337", "Chain ID: 1", MessageFault::Chain);
    check("Chain ID: 31337", "Chain ID: 5", MessageFault::Chain);
}

#[test]
fn a_chain_that_is_no_longer_accepted_is_refused() {
    let text = message();
    let expected = Expectation {
        kept: &text,
        hub_origin: &origin(),
        address: ADDRESS.parse().unwrap(),
        chain_id: 31_337,
        chain_ids: &[1],
        nonce: NONCE,
        issued_at: ISSUED_AT,
        now: ISSUED_AT,
    };
    assert_eq!(verify(&text, &expected), Err(MessageFault::Chain));
}

#[test]
fn a_short_or_foreign_nonce_is_refused() {
    check(NONCE, "abcdefgh", MessageFault::Nonce);
    check(NONCE, "abcdefghijklmnopqrstuvwy", MessageFault::Nonce);
    check(NONCE, "abcdefghijklmnopqrstuv-x", MessageFault::Nonce);
}

#[test]
fn times_out_of_bounds_are_refused() {
    check("14:13:20.000Z", "14:14:21.000Z", MessageFault::IssuedAt);
    check("14:13:20.000Z", "14:12:19.000Z", MessageFault::IssuedAt);
    check(
        "\nExpiration Time: 2026-09-21T14:18:20.000Z",
        "",
        MessageFault::Expiration,
    );
    check("14:18:20.000Z", "14:23:21.000Z", MessageFault::Expiration);
    check("14:18:20.000Z", "14:13:20.000Z", MessageFault::Expired);
    check(
        "14:18:20.000Z",
        "14:18:20.000Z\nNot Before: 2026-09-21T14:13:21.000Z",
        MessageFault::NotYetValid,
    );
    let good = message();
    assert_eq!(
        verdict(&good, ISSUED_AT.plus_ms(CHALLENGE_TTL_MS - 1)),
        Ok(())
    );
    assert_eq!(
        verdict(&good, ISSUED_AT.plus_ms(CHALLENGE_TTL_MS)),
        Err(MessageFault::Expired)
    );
    // A message that allows itself more time than we do still ends with ours.
    let generous = good.replace("14:18:20.000Z", "14:23:20.000Z");
    assert_eq!(
        verdict(&generous, ISSUED_AT.plus_ms(CHALLENGE_TTL_MS)),
        Err(MessageFault::Expired)
    );
}

#[test]
fn a_malformed_address_is_refused() {
    check(
        ADDRESS,
        "0x52908400098527886E0F7030069857D2E4169Ee7",
        MessageFault::Address,
    );
    check(ADDRESS, "0x5290840009852788", MessageFault::Address);
    check(
        ADDRESS,
        "52908400098527886E0F7030069857D2E4169EE7",
        MessageFault::Address,
    );
    check(
        ADDRESS,
        "0x8617E340B3D01FA5F11F306F4090FD50E238070D",
        MessageFault::ForeignAddress,
    );
}

#[test]
fn the_claimed_nonce_is_found_in_an_altered_message() {
    assert_eq!(claimed_nonce(&message()), Some(NONCE));
    assert_eq!(
        claimed_nonce(&message().replace("Sign in", "Give all")),
        Some(NONCE)
    );
    assert_eq!(claimed_nonce("Nonce: short"), None);
    assert_eq!(claimed_nonce(""), None);
}

#[test]
fn a_statement_is_one_plain_line() {
    assert!(checked_statement("Sign in.").is_ok());
    for text in ["", "two\nlines", "café"] {
        assert!(checked_statement(text).is_err(), "{text:?}");
    }
}

proptest! {
    /// No text other than the message that was made is ever accepted.
    #[test]
    fn only_the_message_itself_is_accepted(position in 0_usize..400, byte in 0_u8..128) {
        let good = message();
        let mut bytes = good.clone().into_bytes();
        let index = position % bytes.len();
        prop_assume!(bytes[index] != byte);
        bytes[index] = byte;
        let altered = String::from_utf8(bytes).unwrap();
        prop_assert!(verify_against(&altered, &good, ISSUED_AT).is_err());
    }

    #[test]
    fn any_text_is_refused_without_a_panic(text in "(?s).{0,600}") {
        prop_assert!(verdict(&text, ISSUED_AT).is_err());
    }
}
