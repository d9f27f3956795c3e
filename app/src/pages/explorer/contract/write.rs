//! Functions that need a transaction. The server writes the call data; the reader's wallet signs
//! and sends. Without JavaScript the call data can still be had, for any other tool.

use leptos::prelude::*;
use leptos_router::components::Form;
use types::WalletAddress;
use types::explorer::{ContractCall, HexBytes};

use super::argument::{Argument, initial_value};
use super::{View, use_asked_call};
use crate::actions::error::ActionResult;
use crate::actions::explorer::contract::{FunctionCall, encode_call};
use crate::pages::explorer::list::{Empty, empty_list};
use crate::pages::explorer::path;
use crate::pages::send::{Draft, SendButton, SendNote, Sender, WalletChoice, parse_coins};
use crate::ui::{
    Alert, Button, ButtonKind, COIN_SYMBOL, Card, Code, ErrorView, IconName, Skeleton, TextInput,
    Tone,
};

const NO_FUNCTIONS: Empty = Empty {
    icon: IconName::Edit,
    title: "Nothing to write",
    text: "The interface of this contract has no functions that change something.",
};

#[component]
pub(super) fn WriteView(address: WalletAddress, functions: Vec<ContractCall>) -> impl IntoView {
    if functions.is_empty() {
        return view! { <Card>{empty_list(NO_FUNCTIONS)}</Card> }.into_any();
    }
    let asked = use_asked_call(address);
    let sender = Sender::new();
    sender.start();
    view! {
        <Card title="Your wallet" description="It shows you the transaction before it signs anything.">
            <WalletChoice sender />
        </Card>
        <Card flush=true>
            <ol class="functions">
                {functions.into_iter()
                    .map(|function| view! { <WriteFunction address function asked sender /> })
                    .collect_view()}
            </ol>
        </Card>
    }
    .into_any()
}

/// What was typed into one function's form.
#[derive(Clone)]
struct Typed {
    address: WalletAddress,
    signature: String,
    arguments: Vec<RwSignal<String>>,
    /// In the chain's coin.
    value: RwSignal<String>,
}

impl Typed {
    fn call(&self) -> FunctionCall {
        FunctionCall {
            address: self.address,
            signature: self.signature.clone(),
            arguments: self
                .arguments
                .iter()
                .map(|argument| argument.get_untracked().trim().to_owned())
                .collect(),
        }
    }

    /// The transaction that calls the function so.
    async fn draft(self) -> ActionResult<Draft> {
        let value = parse_coins(&self.value.get_untracked())?;
        let data = encode_call(self.call()).await?;
        Ok(Draft {
            to: Some(self.address),
            value,
            data,
        })
    }
}

#[component]
fn WriteFunction(
    address: WalletAddress,
    function: ContractCall,
    asked: Memo<Option<FunctionCall>>,
    sender: Sender,
) -> impl IntoView {
    let ContractCall {
        signature,
        name,
        inputs,
        is_payable,
        ..
    } = function;
    let own = signature.clone();
    let own_call = Memo::new(move |_| asked.get().filter(|asked| asked.signature == own));
    let given = own_call.with_untracked(|call| {
        call.as_ref()
            .map(|call| call.arguments.clone())
            .unwrap_or_default()
    });
    let is_open = own_call.with_untracked(Option::is_some);
    let arguments: Vec<_> = inputs
        .iter()
        .enumerate()
        .map(|(place, (_, type_name))| {
            RwSignal::new(
                given
                    .get(place)
                    .cloned()
                    .unwrap_or_else(|| initial_value(type_name)),
            )
        })
        .collect();
    let typed = Typed {
        address,
        signature: signature.clone(),
        arguments: arguments.clone(),
        value: RwSignal::new("0".to_owned()),
    };
    let value = typed.value;
    let controls: Vec<_> = inputs
        .into_iter()
        .zip(arguments)
        .enumerate()
        .map(|(place, (parameter, bind))| {
            view! { <Argument signature=signature.clone() place parameter bind /> }
        })
        .collect();
    let value_id = format!("value-{}", crate::ui::element_id::slug(&signature));
    let attempt = sender.new_attempt();
    view! {
        <li class="function">
            <details open=is_open>
                <summary>
                    <span class="function-name">{name}</span>
                    <span class="signature">{signature.clone()}</span>
                </summary>
                <div class="function-body">
                    <Form method="GET" action=path::address(address) noscroll=true attr:class="function-form">
                        <input type="hidden" name="tab" value="contract" />
                        <input type="hidden" name="view" value=View::Write.as_str() />
                        <input type="hidden" name="call" value=signature />
                        {controls}
                        {is_payable.then(|| view! {
                            <TextInput name="value" label=format!("Value to send, in {COIN_SYMBOL}") id=value_id bind=value pattern=r"[0-9]*\.?[0-9]*" />
                        })}
                        <div class="function-buttons">
                            <SendButton sender attempt draft=move || typed.clone().draft() label="Send" />
                            <Button kind=ButtonKind::Submit icon=IconName::Terminal>"Show call data"</Button>
                        </div>
                    </Form>
                    <SendNote sender attempt />
                    {move || own_call.get().map(|call| view! { <CallData call /> })}
                </div>
            </details>
        </li>
    }
}

#[component]
fn CallData(call: FunctionCall) -> impl IntoView {
    let address = call.address;
    let data = Resource::new_blocking(move || call.clone(), encode_call);
    view! {
        <Transition fallback=|| view! { <Skeleton lines=1 /> }>
            {move || Suspend::new(async move {
                match data.await {
                    Ok(data) => view! { <CallDataOf address data /> }.into_any(),
                    Err(error) => view! { <ErrorView error=error.0 /> }.into_any(),
                }
            })}
        </Transition>
    }
}

#[component]
fn CallDataOf(address: WalletAddress, data: HexBytes) -> impl IntoView {
    view! {
        <Alert tone=Tone::Info title="Call data for any wallet or tool">
            <p>"Send a transaction with this data to "<span class="mono break-all">{address.to_checksum()}</span>"."</p>
            <Code text=data.to_string() label="Call data" />
        </Alert>
    }
}
