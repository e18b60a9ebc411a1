//! The X-Ray trace header, `X-Amzn-Trace-Id`.
//!
//! <https://docs.aws.amazon.com/xray/latest/devguide/xray-concepts.html#xray-concepts-tracingheader>

use std::fmt;
use std::sync::Arc;

/// The header's text as it came, unknown pairs included, because it is handed on unchanged.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct TraceHeader(Arc<str>);

impl TraceHeader {
    /// Accepts what names a root: `Root=1-<8 hex>-<24 hex>` among the pairs, at most 1,024 characters.
    pub fn parse(text: &str) -> Option<Self> {
        let header = Self(text.into());
        (text.len() <= 1024 && header.root().is_some_and(is_trace_id)).then_some(header)
    }

    /// Begins a trace that is sampled.
    pub fn begin(trace_id: &str) -> Self {
        Self(format!("Root={trace_id};Sampled=1").into())
    }

    /// A new trace id from a moment (seconds) and 96 random bits.
    pub fn new_trace_id(epoch_s: u64, random: u128) -> String {
        format!("1-{:08x}-{:024x}", epoch_s & 0xffff_ffff, random >> 32)
    }

    fn value(&self, name: &str) -> Option<&str> {
        self.0.split(';').find_map(|pair| pair.trim().strip_prefix(name)?.strip_prefix('='))
    }

    /// The trace id.
    pub fn root(&self) -> Option<&str> {
        self.value("Root")
    }

    /// The id of the segment that made the call.
    pub fn parent(&self) -> Option<&str> {
        self.value("Parent")
    }

    /// The whole header.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

fn is_trace_id(text: &str) -> bool {
    let hex = |part: &str, digits| part.len() == digits && part.bytes().all(|byte| byte.is_ascii_hexdigit());
    let mut parts = text.split('-');
    parts.next() == Some("1")
        && parts.next().is_some_and(|part| hex(part, 8))
        && parts.next().is_some_and(|part| hex(part, 24))
        && parts.next().is_none()
}

impl fmt::Display for TraceHeader {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::TraceHeader;

    #[test]
    fn a_header_keeps_its_unknown_pairs() {
        let text = "Root=1-67891233-abcdef012345678912345678;Parent=53995c3f42cd8ad8;Sampled=1;Lineage=1:2:3";
        let header = TraceHeader::parse(text).unwrap();
        assert_eq!(header.root(), Some("1-67891233-abcdef012345678912345678"));
        assert_eq!(header.parent(), Some("53995c3f42cd8ad8"));
        assert_eq!(header.as_str(), text);
    }

    #[test]
    fn a_new_trace_id_is_one() {
        let id = TraceHeader::new_trace_id(1_767_225_600, u128::MAX / 3);
        assert!(TraceHeader::parse(TraceHeader::begin(&id).as_str()).is_some(), "{id}");
    }

    #[test]
    fn what_names_no_root_is_no_header() {
        for wrong in ["", "Sampled=1", "Root=1-1-2", "Root=1-67891233-abcdef01234567891234567z"] {
            assert!(TraceHeader::parse(wrong).is_none(), "{wrong}");
        }
    }
}
