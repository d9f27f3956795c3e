use leptos::prelude::*;

use crate::ui::{Icon, IconName};

struct Step {
    icon: IconName,
    title: &'static str,
    text: &'static str,
}

const STEPS: [Step; 4] = [
    Step {
        icon: IconName::Wallet,
        title: "Sign a message",
        text: "With the wallet in your browser, one that we make there with you, or an account of your \
               organisation. There is no password to forget or to leak.",
    },
    Step {
        icon: IconName::Power,
        title: "Your server starts",
        text: "While you look at the dashboard. Each step is shown, and if one fails you see why, with \
               the log and a button to try again.",
    },
    Step {
        icon: IconName::Terminal,
        title: "Work",
        text: "In JupyterLab, in a sandbox with its own memory, processor and disk limits, and on an \
               origin of its own that no other server shares.",
    },
    Step {
        icon: IconName::Snowflake,
        title: "Walk away",
        text: "An idle server freezes with all variables in memory. After a longer absence it stops and \
               keeps your files. Open its address and you are back.",
    },
];

/// How it works, in four steps.
#[component]
pub(super) fn Steps() -> impl IntoView {
    view! {
        <section class="home-section" aria-labelledby="how-it-works">
            <h2 class="home-heading" id="how-it-works">"How it works"</h2>
            <ol class="steps">{STEPS.into_iter().enumerate().map(step).collect_view()}</ol>
        </section>
    }
}

fn step((index, step): (usize, Step)) -> impl IntoView {
    view! {
        <li class="steps-item">
            <span class="steps-mark">
                <Icon name=step.icon size=18 />
                <span class="steps-number">{index + 1}</span>
            </span>
            <h3 class="steps-title">{step.title}</h3>
            <p class="steps-text">{step.text}</p>
        </li>
    }
}
