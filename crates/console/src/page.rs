//! The frame around every screen: head, navigation, switches, the help for the keyboard.

use maud::{DOCTYPE, Markup, PreEscaped, html};

use crate::PREFIX;
use crate::ask::{Ask, Language};
use crate::assets;
use crate::parts::icon;
use crate::texts::Texts;

/// The screens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Section {
    Map,
    Journeys,
    Queues,
    Topics,
    Functions,
    Buckets,
    Mails,
}

impl Section {
    pub(crate) const ALL: [Self; 7] =
        [Self::Map, Self::Journeys, Self::Queues, Self::Topics, Self::Functions, Self::Buckets, Self::Mails];

    /// Its path below the prefix, and the name of its icon.
    pub(crate) fn path(self) -> &'static str {
        match self {
            Self::Map => "map",
            Self::Journeys => "journeys",
            Self::Queues => "queues",
            Self::Topics => "topics",
            Self::Functions => "functions",
            Self::Buckets => "buckets",
            Self::Mails => "mails",
        }
    }

    pub(crate) fn name(self, texts: &Texts) -> &'static str {
        match self {
            Self::Map => texts.map,
            Self::Journeys => texts.journeys,
            Self::Queues => texts.queues,
            Self::Topics => texts.topics,
            Self::Functions => texts.functions,
            Self::Buckets => texts.buckets,
            Self::Mails => texts.mails,
        }
    }

    /// The key that follows `g`.
    fn key(self) -> &'static str {
        // The map has the m already.
        if self == Self::Mails { "e" } else { &self.path()[..1] }
    }
}

/// A screen, before its frame.
pub(crate) struct View {
    pub(crate) section: Section,
    /// Of the window and of the page.
    pub(crate) title: String,
    /// Above the title: where this page belongs. Name and path.
    pub(crate) trail: Vec<(String, String)>,
    /// Beside the title.
    pub(crate) actions: Markup,
    /// What is kept up to date.
    pub(crate) live: Markup,
    /// What stays as it is: forms, dialogs.
    pub(crate) still: Markup,
}

impl View {
    pub(crate) fn new(section: Section, title: impl Into<String>) -> Self {
        let none = || PreEscaped(String::new());
        Self { section, title: title.into(), trail: Vec::new(), actions: none(), live: none(), still: none() }
    }

    /// Puts the list it belongs to above it.
    pub(crate) fn below(mut self, texts: &Texts) -> Self {
        let list = format!("{PREFIX}/{}", self.section.path());
        self.trail.push((self.section.name(texts).to_owned(), list));
        self
    }
}

/// A whole page.
pub(crate) fn page(ask: &Ask, token: &str, view: &View) -> Markup {
    let texts = ask.texts();
    html! {
        (DOCTYPE)
        html lang=(ask.language.tag()) data-theme=[ask.theme] {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="konekuta-token" content=(token);
                meta name="color-scheme" content="light dark";
                title { (view.title) " · Konekuta" }
                link rel="icon" href=(assets::path("mark.svg")) type="image/svg+xml";
                link rel="stylesheet" href=(assets::path("console.css"));
                script type="module" src=(assets::path("console.js")) {}
            }
            body data-live-text=(texts.live) data-paused-text=(texts.paused) data-lost-text=(texts.lost) {
                a.skip href="#content" { (texts.skip) }
                (bar(ask, view))
                main #content tabindex="-1" {
                    header.title {
                        div {
                            @if !view.trail.is_empty() {
                                nav.trail aria-label=(texts.trail) {
                                    @for (name, path) in &view.trail { a href=(path) { (name) } span aria-hidden="true" { "/" } }
                                }
                            }
                            h1 { (view.title) }
                        }
                        div.actions { (view.actions) }
                    }
                    div #live data-live { (view.live) }
                    (view.still)
                }
                (help(texts))
                div #toasts role="status" aria-live="polite" {}
            }
        }
    }
}

fn bar(ask: &Ask, view: &View) -> Markup {
    let texts = ask.texts();
    let (other, other_name, other_tag) = match ask.language {
        Language::English => ("ja", "日本語", "ja"),
        Language::Japanese => ("en", "English", "en"),
    };
    html! {
        header.bar {
            a.mark href={ (PREFIX) "/map" } {
                svg viewBox="0 0 32 32" aria-hidden="true" { (icon::MARK) }
                span { "Konekuta" }
            }
            nav aria-label=(texts.screens) {
                @for section in Section::ALL {
                    a href={ (PREFIX) "/" (section.path()) } aria-current=[(section == view.section).then_some("page")]
                        data-key=(section.key()) {
                        (icon::of(section.path()))
                        span { (section.name(texts)) }
                    }
                }
            }
            div.switches {
                button.plain #pulse type="button" aria-pressed="false" title=(texts.pause) { span.dot {} span.word { (texts.live) } }
                button.plain #theme type="button" title=(texts.theme) aria-label=(texts.theme) { (icon::of("theme")) }
                a.plain href={ (PREFIX) "/language/" (other) } lang=(other_tag) hreflang=(other_tag) { (other_name) }
                button.plain type="button" data-opens="help" title=(texts.keyboard) aria-label=(texts.keyboard) { "?" }
            }
        }
    }
}

fn help(texts: &Texts) -> Markup {
    html! {
        dialog #help aria-labelledby="help-title" {
            h2 #help-title { (texts.keyboard) }
            dl.keys {
                @for section in Section::ALL {
                    dt { kbd { "g" } " " kbd { (section.key()) } }
                    dd { (section.name(texts)) }
                }
                dt { kbd { "/" } } dd { (texts.key_search) }
                dt { kbd { "n" } } dd { (texts.key_act) }
                dt { kbd { "p" } } dd { (texts.pause) }
                dt { kbd { "t" } } dd { (texts.theme) }
                dt { kbd { "Esc" } } dd { (texts.key_close) }
                dt { kbd { "?" } } dd { (texts.keyboard) }
            }
            form.row method="dialog" { button { (texts.close) } }
        }
    }
}
