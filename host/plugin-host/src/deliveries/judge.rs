//! What a receiver's answer means.

/// What a try came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Judgement {
    /// The receiver has it.
    Taken,
    /// The endpoint is in trouble: later may work, for this one and for all others.
    Trouble,
    /// This delivery is refused: others may be taken.
    Refused,
    /// The endpoint wants nothing any more.
    Gone,
}

/// Judges a status. A redirect is never followed: where it leads to was not checked, and nobody agreed to it.
pub(super) fn judge(status: u16) -> Judgement {
    match status {
        200..=299 => Judgement::Taken,
        410 => Judgement::Gone,
        // Too slow, too early, too many: not about what was sent.
        408 | 425 | 429 => Judgement::Trouble,
        400..=499 => Judgement::Refused,
        _ => Judgement::Trouble,
    }
}

/// The words for a status that is no success.
pub(super) fn reason(status: u16) -> String {
    match status {
        300..=399 => format!("the receiver answered {status}, and redirects are not followed"),
        _ => format!("the receiver answered {status}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statuses_are_judged() {
        for (judgement, statuses) in [
            (Judgement::Taken, &[200, 201, 202, 204, 299][..]),
            (
                Judgement::Trouble,
                &[100, 301, 302, 307, 308, 408, 425, 429, 500, 502, 503, 504, 599],
            ),
            (Judgement::Refused, &[400, 401, 403, 404, 409, 413, 422, 451]),
            (Judgement::Gone, &[410]),
        ] {
            for status in statuses {
                assert_eq!(judge(*status), judgement, "{status}");
            }
        }
    }
}
