//! Buckets: the list; one bucket folder by folder; an object, as far as it can be shown.

use maud::{Markup, html};
use service::views::BucketGlance;

use super::paged;
use crate::ask::Ask;
use crate::objects::{Listing, Shown, Version, is_picture, object_uri};
use crate::page::{Section, View};
use crate::parts::{Question, dialog, escaped, facts, icon, link, moment, nothing, pager, search};
use crate::texts::Texts;
use crate::trouble::Trouble;
use crate::{Console, PREFIX, figures, json as payloads};

pub(super) async fn list(console: &Console, ask: &Ask) -> Result<View, Trouble> {
    let texts = ask.texts();
    let buckets = console.parts.buckets.buckets().await?;
    let path = format!("{PREFIX}/buckets");
    let (rows, from, all) = paged(ask, buckets.iter(), |bucket| bucket.name.clone());
    let live = html! {
        @if rows.is_empty() { (nothing(texts.no_buckets, texts.no_buckets_hint)) } @else {
            div.scroll tabindex="0" role="region" aria-label=(texts.buckets) {
                table.list {
                    thead { tr { th scope="col" { (texts.name) } th scope="col" { (texts.created) } th scope="col" { (texts.notifies) } } }
                    tbody { @for bucket in &rows { (row(texts, bucket)) } }
                }
            }
            (pager(ask, &path, from, rows.len(), all))
        }
    };
    Ok(View {
        actions: search(ask, &path, texts.search_buckets),
        live,
        ..View::new(Section::Buckets, texts.buckets)
    })
}

fn row(texts: &Texts, bucket: &BucketGlance) -> Markup {
    html! {
        tr id={ "r-" (bucket.name) } {
            th scope="row" {
                a href=(link("buckets", &bucket.name)) { (icon::of("s3")) span { (bucket.name) } }
                span.place { (bucket.region) " · " (bucket.account) }
            }
            td { (moment(bucket.created_at)) }
            td {
                @if bucket.notifications.is_empty() { span.faint aria-label=(texts.none) { "–" } }
                @for (target, events) in &bucket.notifications {
                    div { code { (target.rsplit(':').next().unwrap_or_default()) } " " span.faint { (events) } }
                }
            }
        }
    }
}

pub(super) async fn one(console: &Console, ask: &Ask, name: &str) -> Result<View, Trouble> {
    let texts = ask.texts();
    let bucket = console.bucket(name).await?;
    if !ask.value("object").is_empty() {
        return object(console, ask, &bucket).await;
    }
    let prefix = ask.value("prefix");
    let listing = console.listing(ask, name, prefix, ask.value("after")).await?;
    let live = html! {
        (crumbs(name, prefix))
        (listed(texts, name, prefix, &listing))
    };
    let action = format!("{PREFIX}/upload/{}", escaped(name));
    let upload = html! {
        form data-upload=(action) {
            label { (texts.file) input type="file" name="file" required; }
            label { (texts.object_key) input name="key" value=(prefix) data-prefix=(prefix) spellcheck="false"; }
            div.row { button type="button" data-closes { (texts.close) } button.primary type="submit" { (texts.upload) } }
            output aria-live="polite" {}
        }
    };
    Ok(View {
        actions: html! { button.primary type="button" data-opens="upload" data-act { (texts.upload) } },
        live,
        still: dialog(texts, "upload", texts.upload, &upload),
        ..View::new(Section::Buckets, name)
    }
    .below(texts))
}

/// The folders above, each a link.
fn crumbs(bucket: &str, prefix: &str) -> Markup {
    let path = link("buckets", bucket);
    let ends = prefix.match_indices('/').map(|(at, _)| at + 1);
    let mut from = 0;
    let folders: Vec<(&str, &str)> = ends
        .map(|end| {
            let folder = (&prefix[from..end - 1], &prefix[..end]);
            from = end;
            folder
        })
        .collect();
    html! {
        nav.crumbs aria-label=(bucket) {
            a href=(path) { (bucket) }
            @for (name, whole) in folders { span aria-hidden="true" { "/" } a href={ (path) "?prefix=" (escaped(whole)) } { (if name.is_empty() { "∅" } else { name }) } }
        }
    }
}

fn listed(texts: &Texts, bucket: &str, prefix: &str, listing: &Listing) -> Markup {
    let path = link("buckets", bucket);
    let short = |key: &str| key.strip_prefix(prefix).unwrap_or(key).to_owned();
    html! {
        @if listing.folders.is_empty() && listing.objects.is_empty() { p.faint { (texts.empty) } } @else {
            div.scroll tabindex="0" role="region" aria-label=(texts.objects) {
                table.list {
                    thead { tr { th scope="col" { (texts.name) } th.number scope="col" { (texts.size) } th scope="col" { (texts.modified) } } }
                    tbody {
                        @for folder in &listing.folders {
                            tr { th scope="row" { a href={ (path) "?prefix=" (escaped(folder)) } { (icon::of("folder")) span { (short(folder)) } } } td.number {} td {} }
                        }
                        @for object in &listing.objects {
                            tr {
                                th scope="row" { a href={ (path) "?object=" (escaped(&object.key)) } { (icon::of("file")) span { (short(&object.key)) } } }
                                td.number { (figures::size(object.size)) }
                                td { time datetime=(object.modified) { (object.modified) } }
                            }
                        }
                    }
                }
            }
            @if let Some(next) = &listing.next {
                nav.pager aria-label=(texts.pages) { a href={ (path) "?prefix=" (escaped(prefix)) "&after=" (escaped(next)) } { (texts.later) " →" } }
            }
        }
    }
}

async fn object(console: &Console, ask: &Ask, bucket: &BucketGlance) -> Result<View, Trouble> {
    let texts = ask.texts();
    let (key, version) = (ask.value("object"), ask.value("version"));
    let shown = console.object(ask, &bucket.name, key, version).await?;
    let versions = console.versions(ask, &bucket.name, key).await;
    let download = format!("{PREFIX}/download{}", object_uri(&bucket.name, key));
    let download =
        if version.is_empty() { download } else { format!("{download}?version={}", escaped(version)) };
    let live = html! {
        (crumbs(&bucket.name, key))
        (facts(&[
            (texts.size, html! { (figures::size(shown.size)) }),
            ("Content-Type", html! { code { (shown.content_type) } }),
            (texts.modified, html! { (shown.modified) }),
        ]))
        (content(texts, &shown, &download))
        @if versions.len() > 1 || versions.iter().any(|one| one.id != "null") { (version_list(texts, bucket, key, &versions)) }
    };
    let question = Question {
        id: "delete",
        deed: "object-delete",
        title: texts.delete_object_title,
        text: texts.delete_object_text,
        yes: texts.delete,
    };
    Ok(View {
        actions: html! {
            a.button href=(download) download { (texts.download) }
            button type="button" data-opens="delete" { (texts.delete) }
        },
        live,
        still: question.dialog(texts, &console.token, &[("bucket", &bucket.name), ("key", key)]),
        ..View::new(Section::Buckets, key.rsplit('/').next().unwrap_or(key))
    }
    .below(texts))
}

fn content(texts: &Texts, shown: &Shown, download: &str) -> Markup {
    html! {
        @if is_picture(&shown.content_type) {
            img.shown src=(download) alt="";
        } @else {
            @match std::str::from_utf8(&shown.content) {
                Ok(text) if !text.contains('\0') => {
                    (payloads::payload(texts, text))
                    @if shown.size > shown.content.len() as u64 { p.faint { (texts.left_out) " " (figures::size(shown.size - shown.content.len() as u64)) } }
                }
                _ => { p.faint { (texts.binary) } }
            }
        }
    }
}

fn version_list(texts: &Texts, bucket: &BucketGlance, key: &str, versions: &[Version]) -> Markup {
    let path = format!("{}?object={}", link("buckets", &bucket.name), escaped(key));
    html! {
        section aria-labelledby="versions-title" {
            h2 #versions-title { (texts.versions) }
            div.scroll tabindex="0" role="region" aria-label=(texts.versions) {
                table.list { tbody {
                    @for version in versions {
                        tr {
                            th scope="row" { a href={ (path) "&version=" (escaped(&version.id)) } { code { (version.id) } } @if version.latest { " " span.badge.good { (texts.latest) } } }
                            td.number { @match version.size { Some(size) => (figures::size(size)), None => span.badge.off { (texts.deleted) } } }
                            td { time datetime=(version.modified) { (version.modified) } }
                        }
                    }
                } }
            }
        }
    }
}
