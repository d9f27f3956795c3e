//! The one shape in which every failure reaches a person or a program.

use serde::{Deserialize, Serialize};

/// A failure at the edge: what happened, a code that programs may rely on, and what to do next.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{message}")]
pub struct ApiError {
    pub code: ErrorCode,
    /// A sentence for people. It never holds internals or text of other users.
    pub message: String,
    /// What the reader can do about it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
    /// The form field that is wrong, if one is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
    /// Milliseconds after which the same request may succeed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_after_ms: Option<u64>,
}

impl ApiError {
    /// A failure with a sentence for people.
    pub fn new(code: ErrorCode, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
            hint: None,
            field: None,
            retry_after_ms: None,
        }
    }

    /// Adds what the reader can do next.
    #[must_use]
    pub fn with_hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// Names the form field that is wrong.
    #[must_use]
    pub fn with_field(mut self, field: impl Into<String>) -> Self {
        self.field = Some(field.into());
        self
    }

    /// Says when to try again.
    #[must_use]
    pub const fn with_retry_after_ms(mut self, retry_after_ms: u64) -> Self {
        self.retry_after_ms = Some(retry_after_ms);
        self
    }
}

macro_rules! error_codes {
    ($($(#[$doc:meta])* $variant:ident = $text:literal, $status:literal;)*) => {
        /// Stable machine codes: `<area>.<what>`. Once published, a code keeps its meaning.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
        pub enum ErrorCode {
            $($(#[$doc])* #[serde(rename = $text)] $variant,)*
        }

        impl ErrorCode {
            /// Every code, for the API document and for tests.
            pub const ALL: &[Self] = &[$(Self::$variant,)*];

            /// The code's text.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text,)* }
            }

            /// The HTTP status that goes with the code.
            #[must_use]
            pub const fn status(self) -> u16 {
                match self { $(Self::$variant => $status,)* }
            }
        }
    };
}

error_codes! {
    /// Our fault; the log has the cause under the request id.
    Internal = "internal", 500;
    /// A part that we need is not there right now.
    Unavailable = "unavailable", 503;
    /// Too many requests of this kind.
    RateLimited = "rate_limited", 429;
    /// The request cannot be understood or breaks a rule.
    BadRequest = "bad_request", 400;
    /// The address of the request is longer than any of ours.
    AddressTooLong = "address_too_long", 414;
    /// A write that did not come from our own pages.
    CrossSite = "cross_site", 403;
    /// Not there, or not yours to know about.
    NotFound = "not_found", 404;
    /// Sign in first.
    SignInRequired = "identity.sign_in_required", 401;
    /// Signed in, but not allowed.
    Forbidden = "identity.forbidden", 403;
    /// Nobody invited this wallet or identity.
    NotAllowed = "identity.not_allowed", 403;
    /// The account is suspended or expired.
    Suspended = "identity.suspended", 403;
    /// The sign-in message is not the one that we made.
    ChallengeMismatch = "identity.challenge_mismatch", 400;
    /// The sign-in message was used, has expired, or belongs to another browser.
    ChallengeSpent = "identity.challenge_spent", 400;
    /// The signature is not by that wallet.
    SignatureInvalid = "identity.signature_invalid", 400;
    /// The chain is not one that we accept.
    ChainNotAllowed = "identity.chain_not_allowed", 400;
    /// The wallet or identity belongs to another account already.
    IdentityTaken = "identity.taken", 409;
    /// The last way to sign in cannot be removed.
    LastIdentity = "identity.last_identity", 409;
    /// The OAuth provider refused or answered wrongly.
    OauthFailed = "identity.oauth_failed", 400;
    /// The invitation or link is unknown, used up or expired.
    InvitationInvalid = "identity.invitation_invalid", 400;
    /// A name is malformed.
    NameInvalid = "identity.name_invalid", 400;
    /// A name is in use.
    NameTaken = "identity.name_taken", 409;
    /// The server is in a state in which this cannot be done.
    ServerState = "notebook.server_state", 409;
    /// As many servers as are allowed.
    ServerLimit = "notebook.server_limit", 400;
    /// A server of this name exists.
    ServerNameTaken = "notebook.server_name_taken", 409;
    /// A server name is malformed.
    ServerNameInvalid = "notebook.server_name_invalid", 400;
    /// No such profile, or not for this user.
    ProfileInvalid = "notebook.profile_invalid", 400;
    /// Some lines of a bulk list cannot be applied.
    BulkRejected = "admin.bulk_rejected", 400;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_unique_and_serialise_as_their_text() {
        let mut seen = std::collections::HashSet::new();
        for code in ErrorCode::ALL {
            assert!(seen.insert(code.as_str()), "{} twice", code.as_str());
            assert_eq!(
                serde_json::to_string(code).unwrap(),
                format!("{:?}", code.as_str())
            );
            assert!((400..600).contains(&code.status()));
        }
    }
}
