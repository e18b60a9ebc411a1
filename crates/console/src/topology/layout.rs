//! Where nodes and edges are drawn: in layers from left to right, messages going right, with few crossings.
//!
//! The classic four steps: edges that close a circle are turned, each node gets the layer behind its sources, an edge over
//! several layers gets a place in each of them, places are ordered by the mean of their neighbours.

use std::collections::HashMap;

const SWEEPS: usize = 12;
const PULLS: usize = 16;
/// Between the middles of layers, and of neighbours in a layer.
pub(crate) const LAYER: f64 = 216.0;
const ROW: f64 = 76.0;
/// An edge that passes takes less room than a node.
const PASSING: f64 = 26.0;

/// A drawing.
#[derive(Clone, Debug, Default)]
pub(crate) struct Layout {
    /// The middle of each node.
    pub(crate) nodes: Vec<(f64, f64)>,
    /// The way of each edge: its places in the layers from its source to its target.
    pub(crate) edges: Vec<Vec<(f64, f64)>>,
    /// How many layers there are, and how high the highest is.
    pub(crate) layers: usize,
    pub(crate) height: f64,
}

/// A place in a layer: of a node, or of an edge that passes.
struct Place {
    layer: usize,
    is_node: bool,
    y: f64,
    left: Vec<usize>,
    right: Vec<usize>,
}

/// Lays out `count` nodes.
pub(crate) fn layout(count: usize, edges: &[(usize, usize)]) -> Layout {
    let turned = circles(count, edges);
    let forward: Vec<(usize, usize)> = edges
        .iter()
        .zip(&turned)
        .map(|(&(from, to), turned)| if *turned { (to, from) } else { (from, to) })
        .collect();
    let layers = layers(count, &forward);
    let mut places: Vec<Place> = layers
        .iter()
        .map(|layer| Place { layer: *layer, is_node: true, y: 0.0, left: Vec::new(), right: Vec::new() })
        .collect();
    let ways: Vec<Vec<usize>> = forward.iter().map(|&(from, to)| way(&mut places, from, to)).collect();
    let mut rows = initial_rows(&places);
    for sweep in 0..SWEEPS {
        order(&mut rows, &places, sweep % 2 == 0);
    }
    set_heights(&rows, &mut places);
    let middle = |place: usize| {
        #[allow(clippy::cast_precision_loss, reason = "there are few layers")]
        let x = places[place].layer as f64 * LAYER;
        (x, places[place].y)
    };
    let edge = |(way, turned): (&Vec<usize>, &bool)| {
        let points = way.iter().map(|place| middle(*place));
        if *turned { points.rev().collect() } else { points.collect() }
    };
    Layout {
        nodes: (0..count).map(middle).collect(),
        edges: ways.iter().zip(&turned).map(edge).collect(),
        layers: rows.len(),
        height: places.iter().map(|place| place.y).fold(0.0, f64::max) + ROW / 2.0,
    }
}

/// Which edges close a circle.
fn circles(count: usize, edges: &[(usize, usize)]) -> Vec<bool> {
    #[derive(Clone, Copy, PartialEq)]
    enum Visit {
        Not,
        On,
        Done,
    }
    let mut out: Vec<Vec<(usize, usize)>> = vec![Vec::new(); count];
    let mut entered = vec![0_usize; count];
    for (index, &(from, to)) in edges.iter().enumerate() {
        out[from].push((to, index));
        entered[to] += 1;
    }
    let mut starts: Vec<usize> = (0..count).collect();
    starts.sort_by_key(|node| entered[*node]);
    let (mut visits, mut turned) = (vec![Visit::Not; count], vec![false; edges.len()]);
    for start in starts {
        if visits[start] != Visit::Not {
            continue;
        }
        visits[start] = Visit::On;
        let mut stack = vec![(start, 0)];
        while let Some((node, next)) = stack.last_mut() {
            let Some(&(to, index)) = out[*node].get(*next) else {
                visits[*node] = Visit::Done;
                stack.pop();
                continue;
            };
            *next += 1;
            match visits[to] {
                Visit::On => turned[index] = true,
                Visit::Not => {
                    visits[to] = Visit::On;
                    stack.push((to, 0));
                }
                Visit::Done => {}
            }
        }
    }
    turned
}

/// Behind all sources; a source of its own stands just before what it feeds.
fn layers(count: usize, edges: &[(usize, usize)]) -> Vec<usize> {
    let mut layers = vec![0_usize; count];
    for _ in 0..count {
        let mut changed = false;
        for &(from, to) in edges {
            if from != to && layers[to] <= layers[from] {
                layers[to] = layers[from] + 1;
                changed = true;
            }
        }
        if !changed {
            break;
        }
    }
    for node in 0..count {
        let is_source = edges.iter().all(|&(from, to)| to != node || from == node);
        let nearest =
            edges.iter().filter(|edge| edge.0 == node && edge.1 != node).map(|edge| layers[edge.1]).min();
        if let Some(nearest) = nearest.filter(|_| is_source) {
            layers[node] = nearest - 1;
        }
    }
    layers
}

/// The places of an edge, new ones where it passes a layer.
fn way(places: &mut Vec<Place>, from: usize, to: usize) -> Vec<usize> {
    let mut way = vec![from];
    for layer in places[from].layer + 1..places[to].layer {
        places.push(Place { layer, is_node: false, y: 0.0, left: Vec::new(), right: Vec::new() });
        way.push(places.len() - 1);
    }
    way.push(to);
    for pair in way.windows(2) {
        places[pair[0]].right.push(pair[1]);
        places[pair[1]].left.push(pair[0]);
    }
    way
}

fn initial_rows(places: &[Place]) -> Vec<Vec<usize>> {
    let count = places.iter().map(|place| place.layer + 1).max().unwrap_or(0);
    let mut rows = vec![Vec::new(); count];
    for (index, place) in places.iter().enumerate() {
        rows[place.layer].push(index);
    }
    rows
}

/// Orders each layer by the mean of its neighbours, from the left or from the right.
#[allow(clippy::cast_precision_loss, reason = "there are few nodes")]
fn order(rows: &mut [Vec<usize>], places: &[Place], from_left: bool) {
    let count = rows.len();
    for step in 1..count {
        let layer = if from_left { step } else { count - 1 - step };
        let beside = if from_left { layer - 1 } else { layer + 1 };
        let at: HashMap<usize, f64> =
            rows[beside].iter().zip(0_u32..).map(|(place, at)| (*place, at.into())).collect();
        let mean = |place: usize, own: f64| {
            let neighbours = if from_left { &places[place].left } else { &places[place].right };
            let known: Vec<f64> = neighbours.iter().filter_map(|one| at.get(one).copied()).collect();
            if known.is_empty() { own } else { known.iter().sum::<f64>() / known.len() as f64 }
        };
        let mut keyed: Vec<(f64, usize)> =
            rows[layer].iter().enumerate().map(|(own, place)| (mean(*place, own as f64), *place)).collect();
        keyed.sort_by(|left, right| left.0.total_cmp(&right.0));
        rows[layer] = keyed.into_iter().map(|(_, place)| place).collect();
    }
}

/// Heights that keep the order and the distances, drawn towards those of the neighbours.
#[allow(clippy::cast_precision_loss, reason = "there are few nodes")]
fn set_heights(rows: &[Vec<usize>], places: &mut [Place]) {
    let distance = |places: &[Place], one: usize, other: usize| {
        let half = |place: usize| if places[place].is_node { ROW / 2.0 } else { PASSING / 2.0 };
        half(one) + half(other)
    };
    for row in rows {
        let mut y = 0.0;
        for (index, place) in row.iter().enumerate() {
            if index > 0 {
                y += distance(places, row[index - 1], *place);
            }
            places[*place].y = y;
        }
    }
    for pull in 0..PULLS {
        for step in 0..rows.len() {
            let row = &rows[if pull % 2 == 0 { step } else { rows.len() - 1 - step }];
            let wanted: Vec<f64> = row
                .iter()
                .map(|place| {
                    let place = &places[*place];
                    let near: Vec<f64> =
                        place.left.iter().chain(&place.right).map(|one| places[*one].y).collect();
                    if near.is_empty() { place.y } else { near.iter().sum::<f64>() / near.len() as f64 }
                })
                .collect();
            // From both ends, then the middle of the two: neither end is preferred.
            let (mut down, mut up) = (wanted.clone(), wanted);
            for index in 1..row.len() {
                down[index] = down[index].max(down[index - 1] + distance(places, row[index - 1], row[index]));
            }
            for index in (1..row.len()).rev() {
                up[index - 1] = up[index - 1].min(up[index] - distance(places, row[index - 1], row[index]));
            }
            for (index, place) in row.iter().enumerate() {
                places[*place].y = f64::midpoint(down[index], up[index]);
            }
        }
    }
    let top = places.iter().map(|place| place.y).fold(f64::INFINITY, f64::min);
    for place in places {
        place.y += ROW / 2.0 - top;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_go_right_and_nodes_keep_their_distance() {
        // The article: preprocessor, connector, two queues, two services, notifier, mail; all three with the bucket.
        let edges = [(0, 1), (1, 2), (1, 3), (2, 4), (3, 5), (4, 6), (5, 6), (6, 7), (0, 8), (4, 8), (5, 8)];
        let drawn = layout(9, &edges);
        for (&(from, to), way) in edges.iter().zip(&drawn.edges) {
            assert!(drawn.nodes[from].0 < drawn.nodes[to].0, "{from} {to}");
            assert_eq!((way[0], way[way.len() - 1]), (drawn.nodes[from], drawn.nodes[to]));
        }
        for one in 0..9 {
            for other in 0..one {
                let ((x, y), (other_x, other_y)) = (drawn.nodes[one], drawn.nodes[other]);
                assert!((x - other_x).abs() > 1.0 || (y - other_y).abs() >= ROW - 0.1, "{one} {other}");
            }
        }
        assert_eq!(drawn.layers, 6);
    }

    #[test]
    fn circles_and_edges_to_oneself_are_drawn_too() {
        let drawn = layout(3, &[(0, 1), (1, 2), (2, 0), (1, 1)]);
        assert_eq!((drawn.nodes.len(), drawn.edges.len()), (3, 4));
        assert!(drawn.nodes.iter().all(|(x, y)| x.is_finite() && y.is_finite()));
    }
}
