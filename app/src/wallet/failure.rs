//! Why a wallet did not do what it was asked, by what the person can do about it.

/// A wallet's refusal. The codes are those of EIP-1193 (providers), EIP-1474 (JSON-RPC) and
/// EIP-3085/EIP-3326 (chains).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WalletFailure {
    /// The person said no (4001).
    Rejected,
    /// The wallet does not let this site use the account (4100).
    NotPermitted,
    /// The wallet does not know the method (4200, -32601).
    Unsupported,
    /// The wallet lost its connection to its chains (4900, 4901).
    Disconnected,
    /// The wallet does not know the chain (4902).
    UnknownChain,
    /// An earlier request is still open in the wallet (-32002).
    Busy,
    /// The wallet is locked or has no account for this site.
    NoAccount,
    /// The wallet that was chosen is gone from the page.
    Gone,
    /// The passphrase does not open the built-in wallet's key.
    WrongPassphrase,
    /// Anything else, in the wallet's own words (cut, without control characters).
    Other(String),
}

/// Longest text of a wallet that is shown, in characters.
const MESSAGE_LENGTH_MAX: usize = 200;

impl WalletFailure {
    /// The failure that a code and text stand for.
    #[must_use]
    pub fn from_code(code: Option<i64>, message: &str) -> Self {
        match code {
            Some(4001) => Self::Rejected,
            Some(4100) => Self::NotPermitted,
            Some(4200 | -32601) => Self::Unsupported,
            Some(4900 | 4901) => Self::Disconnected,
            Some(4902) => Self::UnknownChain,
            Some(-32002) => Self::Busy,
            _ => Self::Other(clean_text(message, MESSAGE_LENGTH_MAX)),
        }
    }

    /// What happened, for people.
    #[must_use]
    pub fn message(&self) -> String {
        match self {
            Self::Rejected => "The request was rejected in the wallet.".to_owned(),
            Self::NotPermitted => "The wallet does not let this site use that account.".to_owned(),
            Self::Unsupported => "The wallet cannot do this.".to_owned(),
            Self::Disconnected => "The wallet lost its connection.".to_owned(),
            Self::UnknownChain => "The wallet does not know this chain.".to_owned(),
            Self::Busy => "The wallet is still showing an earlier request.".to_owned(),
            Self::NoAccount => {
                "The wallet is locked, or shares no account with this site.".to_owned()
            }
            Self::Gone => "The wallet is no longer there.".to_owned(),
            Self::WrongPassphrase => "The passphrase does not open this key.".to_owned(),
            Self::Other(text) if text.is_empty() => "The wallet reported an error.".to_owned(),
            Self::Other(text) => format!("The wallet reported: {text}"),
        }
    }

    /// What to do about it.
    #[must_use]
    pub const fn hint(&self) -> &'static str {
        match self {
            Self::Rejected => "Nothing was signed. Try again, or choose another wallet.",
            Self::NotPermitted => {
                "Open the wallet, connect the account to this site, and try again."
            }
            Self::Unsupported => "Choose another wallet, or another way to sign in.",
            Self::Disconnected => "Open the wallet, check that it is online, and try again.",
            Self::UnknownChain => "Add the chain in the wallet's settings, and try again.",
            Self::Busy => {
                "Open the wallet from the browser's toolbar, answer it there, and try again."
            }
            Self::NoAccount => "Unlock the wallet, choose an account, and try again.",
            Self::Gone => "Was it switched off or updated? Reload the page to find it again.",
            Self::WrongPassphrase => "Check capitals and keyboard layout, and try again.",
            Self::Other(_) => "Try again. If it happens again, restart the wallet.",
        }
    }
}

/// The first `length_max` characters of a text from outside, without control characters and
/// without those that change the direction of writing (they can make a name look like another).
#[must_use]
pub fn clean_text(text: &str, length_max: usize) -> String {
    let shown = text
        .chars()
        .filter(|character| !is_deceptive(*character))
        .take(length_max);
    shown.collect::<String>().trim().to_owned()
}

fn is_deceptive(character: char) -> bool {
    character.is_control()
        || matches!(character, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_of_the_standards() {
        for (code, failure) in [
            (Some(4001), WalletFailure::Rejected),
            (Some(4100), WalletFailure::NotPermitted),
            (Some(4200), WalletFailure::Unsupported),
            (Some(-32601), WalletFailure::Unsupported),
            (Some(4900), WalletFailure::Disconnected),
            (Some(4902), WalletFailure::UnknownChain),
            (Some(-32002), WalletFailure::Busy),
            (Some(-32603), WalletFailure::Other("boom".to_owned())),
            (None, WalletFailure::Other("boom".to_owned())),
        ] {
            assert_eq!(WalletFailure::from_code(code, "boom"), failure);
        }
    }

    #[test]
    fn text_of_a_wallet_cannot_deceive() {
        assert_eq!(clean_text("Meta\u{202e}ksaM\n\u{200b} ", 64), "MetaksaM");
        assert_eq!(
            clean_text(&"x".repeat(500), MESSAGE_LENGTH_MAX).len(),
            MESSAGE_LENGTH_MAX
        );
    }
}
