use super::*;
use crate::rendered::html;

#[test]
fn every_state_has_its_name_and_class() {
    for state in ServerState::ALL {
        let badge = html(|| view! { <StateBadge state /> });
        assert!(
            badge.contains(&format!("state-{}", state.as_str())),
            "{badge}"
        );
        assert!(badge.contains(state_label(state)), "{badge}");
        assert_eq!(badge.contains("is-moving"), is_moving(state), "{badge}");
    }
}

#[test]
fn a_badge_is_escaped() {
    insta::assert_snapshot!(html(|| view! { <Badge tone=Tone::Warning>"<b>&"</Badge> }));
}
