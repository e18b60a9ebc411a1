//! Deleting objects and versions, making a version current again, keeping versions.

use maud::Markup;

use super::done;
use crate::Console;
use crate::ask::{Ask, Form};
use crate::trouble::Trouble;

pub(super) async fn delete(console: &Console, ask: &Ask, form: &Form) -> Result<Markup, Trouble> {
    let (key, version) = (form.value("key"), form.value("version"));
    console.delete_object(ask, form.value("bucket"), key, version).await?;
    Ok(done(ask.texts().deleted, if version.is_empty() { key } else { version }))
}

pub(super) async fn restore(console: &Console, ask: &Ask, form: &Form) -> Result<Markup, Trouble> {
    let (key, version) = (form.value("key"), form.value("version"));
    console.restore_version(ask, form.value("bucket"), key, version).await?;
    Ok(done(ask.texts().restored, version))
}

pub(super) async fn set_versioning(console: &Console, ask: &Ask, form: &Form) -> Result<Markup, Trouble> {
    let texts = ask.texts();
    let (status, told) = match form.value("status") {
        "Enabled" => ("Enabled", texts.versions_enabled),
        _ => ("Suspended", texts.versions_suspended),
    };
    console.set_versioning(ask, form.value("bucket"), status).await?;
    Ok(done(texts.versioning_set, told))
}
