//! The end-to-end suite: one binary, one file an idea.
//!
//! What the sandbox can do is met by the host in these files; `contract` is `tests/contract/tests/contract/`, which runs the
//! same process:
//!
//! | of the network | through the host and its plugins |
//! |--|--|
//! | linking, logging out, restarts | `lifecycle`, `storm` |
//! | messages, receipts | `messages`, `contract/sends`, `contract/messages`, `settings` |
//! | groups, communities | `contract/groups`, and `account/groups` of the engine |
//! | media | `media`, `files`, `contract/media`, `contract/sends` |
//! | app state | to the phone `contract/chats`, `contract/labels`, `contract/messages`; from it `phone` |
//! | history | `history` |
//! | calls | `phone` |
//! | profile, contacts, privacy, presence | `contract/profile`, `contract/contacts`, `contract/chats`, `settings` |
//! | status posts | `contract/status` |
//! | people who act by a script | all of them, and `javascript`, `story` |
//! | faults | `faults`, which says where the others are |
//! | a gateway that dies | `crash`, `windows`, `repeated`, `timers`, `stream`, `webhooks` |

#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "tests: what is not as expected has to fail them"
)]

mod accounts;
mod admin;
mod backup;
mod check;
mod crash;
mod disk;
mod documents;
mod events;
mod faults;
mod files;
mod floods;
mod history;
mod holes;
mod hostile;
mod hot;
mod javascript;
mod lifecycle;
mod matrix;
mod media;
mod messages;
mod native;
mod operations;
mod phone;
mod proxies;
mod reload;
mod repeated;
mod sends;
mod settings;
mod storm;
mod story;
mod stream;
mod switched;
mod timers;
mod webhooks;
mod windows;

/// The binary under test: the same `main` as the shipped one.
const WAGATE: &str = env!("CARGO_BIN_EXE_wagate-under-test");
