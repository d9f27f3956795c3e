//! Reads requests as leniently as AITBC's nodes do: integers may be text or whole floats, and
//! fields that nobody knows are passed over.

use std::collections::HashMap;
use std::convert::Infallible;
use std::str::FromStr;

use alloy_primitives::{Address, B256, Bytes, U256};
use axum::extract::FromRequestParts;
use http::request::Parts;
use serde_json::{Map, Value};

use super::failure::{Failure, Issue};

/// Rows of a list when nothing is said.
const LIMIT_DEFAULT: i128 = 20;
/// Rows of a list.
const LIMIT_MAX: i128 = 100;

/// The query of a request. Of several values of one name the last counts.
pub struct Query(HashMap<String, String>);

impl<S: Sync> FromRequestParts<S> for Query {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        let query = parts.uri.query().unwrap_or_default();
        Ok(Self(
            url::form_urlencoded::parse(query.as_bytes())
                .into_owned()
                .collect(),
        ))
    }
}

/// Which rows of a list.
#[derive(Debug, Clone, Copy)]
pub struct Rows {
    pub limit: u64,
    pub offset: u64,
}

impl Query {
    pub fn text(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    /// An integer, if it is there.
    pub fn integer(&self, name: &str) -> Result<Option<i128>, Failure> {
        self.text(name)
            .map(|text| integer("query", name, &Value::from(text)))
            .transpose()
    }

    /// An integer that has to be there.
    pub fn required(&self, name: &str) -> Result<i128, Failure> {
        self.integer(name)?
            .ok_or_else(|| Failure::missing("query", name))
    }

    /// `limit` and `offset`.
    pub fn rows(&self) -> Result<Rows, Failure> {
        let limit = self.integer("limit")?.unwrap_or(LIMIT_DEFAULT);
        let offset = self.integer("offset")?.unwrap_or(0);
        if !(1..=LIMIT_MAX).contains(&limit) {
            return Err(Failure::bad_request("limit must be between 1 and 100"));
        }
        if offset < 0 {
            return Err(Failure::bad_request("offset must be non-negative"));
        }
        Ok(Rows {
            limit: clamp(limit),
            offset: clamp(offset),
        })
    }
}

/// The JSON object in the body of a request.
pub struct Body(Map<String, Value>);

impl Body {
    pub fn read(bytes: &[u8]) -> Result<Self, Failure> {
        let invalid = |kind, message: String| {
            Failure::Invalid(Issue {
                kind,
                place: "body",
                field: String::new(),
                message,
                input: Value::Null,
            })
        };
        match serde_json::from_slice(bytes) {
            Ok(Value::Object(object)) => Ok(Self(object)),
            Ok(_) => Err(invalid(
                "dict_type",
                "Input should be a valid dictionary".to_owned(),
            )),
            Err(error) => Err(invalid(
                "json_invalid",
                format!("JSON decode error: {error}"),
            )),
        }
    }

    /// A field that is there and not null.
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.0.get(name).filter(|value| !value.is_null())
    }

    pub fn required(&self, name: &str) -> Result<&Value, Failure> {
        self.get(name).ok_or_else(|| Failure::missing("body", name))
    }

    pub fn text(&self, name: &str) -> Result<&str, Failure> {
        let value = self.required(name)?;
        value
            .as_str()
            .ok_or_else(|| string_type("body", name, value))
    }

    /// An integer that is not negative and has to be there.
    pub fn count(&self, name: &str) -> Result<u64, Failure> {
        let value = self.required(name)?;
        let number = integer("body", name, value)?;
        u64::try_from(number).map_err(|_| {
            Failure::Invalid(Issue {
                kind: "greater_than_equal",
                place: "body",
                field: name.to_owned(),
                message: "Input should be greater than or equal to 0".to_owned(),
                input: value.clone(),
            })
        })
    }

    /// An amount in wei, more than nothing: an integer, or decimal text.
    pub fn amount(&self, name: &str) -> Result<U256, Failure> {
        let value = self.required(name)?;
        let text = match value {
            Value::String(text) => text.clone(),
            Value::Number(number) => number.to_string(),
            other => return Err(int_parsing("body", name, other)),
        };
        if text.starts_with('-') || text == "0" {
            return Err(Failure::Invalid(Issue {
                kind: "greater_than",
                place: "body",
                field: name.to_owned(),
                message: "Input should be greater than 0".to_owned(),
                input: value.clone(),
            }));
        }
        U256::from_str_radix(&text, 10).map_err(|_| int_parsing("body", name, value))
    }

    pub fn address(&self, name: &str) -> Result<Address, Failure> {
        let text = self.text(name)?;
        address("body", name, text)
    }

    /// Bytes in hexadecimal with `0x`.
    pub fn bytes(&self, name: &str) -> Result<Bytes, Failure> {
        let text = self.text(name)?;
        let hex = text
            .strip_prefix("0x")
            .and_then(|digits| Bytes::from_str(digits).ok());
        hex.ok_or_else(|| {
            Failure::value(
                "body",
                name,
                "not bytes in hexadecimal with 0x",
                Value::Null,
            )
        })
    }
}

/// An address of Ethereum; AITBC's `ait1` spelling of the same 40 digits is taken, too.
pub fn address(place: &'static str, field: &str, text: &str) -> Result<Address, Failure> {
    let digits = ["0x", "ait1", "aitbc1"]
        .into_iter()
        .find_map(|prefix| text.strip_prefix(prefix))
        .filter(|digits| digits.len() == 40);
    digits
        .and_then(|digits| Address::from_str(digits).ok())
        .ok_or_else(|| {
            let message = "not an address: 0x and 40 hexadecimal digits are wanted";
            Failure::value(place, field, message, Value::from(text))
        })
}

/// A hash in a path; what is none is not found.
pub fn hash(text: &str) -> Option<B256> {
    text.strip_prefix("0x")
        .and_then(|digits| B256::from_str(digits).ok())
}

/// A height in a path.
pub fn height(text: &str) -> Result<Option<u64>, Failure> {
    Ok(u64::try_from(integer("path", "height", &Value::from(text))?).ok())
}

/// Not negative, and not more than there is.
pub fn clamp(number: i128) -> u64 {
    u64::try_from(number.max(0)).unwrap_or(u64::MAX)
}

fn integer(place: &'static str, field: &str, value: &Value) -> Result<i128, Failure> {
    let number = match value {
        Value::Number(number) => number.as_i128().or_else(|| number.as_f64().and_then(whole)),
        Value::String(text) => text
            .trim()
            .parse()
            .ok()
            .or_else(|| text.trim().parse().ok().and_then(whole)),
        Value::Bool(is_one) => Some(i128::from(*is_one)),
        _ => None,
    };
    number.ok_or_else(|| int_parsing(place, field, value))
}

fn whole(number: f64) -> Option<i128> {
    // Beyond this, neighbouring integers are the same float.
    const EXACT_MAX: f64 = 9_007_199_254_740_992.0;
    (number.fract() == 0.0 && number.abs() <= EXACT_MAX).then_some(number as i128)
}

fn int_parsing(place: &'static str, field: &str, input: &Value) -> Failure {
    Failure::Invalid(Issue {
        kind: "int_parsing",
        place,
        field: field.to_owned(),
        message: "Input should be a valid integer, unable to parse string as an integer".to_owned(),
        input: input.clone(),
    })
}

fn string_type(place: &'static str, field: &str, input: &Value) -> Failure {
    Failure::Invalid(Issue {
        kind: "string_type",
        place,
        field: field.to_owned(),
        message: "Input should be a valid string".to_owned(),
        input: input.clone(),
    })
}
