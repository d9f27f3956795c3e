//! A sign-in flow as the page shows it: each state with what happens, why, and what to do next.
//! A pure view of the flow, so that every state can be looked at by itself.

mod choose;
mod message;
mod request;

use leptos::html::Div;
use leptos::prelude::*;
use types::sign_in::ProofPurpose;
use zeroize::Zeroizing;

use crate::ui::{Button, ButtonVariant, IconName, Spinner};
use crate::wallet::flow::{Action, SignInFlow, State};

/// What the parts of the view share.
#[derive(Clone, Copy)]
struct Stage {
    flow: Signal<SignInFlow>,
    unlocking: Signal<Option<u16>>,
    purpose: ProofPurpose,
    on_action: Callback<Action>,
    on_passphrase: Callback<Zeroizing<String>>,
}

/// Shows the flow's state. `unlocking` are thousandths of opening a built-in key.
#[component]
pub fn SignInView(
    #[prop(into)] flow: Signal<SignInFlow>,
    #[prop(into)] unlocking: Signal<Option<u16>>,
    purpose: ProofPurpose,
    on_action: Callback<Action>,
    on_passphrase: Callback<Zeroizing<String>>,
) -> impl IntoView {
    let stage = Stage {
        flow,
        unlocking,
        purpose,
        on_action,
        on_passphrase,
    };
    // Wallets that come and go rebuild the list; nothing else rebuilds a state that stays.
    let shown = Memo::new(move |_| flow.with(|flow| (flow.state().clone(), flow.wallets())));
    let frame = NodeRef::<Div>::new();
    follow_with_focus(shown, frame);
    view! {
        <div class="sign-in-flow" tabindex="-1" aria-live="polite" node_ref=frame>
            {move || {
                let (state, wallets) = shown.get();
                state_view(stage, state, wallets)
            }}
        </div>
    }
}

fn state_view(
    stage: Stage,
    state: State,
    wallets: Vec<crate::wallet::found::FoundWallet>,
) -> AnyView {
    match state {
        State::Discovering { .. } => choose::discovering().into_any(),
        State::NoWallet => choose::no_wallet(stage).into_any(),
        State::Choosing => choose::choosing(stage, wallets).into_any(),
        State::Waiting { request, .. } => request::waiting(stage, &request).into_any(),
        State::Silent { request } => request::silent(stage, &request).into_any(),
        State::Rejected { request } => request::rejected(stage, &request).into_any(),
        State::Failed { request, failure } => request::failed(stage, &request, &failure).into_any(),
        State::WrongChain { connection } => request::wrong_chain(stage, &connection).into_any(),
        State::Preparing { connection, .. } => message::preparing(stage, &connection).into_any(),
        State::ReadyToSign {
            connection,
            challenge,
            problem,
        } => message::ready_to_sign(stage, &connection, challenge, problem.as_ref()).into_any(),
        State::AccountSwitched { previous, current } => {
            request::account_switched(stage, &previous, current).into_any()
        }
        State::Expired { connection } => message::expired(stage, &connection).into_any(),
        State::Verifying { .. } => message::verifying(stage).into_any(),
        State::Refused { error, .. } => message::refused(stage, error).into_any(),
        State::SignedIn { .. } => message::signed_in(stage).into_any(),
    }
}

/// A button that was pressed is gone in the next state: the focus goes to what came in its place,
/// so that keyboards and screen readers do not start over at the top of the page.
fn follow_with_focus(
    shown: Memo<(State, Vec<crate::wallet::found::FoundWallet>)>,
    frame: NodeRef<Div>,
) {
    let kind = Memo::new(move |_| shown.with(|(state, _)| std::mem::discriminant(state)));
    let is_by_a_person = Memo::new(move |_| {
        shown.with(|(state, _)| {
            !matches!(
                state,
                State::Discovering { .. } | State::NoWallet | State::Choosing
            )
        })
    });
    Effect::new(move |previous: Option<bool>| {
        kind.track();
        let was = previous.unwrap_or(false);
        let is = is_by_a_person.get();
        // Looking for wallets is nobody's doing; a way back to the list is.
        if (is || was)
            && let Some(frame) = frame.get_untracked()
        {
            let _ = frame.focus();
        }
        is
    });
}

/// Something is going on.
fn busy(text: String) -> impl IntoView {
    view! {
        <p class="sign-in-busy">
            <Spinner size=18 label="Working" />
            <span>{text}</span>
        </p>
    }
}

/// The row of next steps.
fn steps(children: impl IntoView) -> impl IntoView {
    view! { <div class="sign-in-steps">{children}</div> }
}

fn primary(stage: Stage, action: Action, label: impl Into<String>) -> impl IntoView {
    let label = label.into();
    view! {
        <Button variant=ButtonVariant::Primary on:click=move |_| stage.on_action.run(action.clone())>{label}</Button>
    }
}

fn retry(stage: Stage, label: &'static str) -> impl IntoView {
    view! {
        <Button
            variant=ButtonVariant::Primary
            icon=IconName::Refresh
            on:click=move |_| stage.on_action.run(Action::Retry)
        >
            {label}
        </Button>
    }
}

fn cancel(stage: Stage) -> impl IntoView {
    view! {
        <Button variant=ButtonVariant::Ghost on:click=move |_| stage.on_action.run(Action::Cancel)>"Cancel"</Button>
    }
}

#[cfg(all(test, feature = "ssr"))]
mod tests;
