//! An order: what was asked for, and what it costs.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

/// What each article costs, in cents.
pub type Prices = HashMap<String, u64>;

/// What a customer wants.
#[derive(Debug, Deserialize, Serialize)]
pub struct Order {
    /// Given when it is taken.
    #[serde(default)]
    pub id: String,
    /// Orders of a customer are fulfilled one after the other, those of several beside each other.
    pub customer: String,
    pub lines: Vec<Line>,
}

#[derive(Debug, Deserialize, Serialize)]
pub struct Line {
    pub article: String,
    pub count: u64,
}

/// An order with its price.
#[derive(Debug, Deserialize, Serialize)]
pub struct Priced {
    #[serde(flatten)]
    pub order: Order,
    /// In cents.
    pub total: u64,
}

impl Order {
    /// What is wrong with it, if anything is.
    pub fn problem(&self) -> Option<&'static str> {
        let id = |text: &str| !text.is_empty() && text.len() <= 128;
        // It becomes the message group, which takes only these.
        if !id(&self.customer) || !self.customer.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Some("the customer must have 1 to 128 letters, digits or signs");
        }
        if !id(&self.id) || !self.id.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-') {
            return Some("an order's id must have 1 to 128 letters, digits or hyphens");
        }
        if self.lines.is_empty() || self.lines.iter().any(|line| !(1..=1000).contains(&line.count)) {
            return Some("an order must have lines, each of 1 to 1000 pieces");
        }
        None
    }

    /// With its price; an error names the first article that has none.
    pub fn priced(self, prices: &Prices) -> Result<Priced, String> {
        let cost = |line: &Line| {
            let price = prices.get(&line.article).ok_or_else(|| format!("{} has no price", line.article))?;
            Ok(price * line.count)
        };
        let total = self.lines.iter().map(cost).sum::<Result<u64, String>>()?;
        Ok(Priced { order: self, total })
    }
}
