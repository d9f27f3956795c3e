//! Functions that only read, as forms that work without JavaScript: the question is in the address
//! of the page, so that an answer can be linked to.

use leptos::prelude::*;
use leptos_router::components::Form;
use types::WalletAddress;
use types::explorer::{ContractCall, DecodedField};

use super::argument::{Argument, initial_value};
use super::{View, use_asked_call};
use crate::actions::explorer::contract::{FunctionCall, call_contract};
use crate::pages::explorer::list::{Empty, empty_list};
use crate::pages::explorer::path;
use crate::ui::{Button, ButtonKind, Card, DecodedFields, ErrorView, IconName, Skeleton};

const NO_FUNCTIONS: Empty = Empty {
    icon: IconName::Eye,
    title: "Nothing to read",
    text: "The interface of this contract has no functions that only read.",
};

#[component]
pub(super) fn ReadView(address: WalletAddress, functions: Vec<ContractCall>) -> impl IntoView {
    if functions.is_empty() {
        return view! { <Card>{empty_list(NO_FUNCTIONS)}</Card> }.into_any();
    }
    let asked = use_asked_call(address);
    view! {
        <Card flush=true>
            <ol class="functions">
                {functions.into_iter()
                    .map(|function| view! { <ReadFunction address function asked /> })
                    .collect_view()}
            </ol>
        </Card>
    }
    .into_any()
}

#[component]
fn ReadFunction(
    address: WalletAddress,
    function: ContractCall,
    asked: Memo<Option<FunctionCall>>,
) -> impl IntoView {
    let signature = function.signature.clone();
    let own_call = Memo::new(move |_| asked.get().filter(|asked| asked.signature == signature));
    let is_open = function.inputs.is_empty() || own_call.with_untracked(Option::is_some);
    let title = function.name.clone();
    let signature = function.signature.clone();
    let known = function.answer.clone();
    let has_inputs = !function.inputs.is_empty();
    view! {
        <li class="function">
            <details open=is_open>
                <summary>
                    <span class="function-name">{title}</span>
                    <span class="signature">{signature}</span>
                </summary>
                <div class="function-body">
                    {has_inputs.then(|| view! { <Question address function=function.clone() own_call /> })}
                    {move || match (own_call.get(), known.clone()) {
                        (Some(call), _) => view! { <Answer call /> }.into_any(),
                        (None, Some(fields)) => view! { <AnswerFields fields /> }.into_any(),
                        (None, None) if !has_inputs => view! { <Question address function=function.clone() own_call /> }.into_any(),
                        (None, None) => ().into_any(),
                    }}
                </div>
            </details>
        </li>
    }
}

#[component]
fn Question(
    address: WalletAddress,
    function: ContractCall,
    own_call: Memo<Option<FunctionCall>>,
) -> impl IntoView {
    let given = own_call.with_untracked(|call| {
        call.as_ref()
            .map(|call| call.arguments.clone())
            .unwrap_or_default()
    });
    let signature = function.signature.clone();
    let controls = function
        .inputs
        .into_iter()
        .enumerate()
        .map(|(place, parameter)| {
            let value = given
                .get(place)
                .cloned()
                .unwrap_or_else(|| initial_value(&parameter.1));
            let bind = RwSignal::new(value);
            view! { <Argument signature=signature.clone() place parameter bind /> }
        });
    let controls = controls.collect_view();
    view! {
        <Form method="GET" action=path::address(address) noscroll=true attr:class="function-form">
            <input type="hidden" name="tab" value="contract" />
            <input type="hidden" name="view" value=View::Read.as_str() />
            <input type="hidden" name="call" value=function.signature />
            {controls}
            <div><Button kind=ButtonKind::Submit icon=IconName::Eye>"Read"</Button></div>
        </Form>
    }
}

/// What the contract answers; a refusal is shown in its place.
#[component]
fn Answer(call: FunctionCall) -> impl IntoView {
    let answer = Resource::new_blocking(move || call.clone(), call_contract);
    view! {
        <Transition fallback=|| view! { <Skeleton lines=1 /> }>
            {move || Suspend::new(async move {
                match answer.await {
                    Ok(fields) => view! { <AnswerFields fields /> }.into_any(),
                    Err(error) => view! {
                        <ErrorView error=error.0 retry=Callback::new(move |()| answer.refetch()) />
                    }
                    .into_any(),
                }
            })}
        </Transition>
    }
}

#[component]
fn AnswerFields(fields: Vec<DecodedField>) -> impl IntoView {
    view! {
        <div class="answer" role="status">
            <DecodedFields fields />
        </div>
    }
}
