//! The front door: what this is, how it works, and the way in. No script is needed to read it.

mod hero;
mod ladder;
mod picture;
mod steps;

use leptos::prelude::*;
use leptos_meta::{Meta, Title};

use hero::Hero;
use ladder::PauseLadder;
use picture::ProductPicture;
use steps::Steps;

/// `/`, for everyone; whoever is signed in is led to the dashboard.
#[component]
pub fn HomePage() -> impl IntoView {
    view! {
        <Title text="" />
        <Meta
            name="description"
            content="Sign in with a wallet and work in a JupyterLab of your own, with Python, web3.py and an EVM."
        />
        <div class="home">
            <div class="home-top">
                <Hero />
                <ProductPicture />
            </div>
            <Steps />
            <PauseLadder />
        </div>
    }
}
