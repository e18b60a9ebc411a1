//! `LoggingConfig`: in which form a function's output is logged, from which level on, and where.
//!
//! <https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-logformat.html>

use serde::Deserialize;
use serde_json::Value as Json;

/// How bad a line is, as Lambda ranks them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
#[allow(missing_docs)]
pub enum LogLevel {
    Trace,
    Debug,
    Info,
    Warn,
    Error,
    Fatal,
}

impl LogLevel {
    /// As AWS writes it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Trace => "TRACE",
            Self::Debug => "DEBUG",
            Self::Info => "INFO",
            Self::Warn => "WARN",
            Self::Error => "ERROR",
            Self::Fatal => "FATAL",
        }
    }

    /// The level that a structured line says it has, in whatever letters.
    pub fn parse(text: &str) -> Option<Self> {
        match text.to_ascii_uppercase().as_str() {
            "TRACE" => Some(Self::Trace),
            "DEBUG" => Some(Self::Debug),
            "INFO" => Some(Self::Info),
            "WARN" | "WARNING" => Some(Self::Warn),
            "ERROR" => Some(Self::Error),
            "FATAL" | "CRITICAL" => Some(Self::Fatal),
            _ => None,
        }
    }
}

/// How lines are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub enum LogFormat {
    /// As they come.
    #[default]
    Text,
    /// As JSON objects; levels apply.
    #[serde(alias = "Json")]
    #[serde(rename = "JSON")]
    Json,
}

/// A function's `LoggingConfig`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct LoggingConfig {
    /// `LogFormat`.
    #[serde(rename = "LogFormat")]
    pub format: LogFormat,
    /// `ApplicationLogLevel`: lines of the function below it are not logged. `INFO` where none is given.
    #[serde(rename = "ApplicationLogLevel")]
    pub application_level: Option<LogLevel>,
    /// `SystemLogLevel`: Lambda's own lines below it are not logged. `INFO` where none is given.
    #[serde(rename = "SystemLogLevel")]
    pub system_level: Option<LogLevel>,
    /// `LogGroup`; `/aws/lambda/<function>` where none is given.
    #[serde(rename = "LogGroup")]
    pub group: Option<String>,
}

impl LoggingConfig {
    /// Reads what was checked when the function was created.
    pub fn of(document: Option<&Json>) -> Self {
        document.and_then(|document| Self::deserialize(document).ok()).unwrap_or_default()
    }

    /// The log group of a function.
    pub fn group_of(&self, function: &str) -> String {
        self.group.clone().unwrap_or_else(|| format!("/aws/lambda/{function}"))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_given_counts_and_the_rest_is_awss_default() {
        assert_eq!(LoggingConfig::of(None), LoggingConfig::default());
        let given = json!({"LogFormat": "JSON", "ApplicationLogLevel": "WARN", "LogGroup": "mine"});
        let config = LoggingConfig::of(Some(&given));
        assert_eq!((config.format, config.application_level), (LogFormat::Json, Some(LogLevel::Warn)));
        assert_eq!(
            (config.group_of("f"), LoggingConfig::default().group_of("f")),
            ("mine".into(), "/aws/lambda/f".into())
        );
    }

    #[test]
    fn levels_are_ranked_and_read_in_any_letters() {
        assert!(LogLevel::Trace < LogLevel::Info && LogLevel::Error < LogLevel::Fatal);
        assert_eq!(LogLevel::parse("warning"), Some(LogLevel::Warn));
        assert_eq!(LogLevel::parse("loud"), None);
    }
}
