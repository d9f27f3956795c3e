//! The browser's entry: attaches the application to the page that the server rendered.

// The type of a whole page is deep.
#![recursion_limit = "512"]

/// User Timing mark of the moment from which the page answers in the browser, for measurements and
/// for tests that must not be faster than a person.
const HYDRATED_MARK: &str = "hydrated";

/// Called once by the page's module script.
#[wasm_bindgen::prelude::wasm_bindgen]
pub fn hydrate() {
    console_error_panic_hook::set_once();
    // Asynchronous, because the program of the page may still have to be loaded.
    wasm_bindgen_futures::spawn_local(async {
        let Some(body) = leptos::prelude::document().body() else {
            return;
        };
        let mounted = leptos::mount::hydrate_from_async(body, app::App).await;
        mounted.forget();
        if let Some(performance) = web_sys::window().and_then(|window| window.performance()) {
            // A browser without User Timing only goes unmeasured.
            let _ = performance.mark(HYDRATED_MARK);
        }
    });
}
