use super::*;
use crate::rendered::html;

#[test]
fn addresses_are_short_with_the_whole_at_hand() {
    let address: WalletAddress = "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed"
        .parse()
        .unwrap();
    insta::assert_snapshot!(html(|| view! {
        <Address address />
        <Address address full=true />
    }));
}

#[test]
fn hashes_are_cut_in_the_middle_by_characters() {
    for (text, short) in [
        ("abc", "abc"),
        ("0123456789abcdef0123", "0123456789abcdef0123"),
        ("0123456789abcdef01234", "0123456789…f01234"),
        ("ééééééééééééééééééééé", "éééééééééé…éééééé"),
    ] {
        assert_eq!(shorten(text), short);
    }
}

#[test]
fn addresses_within_sentences_are_short() {
    let wallet = "0x5aaeb6053f3e94c9b9a09f33669435e7ef1beaed";
    for (text, short) in [
        ("", ""),
        ("alice: stopped it", "alice: stopped it"),
        ("0x", "0x"),
        ("0xff is short", "0xff is short"),
        (wallet, "0x5aae…eaed"),
        (
            &format!("{wallet}: asked, not {wallet}é"),
            "0x5aae…eaed: asked, not 0x5aae…eaedé",
        ),
    ] {
        assert_eq!(with_short_addresses(text), short);
    }
}
