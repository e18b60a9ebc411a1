//! E-mail: what the mails say, and the queue in which they wait for their delivery.

pub(crate) mod delivery;

use engine::Enqueue;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::envelope::Notification;
use crate::records::SubscriptionRecord;
use crate::waiting;

/// The engine's queue of mails.
pub(crate) const QUEUE: &str = "sns/email";

/// A mail as it waits. Version 1.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Mail {
    version: u32,
    pub(crate) to: String,
    pub(crate) from_name: String,
    pub(crate) subject: String,
    pub(crate) body: String,
    /// The header of its trace; mails from before it was kept have none.
    #[serde(default)]
    pub(crate) trace: Option<String>,
    /// Of a notification: its subscription, which mails from before it was kept do not name.
    #[serde(default)]
    pub(crate) subscription: Option<String>,
}

/// Who writes mails that ask and say farewell, and notifications of topics without a `DisplayName`.
const AWS: &str = "AWS Notifications";

fn from_name(display_name: Option<&str>) -> String {
    display_name.filter(|name| !name.is_empty()).unwrap_or(AWS).to_owned()
}

/// A message, as AWS mails it.
pub(crate) fn notification(
    subscription: &SubscriptionRecord,
    notification: &Notification<'_>,
    unsubscribe_link: &str,
    display_name: Option<&str>,
) -> Mail {
    let body = if subscription.protocol == "email-json" {
        notification.envelope()
    } else {
        format!(
            "{}\n\n--\nIf you wish to stop receiving notifications from this topic, please click or visit the link below to unsubscribe:\n{}\n\nPlease do not reply directly to this email.\n",
            notification.message, unsubscribe_link
        )
    };
    Mail {
        version: 1,
        to: subscription.endpoint.clone(),
        from_name: from_name(display_name),
        subject: notification.subject.unwrap_or("AWS Notification Message").to_owned(),
        body,
        trace: None,
        subscription: Some(subscription.arn.clone()),
    }
}

/// The mail that asks a subscriber to confirm. For email-json it is a document.
pub(crate) fn confirmation(subscription: &SubscriptionRecord, link: &str, document: Option<String>) -> Mail {
    let body = document.unwrap_or_else(|| format!(
        "You have chosen to subscribe to the topic:\n{}\n\nTo confirm this subscription, click or visit the link below (If this was in error no action is necessary):\n{link}\n\nPlease do not reply directly to this email.\n",
        subscription.topic
    ));
    Mail {
        version: 1,
        to: subscription.endpoint.clone(),
        from_name: AWS.to_owned(),
        subject: "AWS Notification - Subscription Confirmation".to_owned(),
        body,
        trace: None,
        subscription: None,
    }
}

/// The mail that tells a subscriber of the end of the subscription.
pub(crate) fn farewell(subscription: &SubscriptionRecord, link: &str, document: Option<String>) -> Mail {
    let body = document.unwrap_or_else(|| format!(
        "Your subscription to the topic below has been deactivated:\n{}\n\nIf this was in error or you wish to resubscribe, click or visit the link below:\n{link}\n\nPlease do not reply directly to this email.\n",
        subscription.topic
    ));
    Mail {
        version: 1,
        to: subscription.endpoint.clone(),
        from_name: AWS.to_owned(),
        subject: "AWS Notification - Unsubscribe Confirmation".to_owned(),
        body,
        trace: None,
        subscription: None,
    }
}

/// The send of a mail into its queue.
pub(crate) fn enqueue(id: Uuid, mail: &Mail) -> Enqueue {
    waiting::enqueue(QUEUE, id, mail)
}
