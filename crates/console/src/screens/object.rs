//! An object, as far as it can be shown, and its versions: to look at, to download, to make current again, to delete.

use maud::{Markup, html};
use service::views::{BucketGlance, BucketVersioning, VersionGlance};

use super::buckets::crumbs;
use crate::ask::Ask;
use crate::limits::VERSIONS;
use crate::objects::{Shown, is_picture, object_uri};
use crate::page::{Section, View};
use crate::parts::{Question, escaped, facts, link, moment};
use crate::texts::Texts;
use crate::trouble::Trouble;
use crate::{Console, PREFIX, figures, json as payloads};

pub(super) async fn one(console: &Console, ask: &Ask, bucket: &BucketGlance) -> Result<View, Trouble> {
    let texts = ask.texts();
    let (key, version) = (ask.value("object"), ask.value("version"));
    let found = console.parts.buckets.versions(bucket.name.clone(), key.to_owned(), VERSIONS + 1).await;
    let versions = found?;
    let marker = match version {
        "" => versions.first(),
        version => versions.iter().find(|one| one.id == version),
    };
    let is_marker = marker.is_some_and(|marker| marker.size.is_none());
    let shown = if is_marker { None } else { Some(console.object(ask, &bucket.name, key, version).await?) };
    let download = download(&bucket.name, key, version);
    let live = html! {
        (crumbs(&bucket.name, key))
        @if let Some(shown) = &shown {
            (facts(&[
                (texts.size, html! { (figures::size(shown.size)) }),
                ("Content-Type", html! { code { (shown.content_type) } }),
                (texts.modified, html! { (shown.modified) }),
            ]))
            @if !version.is_empty() { p.faint { (texts.version) " " code { (version) } } }
            (content(texts, shown, &download))
        } @else { p.notice { (texts.behind_marker) } }
        @if bucket.versioning != BucketVersioning::Never { (version_list(texts, bucket, key, &versions)) }
    };
    let fields = [("bucket", bucket.name.as_str()), ("key", key), ("version", version)];
    let questions = questions(texts, bucket, version, is_marker);
    Ok(View {
        actions: html! {
            @if !is_marker { a.button href=(download) download { (texts.download) } }
            @for question in &questions { button type="button" data-opens=(question.id) { (question.yes) } }
        },
        live,
        still: html! { @for question in &questions { (question.dialog(texts, &console.token, &fields)) } },
        ..View::new(Section::Buckets, key.rsplit('/').next().unwrap_or(key))
    }
    .below(texts))
}

fn download(bucket: &str, key: &str, version: &str) -> String {
    let path = format!("{PREFIX}/download{}", object_uri(bucket, key));
    if version.is_empty() { path } else { format!("{path}?version={}", escaped(version)) }
}

/// What can be done to the object, or to the version of it that is looked at; each is asked for first.
fn questions<'a>(
    texts: &'a Texts,
    bucket: &BucketGlance,
    version: &str,
    is_marker: bool,
) -> Vec<Question<'a>> {
    let keeps = bucket.versioning == BucketVersioning::Enabled;
    let restore = Question {
        id: "restore-version",
        deed: "version-restore",
        title: texts.restore_version_title,
        text: if keeps { texts.restore_version_text } else { texts.restore_suspended_text },
        yes: texts.restore_version,
    };
    let delete_version = Question {
        id: "delete-version",
        deed: "object-delete",
        title: if is_marker { texts.delete_marker_title } else { texts.delete_version_title },
        text: if is_marker { texts.delete_marker_text } else { texts.delete_version_text },
        yes: if is_marker { texts.delete_marker } else { texts.delete_version },
    };
    let delete = Question {
        id: "delete",
        deed: "object-delete",
        title: texts.delete_object_title,
        text: if keeps { texts.delete_kept_text } else { texts.delete_object_text },
        yes: texts.delete,
    };
    match (version.is_empty(), is_marker) {
        (true, true) => Vec::new(),
        (true, false) => vec![delete],
        (false, true) => vec![delete_version],
        (false, false) => vec![restore, delete_version],
    }
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

fn version_list(texts: &Texts, bucket: &BucketGlance, key: &str, versions: &[VersionGlance]) -> Markup {
    let path = format!("{}?object={}", link("buckets", &bucket.name), escaped(key));
    html! {
        section {
            h2 { (texts.versions) }
            div.scroll tabindex="0" role="region" aria-label=(texts.versions) {
                table.list #versions {
                    thead { tr { th scope="col" { (texts.version) } th.number scope="col" { (texts.size) } th scope="col" { (texts.modified) } th scope="col" { (texts.download) } } }
                    tbody {
                        @for (index, version) in versions.iter().take(VERSIONS).enumerate() {
                            tr id={ "v-" (version.id) } {
                                th scope="row" { a href={ (path) "&version=" (escaped(&version.id)) } { code { (version.id) } } @if index == 0 { " " span.badge.good { (texts.latest) } } }
                                td.number { @match version.size { Some(size) => (figures::size(size)), None => span.badge.off { (texts.marker) } } }
                                td { (moment(version.modified_at)) }
                                td { @if version.size.is_some() { a href=(download(&bucket.name, key, &version.id)) download aria-label={ (texts.download) " " (version.id) } { (texts.download) } } }
                            }
                        }
                    }
                }
            }
            @if versions.len() > VERSIONS { p.faint { (texts.more_versions) } }
        }
    }
}
