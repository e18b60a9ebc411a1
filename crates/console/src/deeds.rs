//! What forms do. Each deed calls an action of a service and tells what came of it, in a piece of a page.

mod function;
mod journey;
mod message;
mod object;
mod queue;

use maud::Markup;

pub(crate) use queue::url as queue_url;

use crate::Console;
use crate::ask::{Ask, Form};
use crate::trouble::Trouble;

/// Runs the deed of that name.
pub(crate) async fn run(console: &Console, ask: &Ask, deed: &str, form: &Form) -> Result<Markup, Trouble> {
    match deed {
        "queue-send" => queue::send(console, ask, form).await,
        "queue-purge" => queue::purge(console, ask, form).await,
        "queue-redrive" => queue::redrive(console, ask, form).await,
        "queue-redrive-cancel" => queue::cancel_redrive(console, ask, form).await,
        "topic-publish" => message::publish(console, ask, form).await,
        "topic-judge" => message::judge(console, ask, form).await,
        "function-invoke" => function::invoke(console, ask, form).await,
        "event-save" => function::save_event(console, ask, form).await,
        "event-delete" => function::delete_event(console, ask, form).await,
        "start" => journey::start(console, ask, form).await,
        "replay" => journey::replay(console, ask, form).await,
        "object-delete" => object::delete(console, ask, form).await,
        "version-restore" => object::restore(console, ask, form).await,
        "bucket-versioning" => object::set_versioning(console, ask, form).await,
        _ => Err(Trouble::NotFound(deed.to_owned())),
    }
}

/// That it is done, and with what.
fn done(what: &str, which: &str) -> Markup {
    maud::html! { p.notice.good data-done { (what) " " code { (which) } } }
}
