//! Text messages: phone numbers, who has opted out, the account's settings, the sandbox. Nothing is sent.
//!
//! <https://docs.aws.amazon.com/sns/latest/dg/sns-mobile-phone-number-as-subscriber.html>

pub(crate) mod attributes;
pub(crate) mod sandbox;

use engine::{RecordKey, Timestamp};
use serde::{Deserialize, Serialize};
use service::{Caller, Context, ServiceError};

use crate::errors;

/// A number whose owner opted out. Version 1. Replies come from the telephone network, to which nothing here is
/// connected: numbers get in only by a restored store.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct OptedOutRecord {
    pub(crate) version: u32,
    pub(crate) phone_number: String,
    /// When the number was opted in again.
    pub(crate) opted_in_at: Option<Timestamp>,
}

fn place(caller: &Caller) -> String {
    format!("{}/{}", caller.account, caller.region)
}

/// The numbers of the caller's list.
pub(crate) fn opted_out_of(context: &Context) -> String {
    format!("sns/opted-out/{}/", place(&context.caller))
}

pub(crate) fn opted_out_key(context: &Context, number: &str) -> RecordKey {
    RecordKey::new(format!("{}{number}", opted_out_of(context)))
}

/// E.164: a plus sign and up to fifteen digits.
pub(crate) fn is_phone_number(text: &str) -> bool {
    let digits = text.strip_prefix('+').unwrap_or(text);
    (5..=15).contains(&digits.len())
        && !digits.starts_with('0')
        && digits.bytes().all(|byte| byte.is_ascii_digit())
}

/// A number as the actions of the opt-out list take it.
pub(crate) fn check_phone_number(text: &str) -> Result<(), ServiceError> {
    if text.starts_with('+') && is_phone_number(text) {
        return Ok(());
    }
    Err(errors::invalid("PhoneNumber Reason: input incorrectly formatted"))
}

#[cfg(test)]
mod tests;
