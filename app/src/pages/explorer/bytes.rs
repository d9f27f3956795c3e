//! Byte strings of any length.

use leptos::prelude::*;
use types::explorer::HexBytes;
use types::quantity::readable_bytes;

use crate::ui::{Code, CopyButton};

/// Bytes that are shown; the button copies all of them.
const SHOWN_BYTES_MAX: usize = 4_096;

/// Bytes in hexadecimal, and as text where they are one.
#[component]
pub(super) fn BytesView(bytes: HexBytes, #[prop(into)] label: String) -> impl IntoView {
    let length = bytes.0.len();
    let text = readable_text(&bytes.0);
    let size = readable_bytes(u64::try_from(length).unwrap_or(u64::MAX));
    let hex = match length <= SHOWN_BYTES_MAX {
        true => view! { <Code text=bytes.to_string() label=label.clone() /> }.into_any(),
        false => {
            let beginning = HexBytes(bytes.0[..SHOWN_BYTES_MAX].to_vec()).to_string();
            view! {
                <Code text=format!("{beginning}…") label=label.clone() />
                <p class="bytes-rest">
                    {format!("The first {SHOWN_BYTES_MAX} of {length} bytes.")}
                    <CopyButton text=bytes.to_string() label="Copy all bytes" />
                </p>
            }
            .into_any()
        }
    };
    view! {
        <div class="bytes">
            <p class="bytes-size">{label} " · " {size}</p>
            {hex}
            {text.map(|text| view! {
                <details class="disclosure">
                    <summary>"As text"</summary>
                    <pre class="bytes-text">{text}</pre>
                </details>
            })}
        </div>
    }
}

/// The bytes as UTF-8, when nearly all of it can be read.
fn readable_text(bytes: &[u8]) -> Option<String> {
    let text = std::str::from_utf8(bytes).ok()?;
    let is_readable = |character: char| !character.is_control() || "\n\r\t".contains(character);
    (!text.is_empty() && text.len() <= SHOWN_BYTES_MAX && text.chars().all(is_readable))
        .then(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::readable_text;

    #[test]
    fn only_text_is_shown_as_text() {
        for (bytes, text) in [
            (&b""[..], None),
            (b"gm \xe2\x98\x80\n", Some("gm ☀\n")),
            (b"\xa9\x05\x9c\xbb", None),
            (b"a\0b", None),
        ] {
            assert_eq!(readable_text(bytes).as_deref(), text);
        }
    }
}
