//! What one line of a list asks for, read and checked by itself.

use std::collections::BTreeMap;

use time::format_description::well_known::Rfc3339;
use time::macros::format_description;
use time::{Date, OffsetDateTime};
use types::account::Role;
use types::{ApiError, Timestamp, WalletAddress};

use super::list::Fields;
use crate::capped::capped;
use crate::grant::{GroupStanding, MANAGER_PREFIX, standings};
use crate::user_name::{UserName, email, group_name};

/// Groups that one line may name.
const GROUPS_MAX: usize = 50;
const DAY_MS: i64 = 24 * 60 * 60 * 1_000;

/// What one line asks for, read and checked by itself.
pub(super) struct Wish {
    pub(super) name: String,
    pub(super) has_given_name: bool,
    pub(super) wallet: Option<WalletAddress>,
    pub(super) email: Option<String>,
    pub(super) role: Option<Role>,
    pub(super) groups: BTreeMap<String, GroupStanding>,
    pub(super) profile: Option<String>,
    pub(super) expires_at: Option<Timestamp>,
}

/// What is not checked yet while keys are collected.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Lenient {
    Nothing,
    Profile,
}

pub(super) fn read(
    fields: &Fields,
    profiles: &[String],
    now: Timestamp,
    lenient: Lenient,
) -> Result<Wish, ApiError> {
    let wallet = match fields.wallet.as_str() {
        "" => None,
        text => Some(
            text.parse::<WalletAddress>()
                .map_err(|error| bad(format!("wallet: {error}")))?,
        ),
    };
    if wallet == Some(WalletAddress([0; 20])) {
        return Err(bad("wallet: nobody holds the zero address".to_owned()));
    }
    let name = read_name(fields, wallet)?;
    let (role, mut groups) = read_role(&fields.role)?;
    groups.extend(read_groups(&fields.groups, groups.clone())?);
    let profile = match fields.profile.as_str() {
        "" => None,
        text if lenient == Lenient::Profile || profiles.iter().any(|profile| profile == text) => {
            Some(text.to_owned())
        }
        text => {
            return Err(bad(format!(
                "there is no profile {:?}; there are: {}",
                capped(text),
                profiles.join(", ")
            )));
        }
    };
    Ok(Wish {
        has_given_name: !fields.name.is_empty(),
        name,
        wallet,
        email: if fields.email.is_empty() {
            None
        } else {
            Some(email(&fields.email)?)
        },
        role,
        groups,
        profile,
        expires_at: read_expiry(&fields.expires, now)?,
    })
}

fn read_name(fields: &Fields, wallet: Option<WalletAddress>) -> Result<String, ApiError> {
    match (fields.name.as_str(), wallet) {
        ("", None) => Err(bad("a line needs a name or a wallet".to_owned())),
        ("", Some(wallet)) => Ok(UserName::of_wallet(wallet).into_string()),
        // A person known by a wallet may be listed by that very address.
        (text, Some(wallet)) if text.to_lowercase() == wallet.to_lower_hex() => {
            Ok(wallet.to_lower_hex())
        }
        (text, _) => UserName::parse(text).map(UserName::into_string),
    }
}

fn read_role(text: &str) -> Result<(Option<Role>, BTreeMap<String, GroupStanding>), ApiError> {
    let nothing = BTreeMap::new();
    match text.to_lowercase().as_str() {
        "" => Ok((None, nothing)),
        "administrator" | "admin" => Ok((Some(Role::Administrator), nothing)),
        "member" | "user" => Ok((Some(Role::Member), nothing)),
        lower if lower.starts_with(MANAGER_PREFIX) => {
            let group = group_name(text[MANAGER_PREFIX.len()..].trim())?;
            Ok((None, BTreeMap::from([(group, GroupStanding::Manager)])))
        }
        _ => Err(bad(format!(
            "there is no role {:?}; write administrator, member or manager:<group>",
            capped(text)
        ))),
    }
}

fn read_groups(
    text: &str,
    of_role: BTreeMap<String, GroupStanding>,
) -> Result<BTreeMap<String, GroupStanding>, ApiError> {
    let texts = text
        .split(';')
        .map(str::trim)
        .filter(|text| !text.is_empty());
    let mut groups = standings(texts);
    for (group, standing) in of_role {
        groups.insert(group, standing);
    }
    if groups.len() > GROUPS_MAX {
        return Err(bad(format!("a line names at most {GROUPS_MAX} groups")));
    }
    for group in groups.keys() {
        group_name(group)?;
    }
    Ok(groups)
}

/// A date means its whole day, in UTC.
fn read_expiry(text: &str, now: Timestamp) -> Result<Option<Timestamp>, ApiError> {
    if text.is_empty() {
        return Ok(None);
    }
    let date = Date::parse(text, format_description!("[year]-[month]-[day]"))
        .map(|date| milliseconds(date.midnight().assume_utc()).plus_ms(DAY_MS));
    let moment = OffsetDateTime::parse(text, &Rfc3339).map(milliseconds);
    let expires_at = date.or(moment).map_err(|_| {
        bad(format!(
            "expires: {:?} is no date; write 2027-12-31 or 2027-12-31T18:00:00Z",
            capped(text)
        ))
    })?;
    if expires_at <= now {
        return Err(bad(format!("expires: {} is past", capped(text))));
    }
    Ok(Some(expires_at))
}

fn milliseconds(moment: OffsetDateTime) -> Timestamp {
    Timestamp(i64::try_from(moment.unix_timestamp_nanos() / 1_000_000).unwrap_or(i64::MAX))
}

fn bad(message: String) -> ApiError {
    ApiError::new(types::ErrorCode::BadRequest, message)
}
