use super::*;
use crate::rendered::html;

#[test]
fn errors_say_what_to_do() {
    insta::assert_snapshot!(html(|| view! {
        <ErrorView error=ApiError::new(ErrorCode::Unavailable, "The engine did not answer.").with_hint("Wait a moment.") />
        <ErrorView error=ApiError::new(ErrorCode::SignInRequired, "Your session has ended.") />
    }));
}

#[test]
fn text_from_elsewhere_is_not_markup() {
    let page = html(
        || view! { <ErrorView error=ApiError::new(ErrorCode::NotFound, "</p><script>x</script>") /> },
    );
    assert!(!page.contains("<script>"), "{page}");
}
