//! What the end-to-end tests stand on: the real binary as a process of its own, the sandbox network as another, and
//! plain HTTP to both. Nothing of wagate is linked into a test.

#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::missing_panics_doc,
    clippy::must_use_candidate,
    reason = "a harness of tests: what is not as expected has to fail the test"
)]

pub mod caller;
pub mod disk;
pub mod gateway;
pub mod network;
pub mod process;
pub mod receiver;
pub mod stream;
pub mod wait;

pub use caller::Caller;
pub use disk::SmallDisk;
pub use gateway::Gateway;
pub use network::{Network, Phone};
pub use receiver::{Act, Receiver};
pub use stream::EventStream;
pub use wait::eventually;
