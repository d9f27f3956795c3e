use super::*;
use crate::rendered::html;

fn field(name: &str, type_name: &str, value: DecodedValue) -> DecodedField {
    DecodedField {
        name: name.into(),
        type_name: type_name.into(),
        is_indexed: false,
        value,
    }
}

#[test]
fn values_are_a_tree_of_texts() {
    let order = DecodedValue::Tuple(vec![
        field("amount", "uint256", DecodedValue::Number("7".into())),
        field("", "bool", DecodedValue::Bool(true)),
    ]);
    let fields = vec![
        field(
            "memo",
            "string",
            DecodedValue::Text("</script><img src=x>".into()),
        ),
        field(
            "orders",
            "(uint256,bool)[]",
            DecodedValue::List(vec![order]),
        ),
        field("none", "bytes[]", DecodedValue::List(Vec::new())),
    ];
    let shown = html(move || view! { <DecodedFields fields /> });
    assert!(!shown.contains("<img"), "{shown}");
    insta::assert_snapshot!(shown);
}

#[test]
fn deep_and_long_values_are_cut() {
    let mut value = DecodedValue::Bytes("0".repeat(9_000));
    for _ in 0..40 {
        value = DecodedValue::List(vec![value]);
    }
    let fields = vec![
        field("deep", "bytes", value),
        field("long", "string", DecodedValue::Text("ä".repeat(9_000))),
    ];
    let shown = html(move || view! { <DecodedFields fields /> });
    assert!(shown.contains('…') && shown.len() < 10_000);
}
