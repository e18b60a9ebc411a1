//! Digests of bodies that came at the same time, computed side by side: the dearest single step of a send.

use std::sync::{Mutex, PoisonError};

use service::ports::SharedText;

use super::lanes::{self, LANES};
use super::of_body;

/// A longer body is digested by itself: it would hold up the others.
const BODY_BYTES_MAX: usize = 16 << 10;

/// Bodies whose digests are wanted.
#[derive(Default)]
pub(crate) struct Together(Mutex<Vec<SharedText>>);

impl Together {
    /// Notes the digests of bodies. Gives the thread away once, so that those of other requests come along; whoever is
    /// on again first computes them all.
    pub(crate) async fn digest(&self, bodies: impl Iterator<Item = &SharedText>) {
        self.wanted().extend(bodies.filter(|body| body.as_str().len() <= BODY_BYTES_MAX).cloned());
        tokio::task::yield_now().await;
        let wanted = std::mem::take(&mut *self.wanted());
        for bodies in wanted.chunks(LANES) {
            note(bodies);
        }
    }

    fn wanted(&self) -> std::sync::MutexGuard<'_, Vec<SharedText>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Up to as many bodies as there are lanes.
fn note(bodies: &[SharedText]) {
    if let [body] = bodies {
        body.md5_or(of_body);
        return;
    }
    let texts = std::array::from_fn(|lane| bodies.get(lane).map(AsRef::as_ref).unwrap_or_default());
    for (body, digest) in bodies.iter().zip(lanes::digests(&texts)) {
        body.md5_or(|_| digest);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn every_body_gets_its_own_digest_whoever_computes_it() {
        let together = Together::default();
        let bodies: Vec<SharedText> = (0..19).map(|number| "x".repeat(number * 997).into()).collect();
        let sends = bodies.iter().map(|body| together.digest(std::iter::once(body)));
        futures_util::future::join_all(sends).await;
        for body in &bodies {
            let digest = body.md5_or(|_| [0; 16]);
            let long = body.as_str().len() > BODY_BYTES_MAX;
            assert_eq!(digest, if long { [0; 16] } else { of_body(body.as_ref()) });
        }
        assert!(together.wanted().is_empty());
    }
}
