//! Opening and closing from code, for browsers without `command` and for finished actions.

use leptos::ev::MouseEvent;

/// Opens the dialog of that id; nothing happens on the server or when there is none.
pub fn open_dialog(id: &str) {
    #[cfg(feature = "hydrate")]
    if let Some(dialog) = browser::dialog(id)
        && !dialog.open()
    {
        // Refused only when the dialog is not in the document; then there is nothing to show.
        let _ = dialog.show_modal();
    }
    #[cfg(not(feature = "hydrate"))]
    let _ = id;
}

/// Closes the dialog of that id: after its form has succeeded.
pub fn close_dialog(id: &str) {
    #[cfg(feature = "hydrate")]
    if let Some(dialog) = browser::dialog(id) {
        dialog.close();
    }
    #[cfg(not(feature = "hydrate"))]
    let _ = id;
}

/// Does by code what the button's `command` says, where the browser does not do it itself.
pub(super) fn fall_back(event: &MouseEvent, id: &str, act: fn(&str)) {
    #[cfg(feature = "hydrate")]
    if !browser::knows_commands(event) {
        act(id);
    }
    #[cfg(not(feature = "hydrate"))]
    let _ = (event, id, act);
}

#[cfg(feature = "hydrate")]
mod browser {
    use leptos::ev::MouseEvent;
    use leptos::prelude::document;
    use leptos::wasm_bindgen::{JsCast, JsValue};
    use web_sys::HtmlDialogElement;

    pub(super) fn dialog(id: &str) -> Option<HtmlDialogElement> {
        document().get_element_by_id(id)?.dyn_into().ok()
    }

    pub(super) fn knows_commands(event: &MouseEvent) -> bool {
        event
            .current_target()
            .and_then(|button| {
                js_sys::Reflect::has(&button, &JsValue::from_str("commandForElement")).ok()
            })
            .unwrap_or(false)
    }
}
