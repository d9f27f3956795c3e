use super::*;
use crate::rendered::html;
use crate::shell::provide_shell;

#[test]
fn times_are_relative_to_the_pages_moment_and_absolute_for_machines() {
    insta::assert_snapshot!(html(|| {
        // Outside a request the page's moment is the epoch.
        provide_shell();
        provide_clock();
        view! {
            <Time at=Timestamp(-180_000) />
            <Time at=Timestamp(7_200_000) />
            <Countdown until=Timestamp(725_000) />
            <Countdown until=Timestamp(-1) />
        }
    }));
}
