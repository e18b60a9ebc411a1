//! The map: what is connected with what, with backlog, rates and errors on it.

use std::collections::{HashMap, HashSet};

use aws::Arn;
use maud::{Markup, html};
use service::Timestamp;
use service::views::{FunctionGlance, QueueGlance};

use super::{functions, queues, topics};
use crate::ask::Ask;
use crate::history::rate;
use crate::page::{Section, View};
use crate::parts::{dialog, escaped, facts, form, icon, link, nothing, search};
use crate::texts::Texts;
use crate::topology::flows::Flows;
use crate::topology::layout::{LAYER, Layout, layout};
use crate::topology::{Kind, Link, Node, Topology};
use crate::trouble::Trouble;
use crate::{Console, PREFIX, figures, limits};

/// A node's box.
const WIDTH: f64 = 180.0;
const HEIGHT: f64 = 54.0;
/// Between groups that are not connected.
const BETWEEN: f64 = 22.0;
const MARGIN: f64 = 8.0;
/// Letters of a name that fit a box.
const LETTERS: usize = 16;

/// How a node does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Condition {
    Quiet,
    Busy,
    Waiting,
    Failing,
}

impl Condition {
    fn class(self) -> &'static str {
        match self {
            Self::Quiet => "quiet",
            Self::Busy => "busy",
            Self::Waiting => "waiting",
            Self::Failing => "failing",
        }
    }
}

/// What is told of a node.
struct Told {
    condition: Condition,
    line: String,
}

/// What the nodes are told from.
struct Picture<'a> {
    console: &'a Console,
    texts: &'static Texts,
    queues: HashMap<&'a str, &'a QueueGlance>,
    functions: HashMap<&'a str, &'a FunctionGlance>,
    dead_letter_queues: HashSet<&'a str>,
    flows: &'a Flows,
    now: Timestamp,
}

impl<'a> Picture<'a> {
    fn of(console: &'a Console, texts: &'static Texts, topology: &'a Topology) -> Self {
        let snapshot = &topology.snapshot;
        let dead = topology.edges.iter().filter(|edge| edge.2 == Link::DeadLetter);
        Self {
            console,
            texts,
            queues: snapshot.queues.iter().map(|queue| (queue.arn.as_str(), queue)).collect(),
            functions: snapshot.functions.iter().map(|one| (one.arn.as_str(), one)).collect(),
            dead_letter_queues: dead.map(|edge| topology.nodes[edge.1].id.as_str()).collect(),
            flows: &topology.flows,
            now: console.parts.clock.now(),
        }
    }

    /// What failed there in the last minutes comes first.
    fn with_errors(&self, node: &Node, told: Told) -> Told {
        match self.flows.failed(&node.id) {
            0 => told,
            failed => {
                let line =
                    format!("{} {} · {}", figures::number(failed), self.texts.failed_lately, told.line);
                Told { condition: Condition::Failing, line }
            }
        }
    }

    fn told(&self, node: &Node) -> Told {
        if let Some(queue) = self.queues.get(node.id.as_str()) {
            return self.with_errors(node, self.queue(node, queue));
        }
        if let Some(function) = self.functions.get(node.id.as_str()) {
            return self.with_errors(node, self.function(function));
        }
        let line = match node.kind {
            Kind::Topic => self.texts.topic,
            Kind::Bucket => self.texts.bucket,
            Kind::Mail => self.texts.mailbox,
            Kind::Http => self.texts.http_endpoint,
            _ => self.texts.device,
        };
        let rate = self.flows.arriving(&node.id);
        let condition = if rate > 0.0 { Condition::Busy } else { Condition::Quiet };
        let mut line = line.to_owned();
        if rate > 0.0 {
            line.extend([format!(" · {}", figures::per_minute(rate))]);
        }
        self.with_errors(node, Told { condition, line })
    }

    fn queue(&self, node: &Node, queue: &QueueGlance) -> Told {
        let rate = rate(&self.console.history.of(&node.id), 3, self.now);
        let (waits, in_flight) = (queue.counts.visible + queue.counts.delayed, queue.counts.not_visible);
        let condition = match (waits, in_flight) {
            (1.., _) if self.dead_letter_queues.contains(node.id.as_str()) => Condition::Failing,
            (1.., _) => Condition::Waiting,
            (0, 1..) => Condition::Busy,
            _ if rate > 0.0 => Condition::Busy,
            _ => Condition::Quiet,
        };
        let (waiting, flying) = (self.texts.waiting, self.texts.in_flight_short);
        let mut line = format!("{} {waiting}", figures::number(waits));
        if in_flight > 0 {
            line.extend([format!(" · {} {flying}", figures::number(in_flight))]);
        }
        if rate > 0.0 {
            line.extend([format!(" · {}", figures::rate(rate))]);
        }
        Told { condition, line }
    }

    fn function(&self, function: &FunctionGlance) -> Told {
        let series = self.console.history.of(function.arn.as_str());
        let (rate, failing) = (rate(&series, 2, self.now), rate(&series, 3, self.now));
        let condition = match () {
            () if failing > 0.0 || function.state == "Failed" => Condition::Failing,
            () if function.busy > 0 || rate > 0.0 => Condition::Busy,
            () => Condition::Quiet,
        };
        let mut line = if function.busy + function.warm == 0 {
            self.texts.asleep.to_owned()
        } else {
            format!("{} {} · {} {}", function.busy, self.texts.busy, function.warm, self.texts.warm)
        };
        if failing > 0.0 {
            line = format!("{} {}", figures::rate(failing), self.texts.failing);
        } else if rate > 0.0 {
            line.extend([format!(" · {}", figures::rate(rate))]);
        }
        Told { condition, line }
    }
}

pub(super) async fn map(console: &Console, ask: &Ask) -> Result<View, Trouble> {
    let texts = ask.texts();
    let topology = console.topology(&ask.context).await?;
    let picture = Picture::of(console, texts, &topology);
    let chosen = topology.nodes.iter().position(|node| node.id == ask.value("node"));
    let (groups, alone, left_out) = choose(&topology, ask.value("search"), chosen);
    let path = format!("{PREFIX}/map");
    let live = html! {
        @if topology.nodes.is_empty() { (nothing(texts.no_map, texts.no_map_hint)) } @else {
            div.map-and-details {
                div.map-side {
                    @if !groups.is_empty() { (drawing(&picture, &topology, &groups, chosen)) }
                    @if !alone.is_empty() { (unconnected(&picture, &topology, &alone, chosen)) }
                    @if left_out > 0 { p.faint { (texts.nodes_left_out) " " (figures::number(left_out as u64)) } }
                    (legend(texts))
                }
                @if let Some(node) = chosen { (details(&picture, &topology, node)) }
            }
        }
    };
    Ok(View {
        actions: search(ask, &path, texts.search_map),
        live,
        still: chosen.map(|node| start(console, texts, &topology, &topology.nodes[node])).unwrap_or_default(),
        ..View::new(Section::Map, texts.map)
    })
}

type Chosen = (Vec<Vec<usize>>, Vec<usize>, usize);

/// The groups to draw, what stands alone, and how many nodes there is no room for. A search shows what matches and what
/// is connected with it.
fn choose(topology: &Topology, search: &str, chosen: Option<usize>) -> Chosen {
    let wanted = search.to_lowercase();
    let matches = |node: usize| wanted.is_empty() || topology.nodes[node].id.to_lowercase().contains(&wanted);
    let mut groups = topology.groups();
    groups.retain(|group| group.iter().any(|node| matches(*node)));
    if let Some(chosen) = chosen {
        groups.sort_by_key(|group| !group.contains(&chosen));
    }
    let (mut drawn, mut alone, mut room, mut left_out) = (Vec::new(), Vec::new(), limits::NODES_MAX, 0);
    for mut group in groups {
        if group.len() > room {
            // Of a group that is too large as much as there is room for, what matches first.
            group.sort_by_key(|node| (Some(*node) != chosen, !matches(*node)));
            left_out += group.len() - room;
            group.truncate(room);
        }
        room -= group.len();
        match group.as_slice() {
            [] => {}
            [one] => alone.push(*one),
            _ => drawn.push(group),
        }
    }
    (drawn, alone, left_out)
}

fn drawing(
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
                        @for ((from, to, link), way) in edges.iter().zip(&drawn.edges) { (edge(picture, topology, group, (*from, *to, *link), way)) }
                        @for (index, node) in group.iter().enumerate() { (self::node(picture, &topology.nodes[*node], drawn, index, chosen == Some(*node))) }
                    }
                }
            }
        }
    }
}

fn edge(
    picture: &Picture<'_>,
    topology: &Topology,
    group: &[usize],
    (from, to, link): (usize, usize, Link),
    way: &[(f64, f64)],
) -> Markup {
    let target = picture.told(&topology.nodes[group[to]]).condition;
    let source = picture.told(&topology.nodes[group[from]]).condition;
    let (from_id, to_id) = (&topology.nodes[group[from]].id, &topology.nodes[group[to]].id);
    let rate = picture.flows.between(from_id, to_id);
    let busy = target == Condition::Busy || source == Condition::Busy || rate > 0.0;
    let flows = link != Link::DeadLetter && busy;
    let class = match link {
        Link::Subscription { pending: true, .. } | Link::Mapping { enabled: false } => "edge off",
        Link::Variable => "edge guess",
        Link::DeadLetter => "edge dead",
        _ if flows => "edge flows",
        _ => "edge",
    };
    let filtered = matches!(link, Link::Subscription { filtered: true, .. });
    let ((x, y), (end_x, end_y)) = (way[0], way[1.min(way.len() - 1)]);
    let middle = (f64::midpoint(x + WIDTH / 2.0, end_x - WIDTH / 2.0), f64::midpoint(y, end_y));
    html! {
        path class=(class) d=(curve(way)) marker-end="url(#arrow)" {}
        @if rate > 0.0 {
            text.rate x=(format!("{:.0}", middle.0)) y=(format!("{:.0}", middle.1 - if filtered { 12.0 } else { 5.0 })) { (figures::per_minute(rate)) }
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
            text.line x="19" y="43" { (told.line) }
        }
    }
}

/// A name that a stack has made, without what the stack has put around it: `stack-Logical-1A2B3C4D5E6F`.
fn plain(name: &str) -> &str {
    let Some((rest, random)) = name.rsplit_once('-') else { return name };
    let is_random =
        random.len() >= 12 && random.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit());
    let logical = rest.rsplit_once('-').map_or("", |(_, logical)| logical);
    if is_random && logical.starts_with(|first: char| first.is_ascii_uppercase()) { logical } else { name }
}

fn short(name: &str) -> String {
    if name.chars().count() <= LETTERS {
        return name.to_owned();
    }
    let letters: Vec<char> = name.chars().collect();
    let (head, tail) = (&letters[..LETTERS - 8], &letters[letters.len() - 7..]);
    format!("{}…{}", head.iter().collect::<String>(), tail.iter().collect::<String>())
}

fn at(id: &str) -> String {
    format!("{PREFIX}/map?node={}", escaped(id))
}

fn unconnected(picture: &Picture<'_>, topology: &Topology, alone: &[usize], chosen: Option<usize>) -> Markup {
    html! {
        section aria-labelledby="alone-title" {
            h2 #alone-title { (picture.texts.unconnected) }
            ul.chips {
                @for node in alone {
                    @let node_of = &topology.nodes[*node];
                    @let told = picture.told(node_of);
                    li { a.chip.(node_of.kind.icon()).(told.condition.class()) href=(at(&node_of.id)) aria-current=[(chosen == Some(*node)).then_some("true")] {
                        (icon::of(node_of.kind.icon())) span { (plain(&node_of.name)) } span.faint { (told.line) }
                    } }
                }
            }
        }
    }
}

fn legend(texts: &Texts) -> Markup {
    let line = |class: &str, text: &str| {
        html! { li { svg viewBox="0 0 34 8" aria-hidden="true" { path class={ "edge " (class) } d="M1 4H33" {} } (text) } }
    };
    html! {
        ul.map-legend {
            (line("", texts.edge_delivers))
            (line("guess", texts.edge_guess))
            (line("dead", texts.edge_dead))
            (line("off", texts.edge_off))
        }
    }
}

/// The section and the page of a node.
fn page_of(node: &Node) -> Option<String> {
    match node.kind {
        Kind::Queue => Some(link("queues", &node.id)),
        Kind::Topic => Some(link("topics", &node.id)),
        Kind::Function => Some(link("functions", &node.id)),
        Kind::Bucket => Some(link("buckets", &node.name)),
        Kind::Mail => Some(format!("{PREFIX}/mails?search={}", escaped(&node.name))),
        Kind::Http | Kind::Sms => None,
    }
}

fn details(picture: &Picture<'_>, topology: &Topology, place: usize) -> Markup {
    let (texts, node) = (picture.texts, &topology.nodes[place]);
    let told = picture.told(node);
    let beside = |incoming: bool| {
        let ends = topology.edges.iter().filter_map(move |(from, to, link)| {
            let (here, other) = if incoming { (to, from) } else { (from, to) };
            (*here == place).then_some((*other, *link))
        });
        ends.collect::<Vec<_>>()
    };
    let list = |title: &str, ends: Vec<(usize, Link)>| {
        html! {
            @if !ends.is_empty() {
                h3 { (title) }
                ul.plain-list { @for (other, link) in ends {
                    @let other = &topology.nodes[other];
                    li { a href=(at(&other.id)) { (icon::of(other.kind.icon())) span { (other.name) } } " " span.faint { (link_name(texts, link)) } }
                } }
            }
        }
    };
    let can_start = matches!(node.kind, Kind::Function | Kind::Topic | Kind::Queue);
    html! {
        aside.details aria-labelledby="node-title" {
            header {
                h2 #node-title { (icon::of(node.kind.icon())) (node.name) }
                a.plain href={ (PREFIX) "/map" } aria-label=(texts.close) title=(texts.close) { "✕" }
            }
            p.state.(told.condition.class()) { (told.line) }
            div.row {
                @if can_start { button.primary type="button" data-opens="start" data-act { (texts.start_here) } }
                @if let Some(page) = page_of(node) { a.button href=(page) { (texts.open) } }
                @if can_start { a.button href={ (PREFIX) "/journeys?resource=" (escaped(&node.id)) } { (texts.journeys) } }
            }
            (list(texts.comes_from, beside(true)))
            (list(texts.goes_to, beside(false)))
            (facts(&[("ARN", html! { code { (node.id) } })]))
        }
    }
}

fn link_name(texts: &Texts, link: Link) -> &'static str {
    match link {
        Link::Subscription { pending: true, .. } => texts.pending,
        Link::Subscription { filtered: true, .. } => texts.subscription_filtered,
        Link::Subscription { .. } => texts.subscription,
        Link::Mapping { enabled: true } => texts.mapping,
        Link::Mapping { enabled: false } => texts.mapping_off,
        Link::Notification => texts.notification,
        Link::DeadLetter => texts.dead_letters,
        Link::Seen => texts.seen,
        Link::Variable => texts.variable,
    }
}

/// A message for the chosen node.
fn start(console: &Console, texts: &Texts, topology: &Topology, node: &Node) -> Markup {
    let Ok(arn) = node.id.parse::<Arn>() else { return html! {} };
    let token = &console.token;
    let can_start = console.has(super::journeys::SERVICE, "StartStep");
    let form = match node.kind {
        _ if can_start && matches!(node.kind, Kind::Function | Kind::Topic | Kind::Queue) => {
            anywhere(texts, token, &arn)
        }
        Kind::Function => functions::start_form(texts, token, &arn),
        Kind::Topic => topics::publish_form(texts, token, &arn),
        Kind::Queue => match topology.snapshot.queues.iter().find(|queue| queue.arn == arn) {
            Some(queue) => queues::send_form(texts, token, queue),
            None => return html! {},
        },
        _ => return html! {},
    };
    dialog(texts, "start", &format!("{}: {}", texts.start_here, node.name), &form)
}

/// A message for a step, which is wrapped as it would be on its way there.
fn anywhere(texts: &Texts, token: &str, step: &Arn) -> Markup {
    let inside = html! {
        p.faint { (texts.start_hint) }
        input type="hidden" name="step" value=(step);
        label { (texts.body) textarea name="body" rows="8" required autofocus spellcheck="false" { "{\n  \"request_id\": \"\"\n}" } }
        div.row { button type="button" data-closes { (texts.close) } button.primary type="submit" { (texts.start) } }
    };
    form(token, "start", "", &inside)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_names_keep_both_ends() {
        assert_eq!(short("service01"), "service01");
        assert_eq!(short("a-very-long-name-of-a-queue-dlq"), "a-very-l…eue-dlq");
        assert_eq!(plain("article-PythonService01-7735JEOMC5WR"), "PythonService01");
        assert_eq!((plain("orders-dlq"), plain("a-b-c")), ("orders-dlq", "a-b-c"));
    }

    #[test]
    fn a_curve_goes_from_side_to_side() {
        assert!(curve(&[(0.0, 10.0), (216.0, 20.0)]).starts_with("M90.0 10.0C"));
        assert!(curve(&[(216.0, 10.0), (0.0, 20.0)]).starts_with("M126.0 10.0C"));
    }
}
