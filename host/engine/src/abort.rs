//! Where a test lets the process die, or a write fail: one point at each window between what arrives and the server's
//! being told so. Nothing here is in a build without the feature `sandbox`.
//!
//! The windows have the names they have in the design: W1, between decryption and the row that keeps a message, is
//! inside the library and cannot be reached from here; [`Point::W1`] makes it long enough to be met instead.

#[cfg(feature = "sandbox")]
pub use armed::abort_at;
#[cfg(feature = "sandbox")]
pub(crate) use armed::{acknowledged, fails, now, reached, stall};

/// A window.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Point {
    /// Arrived, not decrypted.
    W0,
    /// Decrypted, and not written down while something else moves the Signal state on.
    W1,
    /// Its pending row is written, and nobody has seen it.
    W2,
    /// Committed, not acknowledged.
    W3,
    /// Acknowledged, the Signal state not written.
    W4,
    /// The commit fails, the process lives.
    W5,
    /// The pending row fails, the process lives.
    W6,
    /// A piece of history is committed, and others are not.
    H,
}

#[cfg(not(feature = "sandbox"))]
pub(crate) fn reached(_: Point) {}

#[cfg(not(feature = "sandbox"))]
pub(crate) fn fails(_: Point) -> bool {
    false
}

#[cfg(not(feature = "sandbox"))]
pub(crate) fn now() {}

#[cfg(not(feature = "sandbox"))]
pub(crate) fn acknowledged() {}

#[cfg(not(feature = "sandbox"))]
pub(crate) async fn stall() {}

#[cfg(feature = "sandbox")]
mod armed {
    use std::sync::OnceLock;
    use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
    use std::time::Duration;

    use super::Point;
    use crate::EngineError;

    /// Longer than the library waits before it writes its Signal state.
    const STALL: Duration = Duration::from_millis(500);

    struct Order {
        point: Point,
        /// At which pass, from 1.
        pass: u64,
        passed: AtomicU64,
    }

    static ORDER: OnceLock<Order> = OnceLock::new();
    /// A message has been committed: what comes before belongs to the linking.
    static IS_SEEN: AtomicBool = AtomicBool::new(false);
    /// A message was acknowledged since the Signal state was last written.
    static IS_ACKNOWLEDGED: AtomicBool = AtomicBool::new(false);

    /// Takes an order such as `w3:5`: at the fifth pass of W3. Once a process.
    pub fn abort_at(order: &str) -> Result<(), EngineError> {
        let refused = || {
            EngineError::invalid(
                "abort",
                "must be a window, w0 to w6 or h, a colon and a pass from 1",
            )
        };
        let (point, pass) = order.split_once(':').ok_or_else(refused)?;
        let point = match point {
            "w0" => Point::W0,
            "w1" => Point::W1,
            "w2" => Point::W2,
            "w3" => Point::W3,
            "w4" => Point::W4,
            "w5" => Point::W5,
            "w6" => Point::W6,
            "h" => Point::H,
            _ => return Err(refused()),
        };
        let pass = pass.parse().ok().filter(|pass| *pass > 0).ok_or_else(refused)?;
        let order = Order {
            point,
            pass,
            passed: AtomicU64::new(0),
        };
        ORDER.set(order).map_err(|_| refused())
    }

    fn is_due(point: Point) -> bool {
        if point == Point::W3 {
            IS_SEEN.store(true, Ordering::Relaxed);
        }
        let Some(order) = ORDER.get().filter(|order| order.point == point) else {
            return false;
        };
        let counts = match point {
            Point::W0 => IS_SEEN.load(Ordering::Relaxed),
            Point::W4 => IS_ACKNOWLEDGED.swap(false, Ordering::Relaxed),
            _ => true,
        };
        counts && order.passed.fetch_add(1, Ordering::Relaxed) + 1 == order.pass
    }

    /// Ends the process without a word, as the order says.
    pub(crate) fn reached(point: Point) {
        if is_due(point) {
            now();
        }
    }

    /// Ends it: the point was met, and what was to be there first is.
    pub(crate) fn now() {
        std::process::abort();
    }

    /// The row of a message that was acknowledged goes.
    pub(crate) fn acknowledged() {
        IS_ACKNOWLEDGED.store(true, Ordering::Relaxed);
    }

    /// Whether what comes next has to fail, or to be the last.
    pub(crate) fn fails(point: Point) -> bool {
        is_due(point)
    }

    /// W1: waits until the Signal state has been written beside this message, and ends the process.
    pub(crate) async fn stall() {
        if is_due(Point::W1) {
            tokio::time::sleep(STALL).await;
            std::process::abort();
        }
    }

    #[cfg(test)]
    mod tests {
        use super::abort_at;

        #[test]
        fn an_order_names_a_window_and_a_pass() {
            for odd in ["", "w3", "w3:0", "w9:1", "w3:x", ":1"] {
                assert!(abort_at(odd).is_err(), "{odd}");
            }
        }
    }
}
