//! A file of hops, one after the other, only ever appended to.

use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::FileExt as _;
use std::path::Path;

use bytes::Bytes;
use engine::KeptHop;

use crate::limits::PAYLOAD_BYTES_MAX;
use crate::record::{FRAME, FRAME_LENGTH, Frame};

/// How a file of hops begins.
const MAGIC: [u8; 8] = *b"KHOP\x01\0\0\0";
/// Where the first hop lies.
pub(crate) const HEAD: u32 = 8;
/// No record is larger: a head and twice a payload.
const RECORD_BYTES_MAX: usize = 4 * PAYLOAD_BYTES_MAX;
/// A read that most heads fit in.
const HEAD_BYTES: usize = 512;

/// An open segment.
#[derive(Debug)]
pub(crate) struct Segment {
    pub(crate) number: u32,
    file: File,
    pub(crate) length: u64,
}

impl Segment {
    pub(crate) fn create(path: &Path, number: u32) -> io::Result<Self> {
        let file = OpenOptions::new().create(true).truncate(true).read(true).write(true).open(path)?;
        file.write_all_at(&MAGIC, 0)?;
        Ok(Self { number, file, length: HEAD.into() })
    }

    /// `None` if it was written by another version.
    pub(crate) fn open(path: &Path, number: u32) -> io::Result<Option<Self>> {
        let file = OpenOptions::new().read(true).write(true).open(path)?;
        let mut magic = [0; MAGIC.len()];
        if file.read_exact_at(&mut magic, 0).is_err() || magic != MAGIC {
            return Ok(None);
        }
        let length = file.metadata()?.len();
        Ok(Some(Self { number, file, length }))
    }

    pub(crate) fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.file.write_all_at(bytes, self.length)?;
        self.length += bytes.len() as u64;
        Ok(())
    }

    /// Forgets what stands behind the last whole hop.
    pub(crate) fn cut(&mut self, length: u64) -> io::Result<()> {
        self.file.set_len(length)?;
        self.length = length;
        Ok(())
    }

    /// The position behind the last hop.
    pub(crate) fn end(&self) -> u64 {
        (u64::from(self.number) << 32) | self.length
    }

    fn position(&self, offset: u32) -> u64 {
        (u64::from(self.number) << 32) | u64::from(offset)
    }

    /// The hop at an offset without its payload, and the offset of the next one; `None` behind the last one.
    pub(crate) fn head(&self, offset: u32) -> io::Result<Option<(KeptHop, u32)>> {
        let mut buffer = vec![0; HEAD_BYTES.min(self.left(offset))];
        if buffer.len() <= FRAME {
            return Ok(None);
        }
        self.file.read_exact_at(&mut buffer, u64::from(offset))?;
        let Some(frame) = self.frame(&buffer, offset) else { return Ok(None) };
        let head = frame.head as usize;
        let head = if buffer.len() >= FRAME + head {
            Bytes::copy_from_slice(&buffer[FRAME..FRAME + head])
        } else {
            self.read(offset, head)?
        };
        let next = offset + FRAME_LENGTH + frame.length;
        Ok(frame.hop(self.position(offset), &head).map(|hop| (hop, next)))
    }

    /// The hop at an offset with all it has, its checksum verified.
    pub(crate) fn whole(&self, offset: u32) -> io::Result<Option<KeptHop>> {
        let mut start = [0; FRAME];
        if self.left(offset) <= FRAME || offset < HEAD {
            return Ok(None);
        }
        self.file.read_exact_at(&mut start, u64::from(offset))?;
        let Some(frame) = self.frame(&start, offset) else { return Ok(None) };
        let body = self.read(offset, frame.length as usize)?;
        if !frame.holds(&body) {
            return Ok(None);
        }
        Ok(frame.hop(self.position(offset), &body))
    }

    fn left(&self, offset: u32) -> usize {
        usize::try_from(self.length.saturating_sub(u64::from(offset))).unwrap_or(usize::MAX)
    }

    fn frame(&self, bytes: &[u8], offset: u32) -> Option<Frame> {
        let frame = Frame::decode(*bytes.first_chunk()?)?;
        let fits =
            frame.length as usize <= RECORD_BYTES_MAX && FRAME + frame.length as usize <= self.left(offset);
        fits.then_some(frame)
    }

    fn read(&self, offset: u32, length: usize) -> io::Result<Bytes> {
        let mut bytes = vec![0; length];
        self.file.read_exact_at(&mut bytes, u64::from(offset) + FRAME as u64)?;
        Ok(bytes.into())
    }
}
