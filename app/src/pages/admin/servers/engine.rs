//! What runs the servers on this machine.

use leptos::prelude::*;

use crate::actions::admin::{EngineDetail, read_engine};
use crate::pages::loading::loaded;
use crate::ui::{Alert, Badge, Card, KeyValue, KeyValues, Tone};

/// Isolation, limits, what is missing, and instances that no server owns.
#[component]
pub(super) fn EngineCard() -> impl IntoView {
    let engine = Resource::new_blocking(|| (), |()| read_engine());
    view! {
        <Card title="Engine" description="What runs the servers here">
            {loaded(engine, |engine| view! { <Engine engine /> })}
        </Card>
    }
}

#[component]
fn Engine(engine: EngineDetail) -> impl IntoView {
    let (tone, word) = if engine.is_isolated {
        (Tone::Positive, "isolated")
    } else {
        (Tone::Danger, "not isolated")
    };
    let remarks = engine
        .remarks
        .into_iter()
        .map(|remark| view! { <li>{remark}</li> })
        .collect_view();
    view! {
        <div class="grid gap-4">
            {orphan_sentence(engine.orphans.len()).map(|title| view! { <Alert tone=Tone::Warning title /> })}
            <KeyValues>
                <KeyValue label="Engine">{engine.engine}</KeyValue>
                <KeyValue label="Isolation">{engine.isolation} " " <Badge tone>{word}</Badge></KeyValue>
                <KeyValue label="Limits">{engine.limits}</KeyValue>
                <KeyValue label="Freezing">{engine.freeze}</KeyValue>
            </KeyValues>
            <ul class="grid gap-1 text-sm text-muted">{remarks}</ul>
        </div>
    }
}

fn orphan_sentence(orphans: usize) -> Option<String> {
    match orphans {
        0 => None,
        1 => Some("1 instance runs that belongs to no server. It is being ended.".to_owned()),
        count => Some(format!(
            "{count} instances run that belong to no server. They are being ended."
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::orphan_sentence;

    #[test]
    fn orphans_are_counted() {
        assert_eq!(orphan_sentence(0), None);
        assert!(orphan_sentence(1).is_some_and(|text| text.starts_with("1 instance runs")));
        assert!(orphan_sentence(3).is_some_and(|text| text.starts_with("3 instances run")));
    }
}
