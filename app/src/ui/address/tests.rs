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
