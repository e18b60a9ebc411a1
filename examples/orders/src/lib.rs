//! What the shop's functions share: what an order is, and the bucket that it is kept in.

mod order;
mod store;

pub use order::{Line, Order, Priced, Prices};
pub use store::Store;
