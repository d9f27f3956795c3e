//! `/explorer/contract/:address/verify`: proves that a source is a contract's.

use leptos::form::ActionForm;
use leptos::prelude::*;
use leptos_router::hooks::use_params_map;
use types::WalletAddress;
use types::explorer::Verification;

use super::missing::NoAddress;
use super::path;
use crate::actions::explorer::contract::VerifyContract;
use crate::pages::form::outcome;
use crate::shell::{sign_in_path, use_shell};
use crate::ui::breadcrumb::Crumb;
use crate::ui::{
    Alert, Button, ButtonKind, ButtonVariant, Card, IconName, LinkButton, Outcome, PageHeader,
    TextArea, TextInput, Tone,
};

/// Longest standard JSON input that is taken, in characters.
const INPUT_LENGTH_MAX: u32 = 4 << 20;

/// The form.
#[component]
pub fn VerifyPage() -> impl IntoView {
    let parameters = use_params_map();
    let address = Memo::new(move |_| {
        parameters.with(|parameters| {
            parameters
                .get_str("address")
                .and_then(|text| text.parse::<WalletAddress>().ok())
        })
    });
    let viewer = use_shell().viewer();
    move || {
        match (address.get(), viewer.get()) {
        (None, _) => view! { <NoAddress /> }.into_any(),
        (Some(address), None) => view! {
            <Head address />
            <Alert tone=Tone::Info title="Sign in to verify a source" actions=move || view! {
                <LinkButton href=sign_in_path(&path::verify(address)) icon=IconName::SignIn>"Sign in"</LinkButton>
            }>
                <p>"Compiling takes work, and what you prove is shown with your name."</p>
            </Alert>
        }
        .into_any(),
        (Some(address), Some(_)) => view! { <Head address /> <VerifyForm address /> }.into_any(),
    }
    }
}

#[component]
fn Head(address: WalletAddress) -> impl IntoView {
    let above = vec![Crumb::new(path::contract(address), address.to_short())];
    view! {
        <PageHeader
            title="Verify the source"
            description="The source is compiled here and compared with the code on the chain. If they agree, everybody can read it and use the contract's functions."
            above
        />
    }
}

#[component]
fn VerifyForm(address: WalletAddress) -> impl IntoView {
    let verify = ServerAction::<VerifyContract>::new();
    let verified = Memo::new(move |_| {
        verify
            .value()
            .with(|value| matches!(value, Some(Ok(Verification::Verified(_)))))
    });
    view! {
        <Card>
            <ActionForm action=verify>
                <div class="grid gap-4">
                    <input type="hidden" name="address" value=address.to_checksum() />
                    <TextArea
                        name="standard_json"
                        label="Standard JSON input"
                        hint="What the compiler was given: Foundry writes it with “forge verify-contract --show-standard-json-input”, Hardhat keeps it as “input” under artifacts/build-info."
                        placeholder="{\"language\":\"Solidity\",\"sources\":{…},\"settings\":{…}}"
                        rows=14
                        length_max=INPUT_LENGTH_MAX
                        required=true
                        monospaced=true
                    />
                    <TextInput name="contract" label="Contract" hint="Which one of the input; left empty, whichever fits." placeholder="contracts/Token.sol:Token" monospaced=true />
                    <TextInput name="compiler" label="Compiler version" hint="Left empty, whichever is there." placeholder="0.8.30" monospaced=true />
                    <Outcome result=outcome(verify) success="Compiled and compared." />
                    <div>
                        <Button kind=ButtonKind::Submit variant=ButtonVariant::Primary icon=IconName::Shield loading=verify.pending()>
                            "Compile and compare"
                        </Button>
                    </div>
                </div>
            </ActionForm>
        </Card>
        <Show when=move || verified.get()>
            <Alert tone=Tone::Positive title="The source is this contract's" actions=move || view! {
                <LinkButton href=path::contract(address) icon=IconName::File>"See the contract"</LinkButton>
            } />
        </Show>
    }
}
