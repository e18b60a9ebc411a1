//! A hop as bytes: a frame of lengths and a checksum, the head, the payload, the answer.

use bytes::Bytes;
use engine::{Hop, KeptHop};

use crate::limits::PAYLOAD_BYTES_MAX;

/// Length of all that follows the frame, its checksum, lengths of head and payload: 4 bytes each, little-endian.
pub(crate) const FRAME: usize = FRAME_LENGTH as usize;
/// The same, as offsets are counted.
pub(crate) const FRAME_LENGTH: u32 = 16;

/// The frame of a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Frame {
    pub(crate) length: u32,
    checksum: u32,
    pub(crate) head: u32,
    payload: u32,
}

impl Frame {
    pub(crate) fn decode(bytes: [u8; FRAME]) -> Option<Self> {
        let part = |at: usize| u32::from_le_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]]);
        let frame = Self { length: part(0), checksum: part(4), head: part(8), payload: part(12) };
        let fits = frame.head.checked_add(frame.payload).is_some_and(|sum| sum <= frame.length);
        (fits && frame.head > 0).then_some(frame)
    }

    pub(crate) fn holds(self, body: &[u8]) -> bool {
        crc32fast::hash(body) == self.checksum
    }

    /// The hop of a head, or of a whole body.
    pub(crate) fn hop(self, position: u64, body: &Bytes) -> Option<KeptHop> {
        let head = body.get(..self.head as usize)?;
        let mut hop: Hop = postcard::from_bytes(head).ok()?;
        let payload = (self.head + self.payload) as usize;
        if body.len() == self.length as usize {
            hop.payload = body.slice(self.head as usize..payload);
            hop.answer = body.slice(payload..);
        }
        let answer_bytes = self.length - self.head - self.payload;
        Some(KeptHop { position, hop, payload_bytes: self.payload, answer_bytes })
    }
}

fn cut(bytes: &Bytes) -> &[u8] {
    &bytes[..bytes.len().min(PAYLOAD_BYTES_MAX)]
}

/// Appends a hop; answers how many bytes it takes.
pub(crate) fn encode(hop: &Hop, out: &mut Vec<u8>) -> usize {
    let start = out.len();
    out.extend_from_slice(&[0; FRAME]);
    // A hop holds nothing that postcard cannot write.
    let Ok(mut written) = postcard::to_extend(hop, std::mem::take(out)) else { return 0 };
    let head = written.len() - start - FRAME;
    let (payload, answer) = (cut(&hop.payload), cut(&hop.answer));
    written.extend_from_slice(payload);
    written.extend_from_slice(answer);
    let length = written.len() - start - FRAME;
    let checksum = crc32fast::hash(&written[start + FRAME..]);
    let number = |length: usize| u32::try_from(length).unwrap_or(u32::MAX).to_le_bytes();
    let frame = [number(length), checksum.to_le_bytes(), number(head), number(payload.len())].concat();
    written[start..start + FRAME].copy_from_slice(&frame);
    let taken = written.len() - start;
    *out = written;
    taken
}
