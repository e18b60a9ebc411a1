//! Delivering mails: by SMTP, or into the outbox folder. A mail leaves its queue only when it has arrived.
//!
//! <https://docs.aws.amazon.com/sns/latest/dg/sns-message-delivery-retries.html>

use std::sync::Arc;

use aws::timestamp;
use engine::{Delivery, HopOutcome, Settle, Timestamp};
use lettre::message::Mailbox;
use lettre::message::header::ContentType;
use lettre::{Address, AsyncSmtpTransport, AsyncTransport as _, Message, Tokio1Executor};
use service::Stop;
use uuid::Uuid;

use super::{Mail, QUEUE};
use crate::hops::{Delivered, GivenUp};
use crate::{Sns, limits, outbox, waiting};

type Transport = AsyncSmtpTransport<Tokio1Executor>;

/// Creates the queue if need be and delivers until told to end.
pub(crate) async fn run(sns: Arc<Sns>, mut stop: Stop) {
    let transport = match transport(&sns) {
        Ok(transport) => transport,
        Err(reason) => {
            tracing::error!(reason, "mails wait: the SMTP URL cannot be used");
            return;
        }
    };
    if transport.is_none() {
        tracing::info!(outbox = %sns.settings.outbox.display(), "no SMTP server is set: mails land in the outbox folder");
    }
    let (sns, transport) = (&*sns, transport.as_ref());
    waiting::serve(sns, QUEUE, &mut stop, |delivery| deliver(sns, transport, delivery)).await;
}

fn transport(sns: &Sns) -> Result<Option<Transport>, String> {
    let Some(url) = &sns.settings.smtp_url else { return Ok(None) };
    Transport::from_url(url).map(|builder| Some(builder.build())).map_err(|error| error.to_string())
}

async fn deliver(sns: &Sns, transport: Option<&Transport>, delivery: Delivery) -> Settle {
    let at = sns.clock.now();
    let tried = try_once(sns, transport, &delivery).await;
    tell(sns, &delivery, tried.as_deref().map_err(String::as_str), at);
    match tried {
        Ok(_) => Settle::Delete,
        Err(reason) if delivery.receive_count >= limits::MAIL_TRIES_MAX => {
            tracing::error!(reason, tries = delivery.receive_count, "a mail was given up");
            tell_given_up(sns, &delivery, &reason);
            Settle::Delete
        }
        Err(reason) => {
            let seconds = pause_seconds(delivery.receive_count);
            tracing::warn!(reason, tries = delivery.receive_count, seconds, "a mail will be tried again");
            Settle::VisibleIn { seconds }
        }
    }
}

/// Twice after 10 seconds, then ten times up to 10 minutes, then every 10 minutes.
fn pause_seconds(tries: u32) -> u32 {
    match tries {
        0..=2 => 10,
        3..=12 => (10 + (tries - 2) * 59).min(600),
        _ => 600,
    }
}

fn tell(sns: &Sns, delivery: &Delivery, tried: Result<&str, &str>, at: Timestamp) {
    let Ok(mail) = serde_json::from_slice::<Mail>(&delivery.content) else { return };
    let (answer, outcome) = match tried {
        Ok(answer) => (answer, HopOutcome::Ok),
        Err(reason) => (reason, HopOutcome::Failed),
    };
    let trace = mail.trace.as_deref();
    let told = Delivered { trace, protocol: "email", to: &mail.to, body: &mail.body, answer, outcome, at };
    sns.tell_delivered(delivery, &told);
}

fn tell_given_up(sns: &Sns, delivery: &Delivery, reason: &str) {
    let Ok(mail) = serde_json::from_slice::<Mail>(&delivery.content) else { return };
    let Some(subscription) = &mail.subscription else { return };
    let topic = subscription.rsplit_once(':').map_or("", |(topic, _)| topic);
    let trace = mail.trace.as_deref();
    sns.tell_given_up(delivery, &GivenUp { trace, topic, subscription, endpoint: &mail.to, reason }, None);
}

/// Answers what the server said, or where the mail lies.
async fn try_once(sns: &Sns, transport: Option<&Transport>, delivery: &Delivery) -> Result<String, String> {
    let mail: Mail = serde_json::from_slice(&delivery.content).map_err(|error| error.to_string())?;
    let message = compose(&mail)?;
    match transport {
        Some(transport) => match transport.send(message).await {
            Ok(answer) => Ok(format!("{} {}", answer.code(), answer.message().collect::<Vec<_>>().join(" "))),
            Err(error) => Err(error.to_string()),
        },
        None => {
            let id = Uuid::from_u128(delivery.message_id.0);
            let moment = timestamp::basic(delivery.sent_at.0);
            let name = format!("{moment}-{id}.eml");
            outbox::keep(&sns.settings.outbox, &name, &message.formatted())
                .await
                .map_err(|error| error.to_string())?;
            tracing::info!(to = mail.to, file = %sns.settings.outbox.join(&name).display(), "a mail is in the outbox");
            Ok(format!("in the outbox as {name}"))
        }
    }
}

fn compose(mail: &Mail) -> Result<Message, String> {
    let address = |text: &str| text.parse::<Address>().map_err(|error| format!("{text}: {error}"));
    Message::builder()
        .from(Mailbox::new(Some(mail.from_name.clone()), address("no-reply@sns.amazonaws.com")?))
        .to(Mailbox::new(None, address(&mail.to)?))
        .subject(&mail.subject)
        .header(ContentType::TEXT_PLAIN)
        .body(mail.body.clone())
        .map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::pause_seconds;

    #[test]
    fn pauses_grow_from_ten_seconds_to_ten_minutes() {
        assert_eq!(
            (pause_seconds(1), pause_seconds(2), pause_seconds(12), pause_seconds(49)),
            (10, 10, 600, 600)
        );
        assert!((1..49).all(|tries| pause_seconds(tries) <= pause_seconds(tries + 1)));
    }
}
