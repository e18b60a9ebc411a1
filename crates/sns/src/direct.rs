//! Publishing to one phone number or device, without a topic.
//!
//! <https://docs.aws.amazon.com/sns/latest/dg/sms_publish-to-phone.html>

use aws::timestamp;
use engine::{Commit, Enqueue};
use service::{Context, ServiceError, way};

use crate::outgoing::{Given, Outgoing};
use crate::platform::EndpointArn;
use crate::recorded::{self, Recorded};
use crate::{Sns, envelope, errors, limits, sms};

impl Sns {
    /// A text message to a number. Answers its id.
    pub(crate) async fn publish_to_number(
        &self,
        context: &Context,
        number: &str,
        given: Given,
    ) -> Result<String, ServiceError> {
        let outgoing = Outgoing::parse(None, given)?;
        if !number.starts_with('+') || !sms::is_phone_number(number) {
            return Err(errors::invalid(&format!("PhoneNumber Reason: {number} is not valid to publish to")));
        }
        if outgoing.message("sms").chars().count() > limits::SMS_CHARACTERS_MAX {
            return Err(errors::invalid("Message too long"));
        }
        self.record_one(context, &outgoing, "sms", "sms", number).await
    }

    /// A notification to a device. Answers its id.
    pub(crate) async fn publish_to_endpoint(
        &self,
        context: &Context,
        target: &str,
        given: Given,
    ) -> Result<String, ServiceError> {
        let arn = EndpointArn::parse(target, "TargetArn")?;
        let outgoing = Outgoing::parse(None, given)?;
        let endpoint = self.endpoint(&arn).await?.ok_or_else(|| {
            errors::invalid("TargetArn Reason: No endpoint found for the target arn specified")
        })?;
        if !self.application(&arn.application).await?.is_enabled() {
            let text = "Platform application is disabled";
            return Err(ServiceError::new(&errors::APPLICATION_DISABLED, text));
        }
        if !endpoint.is_enabled() {
            return Err(ServiceError::new(&errors::ENDPOINT_DISABLED, "Endpoint is disabled"));
        }
        self.record_one(context, &outgoing, "application", &arn.platform, target).await
    }

    async fn record_one(
        &self,
        context: &Context,
        outgoing: &Outgoing,
        protocol: &str,
        part: &str,
        to: &str,
    ) -> Result<String, ServiceError> {
        let id = self.ids.uuid();
        let recorded = Recorded {
            version: 1,
            protocol: protocol.to_owned(),
            to: to.to_owned(),
            message_id: id.to_string(),
            topic_arn: None,
            subject: outgoing.subject.clone(),
            message: outgoing.message(part).to_owned(),
            timestamp: timestamp::iso_milliseconds(context.now.0),
            message_attributes: envelope::attributes(&outgoing.attributes),
            trace: Some(context.trace_onward().to_string()),
        };
        let enqueue: Vec<Enqueue> = vec![recorded::enqueue(id, &recorded)];
        let goes = way::to(context.trace_text(), to);
        if goes.is_ok() {
            self.engine.commit(Commit { home: None, enqueue }).await?;
        }
        self.tell_published_directly(context, &recorded, goes);
        Ok(recorded.message_id)
    }
}
