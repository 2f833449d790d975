//! How many lines a plugin may log: a flood would bury everybody else's.

use std::sync::Mutex;

const LINES_PER_MINUTE: u32 = 300;
const WINDOW_MS: i64 = 60_000;

/// Counts the lines of all instances of a plugin.
#[derive(Default)]
pub(crate) struct LogBudget {
    window: Mutex<Window>,
}

#[derive(Default)]
struct Window {
    started_ms: i64,
    lines: u32,
}

/// What to do with a line.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    Write,
    /// The first one too many: say so, once.
    SaySuppressed,
    Drop,
}

impl LogBudget {
    pub(crate) fn spend(&self, now_ms: i64) -> Verdict {
        let Ok(mut window) = self.window.lock() else {
            return Verdict::Drop;
        };
        if (now_ms - window.started_ms).abs() >= WINDOW_MS {
            *window = Window {
                started_ms: now_ms,
                lines: 0,
            };
        }
        window.lines = window.lines.saturating_add(1);
        match window.lines {
            0..=LINES_PER_MINUTE => Verdict::Write,
            lines if lines == LINES_PER_MINUTE + 1 => Verdict::SaySuppressed,
            _ => Verdict::Drop,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flood_is_cut_and_a_new_minute_starts_afresh() {
        let budget = LogBudget::default();
        for _ in 0..LINES_PER_MINUTE {
            assert_eq!(budget.spend(100_000), Verdict::Write);
        }
        assert_eq!(budget.spend(100_000), Verdict::SaySuppressed);
        assert_eq!(budget.spend(100_000), Verdict::Drop);
        assert_eq!(budget.spend(160_000), Verdict::Write);
    }
}
