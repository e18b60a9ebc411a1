//! Segments that come, by call or by datagram, on their way into the history.

use crate::document::{self, Rejected};
use crate::{Xray, document::Document};

impl Xray {
    /// Takes one document, or says what is wrong with it.
    pub(crate) fn put(&self, text: &str) -> Result<Document, Rejected> {
        let document = document::parse(text, self.clock.now())?;
        if !self.keeps_traces() {
            return Err(Rejected { id: document.id, code: document::HISTORY_IS_OFF, below: false });
        }
        for hop in document::hops(&document, text) {
            if self.engine.keeps(hop.trace) {
                self.engine.record(hop);
            }
        }
        Ok(document)
    }

    /// Whether there is a history at all.
    pub(crate) fn keeps_traces(&self) -> bool {
        self.engine.figures().one_of > 0
    }
}
