//! Receipt handles: a receipt and its partition, sealed so that nobody can make one up.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, Mac};
use partition::Receipt;
use sha2::Sha256;

/// Partition (2), queue (4), message (8), receive (4), then the seal.
const PLAIN: usize = 18;
const SEAL: usize = 16;

/// Seals and opens handles under the store's key.
#[derive(Clone)]
pub(crate) struct Sealer(Hmac<Sha256>);

impl Sealer {
    pub(crate) fn new(key: &[u8]) -> Self {
        Self(Hmac::new_from_slice(key).expect("HMAC takes a key of any length"))
    }

    pub(crate) fn seal(&self, partition: u16, receipt: Receipt) -> String {
        let mut bytes = Vec::with_capacity(PLAIN + SEAL);
        bytes.extend(partition.to_le_bytes());
        bytes.extend(receipt.queue.to_le_bytes());
        bytes.extend(receipt.message.to_le_bytes());
        bytes.extend(receipt.receive.to_le_bytes());
        let mut mac = self.0.clone();
        mac.update(&bytes);
        bytes.extend_from_slice(&mac.finalize().into_bytes()[..SEAL]);
        URL_SAFE_NO_PAD.encode(bytes)
    }

    /// The partition and the receipt; `None` for anything that was not sealed here.
    pub(crate) fn open(&self, handle: &str) -> Option<(u16, Receipt)> {
        let bytes = URL_SAFE_NO_PAD.decode(handle).ok()?;
        let (plain, seal) = bytes.split_at_checked(PLAIN)?;
        let mut mac = self.0.clone();
        mac.update(plain);
        if seal.len() != SEAL || mac.verify_truncated_left(seal).is_err() {
            return None;
        }
        let (partition, rest) = plain.split_first_chunk()?;
        let (queue, rest) = rest.split_first_chunk()?;
        let (message, rest) = rest.split_first_chunk()?;
        let (receive, _) = rest.split_first_chunk()?;
        let receipt = Receipt {
            queue: u32::from_le_bytes(*queue),
            message: u64::from_le_bytes(*message),
            receive: u32::from_le_bytes(*receive),
        };
        Some((u16::from_le_bytes(*partition), receipt))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_was_sealed_here_opens() {
        let sealer = Sealer::new(b"key");
        let receipt = Receipt { queue: 1, message: 2, receive: 3 };
        let handle = sealer.seal(7, receipt);
        assert_eq!(sealer.open(&handle), Some((7, receipt)));
        assert_eq!(Sealer::new(b"other").open(&handle), None);
        let mut changed = handle.into_bytes();
        changed[3] ^= 1;
        assert_eq!(sealer.open(&String::from_utf8(changed).unwrap()), None);
        for junk in ["", "x", "AAAA", "not base64!"] {
            assert_eq!(sealer.open(junk), None);
        }
    }
}
