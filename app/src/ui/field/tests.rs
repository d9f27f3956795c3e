use super::*;
use crate::rendered::html;

#[test]
fn a_wrong_field_names_its_error_and_hint() {
    insta::assert_snapshot!(html(|| view! {
        <TextInput name="server[name]" label="Name" value="Ä\"" hint="1–30 letters" error="Too long." required=true />
    }));
}

#[test]
fn every_control_has_a_label() {
    let page = html(|| {
        let options = vec![
            SelectOption::new("s", "Small"),
            SelectOption::new("l", "Large"),
        ];
        view! {
            <TextInput name="a" label="A" />
            <TextArea name="b" label="B" value="</textarea><script>" />
            <Select name="c" label="C" options selected="l" />
            <Checkbox name="d" label="D" checked=true />
            <Switch name="e" label="E" />
            <FileInput name="f" label="F" accept=".csv" />
        }
    });
    insta::assert_snapshot!(page);
    for name in ["a", "b", "c", "d", "e", "f"] {
        assert!(
            page.contains(&format!("for=\"field-{name}\"")),
            "{name} has no label"
        );
        assert!(
            page.contains(&format!("id=\"field-{name}\"")),
            "{name} has no id"
        );
    }
}

#[test]
fn a_bound_field_starts_from_its_signal() {
    let page = html(|| {
        let bind = RwSignal::new("from the signal".to_owned());
        view! { <TextInput name="a" label="A" value="ignored" bind /> }
    });
    assert!(page.contains("value=\"from the signal\"") && !page.contains("ignored"));
}
