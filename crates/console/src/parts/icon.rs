//! Icons, drawn in one weight.

use maud::{Markup, PreEscaped, html};

/// The mark: three things, connected.
pub(crate) const MARK: PreEscaped<&str> = PreEscaped(
    r#"<path d="M8 16h7m0 0c4 0 3-8 9-8M15 16c4 0 3 8 9 8" fill="none" stroke="currentColor" stroke-width="2.4" stroke-linecap="round"/><circle cx="6.5" cy="16" r="3.5" fill="currentColor"/><circle cx="25.5" cy="8" r="3.5" fill="currentColor"/><circle cx="25.5" cy="24" r="3.5" fill="currentColor"/>"#,
);

fn path(name: &str) -> &'static str {
    match name {
        "map" => {
            r#"<circle cx="4" cy="10" r="2"/><circle cx="16" cy="4.5" r="2"/><circle cx="16" cy="15.5" r="2"/><path d="M6 10h3c3 0 2-5.5 5-5.5M9 10c3 0 2 5.5 5 5.5"/>"#
        }
        "journeys" => r#"<path d="M3 5h7M6 10h8M9 15h8"/>"#,
        "queues" | "sqs" => {
            r#"<rect x="2.5" y="5.5" width="3.6" height="9" rx="1"/><rect x="8.2" y="5.5" width="3.6" height="9" rx="1"/><rect x="13.9" y="5.5" width="3.6" height="9" rx="1"/>"#
        }
        "topics" | "sns" => {
            r#"<path d="M3 8.5v3h3l6 4v-11l-6 4zM14.5 7.5c1.3 1.4 1.3 3.6 0 5M16.8 5.5c2.4 2.6 2.4 6.4 0 9"/>"#
        }
        "functions" | "lambda" => r#"<path d="M4 16.5 9 8.2M6 3.5h2.2l6 13h2.3"/>"#,
        "buckets" | "s3" => {
            r#"<path d="M3.5 5.5 5 16h10l1.5-10.5"/><ellipse cx="10" cy="5.5" rx="6.5" ry="2"/>"#
        }
        "mails" | "email" => {
            r#"<rect x="2.5" y="4.5" width="15" height="11" rx="1.5"/><path d="m3 6 7 5 7-5"/>"#
        }
        "http" => {
            r#"<circle cx="10" cy="10" r="7"/><path d="M3 10h14M10 3c2.4 2.2 2.4 11.8 0 14M10 3c-2.4 2.2-2.4 11.8 0 14"/>"#
        }
        "search" => r#"<circle cx="9" cy="9" r="5"/><path d="m13 13 4 4"/>"#,
        "theme" => r#"<path d="M16 11.8A6.5 6.5 0 0 1 8.2 4a6.5 6.5 0 1 0 7.8 7.8z"/>"#,
        "file" => r#"<path d="M5 2.5h7l3.5 3.5v11.5h-10.5zM12 2.5V6h3.5"/>"#,
        "folder" => r#"<path d="M2.5 5h5l1.6 2h8.4v9h-15z"/>"#,
        "filter" => r#"<path d="M3 4h14l-5.5 6.5V16l-3-1.5v-4z"/>"#,
        "sms" => r#"<rect x="6" y="2.5" width="8" height="15" rx="1.5"/><path d="M9 15h2"/>"#,
        _ => r#"<circle cx="10" cy="10" r="6"/>"#,
    }
}

/// The icon of a screen, a service or a deed.
pub(crate) fn of(name: &str) -> Markup {
    html! {
        svg.icon viewBox="0 0 20 20" aria-hidden="true" { (PreEscaped(path(name))) }
    }
}

/// The same, inside another drawing.
pub(crate) fn drawn(name: &str, x: f64, y: f64) -> Markup {
    html! {
        g.icon transform={ "translate(" (format!("{x:.0}")) " " (format!("{y:.0}")) ")" } { (PreEscaped(path(name))) }
    }
}
