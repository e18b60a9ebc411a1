//! Numbers, sizes and moments as people read them.

use service::Timestamp;
use time::OffsetDateTime;
use time::macros::format_description;

/// With thin spaces between thousands.
pub(crate) fn number(value: u64) -> String {
    let digits = value.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push('\u{202f}');
        }
        text.push(digit);
    }
    text
}

/// In bytes, KiB, MiB, ….
#[allow(clippy::cast_precision_loss, reason = "three digits are shown")]
pub(crate) fn size(bytes: u64) -> String {
    if bytes < 1024 {
        return format!("{bytes} B");
    }
    let (mut value, mut unit) = (bytes as f64, "B");
    for next in ["KiB", "MiB", "GiB", "TiB"] {
        if value < 1024.0 {
            break;
        }
        (value, unit) = (value / 1024.0, next);
    }
    if value < 10.0 { format!("{value:.1} {unit}") } else { format!("{value:.0} {unit}") }
}

/// Per second.
pub(crate) fn rate(per_second: f64) -> String {
    match per_second {
        rate if rate < 0.05 => "0/s".to_owned(),
        rate if rate < 10.0 => format!("{rate:.1}/s"),
        rate => format!("{rate:.0}/s"),
    }
}

/// Per minute.
pub(crate) fn per_minute(per_minute: f64) -> String {
    if per_minute < 10.0 { format!("{per_minute:.1}/min") } else { format!("{per_minute:.0}/min") }
}

/// As `datetime` has it.
pub(crate) fn iso(moment: Timestamp) -> String {
    let format = format_description!("[year]-[month]-[day]T[hour]:[minute]:[second].[subsecond digits:3]Z");
    let nanoseconds = i128::from(moment.0) * 1_000_000;
    OffsetDateTime::from_unix_timestamp_nanos(nanoseconds)
        .ok()
        .and_then(|moment| moment.format(format).ok())
        .unwrap_or_default()
}

/// A time span in its largest unit.
pub(crate) fn span(milliseconds: u64) -> String {
    match milliseconds / 1000 {
        0 => format!("{milliseconds} ms"),
        seconds @ ..60 => format!("{seconds} s"),
        seconds @ ..3600 => format!("{} min", seconds / 60),
        seconds @ ..86_400 => format!("{} h", seconds / 3600),
        seconds => format!("{} d", seconds / 86_400),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_as_people_read_them() {
        assert_eq!((number(7).as_str(), number(1_234_567).as_str()), ("7", "1\u{202f}234\u{202f}567"));
        assert_eq!(
            (size(512).as_str(), size(1536).as_str(), size(15 << 20).as_str()),
            ("512 B", "1.5 KiB", "15 MiB")
        );
        assert_eq!((rate(0.0).as_str(), rate(3.25).as_str(), rate(41.7).as_str()), ("0/s", "3.2/s", "42/s"));
        assert_eq!(iso(Timestamp(1_767_225_600_123)), "2026-01-01T00:00:00.123Z");
        assert_eq!(
            (span(20).as_str(), span(61_000).as_str(), span(90_000_000).as_str()),
            ("20 ms", "1 min", "1 d")
        );
    }
}
