//! The faults of this service.

use service::ErrorRow;

/// A malformed request.
pub(crate) const VALIDATION: ErrorRow =
    ErrorRow { shape: "ValidationException", query_code: "ValidationError", status: 400, sender: true };
/// Nothing of that name is kept.
pub(crate) const NOT_FOUND: ErrorRow =
    ErrorRow { shape: "NotFoundException", query_code: "NotFound", status: 404, sender: true };
