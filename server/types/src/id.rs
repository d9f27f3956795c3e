//! Typed identifiers: a [ULID](https://github.com/ulid/spec) inside, written as 26 lower-case
//! Crockford base-32 characters (so that one is also a legal DNS label and file name).

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use ulid::Ulid;

/// The text is not an identifier of the expected kind.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} is not a {kind} id: it has 26 letters and digits")]
pub struct InvalidId {
    kind: &'static str,
    text: String,
}

macro_rules! typed_id {
    ($(#[$doc:meta])* $name:ident, $kind:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Ulid);

        impl $name {
            /// Builds an id from a time (milliseconds since the Unix epoch) and 80 random bits.
            #[must_use]
            pub const fn from_parts(time_ms: u64, random: u128) -> Self {
                Self(Ulid::from_parts(time_ms, random))
            }

            /// A new id of this moment.
            #[cfg(feature = "generate")]
            #[must_use]
            pub fn generate() -> Self {
                Self(Ulid::generate())
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                let mut buffer = [0_u8; ulid::ULID_LEN];
                let text = self.0.array_to_str(&mut buffer);
                text.make_ascii_lowercase();
                formatter.write_str(text)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(formatter, "{}:{self}", $kind)
            }
        }

        impl FromStr for $name {
            type Err = InvalidId;

            fn from_str(text: &str) -> Result<Self, InvalidId> {
                Ulid::from_string(text).map(Self).map_err(|_| InvalidId {
                    kind: $kind,
                    text: text.chars().take(40).collect(),
                })
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }
    };
}

typed_id!(
    /// A person.
    UserId, "user"
);
typed_id!(
    /// A notebook server of one user.
    ServerId, "server"
);
typed_id!(
    /// A group of users.
    GroupId, "group"
);
typed_id!(
    /// A wallet linked to a user.
    WalletId, "wallet"
);
typed_id!(
    /// An OAuth identity linked to a user.
    IdentityId, "identity"
);
typed_id!(
    /// An invitation to sign up.
    InvitationId, "invitation"
);
typed_id!(
    /// The public name of a session; the secret that opens it is never shown.
    SessionKey, "session"
);

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn ids_are_lower_case_and_typed() {
        let id = UserId::from_parts(1_700_000_000_000, 42);
        assert_eq!(id.to_string().len(), 26);
        assert_eq!(id.to_string(), id.to_string().to_lowercase());
        assert_eq!(format!("{id:?}"), format!("user:{id}"));
        assert!("nonsense".parse::<UserId>().is_err());
    }

    proptest! {
        #[test]
        fn text_and_json_round_trip(time_ms in 0_u64..(1 << 48), random in 0_u128..(1 << 80)) {
            let id = ServerId::from_parts(time_ms, random);
            prop_assert_eq!(id.to_string().parse::<ServerId>(), Ok(id));
            let json = serde_json::to_string(&id).unwrap();
            prop_assert_eq!(serde_json::from_str::<ServerId>(&json).unwrap(), id);
        }
    }
}
