use super::*;
use crate::rendered::html;

#[test]
fn a_dialog_opens_and_closes_without_scripts() {
    insta::assert_snapshot!(html(|| view! {
        <DialogButton dialog="rename" icon=IconName::Edit>"Rename"</DialogButton>
        <Dialog id="rename" title="Rename" description="Its address stays.">
            <form method="dialog">
                <ConfirmPhrase phrase="my-server" id="rename-phrase" />
                <DialogFooter>
                    <DialogClose dialog="rename">"Cancel"</DialogClose>
                </DialogFooter>
            </form>
        </Dialog>
    }));
}

#[test]
fn phrases_match_themselves_only() {
    for (phrase, pattern) in [
        ("default", "default"),
        ("my-server", r"my\-server"),
        ("0x5aAe…", "0x5aAe…"),
        (r"a.b*c(d)[e]{f}^$|\/", r"a\.b\*c\(d\)\[e\]\{f\}\^\$\|\\\/"),
    ] {
        assert_eq!(escape_pattern(phrase), pattern);
    }
}
