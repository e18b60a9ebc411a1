//! From words to an expression. `AND` binds closer than `OR`; expressions beside each other are meant both.

use super::token::{Token, tokens};
use super::{
    Boolean, Cause, Expression, GroupBy, Keyword, Number, Operator, Part, ServicePattern, Text, Value,
};
use crate::limits::{FILTER_DEPTH_MAX, FILTER_LENGTH_MAX};

/// Where an expression stands: not every keyword means something everywhere.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Trace,
    Segment,
    Cause,
}

/// Reads a filter expression; a reason for people if it is none.
pub(crate) fn parse(text: &str) -> Result<Expression, String> {
    if text.chars().count() > FILTER_LENGTH_MAX {
        return Err(format!("it is longer than {FILTER_LENGTH_MAX} characters"));
    }
    let mut parser = Parser { tokens: tokens(text)?, at: 0, depth: 0 };
    let expression = parser.any(Place::Trace)?;
    match parser.next() {
        None => Ok(expression),
        Some(token) => Err(format!("{} was not expected", shown(&token))),
    }
}

struct Parser {
    tokens: Vec<Token>,
    at: usize,
    depth: usize,
}

fn shown(token: &Token) -> String {
    match token {
        Token::Word(word) => word.clone(),
        Token::Text(text) => format!("\"{text}\""),
        Token::Number(number) => number.to_string(),
        Token::Json(_) => "#".to_owned(),
        Token::Sign(sign) => (*sign).to_owned(),
    }
}

impl Parser {
    fn peek(&self) -> Option<&Token> {
        self.tokens.get(self.at)
    }

    fn next(&mut self) -> Option<Token> {
        let token = self.tokens.get(self.at).cloned();
        self.at += 1;
        token
    }

    fn takes(&mut self, sign: &'static str) -> bool {
        let found = self.peek() == Some(&Token::Sign(sign));
        self.at += usize::from(found);
        found
    }

    fn expects(&mut self, sign: &'static str) -> Result<(), String> {
        if self.takes(sign) {
            return Ok(());
        }
        let found = self.peek().map_or_else(|| "the end".to_owned(), shown);
        Err(format!("{sign} was expected, not {found}"))
    }

    /// `AND` or `OR`, in whichever case.
    fn takes_word(&mut self, wanted: &str) -> bool {
        let found = matches!(self.peek(), Some(Token::Word(word)) if word.eq_ignore_ascii_case(wanted));
        self.at += usize::from(found);
        found
    }

    fn any(&mut self, place: Place) -> Result<Expression, String> {
        self.depth += 1;
        if self.depth > FILTER_DEPTH_MAX {
            return Err(format!("it goes deeper than {FILTER_DEPTH_MAX} expressions"));
        }
        let mut any = vec![self.all(place)?];
        while self.takes_word("or") {
            any.push(self.all(place)?);
        }
        self.depth -= 1;
        Ok(one_or(any, Expression::Any))
    }

    fn all(&mut self, place: Place) -> Result<Expression, String> {
        let mut all = vec![self.one(place)?];
        loop {
            let joined = self.takes_word("and");
            let ends = match self.peek() {
                None | Some(Token::Sign(")" | "}")) => true,
                Some(Token::Word(word)) => word.eq_ignore_ascii_case("or"),
                Some(_) => false,
            };
            if ends && !joined {
                return Ok(one_or(all, Expression::All));
            }
            all.push(self.one(place)?);
        }
    }

    fn one(&mut self, place: Place) -> Result<Expression, String> {
        let mut negated = false;
        while self.takes("!") {
            negated = !negated;
        }
        let one = if self.takes("(") {
            let inner = self.any(place)?;
            self.expects(")")?;
            inner
        } else {
            match self.next() {
                Some(Token::Word(word)) => self.of_word(&word, place)?,
                Some(token) => return Err(format!("a keyword was expected, not {}", shown(&token))),
                None => return Err("a keyword was expected at the end".to_owned()),
            }
        };
        Ok(if negated { Expression::Not(Box::new(one)) } else { one })
    }

    fn of_word(&mut self, word: &str, place: Place) -> Result<Expression, String> {
        let lower = word.to_ascii_lowercase();
        match lower.as_str() {
            "service" | "edge" | "group.name" | "group.arn" if place != Place::Trace => {
                Err(format!("{word} cannot stand within braces"))
            }
            "service" => self.service(),
            "edge" => self.edge(),
            "group.name" => self.group(GroupBy::Name),
            "group.arn" => self.group(GroupBy::Arn),
            "rootcause.json" | "json" if place == Place::Trace => self.root_cause_json(),
            cause if cause.starts_with("rootcause.") && place == Place::Trace => self.root_cause(cause),
            _ => {
                let keyword = self.keyword(word, &lower, place)?;
                self.comparison(keyword)
            }
        }
    }

    fn keyword(&mut self, word: &str, lower: &str, place: Place) -> Result<Keyword, String> {
        if lower == "annotation" && self.takes("[") {
            let key = match self.next() {
                Some(Token::Word(key) | Token::Text(key)) => key,
                Some(Token::Number(key)) => key.to_string(),
                _ => return Err("annotation[ wants a key".to_owned()),
            };
            self.expects("]")?;
            return Ok(Keyword::Annotation(key));
        }
        if let Some(key) = word.get("annotation.".len()..).filter(|_| lower.starts_with("annotation.")) {
            return Ok(Keyword::Annotation(key.to_owned()));
        }
        let keyword = keyword(lower).ok_or_else(|| format!("{word} is not a keyword"))?;
        let fits = match place {
            Place::Cause => matches!(
                keyword,
                Keyword::Boolean(Boolean::Inferred | Boolean::First | Boolean::Last | Boolean::Remote)
                    | Keyword::Number(Number::Index)
                    | Keyword::Text(Text::Name | Text::Type | Text::Message)
            ),
            _ => !matches!(
                keyword,
                Keyword::Boolean(Boolean::First | Boolean::Last | Boolean::Remote)
                    | Keyword::Number(Number::Index)
            ),
        };
        match (fits, place) {
            (true, _) => Ok(keyword),
            (false, Place::Cause) => Err(format!("{word} says nothing of a root cause")),
            (false, _) => Err(format!("{word} can stand only within rootcause.… {{ }}")),
        }
    }

    fn comparison(&mut self, keyword: Keyword) -> Result<Expression, String> {
        let Some(operator) = self.operator() else { return Ok(Expression::Is(keyword)) };
        let value = self.value()?;
        fits(&keyword, operator, &value)?;
        Ok(Expression::Compare(keyword, operator, value))
    }

    fn operator(&mut self) -> Option<Operator> {
        let operator = match self.peek()? {
            Token::Sign("=") => Operator::Equal,
            // `ok !partial`: the sign belongs to what follows.
            Token::Sign("!=") => Operator::NotEqual,
            Token::Sign("<") => Operator::Less,
            Token::Sign("<=") => Operator::LessOrEqual,
            Token::Sign(">") => Operator::Greater,
            Token::Sign(">=") => Operator::GreaterOrEqual,
            Token::Word(word) => match word.to_ascii_lowercase().as_str() {
                "contains" => Operator::Contains,
                "beginswith" => Operator::BeginsWith,
                "endswith" => Operator::EndsWith,
                _ => return None,
            },
            _ => return None,
        };
        self.at += 1;
        Some(operator)
    }

    fn value(&mut self) -> Result<Value, String> {
        match self.next() {
            Some(Token::Text(text)) => Ok(Value::Text(text)),
            Some(Token::Number(number)) => Ok(Value::Number(number)),
            Some(Token::Word(word)) if word.eq_ignore_ascii_case("true") => Ok(Value::Boolean(true)),
            Some(Token::Word(word)) if word.eq_ignore_ascii_case("false") => Ok(Value::Boolean(false)),
            Some(Token::Word(word)) => Ok(Value::Text(word)),
            Some(token) => Err(format!("a value was expected, not {}", shown(&token))),
            None => Err("a value was expected at the end".to_owned()),
        }
    }

    fn text(&mut self) -> Result<String, String> {
        match self.value()? {
            Value::Text(text) => Ok(text),
            _ => Err("a text in quotation marks was expected".to_owned()),
        }
    }

    fn service(&mut self) -> Result<Expression, String> {
        let mut services = self.patterns(1)?;
        let filter = self.filter(Place::Segment)?;
        Ok(Expression::Service(services.pop().unwrap_or_default(), filter))
    }

    fn edge(&mut self) -> Result<Expression, String> {
        let mut services = self.patterns(2)?.into_iter();
        let (from, to) = (services.next().unwrap_or_default(), services.next().unwrap_or_default());
        Ok(Expression::Edge(from, to, self.filter(Place::Segment)?))
    }

    /// Services in parentheses, up to so many; none is every one.
    fn patterns(&mut self, most: usize) -> Result<Vec<ServicePattern>, String> {
        let mut services = Vec::new();
        if !self.takes("(") || self.takes(")") {
            return Ok(services);
        }
        loop {
            services.push(self.pattern()?);
            if services.len() < most && self.takes(",") {
                continue;
            }
            self.expects(")")?;
            return Ok(services);
        }
    }

    /// A name, or `id(name: …, type: …, account.id: …)`.
    fn pattern(&mut self) -> Result<ServicePattern, String> {
        let is_id = matches!(self.peek(), Some(Token::Word(word)) if word.eq_ignore_ascii_case("id"))
            && self.tokens.get(self.at + 1) == Some(&Token::Sign("("));
        if !is_id {
            return Ok(ServicePattern { name: Some(self.text()?), ..ServicePattern::default() });
        }
        self.at += 2;
        let mut pattern = ServicePattern::default();
        loop {
            let member = self.text()?;
            self.expects(":")?;
            let value = Some(self.text()?);
            match member.to_ascii_lowercase().as_str() {
                "name" => pattern.name = value,
                "type" => pattern.kind = value,
                "account.id" => pattern.account = value,
                _ => return Err(format!("id() has name, type and account.id, not {member}")),
            }
            if !self.takes(",") {
                self.expects(")")?;
                return Ok(pattern);
            }
        }
    }

    fn filter(&mut self, place: Place) -> Result<Option<Box<Expression>>, String> {
        if !self.takes("{") {
            return Ok(None);
        }
        let filter = self.any(place)?;
        self.expects("}")?;
        Ok(Some(Box::new(filter)))
    }

    fn group(&mut self, by: GroupBy) -> Result<Expression, String> {
        match self.operator() {
            Some(operator @ (Operator::Equal | Operator::NotEqual)) => {
                Ok(Expression::Group(by, operator, self.text()?))
            }
            _ => Err("a group is compared by = or != only".to_owned()),
        }
    }

    fn root_cause(&mut self, word: &str) -> Result<Expression, String> {
        let mut parts = word.split('.').skip(1);
        let cause = match parts.next() {
            Some("fault") => Cause::Fault,
            Some("error") => Cause::Error,
            Some("responsetime") => {
                let text = "root causes of response times are not told here; those of faults and errors are";
                return Err(text.to_owned());
            }
            _ => return Err(format!("{word} is not a keyword")),
        };
        let part = match (parts.next(), parts.next()) {
            (Some("service"), None) => Part::Service,
            (Some("entity"), None) => Part::Entity,
            (Some("exception"), None) => Part::Exception,
            _ => {
                return Err(format!(
                    "{word} is not a keyword; a root cause has service, entity and exception"
                ));
            }
        };
        let filter = self.filter(Place::Cause)?.ok_or_else(|| format!("{word} wants a filter in braces"))?;
        Ok(Expression::RootCause(cause, part, filter))
    }

    fn root_cause_json(&mut self) -> Result<Expression, String> {
        self.expects("=")?;
        match self.next() {
            Some(Token::Json(json)) => Ok(Expression::RootCauseJson(json)),
            _ => Err("rootcause.json is compared with #[{…}]".to_owned()),
        }
    }
}

fn one_or(mut all: Vec<Expression>, many: fn(Vec<Expression>) -> Expression) -> Expression {
    match (all.len(), all.pop()) {
        (1, Some(only)) => only,
        (_, Some(last)) => {
            all.push(last);
            many(all)
        }
        (_, None) => many(all),
    }
}

fn keyword(lower: &str) -> Option<Keyword> {
    Some(match lower {
        "ok" => Keyword::Boolean(Boolean::Ok),
        "error" => Keyword::Boolean(Boolean::Error),
        "throttle" => Keyword::Boolean(Boolean::Throttle),
        "fault" => Keyword::Boolean(Boolean::Fault),
        "partial" => Keyword::Boolean(Boolean::Partial),
        "inferred" => Keyword::Boolean(Boolean::Inferred),
        "root" => Keyword::Boolean(Boolean::Root),
        "first" => Keyword::Boolean(Boolean::First),
        "last" => Keyword::Boolean(Boolean::Last),
        "remote" => Keyword::Boolean(Boolean::Remote),
        "responsetime" => Keyword::Number(Number::ResponseTime),
        "duration" => Keyword::Number(Number::Duration),
        "http.status" => Keyword::Number(Number::HttpStatus),
        "index" => Keyword::Number(Number::Index),
        "http.url" => Keyword::Text(Text::HttpUrl),
        "http.method" => Keyword::Text(Text::HttpMethod),
        "http.useragent" => Keyword::Text(Text::HttpUserAgent),
        "http.clientip" => Keyword::Text(Text::HttpClientIp),
        "user" => Keyword::Text(Text::User),
        "name" => Keyword::Text(Text::Name),
        "type" => Keyword::Text(Text::Type),
        "message" => Keyword::Text(Text::Message),
        "availabilityzone" => Keyword::Text(Text::AvailabilityZone),
        "instance.id" => Keyword::Text(Text::InstanceId),
        "resource.arn" => Keyword::Text(Text::ResourceArn),
        _ => return None,
    })
}

/// Whether a keyword can be compared so.
fn fits(keyword: &Keyword, operator: Operator, value: &Value) -> Result<(), String> {
    use Operator::{BeginsWith, Contains, EndsWith, Equal, NotEqual};
    let fits = match (keyword, value) {
        (Keyword::Boolean(_), Value::Boolean(_)) => matches!(operator, Equal | NotEqual),
        (Keyword::Number(_), Value::Number(_)) => !matches!(operator, Contains | BeginsWith | EndsWith),
        (Keyword::Text(_), Value::Text(_)) => {
            matches!(operator, Equal | NotEqual | Contains | BeginsWith | EndsWith)
        }
        (Keyword::Annotation(_), Value::Boolean(_)) => matches!(operator, Equal | NotEqual),
        (Keyword::Annotation(_), Value::Number(_)) => !matches!(operator, Contains | BeginsWith | EndsWith),
        (Keyword::Annotation(_), Value::Text(_)) => {
            matches!(operator, Equal | NotEqual | Contains | BeginsWith | EndsWith)
        }
        _ => false,
    };
    if fits {
        return Ok(());
    }
    Err(match keyword {
        Keyword::Boolean(_) => "true or false is compared by = or != with true or false",
        Keyword::Number(_) => "a number is compared by =, !=, <, <=, >, >= with a number",
        Keyword::Text(_) => {
            "a text is compared by =, !=, CONTAINS, BEGINSWITH, ENDSWITH with a text in quotation marks"
        }
        Keyword::Annotation(_) => "an annotation is compared by an operator of the kind of its value",
    }
    .to_owned())
}
