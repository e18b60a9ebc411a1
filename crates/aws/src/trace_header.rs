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

    /// The header of what a span of a trace brings about.
    pub fn of(trace: u128, parent: u64, sampled: bool) -> Self {
        let (root, sampled) = (trace_id(trace), u8::from(sampled));
        Self(format!("Root={root};Parent={parent:016x};Sampled={sampled}").into())
    }

    /// The same header, of what a span of the trace brings about.
    #[must_use]
    pub fn with_parent(&self, parent: u64) -> Self {
        let mut text = String::with_capacity(self.0.len() + 24);
        for pair in self.0.split(';').filter(|pair| !pair.trim().starts_with("Parent=")) {
            if !text.is_empty() {
                text.push(';');
            }
            text.push_str(pair);
            if pair.trim().starts_with("Root=") {
                text.extend([";Parent=", &format!("{parent:016x}")]);
            }
        }
        Self(text.into())
    }

    /// From a W3C `traceparent`: `00-<32 hex>-<16 hex>-<2 hex>`.
    /// <https://www.w3.org/TR/trace-context/#traceparent-header>
    pub fn from_traceparent(text: &str) -> Option<Self> {
        let mut parts = text.trim().split('-');
        let (version, trace, span, flags) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
        let hex =
            |part: &str, digits| part.len() == digits && part.bytes().all(|byte| byte.is_ascii_hexdigit());
        if !hex(version, 2) || version == "ff" || !hex(trace, 32) || !hex(span, 16) || !hex(flags, 2) {
            return None;
        }
        let (trace, span) = (u128::from_str_radix(trace, 16).ok()?, u64::from_str_radix(span, 16).ok()?);
        let sampled = u8::from_str_radix(flags, 16).is_ok_and(|flags| flags & 1 == 1);
        (trace != 0 && span != 0).then(|| Self::of(trace, span, sampled))
    }

    /// The trace id and the parent's id (0: none) of a header's text, as numbers.
    pub fn ids(text: &str) -> Option<(u128, u64)> {
        let value =
            |name: &str| text.split(';').find_map(|pair| pair.trim().strip_prefix(name)?.strip_prefix('='));
        let trace = parse_trace_id(value("Root")?)?;
        let parent = value("Parent").and_then(|parent| u64::from_str_radix(parent, 16).ok());
        Some((trace, parent.unwrap_or(0)))
    }

    /// Whether what belongs to the trace is to be reported; `true` where the header does not say.
    pub fn is_sampled(&self) -> bool {
        self.value("Sampled") != Some("0")
    }

    /// The header with the decision to sample, where it has none (`Sampled` is absent or `?`).
    #[must_use]
    pub fn sampled_unless_said(&self) -> Self {
        if matches!(self.value("Sampled"), Some("0" | "1")) {
            return self.clone();
        }
        let pairs = self.0.split(';').filter(|pair| !pair.trim_start().starts_with("Sampled="));
        let decided = pairs.chain(["Sampled=1"]).collect::<Vec<_>>().join(";");
        Self::parse(&decided).unwrap_or_else(|| self.clone())
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

    /// Which functions the trace has gone through, and how often each: what Lambda finds recursive loops by.
    pub fn lineage(&self) -> Option<&str> {
        self.value("Lineage")
    }

    /// The header with another lineage; the same if that would make it too long.
    #[must_use]
    pub fn with_lineage(&self, lineage: &str) -> Self {
        self.with_pair("Lineage", lineage)
    }

    /// The value of one of the header's pairs.
    pub fn pair(&self, name: &str) -> Option<&str> {
        self.value(name)
    }

    /// The header with another value for a pair; the same if that would make it too long.
    #[must_use]
    pub fn with_pair(&self, name: &str, value: &str) -> Self {
        let is_it =
            |pair: &&str| pair.trim_start().strip_prefix(name).is_some_and(|rest| rest.starts_with('='));
        let mut pairs: Vec<&str> = self.0.split(';').filter(|pair| !is_it(pair)).collect();
        let pair = format!("{name}={value}");
        pairs.push(&pair);
        Self::parse(&pairs.join(";")).unwrap_or_else(|| self.clone())
    }

    /// The whole header.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A trace id as AWS writes it: `1-<8 hex>-<24 hex>`.
pub fn trace_id(trace: u128) -> String {
    format!("1-{:08x}-{:024x}", trace >> 96, trace & ((1 << 96) - 1))
}

/// Reads what `trace_id` writes.
pub fn parse_trace_id(text: &str) -> Option<u128> {
    let (seconds, unique) = text.strip_prefix("1-")?.split_once('-')?;
    let hex = |part: &str, digits| {
        let fits = part.len() == digits && part.bytes().all(|byte| byte.is_ascii_hexdigit());
        fits.then(|| u128::from_str_radix(part, 16).ok()).flatten()
    };
    Some((hex(seconds, 8)? << 96) | hex(unique, 24)?)
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
    fn a_lineage_is_replaced() {
        let header =
            TraceHeader::parse("Root=1-67891233-abcdef012345678912345678;Lineage=a:1;Sampled=1").unwrap();
        let changed = header.with_lineage("a:2|b:1");
        assert_eq!(changed.lineage(), Some("a:2|b:1"));
        assert_eq!(changed.as_str(), "Root=1-67891233-abcdef012345678912345678;Sampled=1;Lineage=a:2|b:1");
        assert_eq!(header.with_lineage(&"x".repeat(1024)), header);
    }

    #[test]
    fn a_new_trace_id_is_one() {
        let id = TraceHeader::new_trace_id(1_767_225_600, u128::MAX / 3);
        assert!(TraceHeader::parse(TraceHeader::begin(&id).as_str()).is_some(), "{id}");
    }

    #[test]
    fn ids_are_numbers_and_come_back() {
        let text = "Root=1-67891233-abcdef012345678912345678;Parent=53995c3f42cd8ad8;Sampled=1";
        let (trace, parent) = TraceHeader::ids(text).unwrap();
        assert_eq!((trace >> 96, parent), (0x6789_1233, 0x5399_5c3f_42cd_8ad8));
        assert_eq!(TraceHeader::of(trace, parent, true).as_str(), text);
        assert_eq!(super::parse_trace_id(&super::trace_id(trace)), Some(trace));
        assert_eq!(TraceHeader::ids("Root=1-2-3"), None);
    }

    #[test]
    fn a_parent_is_replaced_and_everything_else_stays() {
        let header = |text: &str| TraceHeader::parse(text).unwrap();
        let root = "Root=1-67891233-abcdef012345678912345678";
        let one = header(&format!("{root};Parent=53995c3f42cd8ad8;Sampled=1;Lineage=1:2:3")).with_parent(1);
        assert_eq!(one.as_str(), format!("{root};Parent=0000000000000001;Sampled=1;Lineage=1:2:3"));
        assert_eq!(header(root).with_parent(2).as_str(), format!("{root};Parent=0000000000000002"));
    }

    #[test]
    fn who_has_not_decided_is_sampled() {
        let root = "Root=1-67891233-abcdef012345678912345678";
        let decided = |text: &str| TraceHeader::parse(text).unwrap().sampled_unless_said().to_string();
        assert_eq!(decided(root), format!("{root};Sampled=1"));
        assert_eq!(decided(&format!("{root};Sampled=?;Self=x")), format!("{root};Self=x;Sampled=1"));
        assert_eq!(decided(&format!("{root};Sampled=0")), format!("{root};Sampled=0"));
    }

    #[test]
    fn a_traceparent_names_the_same_trace() {
        let header =
            TraceHeader::from_traceparent("00-67891233abcdef012345678912345678-53995c3f42cd8ad8-01").unwrap();
        assert_eq!(
            header.as_str(),
            "Root=1-67891233-abcdef012345678912345678;Parent=53995c3f42cd8ad8;Sampled=1"
        );
        for wrong in ["", "00-0-0-00", "ff-67891233abcdef012345678912345678-53995c3f42cd8ad8-01"] {
            assert!(TraceHeader::from_traceparent(wrong).is_none(), "{wrong}");
        }
    }

    #[test]
    fn what_names_no_root_is_no_header() {
        for wrong in ["", "Sampled=1", "Root=1-1-2", "Root=1-67891233-abcdef01234567891234567z"] {
            assert!(TraceHeader::parse(wrong).is_none(), "{wrong}");
        }
    }
}
