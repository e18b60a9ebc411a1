//! Groups of nodes as a picture: boxes in layers, and curves between them with their rates.

use std::collections::HashMap;

use maud::{Markup, html};

use super::condition::{Condition, Picture};
use super::{at, plain};
use crate::figures;
use crate::parts::icon;
use crate::topology::layout::{LAYER, Layout, layout};
use crate::topology::{Link, Node, Topology};

/// A node's box.
const WIDTH: f64 = 180.0;
const HEIGHT: f64 = 54.0;
/// Between groups that are not connected.
const BETWEEN: f64 = 22.0;
const MARGIN: f64 = 8.0;
/// Letters of a name that fit a box.
const LETTERS: usize = 15;
/// Half-width letters of the line below.
const LINE_LETTERS: usize = 28;

pub(super) fn drawing(
    picture: &Picture<'_>,
    topology: &Topology,
    groups: &[Vec<usize>],
    chosen: Option<usize>,
) -> Markup {
    let mut top = MARGIN;
    let mut width: f64 = 0.0;
    let mut pieces = Vec::new();
    for group in groups {
        let place: HashMap<usize, usize> = group.iter().copied().zip(0..).collect();
        let edges: Vec<(usize, usize, Link)> = topology
            .edges
            .iter()
            .filter_map(|(from, to, link)| Some((*place.get(from)?, *place.get(to)?, *link)))
            .collect();
        let pairs: Vec<(usize, usize)> = edges.iter().map(|(from, to, _)| (*from, *to)).collect();
        let drawn = layout(group.len(), &pairs);
        #[allow(clippy::cast_precision_loss, reason = "there are few layers")]
        let wide = drawn.layers.saturating_sub(1) as f64 * LAYER + WIDTH + 2.0 * MARGIN;
        width = width.max(wide);
        let height = drawn.height;
        pieces.push((group, edges, drawn, top));
        top += height + BETWEEN;
    }
    let wide = width;
    let (width, height) = (format!("{width:.0}"), format!("{:.0}", top - BETWEEN + MARGIN));
    html! {
        div.map.wide[wide > 4.0 * LAYER] tabindex="0" role="region" aria-label=(picture.texts.map) {
            svg viewBox={ "0 0 " (width) " " (height) } width=(width) height=(height) {
                defs { marker #arrow viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto" { path d="M0 .8 7 4 0 7.2z" {} } }
                @for (group, edges, drawn, top) in &pieces {
                    g transform={ "translate(" (format!("{:.0}", MARGIN + WIDTH / 2.0)) " " (format!("{top:.0}")) ")" } {
                        @let edges = between(picture, topology, group, edges, drawn);
                        @for edge in &edges { (edge.line(picture)) }
                        @for (index, node) in group.iter().enumerate() { (self::node(picture, &topology.nodes[*node], drawn, index, chosen == Some(*node))) }
                        @for edge in &edges { (edge.label(picture)) }
                    }
                }
            }
        }
    }
}

/// An edge with the way that it takes.
struct Edge<'a> {
    from: &'a Node,
    to: &'a Node,
    link: Link,
    /// Messages a minute.
    rate: f64,
    way: &'a [(f64, f64)],
}

/// The edges of a group, as they were laid out.
fn between<'a>(
    picture: &Picture<'_>,
    topology: &'a Topology,
    group: &[usize],
    edges: &[(usize, usize, Link)],
    drawn: &'a Layout,
) -> Vec<Edge<'a>> {
    let ways = edges.iter().zip(&drawn.edges);
    ways.map(|(&(from, to, link), way)| {
        let (from, to) = (&topology.nodes[group[from]], &topology.nodes[group[to]]);
        Edge { from, to, link, rate: picture.flows.between(&from.id, &to.id), way }
    })
    .collect()
}

impl Edge<'_> {
    fn line(&self, picture: &Picture<'_>) -> Markup {
        let is_busy = |node| picture.told(node).condition == Condition::Busy;
        let busy = is_busy(self.to) || is_busy(self.from) || self.rate > 0.0;
        let flows = self.link != Link::DeadLetter && busy;
        let class = match self.link {
            Link::Subscription { pending: true, .. } | Link::Mapping { enabled: false } => "edge off",
            Link::Variable => "edge guess",
            Link::DeadLetter => "edge dead",
            _ if flows => "edge flows",
            _ => "edge",
        };
        html! { path class=(class) d=(curve(self.way)) marker-end="url(#arrow)" {} }
    }

    /// What stands at an edge, above all boxes: how much goes there, and whether all does.
    fn label(&self, picture: &Picture<'_>) -> Markup {
        let filtered = matches!(self.link, Link::Subscription { filtered: true, .. });
        let ((x, y), (end_x, end_y)) = (self.way[0], self.way[1.min(self.way.len() - 1)]);
        let middle = (f64::midpoint(x + WIDTH / 2.0, end_x - WIDTH / 2.0), f64::midpoint(y, end_y));
        html! {
            @if self.rate > 0.0 {
                text.rate x=(format!("{:.0}", middle.0)) y=(format!("{:.0}", middle.1 - if filtered { 12.0 } else { 5.0 })) { (figures::per_minute(self.rate)) }
            }
            @if filtered {
                g.filter transform={ "translate(" (format!("{:.0}", middle.0 - 9.0)) " " (format!("{:.0}", middle.1 - 9.0)) ")" } {
                    title { (picture.texts.filter_policy) }
                    circle cx="9" cy="9" r="9" {}
                    g transform="translate(2.5 2.5) scale(.65)" { (icon::drawn("filter", 0.0, 0.0)) }
                }
            }
        }
    }
}

/// From the right side of a box, through the places of the way, to the left side of another.
fn curve(way: &[(f64, f64)]) -> String {
    let (first, last) = (way[0], way[way.len() - 1]);
    let backwards = last.0 <= first.0;
    let side = if backwards { -WIDTH / 2.0 } else { WIDTH / 2.0 };
    let mut points: Vec<(f64, f64)> = way.to_vec();
    let end = points.len() - 1;
    points[0].0 += side;
    points[end].0 -= side + if backwards { -3.0 } else { 3.0 };
    let mut path = format!("M{:.1} {:.1}", points[0].0, points[0].1);
    for pair in points.windows(2) {
        let ((x, y), (to_x, to_y)) = (pair[0], pair[1]);
        let half = (to_x - x) / 2.0;
        path.extend([format!("C{:.1} {y:.1} {:.1} {to_y:.1} {to_x:.1} {to_y:.1}", x + half, to_x - half)]);
    }
    path
}

fn node(picture: &Picture<'_>, node: &Node, drawn: &Layout, index: usize, chosen: bool) -> Markup {
    let told = picture.told(node);
    let (x, y) = drawn.nodes[index];
    let (x, y) = (x - WIDTH / 2.0, y - HEIGHT / 2.0);
    html! {
        a.node.(node.kind.icon()).(told.condition.class()).chosen[chosen] href=(at(&node.id))
            transform={ "translate(" (format!("{x:.1}")) " " (format!("{y:.1}")) ")" } aria-current=[chosen.then_some("true")] {
            title { (node.name) ": " (told.line) }
            rect.box width=(WIDTH) height=(HEIGHT) rx="7" {}
            rect.stripe width="4" height=(HEIGHT - 16.0) x="7" y="8" rx="2" {}
            (icon::drawn(node.kind.icon(), 17.0, 8.0))
            text.name x="40" y="23" { (short(plain(&node.name))) }
            text.line x="19" y="43" { (fitting(&told.line)) }
        }
    }
}

fn short(name: &str) -> String {
    if name.chars().count() <= LETTERS {
        return name.to_owned();
    }
    let letters: Vec<char> = name.chars().collect();
    let (head, tail) = (&letters[..LETTERS - 8], &letters[letters.len() - 7..]);
    format!("{}…{}", head.iter().collect::<String>(), tail.iter().collect::<String>())
}

/// The first parts of a line, as many as fit; a pointer shows the whole.
fn fitting(line: &str) -> String {
    let width = |text: &str| text.chars().map(|letter| if letter.is_ascii() { 1 } else { 2 }).sum::<usize>();
    let mut shown = String::new();
    for part in line.split(" · ") {
        if !shown.is_empty() && width(&shown) + width(part) + 3 > LINE_LETTERS {
            break;
        }
        if !shown.is_empty() {
            shown.push_str(" · ");
        }
        shown.push_str(part);
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_curve_goes_from_side_to_side() {
        assert!(curve(&[(0.0, 10.0), (216.0, 20.0)]).starts_with("M90.0 10.0C"));
        assert!(curve(&[(216.0, 10.0), (0.0, 20.0)]).starts_with("M126.0 10.0C"));
    }

    #[test]
    fn long_names_keep_both_ends() {
        assert_eq!(short("service01"), "service01");
        assert_eq!(short("a-very-long-name-of-a-queue-dlq"), "a-very-…eue-dlq");
    }

    #[test]
    fn a_line_has_as_many_whole_parts_as_fit() {
        assert_eq!(fitting("0 busy · 1 warm · 0.5/s"), "0 busy · 1 warm · 0.5/s");
        assert_eq!(fitting("1 failed · 12,345 waiting · 2 in flight"), "1 failed · 12,345 waiting");
        assert_eq!(fitting("1 件失敗 · トピック · 毎分 5.6 件"), "1 件失敗 · トピック");
    }
}
