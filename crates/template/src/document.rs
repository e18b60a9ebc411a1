//! YAML and JSON as one tree whose nodes know their lines. Short-form functions (`!Ref x`) become their long form.

use saphyr_parser::{Event, Parser, ScalarStyle, Span, Tag};

use crate::TemplateError;

/// Deeper nesting is refused, because the tree is walked recursively.
const DEPTH_MAX: usize = 100;

/// A value and the line it begins on.
#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    /// The line, from 1.
    pub line: usize,
    /// The value.
    pub value: Value,
}

/// What a node holds. Maps keep their order.
#[derive(Clone, Debug, PartialEq)]
#[allow(missing_docs)]
pub enum Value {
    Null,
    Bool(bool),
    /// A number, as it is written.
    Number(String),
    Text(String),
    List(Vec<Node>),
    Map(Vec<(String, Node)>),
}

impl Node {
    pub(crate) fn text(line: usize, text: impl Into<String>) -> Self {
        Self { line, value: Value::Text(text.into()) }
    }

    pub(crate) fn boolean(line: usize, value: bool) -> Self {
        Self { line, value: Value::Bool(value) }
    }

    pub(crate) fn map(line: usize, entries: Vec<(&str, Node)>) -> Self {
        let entries = entries.into_iter().map(|(key, node)| (key.to_owned(), node)).collect();
        Self { line, value: Value::Map(entries) }
    }

    pub(crate) fn list(line: usize, items: Vec<Node>) -> Self {
        Self { line, value: Value::List(items) }
    }

    /// `{"Fn::GetAtt": [resource, attribute]}`.
    pub(crate) fn get_att(line: usize, resource: &str, attribute: &str) -> Self {
        let path = Node::list(line, vec![Node::text(line, resource), Node::text(line, attribute)]);
        Node::map(line, vec![("Fn::GetAtt", path)])
    }

    /// `{"Ref": resource}`.
    /// `Fn::Sub` of a text.
    pub(crate) fn sub(line: usize, text: &str) -> Self {
        Self::map(line, vec![("Fn::Sub", Self::text(line, text))])
    }

    pub(crate) fn reference(line: usize, resource: &str) -> Self {
        Node::map(line, vec![("Ref", Node::text(line, resource))])
    }

    /// The entries of a map, empty for anything else.
    pub fn entries(&self) -> &[(String, Node)] {
        if let Value::Map(entries) = &self.value { entries } else { &[] }
    }

    /// An entry of a map.
    pub fn get(&self, key: &str) -> Option<&Node> {
        self.entries().iter().find(|(name, _)| name == key).map(|(_, node)| node)
    }

    /// The text of a text node.
    pub fn as_text(&self) -> Option<&str> {
        if let Value::Text(text) = &self.value { Some(text) } else { None }
    }

    pub(crate) fn is_map(&self) -> bool {
        matches!(self.value, Value::Map(_))
    }

    /// The name and argument of an intrinsic function, if this node is one.
    pub(crate) fn function(&self) -> Option<(&str, &Node)> {
        match self.entries() {
            [(name, argument)] if name == "Ref" || name == "Condition" || name.starts_with("Fn::") => {
                Some((name, argument))
            }
            _ => None,
        }
    }

    pub(crate) fn set(&mut self, key: &str, node: Node) {
        if let Value::Map(entries) = &mut self.value {
            match entries.iter_mut().find(|(name, _)| name == key) {
                Some((_, old)) => *old = node,
                None => entries.push((key.to_owned(), node)),
            }
        }
    }
}

/// Reads a whole document.
pub(crate) fn parse(text: &str) -> Result<Node, TemplateError> {
    let mut reader = Reader { parser: Parser::new_from_str(text) };
    loop {
        match reader.next()? {
            (Event::StreamStart | Event::DocumentStart(_) | Event::Nothing, _) => {}
            (Event::StreamEnd | Event::DocumentEnd, span) => {
                return Err(TemplateError::at(span.start.line(), "the template is empty"));
            }
            (event, span) => return reader.node(event, span, 0),
        }
    }
}

struct Reader<'a> {
    parser: Parser<'a, saphyr_parser::StrInput<'a>>,
}

impl<'a> Reader<'a> {
    fn next(&mut self) -> Result<(Event<'a>, Span), TemplateError> {
        match self.parser.next() {
            Some(Ok(event)) => Ok(event),
            Some(Err(error)) => Err(TemplateError::at(error.marker().line(), error.info().to_owned())),
            None => Err(TemplateError::at(1, "the template ends too early")),
        }
    }

    fn node(&mut self, event: Event<'a>, span: Span, depth: usize) -> Result<Node, TemplateError> {
        let line = span.start.line();
        if depth > DEPTH_MAX {
            return Err(TemplateError::at(line, format!("nested more than {DEPTH_MAX} levels deep")));
        }
        let (value, tag) = match event {
            Event::Scalar(text, style, _, tag) => (scalar(&text, style, tag.as_deref()), tag),
            Event::SequenceStart(_, tag) => (Value::List(self.items(depth)?), tag),
            Event::MappingStart(_, tag) => (Value::Map(self.pairs(depth)?), tag),
            Event::Alias(_) => {
                return Err(TemplateError::at(line, "YAML aliases are not supported by CloudFormation"));
            }
            _ => return Err(TemplateError::at(line, "unexpected end of a value")),
        };
        tagged(tag.as_deref(), Node { line, value })
    }

    fn items(&mut self, depth: usize) -> Result<Vec<Node>, TemplateError> {
        let mut items = Vec::new();
        loop {
            match self.next()? {
                (Event::SequenceEnd, _) => return Ok(items),
                (event, span) => items.push(self.node(event, span, depth + 1)?),
            }
        }
    }

    fn pairs(&mut self, depth: usize) -> Result<Vec<(String, Node)>, TemplateError> {
        let mut pairs: Vec<(String, Node)> = Vec::new();
        loop {
            let (event, span) = self.next()?;
            let key = match event {
                Event::MappingEnd => return Ok(pairs),
                Event::Scalar(key, ..) => key.into_owned(),
                _ => return Err(TemplateError::at(span.start.line(), "a key must be text")),
            };
            if pairs.iter().any(|(name, _)| *name == key) {
                return Err(TemplateError::at(span.start.line(), format!("{key} is given twice")));
            }
            let (event, span) = self.next()?;
            let node = self.node(event, span, depth + 1)?;
            pairs.push((key, node));
        }
    }
}

fn scalar(text: &str, style: ScalarStyle, tag: Option<&Tag>) -> Value {
    if style != ScalarStyle::Plain || tag.is_some() {
        return Value::Text(text.to_owned());
    }
    match text {
        "" | "~" | "null" | "Null" | "NULL" => Value::Null,
        "true" | "True" | "TRUE" => Value::Bool(true),
        "false" | "False" | "FALSE" => Value::Bool(false),
        _ if is_number(text) => Value::Number(text.to_owned()),
        _ => Value::Text(text.to_owned()),
    }
}

/// A JSON number. `012` is not: account ids keep their zeros.
fn is_number(text: &str) -> bool {
    text.parse::<serde_json::Number>().is_ok()
}

/// Turns `!Sub x` into `{"Fn::Sub": x}`.
fn tagged(tag: Option<&Tag>, node: Node) -> Result<Node, TemplateError> {
    let Some(tag) = tag.filter(|tag| tag.handle == "!") else { return Ok(node) };
    let line = node.line;
    let (name, argument) = match tag.suffix.as_str() {
        "Ref" => ("Ref".to_owned(), node),
        "Condition" => ("Condition".to_owned(), node),
        "GetAtt" => ("Fn::GetAtt".to_owned(), node),
        "" => return Err(TemplateError::at(line, "a bare `!` names no function")),
        function => (format!("Fn::{function}"), node),
    };
    Ok(Node { line, value: Value::Map(vec![(name, argument)]) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_forms_become_long_forms_and_lines_are_kept() {
        let root = parse("A: !Ref X\nB:\n  C: !GetAtt Y.Arn\n").unwrap();
        assert_eq!(root.get("A").unwrap().get("Ref").unwrap().as_text(), Some("X"));
        let c = root.get("B").unwrap().get("C").unwrap();
        assert_eq!((c.line, c.get("Fn::GetAtt").unwrap().as_text()), (3, Some("Y.Arn")));
    }

    #[test]
    fn json_is_read_too() {
        let root = parse("{\"A\": {\"Ref\": \"X\"},\n \"B\": [1, true, \"1\"]}").unwrap();
        let Value::List(items) = &root.get("B").unwrap().value else { panic!("a list") };
        assert_eq!(items[0].value, Value::Number("1".into()));
        assert_eq!(items[1].value, Value::Bool(true));
        assert_eq!(items[2].value, Value::Text("1".into()));
    }

    #[test]
    fn versions_dates_and_account_ids_stay_text() {
        let root = parse("A: 2012-10-17\nB: 012345678901\nC: 1.2.3").unwrap();
        assert!(root.entries().iter().all(|(_, node)| node.as_text().is_some()), "{root:?}");
    }

    #[test]
    fn mistakes_name_their_line() {
        for (text, line) in [("A: 1\nB: [1,\n", 3), ("A: 1\nA: 2\n", 2), ("a: *b\n", 1)] {
            assert_eq!(parse(text).unwrap_err().line, line, "{text:?}");
        }
    }
}
