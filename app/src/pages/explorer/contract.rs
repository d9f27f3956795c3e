//! The contract of an address: source and code, and its functions as forms.

mod argument;
mod code;
mod read;
mod write;

use leptos::prelude::*;
use leptos_router::hooks::use_query_map;
use types::WalletAddress;
use types::explorer::{ContractInterface, ContractView, Verification};

use code::CodeView;
use read::ReadView;
use write::WriteView;

use super::path;
use crate::actions::explorer::contract::{FunctionCall, read_contract};
use crate::pages::loading::loaded;
use crate::ui::{Alert, Card, ControlSize, EmptyState, IconName, LinkButton, TabLink, Tabs, Tone};

/// A part of the contract's tab.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum View {
    Code,
    Read,
    Write,
}

impl View {
    const ALL: [Self; 3] = [Self::Code, Self::Read, Self::Write];

    const fn as_str(self) -> &'static str {
        match self {
            Self::Code => "code",
            Self::Read => "read",
            Self::Write => "write",
        }
    }

    fn parse(text: Option<&str>) -> Self {
        Self::ALL
            .into_iter()
            .find(|view| text == Some(view.as_str()))
            .unwrap_or(Self::Code)
    }

    fn address(self, contract: WalletAddress) -> String {
        match self {
            Self::Code => path::contract(contract),
            view => path::with_query(
                &path::address(contract),
                &[("tab", "contract"), ("view", view.as_str())],
            ),
        }
    }
}

#[component]
pub(super) fn ContractTab(address: WalletAddress) -> impl IntoView {
    let contract = Resource::new_blocking(move || address, read_contract);
    loaded(contract, |contract| match contract {
        Some(contract) => view! { <Contract contract /> }.into_any(),
        None => view! {
            <Card>
                <EmptyState icon=IconName::File title="No contract here">
                    <p>"This address has no code. A contract appears here once it is deployed."</p>
                </EmptyState>
            </Card>
        }
        .into_any(),
    })
}

#[component]
pub(super) fn Contract(contract: ContractView) -> impl IntoView {
    let address = contract.address;
    let parameters = use_query_map();
    let view =
        Memo::new(move |_| parameters.with(|parameters| View::parse(parameters.get_str("view"))));
    let current = Memo::new(move |_| view.get().address(address));
    let count = |pick: fn(&ContractInterface) -> usize| {
        let number = contract.interface.as_ref().map_or(0, pick);
        u64::try_from(number).unwrap_or(0)
    };
    let tabs = vec![
        TabLink::new(View::Code.address(address), "Code").with_icon(IconName::File),
        TabLink::new(View::Read.address(address), "Read")
            .with_icon(IconName::Eye)
            .with_count(count(|interface| interface.reads.len())),
        TabLink::new(View::Write.address(address), "Write")
            .with_icon(IconName::Edit)
            .with_count(count(|interface| interface.writes.len())),
    ];
    view! {
        <VerificationNote address verification=contract.verification.clone() />
        <Tabs label="Parts of the contract" tabs current />
        {move || {
            let contract = contract.clone();
            match (view.get(), contract.interface.clone()) {
                (View::Code, _) => view! { <CodeView contract /> }.into_any(),
                (_, None) => view! { <NoInterface address /> }.into_any(),
                (View::Read, Some(interface)) => {
                    view! { <ReadView address functions=interface.reads /> }.into_any()
                }
                (View::Write, Some(interface)) => {
                    view! { <WriteView address functions=interface.writes /> }.into_any()
                }
            }
        }}
    }
}

/// Who vouches for what is shown of the contract.
#[component]
fn VerificationNote(address: WalletAddress, verification: Verification) -> impl IntoView {
    match verification {
        Verification::Verified(source) => {
            let how = match source.matched {
                types::explorer::Match::Exact => "exactly, comments and all",
                types::explorer::Match::WithoutMetadata => "in all that it does",
            };
            view! {
                <Alert tone=Tone::Positive title="The source is verified">
                    <p>"What solc "{source.compiler.clone()}" makes of the source is the code of this contract, "{how}"."</p>
                </Alert>
            }
            .into_any()
        }
        Verification::InterfaceOnly { by, .. } => view! {
            <Alert
                tone=Tone::Warning
                title="Only an interface is known"
                actions=move || view! { <VerifyLink address /> }
            >
                <p>{by}" gave it. Nobody proved that it is this contract's: names may not say what the code does."</p>
            </Alert>
        }
        .into_any(),
        Verification::Unverified => view! {
            <Alert
                tone=Tone::Info
                title="The source is not verified"
                actions=move || view! { <VerifyLink address /> }
            >
                <p>"If you have it, compile it here: others can then read what the contract does."</p>
            </Alert>
        }
        .into_any(),
    }
}

#[component]
fn VerifyLink(address: WalletAddress) -> impl IntoView {
    view! {
        <LinkButton href=path::verify(address) size=ControlSize::Small icon=IconName::Shield>"Verify the source"</LinkButton>
    }
}

#[component]
fn NoInterface(address: WalletAddress) -> impl IntoView {
    view! {
        <Card>
            <EmptyState
                icon=IconName::File
                title="The interface is not known"
                actions=move || view! { <VerifyLink address /> }
            >
                <p>"With a verified source, or with its interface (ABI) given under “Code”, each function becomes a form here."</p>
            </EmptyState>
        </Card>
    }
}

/// The function and arguments that the address of the page asks for.
fn asked_call(
    address: WalletAddress,
    signature: Option<&str>,
    arguments: Option<Vec<String>>,
) -> Option<FunctionCall> {
    Some(FunctionCall {
        address,
        signature: signature?.to_owned(),
        arguments: arguments.unwrap_or_default(),
    })
}

fn use_asked_call(address: WalletAddress) -> Memo<Option<FunctionCall>> {
    let parameters = use_query_map();
    Memo::new(move |_| {
        parameters.with(|parameters| {
            asked_call(
                address,
                parameters.get_str("call"),
                parameters.get_all("argument"),
            )
        })
    })
}
