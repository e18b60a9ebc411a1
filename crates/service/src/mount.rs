//! A part of the path space that is served whole: pages with forms and streams.

use std::sync::Arc;

use crate::Streaming;

/// Whatever comes below a prefix and is no action, health or figure. The whole HTTP exchange is its front's.
#[derive(Clone)]
pub struct Mount {
    /// Paths that begin so; of several that fit, the first.
    pub path_prefix: &'static str,
    /// Answers.
    pub front: Arc<dyn Streaming>,
}
