//! Steps: what can be started. A function, a queue or a topic, by its ARN or its name.

use aws::Arn;
use service::ports::PortError;
use service::{Context, ServiceError};

use crate::{Journeys, errors};

/// Something that takes messages or events.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    Function(Arn),
    Queue(Arn),
    Topic(Arn),
}

impl Step {
    pub(crate) fn arn(&self) -> &Arn {
        match self {
            Self::Function(arn) | Self::Queue(arn) | Self::Topic(arn) => arn,
        }
    }

    fn of(arn: Arn) -> Option<Self> {
        match arn.service() {
            "lambda" => Some(Self::Function(arn)),
            "sqs" => Some(Self::Queue(arn)),
            "sns" => Some(Self::Topic(arn)),
            _ => None,
        }
    }

    /// What a name may stand for: `function:f`, `queue:q`, `topic:t`, or any of them.
    fn candidates(name: &str, context: &Context) -> Vec<Self> {
        let (region, account) = (context.caller.region.as_str(), context.caller.account.as_str());
        let arn = |service: &str, resource: String| {
            format!("arn:aws:{service}:{region}:{account}:{resource}").parse::<Arn>().ok()
        };
        let (kind, bare) = name.split_once(':').unwrap_or(("", name));
        let of_kind = |wanted: &str| kind.is_empty() || kind == wanted;
        let all = [
            arn("lambda", format!("function:{bare}")).filter(|_| of_kind("function")),
            arn("sqs", bare.to_owned()).filter(|_| of_kind("queue")),
            arn("sns", bare.to_owned()).filter(|_| of_kind("topic")),
        ];
        all.into_iter().flatten().filter_map(Self::of).collect()
    }
}

impl Journeys {
    /// The step of a name, if there is one: functions before queues before topics.
    pub(crate) async fn step(&self, name: &str, context: &Context) -> Result<Step, ServiceError> {
        let candidates = match name.parse::<Arn>() {
            Ok(arn) => Step::of(arn).into_iter().collect(),
            Err(_) => Step::candidates(name, context),
        };
        for step in candidates {
            match self.exists(&step).await {
                Ok(()) => return Ok(step),
                Err(PortError::NotFound(_) | PortError::NotServed(_)) => {}
                Err(error) => return Err(error.into()),
            }
        }
        let text = format!("{name} is no function, queue or topic of this account and Region");
        Err(ServiceError::new(&errors::NOT_FOUND, text))
    }

    async fn exists(&self, step: &Step) -> Result<(), PortError> {
        match step {
            Step::Function(arn) => self.ports.functions()?.exists(arn.clone()).await,
            Step::Queue(arn) => self.ports.queues()?.facts(arn.clone()).await.map(|_| ()),
            Step::Topic(arn) => self.ports.topics()?.exists(arn.clone()).await,
        }
    }
}
