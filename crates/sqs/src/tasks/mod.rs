//! What happens without a request.

pub(crate) mod message_mover;
