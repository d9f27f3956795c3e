use leptos::prelude::*;
use types::explorer::HexBytes;
use types::{ApiError, ErrorCode, WalletAddress};

use crate::actions::error::ActionResult;
use crate::pages::send::{Draft, SendButton, SendNote, Sender, WalletChoice, parse_coins};
use crate::ui::{COIN_SYMBOL, Card, TextInput};

/// Sends coins to an address.
#[component]
pub(in crate::pages) fn SendForm(sender: Sender) -> impl IntoView {
    let to = RwSignal::new(String::new());
    let value = RwSignal::new(String::new());
    let attempt = sender.new_attempt();
    let draft = move || {
        let draft = draft_of(&to.get_untracked(), &value.get_untracked());
        async move { draft }
    };
    view! {
        <Card title="Send" description="Your wallet shows you the transaction before it signs anything.">
            <div class="grid gap-4">
                <WalletChoice sender />
                <TextInput name="to" label="To" placeholder="0x…" bind=to pattern="0x[0-9a-fA-F]{40}" required=true monospaced=true />
                <TextInput name="value" label=format!("Amount in {COIN_SYMBOL}") placeholder="0.25" bind=value pattern=r"[0-9]*\.?[0-9]*" required=true />
                <div><SendButton sender attempt draft label="Send" /></div>
                <SendNote sender attempt />
            </div>
        </Card>
    }
}

/// The transfer that was typed.
///
/// # Errors
/// `bad_request` with the field that is wrong.
fn draft_of(to: &str, value: &str) -> ActionResult<Draft> {
    let to: WalletAddress =
        to.trim()
            .parse()
            .map_err(|error: types::address::InvalidAddress| {
                ApiError::new(
                    ErrorCode::BadRequest,
                    format!("The address is not one: {error}."),
                )
                .with_field("to")
            })?;
    Ok(Draft {
        to: Some(to),
        value: parse_coins(value)?,
        data: HexBytes::default(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_wrong_is_named() {
        let address = "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed";
        let field = |to, value| draft_of(to, value).err().and_then(|error| error.0.field);
        assert_eq!(field("", "1").as_deref(), Some("to"));
        // A wrong checksum is most likely a typing error, and coins sent there are lost.
        assert_eq!(
            field("0x5aaeb6053F3E94C9b9A09f33669435E7Ef1BeAed", "1").as_deref(),
            Some("to")
        );
        assert_eq!(field(address, "much").as_deref(), Some("value"));
        assert_eq!(field(address, " 1.5 "), None);
    }
}
