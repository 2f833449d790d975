//! Nothing: see `tests/refused.rs`.
