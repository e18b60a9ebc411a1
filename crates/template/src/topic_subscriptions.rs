//! Subscriptions written inside a topic become resources of their own, so that each is created and removed by itself.

use crate::document::{Node, Value};
use crate::plan::Declared;

pub(crate) fn detach(resources: &mut Vec<Declared>) {
    let mut detached = Vec::new();
    for topic in resources.iter_mut().filter(|resource| resource.kind == "AWS::SNS::Topic") {
        let Value::Map(properties) = &mut topic.properties.value else { continue };
        let Some(index) = properties.iter().position(|(name, _)| name == "Subscription") else { continue };
        let (_, list) = properties.remove(index);
        let Value::List(items) = list.value else { continue };
        for (number, item) in items.into_iter().enumerate() {
            detached.push(subscription(topic, number, item));
        }
    }
    resources.extend(detached);
}

fn subscription(topic: &Declared, number: usize, mut properties: Node) -> Declared {
    let line = properties.line;
    properties.set("TopicArn", Node::reference(line, &topic.logical_id));
    Declared {
        logical_id: format!("{}Subscription{number}", topic.logical_id),
        kind: "AWS::SNS::Subscription".to_owned(),
        properties,
        metadata: None,
        depends_on: Vec::new(),
        line,
    }
}
