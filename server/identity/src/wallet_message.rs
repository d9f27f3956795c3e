//! The text that a wallet signs to prove itself: EIP-4361, "Sign-In with Ethereum".
//!
//! The server writes the whole message and keeps it; the answer must be the same bytes. The
//! checks that follow would be implied if every message that was ever kept were right: they hold
//! even when one is not, because the configuration changed or the database was tampered with.

use siwe::{Message, TimeStamp};
use types::{Timestamp, WalletAddress};

/// Longest message that is read.
pub const MESSAGE_BYTES_MAX: usize = 4_096;
/// How long a message can be signed after it was made.
pub const CHALLENGE_TTL_MS: i64 = 5 * 60 * 1_000;
/// Path of the sign-in page, part of the message's URI.
pub const SIGN_IN_PATH: &str = "/sign-in";

/// Letters and digits that a nonce has at least. EIP-4361 asks for 8.
const NONCE_CHARS_MIN: usize = 20;
/// Furthest that "Issued At" may be from the moment of issue.
const ISSUED_AT_TOLERANCE_MS: i64 = 60_000;
/// Furthest that "Expiration Time" may be from the moment of issue.
const EXPIRATION_MAX_MS: i64 = 10 * 60_000;
/// Longest statement.
const STATEMENT_BYTES_MAX: usize = 300;

/// What a message is made of.
#[derive(Debug, Clone)]
pub struct MessageDraft<'a> {
    /// Public origin of the site: `https://hub.example`.
    pub hub_origin: &'a url::Url,
    pub address: WalletAddress,
    /// What signing means, in plain ASCII words.
    pub statement: &'a str,
    pub chain_id: u64,
    pub nonce: &'a str,
    pub issued_at: Timestamp,
}

/// The message that the wallet is to sign.
///
/// # Errors
/// The origin or the statement cannot be part of a message: a mistake in the configuration.
pub fn compose(draft: &MessageDraft<'_>) -> Result<String, String> {
    checked_statement(draft.statement)?;
    let wrong = |what: &str| format!("{what} cannot be part of a sign-in message");
    let message = Message {
        domain: authority(draft.hub_origin)
            .parse()
            .map_err(|_| wrong("the hub's origin"))?,
        address: draft.address.0,
        statement: Some(draft.statement.to_owned()),
        uri: sign_in_uri(draft.hub_origin)
            .parse()
            .map_err(|_| wrong("the hub's origin"))?,
        version: siwe::Version::V1,
        chain_id: draft.chain_id,
        nonce: draft.nonce.to_owned(),
        issued_at: timestamp(draft.issued_at)?,
        expiration_time: Some(timestamp(draft.issued_at.plus_ms(CHALLENGE_TTL_MS))?),
        not_before: None,
        request_id: None,
        resources: Vec::new(),
    };
    Ok(message.to_string())
}

/// Checks that a statement can stand in a message (EIP-4361: printable ASCII, one line).
///
/// # Errors
/// Says what is wrong.
pub fn checked_statement(statement: &str) -> Result<(), String> {
    let is_plain = statement.bytes().all(|byte| (0x20..0x7f).contains(&byte));
    if statement.is_empty() || statement.len() > STATEMENT_BYTES_MAX || !is_plain {
        return Err(format!(
            "a statement is one line of 1 to {STATEMENT_BYTES_MAX} plain ASCII characters"
        ));
    }
    Ok(())
}

/// What the answer is checked against.
#[derive(Debug, Clone)]
pub struct Expectation<'a> {
    /// The message as it was made and kept.
    pub kept: &'a str,
    pub hub_origin: &'a url::Url,
    pub address: WalletAddress,
    /// The chain that was asked for.
    pub chain_id: u64,
    /// The chains that are accepted.
    pub chain_ids: &'a [u64],
    pub nonce: &'a str,
    /// When the message was made.
    pub issued_at: Timestamp,
    pub now: Timestamp,
}

/// Why an answer is not the message that we made, or no longer good.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum MessageFault {
    #[error("the message is longer than {MESSAGE_BYTES_MAX} bytes")]
    TooLong,
    #[error("the message is not the one that was given to the wallet")]
    Altered,
    #[error("the message has a character that does not belong there")]
    ControlCharacter,
    #[error("the address in the message is malformed")]
    Address,
    #[error("the message has another version than 1")]
    Version,
    #[error("the message does not follow EIP-4361")]
    Grammar,
    #[error("the message is for another site")]
    ForeignDomain,
    #[error("the message is for another page")]
    ForeignUri,
    #[error("the message is for a chain that is not accepted here")]
    Chain,
    #[error("the message's nonce is wrong")]
    Nonce,
    #[error("the message's time of issue is wrong")]
    IssuedAt,
    #[error("the message has no sensible time of expiry")]
    Expiration,
    #[error("the message has expired")]
    Expired,
    #[error("the message is not valid yet")]
    NotYetValid,
    #[error("the message is for another wallet")]
    ForeignAddress,
}

/// Checks an answer against the message that was kept, then every field of it.
///
/// # Errors
/// The first fault.
pub fn verify(answer: &str, expected: &Expectation<'_>) -> Result<(), MessageFault> {
    check_bytes(answer, expected)?;
    check_lines(answer)?;
    let message = parse(answer)?;
    check_site(&message, expected)?;
    check_chain(&message, expected)?;
    check_nonce(&message, expected)?;
    check_times(&message, expected)?;
    check_address(&message, expected)
}

/// The nonce that a message names, read before anything else is known of it.
#[must_use]
pub fn claimed_nonce(answer: &str) -> Option<&str> {
    if answer.len() > MESSAGE_BYTES_MAX {
        return None;
    }
    answer
        .lines()
        .find_map(|line| line.strip_prefix("Nonce: "))
        .filter(|nonce| is_nonce(nonce))
}

fn check_bytes(answer: &str, expected: &Expectation<'_>) -> Result<(), MessageFault> {
    if answer.len() > MESSAGE_BYTES_MAX {
        return Err(MessageFault::TooLong);
    }
    if answer != expected.kept {
        return Err(MessageFault::Altered);
    }
    Ok(())
}

/// Faults that the parser would only call a bad format.
fn check_lines(answer: &str) -> Result<(), MessageFault> {
    if answer
        .chars()
        .any(|character| character.is_control() && character != '\n')
    {
        return Err(MessageFault::ControlCharacter);
    }
    let address = answer.split('\n').nth(1).ok_or(MessageFault::Grammar)?;
    address
        .parse::<WalletAddress>()
        .map_err(|_| MessageFault::Address)?;
    let version = answer
        .split('\n')
        .find_map(|line| line.strip_prefix("Version: "));
    if version.is_some_and(|version| version != "1") {
        return Err(MessageFault::Version);
    }
    Ok(())
}

/// The strict grammar: what is read must also be what would be written.
fn parse(answer: &str) -> Result<Message, MessageFault> {
    let message: Message = answer.parse().map_err(|_| MessageFault::Grammar)?;
    if message.to_string() != answer {
        return Err(MessageFault::Grammar);
    }
    Ok(message)
}

fn check_site(message: &Message, expected: &Expectation<'_>) -> Result<(), MessageFault> {
    if message.domain.as_str() != authority(expected.hub_origin) {
        return Err(MessageFault::ForeignDomain);
    }
    if message.uri.as_str() != sign_in_uri(expected.hub_origin) {
        return Err(MessageFault::ForeignUri);
    }
    Ok(())
}

fn check_chain(message: &Message, expected: &Expectation<'_>) -> Result<(), MessageFault> {
    if message.chain_id != expected.chain_id || !expected.chain_ids.contains(&message.chain_id) {
        return Err(MessageFault::Chain);
    }
    Ok(())
}

fn check_nonce(message: &Message, expected: &Expectation<'_>) -> Result<(), MessageFault> {
    if message.nonce != expected.nonce || !is_nonce(&message.nonce) {
        return Err(MessageFault::Nonce);
    }
    Ok(())
}

fn check_times(message: &Message, expected: &Expectation<'_>) -> Result<(), MessageFault> {
    let issued_at = milliseconds(&message.issued_at);
    if issued_at.since_ms(expected.issued_at).abs() > ISSUED_AT_TOLERANCE_MS {
        return Err(MessageFault::IssuedAt);
    }
    let expiration = message
        .expiration_time
        .as_ref()
        .map(milliseconds)
        .ok_or(MessageFault::Expiration)?;
    if expiration.since_ms(expected.issued_at) > EXPIRATION_MAX_MS {
        return Err(MessageFault::Expiration);
    }
    let kept_expiration = expected.issued_at.plus_ms(CHALLENGE_TTL_MS);
    if expiration <= expected.now || kept_expiration <= expected.now {
        return Err(MessageFault::Expired);
    }
    if message
        .not_before
        .as_ref()
        .map(milliseconds)
        .is_some_and(|not_before| not_before > expected.now)
    {
        return Err(MessageFault::NotYetValid);
    }
    Ok(())
}

fn check_address(message: &Message, expected: &Expectation<'_>) -> Result<(), MessageFault> {
    if message.address != expected.address.0 {
        return Err(MessageFault::ForeignAddress);
    }
    Ok(())
}

fn is_nonce(text: &str) -> bool {
    text.len() >= NONCE_CHARS_MIN && text.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

/// Host and port (RFC 3986) as the wallet sees them in the page's origin.
pub(crate) fn authority(origin: &url::Url) -> String {
    let host = origin.host_str().unwrap_or_default();
    match origin.port() {
        Some(port) => format!("{host}:{port}"),
        None => host.to_owned(),
    }
}

fn sign_in_uri(origin: &url::Url) -> String {
    format!("{}{SIGN_IN_PATH}", origin.origin().ascii_serialization())
}

fn timestamp(moment: Timestamp) -> Result<TimeStamp, String> {
    moment
        .to_rfc3339()
        .parse()
        .map_err(|_| "the clock shows an impossible time".to_owned())
}

fn milliseconds(stamp: &TimeStamp) -> Timestamp {
    let nanoseconds = stamp.as_ref().unix_timestamp_nanos();
    Timestamp(i64::try_from(nanoseconds / 1_000_000).unwrap_or(i64::MAX))
}

#[cfg(test)]
mod tests;
