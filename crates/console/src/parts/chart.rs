//! Counts over time as a drawing: steps, because a count holds until it changes.

use maud::{Markup, html};
use service::Timestamp;

use crate::figures;
use crate::history::Series;
use crate::texts::Texts;

const WIDTH: f64 = 1000.0;
const HEIGHT: f64 = 100.0;
/// At least so much time is shown.
const SPAN_MS_MIN: u64 = 5 * 60_000;

/// One line of a chart: which count, what it is called, its class.
pub(crate) struct Line<'a> {
    pub(crate) count: usize,
    pub(crate) name: &'a str,
    pub(crate) class: &'static str,
}

/// The last minutes, up to an hour, of some counts.
#[allow(clippy::cast_precision_loss, reason = "pixels")]
pub(crate) fn chart(
    texts: &Texts,
    title: &str,
    series: &Series,
    lines: &[Line<'_>],
    now: Timestamp,
) -> Markup {
    let now_text = texts.now;
    let begin = series.begin().unwrap_or(now);
    let span = u64::try_from(now.since(begin).as_millis()).unwrap_or(u64::MAX).max(SPAN_MS_MIN);
    let from = Timestamp(now.0.saturating_sub(span));
    let most =
        series.changes().flat_map(|(_, counts)| lines.iter().map(move |line| counts[line.count])).max();
    let top = ceiling(most.unwrap_or(0));
    let x = |moment: Timestamp| WIDTH * moment.0.saturating_sub(from.0) as f64 / span.max(1) as f64;
    let y = |count: u64| HEIGHT * (1.0 - count as f64 / top as f64);
    html! {
        figure.chart {
            figcaption {
                span { (title) }
                ul.legend { @for line in lines { li class=(line.class) { i {} (line.name) } } }
            }
            div.plot aria-hidden="true" {
                div.scale { span { (figures::number(top)) } span { (figures::number(top / 2)) } span { "0" } }
                svg viewBox={ "0 0 " (WIDTH) " " (HEIGHT) } preserveAspectRatio="none" {
                    @for height in [0.0, HEIGHT / 2.0, HEIGHT] { line.grid x1="0" x2=(WIDTH) y1=(height) y2=(height) {} }
                    @for line in lines {
                        path class={ "line " (line.class) } d=(steps(series, line.count, now, &x, &y)) {}
                    }
                }
                div.times { span { "−" (figures::span(span)) } span { (now_text) } }
            }
            p.hidden { (title) ": " (spoken(series, lines, now)) }
        }
    }
}

/// The numbers of now, for those who do not see the drawing.
fn spoken(series: &Series, lines: &[Line<'_>], now: Timestamp) -> String {
    let counts = series.at(now);
    let one = |line: &Line<'_>| format!("{} {}", line.name, counts[line.count]);
    lines.iter().map(one).collect::<Vec<_>>().join(", ")
}

fn steps(
    series: &Series,
    count: usize,
    now: Timestamp,
    x: &dyn Fn(Timestamp) -> f64,
    y: &dyn Fn(u64) -> f64,
) -> String {
    let mut path = String::new();
    for (moment, counts) in series.changes() {
        let (x, y) = (x(moment), y(counts[count]));
        path.extend([if path.is_empty() { format!("M{x:.1} {y:.1}") } else { format!("H{x:.1}V{y:.1}") }]);
    }
    if !path.is_empty() {
        path.extend([format!("H{:.1}", x(now))]);
    }
    path
}

/// A round number that nothing exceeds.
fn ceiling(most: u64) -> u64 {
    let mut step = 1_u64;
    loop {
        for factor in [1, 2, 4, 6, 8, 10] {
            if most <= step * factor && step * factor >= 4 {
                return step * factor;
            }
        }
        match step.checked_mul(10) {
            Some(next) if next < u64::MAX / 10 => step = next,
            _ => return most.max(1),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::ceiling;

    #[test]
    fn ceilings_are_round_and_never_exceeded() {
        assert_eq!([0, 3, 5, 17, 101, 4000, 900_001].map(ceiling), [4, 4, 6, 20, 200, 4000, 1_000_000]);
        assert!(ceiling(u64::MAX / 3) >= u64::MAX / 3);
    }
}
