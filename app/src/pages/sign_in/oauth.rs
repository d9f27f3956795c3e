//! Buttons of the OAuth providers: plain links, which work without JavaScript.

use leptos::prelude::*;
use types::sign_in::{OauthProvider, ProofPurpose};

use crate::shell::percent::encode_query_value;
use crate::ui::{ButtonVariant, Card, ControlSize, IconName, LinkButton};

/// Nothing when no provider is configured.
#[component]
pub(super) fn OauthProviders(
    providers: Vec<OauthProvider>,
    purpose: ProofPurpose,
) -> impl IntoView {
    (!providers.is_empty()).then(|| {
        let buttons = providers.into_iter().map(|provider| provider_button(&provider, purpose)).collect_view();
        view! {
            <Card title="Another account" description="You go to the provider's site and come back signed in.">
                <div class="grid gap-2">{buttons}</div>
            </Card>
        }
    })
}

fn provider_button(provider: &OauthProvider, purpose: ProofPurpose) -> impl IntoView + use<> {
    let label = match purpose {
        ProofPurpose::SignIn => format!("Continue with {}", provider.display_name),
        ProofPurpose::Link => format!("Link {}", provider.display_name),
    };
    view! {
        <LinkButton
            href=start_path(&provider.slug, purpose)
            target="_self"
            variant=ButtonVariant::Secondary
            size=ControlSize::Large
            icon=IconName::External
        >
            {label}
        </LinkButton>
    }
}

fn start_path(slug: &str, purpose: ProofPurpose) -> String {
    let purpose = match purpose {
        ProofPurpose::SignIn => "sign_in",
        ProofPurpose::Link => "link",
    };
    format!(
        "/oauth/{}/start?purpose={purpose}",
        encode_query_value(slug)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn providers_start_at_their_own_path() {
        assert_eq!(
            start_path("example", ProofPurpose::SignIn),
            "/oauth/example/start?purpose=sign_in"
        );
        assert_eq!(
            start_path("a?b", ProofPurpose::Link),
            "/oauth/a%3Fb/start?purpose=link"
        );
    }
}
