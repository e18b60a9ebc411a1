//! `FunctionUrlConfig`: the function's URL, and the permission that everybody may use one without signatures.
//!
//! <https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-property-function-functionurlconfig.html>

use super::function::Target;
use crate::TemplateError;
use crate::document::Node;
use crate::plan::Declared;

const HANDED_ON: [&str; 3] = ["AuthType", "Cors", "InvokeMode"];

pub(super) fn expand(target: &Target, function: &Declared) -> Result<Vec<Declared>, TemplateError> {
    let Some(config) = function.properties.get("FunctionUrlConfig") else { return Ok(Vec::new()) };
    let line = config.line;
    let missing = || TemplateError::at(line, "needs AuthType").in_property("FunctionUrlConfig");
    let auth_type = config.get("AuthType").ok_or_else(missing)?;
    let mut properties =
        Node::map(line, vec![("TargetFunctionArn", Node::reference(line, &target.function))]);
    for name in HANDED_ON {
        if let Some(node) = config.get(name) {
            properties.set(name, node.clone());
        }
    }
    if let Some(alias) = &target.alias {
        properties.set("Qualifier", Node::text(line, alias));
    }
    let declared = |suffix: &str, kind: &str, properties: Node| Declared {
        logical_id: format!("{}{suffix}", target.function),
        kind: kind.to_owned(),
        properties,
        metadata: None,
        // An alias is made with its function.
        depends_on: vec![(target.function.clone(), line)],
        line,
    };
    let mut resources = vec![declared("Url", "AWS::Lambda::Url", properties)];
    if auth_type.as_text() == Some("NONE") {
        let text = |text: &str| Node::text(line, text);
        let permission = Node::map(
            line,
            vec![
                ("FunctionName", target.name(line)),
                ("Action", text("lambda:InvokeFunctionUrl")),
                ("Principal", text("*")),
                ("FunctionUrlAuthType", text("NONE")),
            ],
        );
        resources.push(declared("UrlPublicPermissions", "AWS::Lambda::Permission", permission));
        let through_url = Node::map(
            line,
            vec![
                ("FunctionName", target.name(line)),
                ("Action", text("lambda:InvokeFunction")),
                ("Principal", text("*")),
                ("InvokedViaFunctionUrl", Node::boolean(line, true)),
            ],
        );
        resources.push(declared("URLInvokeAllowPublicAccess", "AWS::Lambda::Permission", through_url));
    }
    Ok(resources)
}
