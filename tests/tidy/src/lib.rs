//! The repository's own rules, as tests: who may depend on whom, how long a file may be, what every crate has.
//! Nothing here; see `tests/`.
