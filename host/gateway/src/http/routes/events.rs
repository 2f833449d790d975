//! `GET /api/events`, `GET /api/events/ws`: the live stream, carried in two ways.

pub(crate) mod reader;
pub(crate) mod sse;
pub(crate) mod ws;
