//! Receipt handles: nothing opens that was not sealed, and what was opens as what it was.

#![no_main]
#![allow(missing_docs, dead_code)]

#[path = "../../crates/local/src/receipt_handle.rs"]
mod receipt_handle;

use libfuzzer_sys::fuzz_target;
use partition::Receipt;
use receipt_handle::Sealer;

fuzz_target!(|parts: (&str, u16, u32, u64, u32)| {
    let (text, partition, queue, message, receive) = parts;
    let sealer = Sealer::new(b"a key");
    assert_eq!(sealer.open(text), None, "nobody guesses a seal");
    let receipt = Receipt { queue, message, receive };
    let handle = sealer.seal(partition, receipt);
    assert_eq!(sealer.open(&handle), Some((partition, receipt)));
    assert_eq!(Sealer::new(b"another key").open(&handle), None);
});
