//! The contract's envelope around what a route answers.

use serde::Serialize;

/// `status` and `success` say the same, for the two kinds of clients that live.
#[derive(Debug, Serialize)]
pub(crate) struct Envelope<T> {
    status: bool,
    success: bool,
    message: &'static str,
    data: T,
}

impl<T> Envelope<T> {
    /// A success.
    pub(crate) fn new(message: &'static str, data: T) -> Self {
        Self {
            status: true,
            success: true,
            message,
            data,
        }
    }
}
