//! `GET /_konekuta/api/hops/{hopId}`, and what went in and came out: `…/payload`, `…/answer`.

use std::collections::BTreeMap;

use engine::{KeptHop, PayloadForm};
use serde::{Deserialize, Serialize};
use service::ports::MessageAttributeValue;
use service::{Action, Binding, Blob, Context, Method, Rest, ServiceError};

use crate::view::Hop;
use crate::{Journeys, errors};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Input {
    hop_id: String,
}

/// A hop with what went in and came out, as text where it is text.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Output {
    hop: Hop,
    #[serde(skip_serializing_if = "Option::is_none")]
    payload_text: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    answer_text: Option<String>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    message_attributes: BTreeMap<String, String>,
}

/// Bare bytes.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Bytes {
    content: Blob,
    content_type: &'static str,
}

impl Journeys {
    /// The hop of that id.
    pub(crate) async fn hop(&self, id: &str) -> Result<KeptHop, ServiceError> {
        let not_found = || ServiceError::new(&errors::NOT_FOUND, format!("hop {id} is not kept (any more)"));
        let position = id.parse().map_err(|_| not_found())?;
        self.engine.hop(position).await?.ok_or_else(not_found)
    }
}

pub(crate) struct GetHop;

impl Action for GetHop {
    const NAME: &'static str = "GetHop";
    const REST: Option<&'static Rest> = Some(&Rest::new(Method::Get, "/_konekuta/api/hops/{hopId}", 200));
    type Service = Journeys;
    type Input = Input;
    type Output = Output;

    async fn run(journeys: &Journeys, _: &Context, input: Input) -> Result<Output, ServiceError> {
        let kept = journeys.hop(&input.hop_id).await?;
        let text = |bytes: &[u8]| (!bytes.is_empty()).then(|| String::from_utf8_lossy(bytes).into_owned());
        let mut message_attributes = BTreeMap::new();
        if kept.hop.form == PayloadForm::Headed
            && let Ok(queues) = journeys.ports.queues()
            && let Ok(message) = queues.open(&kept.hop.payload)
        {
            let value = |value: MessageAttributeValue| match value {
                MessageAttributeValue::Text(text) => text,
                MessageAttributeValue::Binary(blob) => format!("{} bytes", blob.0.len()),
            };
            let shown = message.attributes.into_iter().map(|(name, one)| (name, value(one.value)));
            message_attributes.extend(shown);
        }
        Ok(Output {
            hop: Hop::of(&kept, kept.hop.at.0),
            payload_text: text(&kept.hop.form.body(&kept.hop.payload)),
            answer_text: text(&kept.hop.answer),
            message_attributes,
        })
    }
}

const PLAIN: &[Binding] = &[Binding { member: "contentType", name: "content-type" }];

fn bare(content: bytes::Bytes) -> Bytes {
    let is_json = matches!(content.first(), Some(b'{' | b'['));
    // Never text/html: it comes from whoever sent the message.
    let content_type = if is_json { "application/json" } else { "text/plain; charset=utf-8" };
    Bytes { content: Blob(content), content_type }
}

pub(crate) struct GetHopPayload;

impl Action for GetHopPayload {
    const NAME: &'static str = "GetHopPayload";
    const REST: Option<&'static Rest> = Some(&Rest {
        output_headers: PLAIN,
        output_payload: Some("content"),
        ..Rest::new(Method::Get, "/_konekuta/api/hops/{hopId}/payload", 200)
    });
    type Service = Journeys;
    type Input = Input;
    type Output = Bytes;

    async fn run(journeys: &Journeys, _: &Context, input: Input) -> Result<Bytes, ServiceError> {
        let kept = journeys.hop(&input.hop_id).await?;
        Ok(bare(kept.hop.form.body(&kept.hop.payload)))
    }
}

pub(crate) struct GetHopAnswer;

impl Action for GetHopAnswer {
    const NAME: &'static str = "GetHopAnswer";
    const REST: Option<&'static Rest> = Some(&Rest {
        output_headers: PLAIN,
        output_payload: Some("content"),
        ..Rest::new(Method::Get, "/_konekuta/api/hops/{hopId}/answer", 200)
    });
    type Service = Journeys;
    type Input = Input;
    type Output = Bytes;

    async fn run(journeys: &Journeys, _: &Context, input: Input) -> Result<Bytes, ServiceError> {
        Ok(bare(journeys.hop(&input.hop_id).await?.hop.answer))
    }
}
