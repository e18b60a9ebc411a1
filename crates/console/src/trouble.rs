//! Why a page or a deed is not as it was asked for.

use http::StatusCode;
use maud::{Markup, html};
use service::ServiceError;
use service::ports::PortError;

/// What went wrong, for the person who looks.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Trouble {
    /// There is no such thing.
    #[error("{0}")]
    NotFound(String),
    /// What was asked for does not fit.
    #[error("{0}")]
    Unfit(String),
    /// AWS's own refusal: its code and its message.
    #[error("{code}: {message}")]
    Refused { code: String, message: String, status: u16 },
    /// It failed here.
    #[error("{0}")]
    Failed(String),
}

impl Trouble {
    pub(crate) fn status(&self) -> StatusCode {
        match self {
            Self::NotFound(_) => StatusCode::NOT_FOUND,
            Self::Unfit(_) => StatusCode::BAD_REQUEST,
            Self::Refused { status, .. } => StatusCode::from_u16(*status).unwrap_or(StatusCode::BAD_REQUEST),
            Self::Failed(_) => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// The answer to a form.
    pub(crate) fn notice(&self) -> Markup {
        html! {
            p.notice.bad role="alert" {
                @if let Self::Refused { code, message, .. } = self {
                    strong { (code) } " " (message)
                } @else {
                    (self)
                }
            }
        }
    }
}

impl From<ServiceError> for Trouble {
    fn from(error: ServiceError) -> Self {
        if let Some(detail) = &error.detail {
            tracing::error!(detail, "an action failed for the console");
        }
        let code = error.row.query_code.to_owned();
        Self::Refused { code, message: error.message.into_owned(), status: error.row.status }
    }
}

impl From<PortError> for Trouble {
    fn from(error: PortError) -> Self {
        match error {
            PortError::NotFound(_) => Self::NotFound(error.to_string()),
            PortError::Refused(text) | PortError::Denied(text) => Self::Unfit(text),
            PortError::Failed(_) | PortError::NotServed(_) => Self::Failed(error.to_string()),
        }
    }
}
