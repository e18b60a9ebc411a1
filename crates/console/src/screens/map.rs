//! The map: what is connected with what, with backlog, rates and errors on it.

mod condition;
mod details;
mod drawing;

use maud::{Markup, html};

use crate::ask::Ask;
use crate::page::{Section, View};
use crate::parts::{escaped, icon, nothing, search};
use crate::texts::Texts;
use crate::topology::Topology;
use crate::trouble::Trouble;
use crate::{Console, PREFIX, figures, limits};

use condition::Picture;
use details::{details, start};
use drawing::drawing;

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

/// A name that a stack has made, without what the stack has put around it: `stack-Logical-1A2B3C4D5E6F`.
fn plain(name: &str) -> &str {
    let Some((rest, random)) = name.rsplit_once('-') else { return name };
    let is_random =
        random.len() >= 12 && random.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit());
    let logical = rest.rsplit_once('-').map_or("", |(_, logical)| logical);
    if is_random && logical.starts_with(|first: char| first.is_ascii_uppercase()) { logical } else { name }
}

fn at(id: &str) -> String {
    format!("{PREFIX}/map?node={}", escaped(id))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_a_stack_made_is_told_as_its_author_named_it() {
        assert_eq!(plain("article-PythonService01-7735JEOMC5WR"), "PythonService01");
        assert_eq!((plain("orders-dlq"), plain("a-b-c")), ("orders-dlq", "a-b-c"));
    }
}
