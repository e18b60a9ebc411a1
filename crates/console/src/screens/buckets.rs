//! Buckets: the list; one bucket folder by folder, and whether it keeps versions. Objects: `object.rs`.

use maud::{Markup, html};
use service::views::{BucketGlance, BucketVersioning};

use super::{object, paged};
use crate::ask::Ask;
use crate::objects::Listing;
use crate::page::{Section, View};
use crate::parts::{Question, dialog, escaped, icon, link, moment, nothing, pager, search};
use crate::texts::Texts;
use crate::trouble::Trouble;
use crate::{Console, PREFIX, figures};

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
        return object::one(console, ask, &bucket).await;
    }
    let (prefix, deleted) = (ask.value("prefix"), ask.value("deleted") == "1");
    let listing = if deleted {
        console.listing_with_deleted(ask, name, prefix).await?
    } else {
        console.listing(ask, name, prefix, ask.value("after")).await?
    };
    let live = html! {
        (crumbs(name, prefix))
        (versioning(texts, &bucket, prefix, deleted))
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
        still: html! {
            (dialog(texts, "upload", texts.upload, &upload))
            (keep_versions(texts).dialog(texts, &console.token, &[("bucket", name), ("status", "Enabled")]))
            (suspend_versions(texts).dialog(texts, &console.token, &[("bucket", name), ("status", "Suspended")]))
        },
        ..View::new(Section::Buckets, name)
    }
    .below(texts))
}

/// Whether the bucket keeps versions, and the switch.
fn versioning(texts: &Texts, bucket: &BucketGlance, prefix: &str, deleted: bool) -> Markup {
    let enabled = bucket.versioning == BucketVersioning::Enabled;
    let (class, state) = match bucket.versioning {
        BucketVersioning::Never => ("off", texts.versions_never),
        BucketVersioning::Enabled => ("good", texts.versions_enabled),
        BucketVersioning::Suspended => ("warn", texts.versions_suspended),
    };
    let here = format!("{}?prefix={}", link("buckets", &bucket.name), escaped(prefix));
    html! {
        div.row.versioning {
            span { (texts.versions) " " span.badge.(class) { (state) } }
            @if enabled { button type="button" data-opens="suspend-versions" { (texts.suspend_versions) } }
            @else { button type="button" data-opens="keep-versions" { (texts.keep_versions) } }
            @if bucket.versioning != BucketVersioning::Never {
                @if deleted { a href=(here) { (texts.hide_deleted) } }
                @else { a href={ (here) "&deleted=1" } { (texts.show_deleted) } }
            }
        }
    }
}

fn keep_versions(texts: &Texts) -> Question<'_> {
    Question {
        id: "keep-versions",
        deed: "bucket-versioning",
        title: texts.keep_versions_title,
        text: texts.keep_versions_text,
        yes: texts.keep_versions,
    }
}

fn suspend_versions(texts: &Texts) -> Question<'_> {
    Question {
        id: "suspend-versions",
        deed: "bucket-versioning",
        title: texts.suspend_versions_title,
        text: texts.suspend_versions_text,
        yes: texts.suspend_versions,
    }
}

/// The folders above, each a link.
pub(super) fn crumbs(bucket: &str, prefix: &str) -> Markup {
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
                                td.number { @match object.size { Some(size) => (figures::size(size)), None => span.badge.off { (texts.deleted_object) } } }
                                td { time datetime=(object.modified) { (object.modified) } }
                            }
                        }
                    }
                }
            }
            @if let Some(next) = &listing.next {
                nav.pager aria-label=(texts.pages) { a href={ (path) "?prefix=" (escaped(prefix)) "&" (next) } { (texts.later) " →" } }
            }
        }
    }
}
