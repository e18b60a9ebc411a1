//! Of a chosen node: what it is connected with, and a message for it.

use aws::Arn;
use maud::{Markup, html};

use super::at;
use super::condition::Picture;
use crate::limits::ENDS_MAX;
use crate::parts::{dialog, escaped, facts, form, icon, link};
use crate::screens::{functions, journeys, queues, topics};
use crate::texts::Texts;
use crate::topology::{Kind, Link, Node, Topology};
use crate::{Console, PREFIX};

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

pub(super) fn details(picture: &Picture<'_>, topology: &Topology, place: usize) -> Markup {
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
pub(super) fn start(console: &Console, texts: &Texts, topology: &Topology, node: &Node) -> Markup {
    let Ok(arn) = node.id.parse::<Arn>() else { return html! {} };
    let token = &console.token;
    let can_start = console.has(journeys::SERVICE, "StartStep");
    let form = match node.kind {
        _ if can_start && matches!(node.kind, Kind::Function | Kind::Topic | Kind::Queue) => {
            anywhere(texts, token, &arn, &ends(topology, &node.id))
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
fn anywhere(texts: &Texts, token: &str, step: &Arn, ends: &[&str]) -> Markup {
    let inside = html! {
        p.faint { (texts.start_hint) }
        input type="hidden" name="step" value=(step);
        label { (texts.body) textarea name="body" rows="8" required autofocus spellcheck="false" { "{\n  \"request_id\": \"\"\n}" } }
        @if !ends.is_empty() { (journeys::ends_at(texts, ends.iter().copied())) }
        div.row { button type="button" data-closes { (texts.close) } button.primary type="submit" { (texts.start) } }
    };
    form(token, "start", "", &inside)
}

/// Where what is started there may end: the steps that it leads to, the nearest first. A function may end by itself.
fn ends<'a>(topology: &'a Topology, node: &str) -> Vec<&'a str> {
    let Some(first) = topology.nodes.iter().position(|one| one.id == *node) else { return Vec::new() };
    let (mut reached, mut at) = (vec![first], 0);
    while let Some(&place) = reached.get(at).filter(|_| reached.len() < ENDS_MAX) {
        at += 1;
        // Where a variable points is a guess.
        let onward = topology
            .edges
            .iter()
            .filter(|(from, _, link)| *from == place && !matches!(link, Link::DeadLetter | Link::Variable));
        for (_, to, _) in onward {
            if !reached.contains(to) {
                reached.push(*to);
            }
        }
    }
    let nodes = reached.into_iter().map(|place| &topology.nodes[place]);
    let steps = nodes.filter(|one| match one.kind {
        Kind::Function => true,
        Kind::Queue | Kind::Topic => one.id != node,
        _ => false,
    });
    steps.map(|one| one.id.as_str()).collect()
}
