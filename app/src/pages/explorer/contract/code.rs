//! Source, interface and bytecode of a contract.

use leptos::form::ActionForm;
use leptos::prelude::*;
use types::WalletAddress;
use types::explorer::{ContractView, SourceFile, Verification, VerifiedSource};

use crate::actions::explorer::contract::UploadInterface;
use crate::pages::explorer::bytes::BytesView;
use crate::pages::form::outcome;
use crate::shell::use_shell;
use crate::ui::{
    Button, ButtonKind, Card, Code, IconName, KeyValue, KeyValues, Outcome, TextArea, Time,
};

/// Longest interface that is taken, in characters.
const ABI_LENGTH_MAX: u32 = 512 << 10;

#[component]
pub(super) fn CodeView(contract: ContractView) -> impl IntoView {
    let address = contract.address;
    let is_verified = matches!(contract.verification, Verification::Verified(_));
    let source = match contract.verification {
        Verification::Verified(source) => Some(view! { <Source source=*source /> }),
        _ => None,
    };
    view! {
        {source}
        {contract.interface.map(|interface| view! {
            <Card title="Interface (ABI)">
                <details class="disclosure">
                    <summary>"Show the JSON"</summary>
                    <Code text=interface.abi label="Interface" />
                </details>
            </Card>
        })}
        {(!is_verified).then(|| view! { <GiveInterface address /> })}
        <Card title="Bytecode">
            <div class="grid gap-3">
                <p class="mono break-all text-sm text-muted">"Keccak-256 "{contract.code_hash.to_string()}</p>
                <BytesView bytes=contract.code label="Code on the chain" />
            </div>
        </Card>
    }
}

#[component]
fn Source(source: VerifiedSource) -> impl IntoView {
    let VerifiedSource {
        name,
        compiler,
        settings,
        files,
        constructor_arguments,
        by,
        at,
        ..
    } = source;
    view! {
        <Card title=name>
            <KeyValues>
                <KeyValue label="Compiler"><span class="mono">{compiler}</span></KeyValue>
                <KeyValue label="Verified">"by "{by}" · "<Time at /></KeyValue>
                {constructor_arguments.filter(|bytes| !bytes.0.is_empty()).map(|bytes| view! {
                    <KeyValue label="Constructor arguments"><span class="mono break-all">{bytes.to_string()}</span></KeyValue>
                })}
                <KeyValue label="Settings">
                    <details class="disclosure">
                        <summary>"Show the JSON"</summary>
                        <Code text=settings label="Compiler settings" />
                    </details>
                </KeyValue>
            </KeyValues>
        </Card>
        <Card title="Source">
            <div class="grid gap-3">{source_files(files)}</div>
        </Card>
    }
}

/// The first file is open.
fn source_files(files: Vec<SourceFile>) -> impl IntoView {
    files
        .into_iter()
        .enumerate()
        .map(|(place, file)| {
            let label = file.path.clone();
            view! {
                <details class="disclosure" open=place == 0>
                    <summary class="mono">{file.path}</summary>
                    <Code text=file.content label />
                </details>
            }
        })
        .collect_view()
}

/// An interface without proof, so that others can read and write the contract.
#[component]
fn GiveInterface(address: WalletAddress) -> impl IntoView {
    let upload = ServerAction::<UploadInterface>::new();
    let viewer = use_shell().viewer();
    view! {
        <Card title="Give an interface" description="The JSON ABI that the compiler wrote. Everybody then sees it, with your name beside it.">
            {move || match viewer.get() {
                None => view! {
                    <p>"Only people who are signed in can give one. "<a class="link" href="/sign-in">"Sign in"</a></p>
                }
                .into_any(),
                Some(_) => view! {
                    <ActionForm action=upload>
                        <div class="grid gap-4">
                            <input type="hidden" name="address" value=address.to_checksum() />
                            <TextArea name="abi" label="Interface" placeholder="[{\"type\":\"function\",…}]" length_max=ABI_LENGTH_MAX required=true monospaced=true />
                            <Outcome result=outcome(upload) success="Kept. Reload the page to see the functions." />
                            <div><Button kind=ButtonKind::Submit icon=IconName::Upload loading=upload.pending()>"Give the interface"</Button></div>
                        </div>
                    </ActionForm>
                }
                .into_any(),
            }}
        </Card>
    }
}
