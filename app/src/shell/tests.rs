use super::*;

#[test]
fn titles_carry_the_sites_name() {
    for (name, title) in [
        ("", "Stoxus LedgerCloud"),
        ("Dashboard", "Dashboard · Stoxus LedgerCloud"),
    ] {
        assert_eq!(page_title(name.to_owned()), title);
    }
}

#[test]
fn sign_in_leads_back_to_where_one_was() {
    for (path, target) in [
        ("", "/sign-in"),
        ("/", "/sign-in"),
        ("/dashboard", "/sign-in?next=/dashboard"),
        (
            "/admin/users?role=x&search=a",
            "/sign-in?next=/admin/users%3Frole%3Dx%26search%3Da",
        ),
    ] {
        assert_eq!(sign_in_path(path), target);
    }
}
