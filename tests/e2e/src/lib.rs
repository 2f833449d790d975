//! What the end-to-end tests stand on: the real binary as a process of its own, the sandbox network as another, and
//! plain HTTP to both. Nothing of wagate is linked into a test.

pub mod gateway;
pub mod network;
pub mod process;
pub mod wait;

pub use gateway::Gateway;
pub use network::Network;
pub use wait::eventually;
