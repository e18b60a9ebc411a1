//! All segments of a history: the present one, and full ones with their indices, the oldest of which go.

use std::io;
use std::path::{Path, PathBuf};

use engine::{Followed, HopKey, KeptHop, Timestamp, TraceId};

use crate::index::{self, Index, Span};
use crate::keys;
use crate::limits::{LOOKED_AT_MAX, Limits, SEGMENT_BYTES_MAX, SEGMENTS_MIN};
use crate::places::Places;
use crate::seen::Seen;
use crate::segment::{HEAD, Segment};

/// A segment that gets no more hops.
#[derive(Debug)]
struct Full {
    segment: Segment,
    index: Index,
}

impl Full {
    fn bytes(&self) -> u64 {
        self.segment.length + self.index.bytes
    }
}

#[derive(Debug)]
pub(crate) struct Segments {
    folder: PathBuf,
    limits: Limits,
    full: Vec<Full>,
    present: Segment,
    /// Keys of the present segment, as they came.
    entries: Vec<(u64, u32)>,
    span: Span,
    /// Where the newest one ended that was removed.
    removed_end: u64,
    pub(crate) seen: Seen,
}

impl Segments {
    /// Opens what an earlier run left: only the newest segment is read.
    pub(crate) fn open(folder: &Path, limits: Limits, places: &Places) -> io::Result<Self> {
        std::fs::create_dir_all(folder)?;
        let mut numbers = numbers(folder)?;
        let newest = numbers.pop();
        let mut full = Vec::new();
        for number in numbers {
            full.extend(open_full(folder, number, places)?);
        }
        let mut opened = Self {
            present: match newest {
                Some(number) => match Segment::open(&path(folder, number), number)? {
                    Some(segment) => segment,
                    None => Segment::create(&path(folder, number), number)?,
                },
                None => Segment::create(&path(folder, 1), 1)?,
            },
            folder: folder.to_path_buf(),
            limits,
            full,
            entries: Vec::new(),
            span: Span::default(),
            removed_end: 0,
            seen: Seen::default(),
        };
        let (entries, span) = (&mut opened.entries, &mut opened.span);
        let whole = scan(&opened.present, places, entries, span, &mut opened.seen)?;
        if u64::from(whole) < opened.present.length {
            opened.present.cut(whole.into())?;
        }
        Ok(opened)
    }

    fn segment_bytes_max(&self) -> u64 {
        SEGMENT_BYTES_MAX.min(self.limits.bytes / SEGMENTS_MIN).max(HEAD.into())
    }

    /// Appends records with the keys of each; `offsets` are relative to the first one.
    pub(crate) fn append(
        &mut self,
        bytes: &[u8],
        keys: impl Iterator<Item = (u64, u32)>,
        span: Span,
        now: Timestamp,
    ) -> io::Result<()> {
        if self.present.length > self.segment_bytes_max() {
            self.seal()?;
        }
        let start = u32::try_from(self.present.length).unwrap_or(u32::MAX);
        self.present.append(bytes)?;
        self.entries.extend(keys.map(|(key, offset)| (key, start.saturating_add(offset))));
        self.span.include(span.oldest);
        self.span.include(span.newest);
        self.retire(now)
    }

    /// Begins a new segment.
    fn seal(&mut self) -> io::Result<()> {
        let number = self.present.number;
        let index_path = path(&self.folder, number).with_extension("index");
        index::write(&index_path, &mut self.entries, self.span)?;
        let next = Segment::create(&path(&self.folder, number + 1), number + 1)?;
        let sealed = std::mem::replace(&mut self.present, next);
        self.entries.clear();
        self.span = Span::default();
        if let Some(index) = Index::open(&index_path)? {
            self.full.push(Full { segment: sealed, index });
        }
        Ok(())
    }

    /// Removes the oldest segments beyond the limits.
    pub(crate) fn retire(&mut self, now: Timestamp) -> io::Result<()> {
        let age = u64::try_from(self.limits.age.as_millis()).unwrap_or(u64::MAX);
        let kept_from = Timestamp(now.0.saturating_sub(age));
        while let Some(oldest) = self.full.first() {
            if oldest.index.span.newest >= kept_from && self.bytes() <= self.limits.bytes {
                break;
            }
            let file = path(&self.folder, oldest.segment.number);
            self.removed_end = oldest.segment.end();
            self.full.remove(0);
            std::fs::remove_file(&file)?;
            std::fs::remove_file(file.with_extension("index"))?;
        }
        if self.full.is_empty() && self.span.newest < kept_from && self.present.length > u64::from(HEAD) {
            // In a new one: a position that somebody follows from never comes again.
            let number = self.present.number;
            let next = Segment::create(&path(&self.folder, number + 1), number + 1)?;
            self.removed_end = std::mem::replace(&mut self.present, next).end();
            self.entries.clear();
            self.span = Span::default();
            std::fs::remove_file(path(&self.folder, number))?;
        }
        Ok(())
    }

    /// Bytes on the disk.
    pub(crate) fn bytes(&self) -> u64 {
        self.full.iter().map(Full::bytes).sum::<u64>() + self.present.length
    }

    /// The position behind the last hop.
    pub(crate) fn end(&self) -> u64 {
        self.present.end()
    }

    fn newest_first(&self) -> impl Iterator<Item = (&Segment, Option<&Index>)> {
        let full = self.full.iter().rev().map(|full| (&full.segment, Some(&full.index)));
        std::iter::once((&self.present, None)).chain(full)
    }

    /// Hops of a key before a position, newest first.
    pub(crate) fn find(&self, key: &HopKey, before: u64, limit: usize) -> io::Result<Vec<KeptHop>> {
        let mut found = Vec::new();
        let mut looked_at = 0;
        for (segment, index) in self.newest_first() {
            if u64::from(segment.number) << 32 >= before {
                continue;
            }
            for offset in self.offsets(index, key)?.into_iter().rev() {
                let position = (u64::from(segment.number) << 32) | u64::from(offset);
                if position >= before {
                    continue;
                }
                looked_at += 1;
                if let Some((hop, _)) = segment.head(offset)?.filter(|(kept, _)| keys::fits(&kept.hop, key)) {
                    found.push(hop);
                }
                if found.len() >= limit || looked_at >= LOOKED_AT_MAX {
                    return Ok(found);
                }
            }
        }
        Ok(found)
    }

    /// Where the oldest hop of a trace lies that one of the keys finds.
    pub(crate) fn oldest(&self, trace: TraceId, keys: &[HopKey]) -> io::Result<Option<u64>> {
        let of_trace = HopKey::Trace(trace);
        let is_meant = |kept: &KeptHop| {
            kept.hop.trace.unique() == trace.unique() && keys.iter().any(|key| keys::fits(&kept.hop, key))
        };
        for (segment, index) in self.newest_first().collect::<Vec<_>>().into_iter().rev() {
            let own = self.offsets(index, &of_trace)?;
            let mut found = Vec::new();
            for key in keys.iter().filter(|_| !own.is_empty()) {
                let number = keys::number(key);
                match index {
                    Some(index) => {
                        for offset in &own {
                            found.extend(index.has(number, *offset)?.then_some(*offset));
                        }
                    }
                    None => {
                        let entries = self.entries.iter().filter(|(entry, _)| *entry == number);
                        found.extend(entries.map(|(_, at)| *at).filter(|at| own.binary_search(at).is_ok()));
                    }
                }
            }
            found.sort_unstable();
            for offset in found {
                if let Some((kept, _)) = segment.head(offset)?.filter(|(kept, _)| is_meant(kept)) {
                    return Ok(Some(kept.position));
                }
            }
        }
        Ok(None)
    }

    /// Where the hops of a key lie in a segment, in order.
    fn offsets(&self, index: Option<&Index>, key: &HopKey) -> io::Result<Vec<u32>> {
        let number = keys::number(key);
        match index {
            Some(index) => index.find(number),
            None => {
                let entries = self.entries.iter().filter(|(key, _)| *key == number);
                Ok(entries.map(|(_, offset)| *offset).collect())
            }
        }
    }

    fn numbered(&self, number: u32) -> Option<&Segment> {
        self.newest_first().map(|(segment, _)| segment).find(|segment| segment.number == number)
    }

    /// A hop with its payload.
    pub(crate) fn hop(&self, position: u64) -> io::Result<Option<KeptHop>> {
        let (number, offset) = split(position);
        self.numbered(number).map_or(Ok(None), |segment| segment.whole(offset))
    }

    /// Hops from a position on, oldest first, and where to go on.
    pub(crate) fn follow(&self, from: u64, limit: usize) -> io::Result<Followed> {
        let mut found = Vec::new();
        let mut at = from;
        let full = self.full.iter().map(|full| &full.segment);
        for segment in full.chain([&self.present]) {
            let (number, offset) = split(at);
            if segment.number < number {
                continue;
            }
            let mut offset = if segment.number == number { offset.max(HEAD) } else { HEAD };
            at = (u64::from(segment.number) << 32) | u64::from(offset);
            while found.len() < limit {
                let Some((hop, next)) = segment.head(offset)? else { break };
                found.push(hop);
                offset = next;
                at = (u64::from(segment.number) << 32) | u64::from(offset);
            }
            if found.len() >= limit {
                break;
            }
        }
        Ok(Followed { hops: found, next: at, gap: from < self.removed_end })
    }
}

fn split(position: u64) -> (u32, u32) {
    let part = |bits: u64| u32::try_from(bits & 0xffff_ffff).unwrap_or(u32::MAX);
    (part(position >> 32), part(position))
}

fn path(folder: &Path, number: u32) -> PathBuf {
    folder.join(format!("{number:08}.hops"))
}

/// The numbers of the segments in a folder, in order.
fn numbers(folder: &Path) -> io::Result<Vec<u32>> {
    let mut numbers = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let name = entry?.file_name();
        let number = name.to_str().and_then(|name| name.strip_suffix(".hops"));
        numbers.extend(number.and_then(|number| number.parse::<u32>().ok()));
    }
    numbers.sort_unstable();
    Ok(numbers)
}

/// A full segment; one of another version is removed, one without an index gets one.
fn open_full(folder: &Path, number: u32, places: &Places) -> io::Result<Option<Full>> {
    let file = path(folder, number);
    let index_path = file.with_extension("index");
    let Some(segment) = Segment::open(&file, number)? else {
        tracing::warn!(file = %file.display(), "hops of another version are removed");
        std::fs::remove_file(&file)?;
        return Ok(None);
    };
    if let Some(index) = Index::open(&index_path)? {
        return Ok(Some(Full { segment, index }));
    }
    let (mut entries, mut span) = (Vec::new(), Span::default());
    scan(&segment, places, &mut entries, &mut span, &mut Seen::default())?;
    index::write(&index_path, &mut entries, span)?;
    Ok(Index::open(&index_path)?.map(|index| Full { segment, index }))
}

/// Reads a segment's hops for their keys; answers where the last whole one ends.
fn scan(
    segment: &Segment,
    places: &Places,
    entries: &mut Vec<(u64, u32)>,
    span: &mut Span,
    seen: &mut Seen,
) -> io::Result<u32> {
    let mut offset = HEAD;
    let mut keys = Vec::new();
    while let Some(kept) = segment.whole(offset)? {
        let Some((_, next)) = segment.head(offset)? else { break };
        keys.clear();
        keys::of(&kept.hop, seen.is_first(&kept.hop), places, &mut keys);
        entries.extend(keys.iter().map(|key| (*key, offset)));
        span.include(kept.hop.at);
        offset = next;
    }
    Ok(offset)
}
