//! The faults of this service.

use service::ErrorRow;

/// A malformed request.
pub(crate) const VALIDATION: ErrorRow =
    ErrorRow { shape: "ValidationException", query_code: "ValidationError", status: 400, sender: true };
/// No stack of that name.
pub(crate) const NOT_FOUND: ErrorRow =
    ErrorRow { shape: "StackNotFoundException", query_code: "StackNotFound", status: 404, sender: true };
/// Somebody else has changed it meanwhile.
pub(crate) const CHANGED: ErrorRow =
    ErrorRow { shape: "StackChangedException", query_code: "StackChanged", status: 409, sender: true };
