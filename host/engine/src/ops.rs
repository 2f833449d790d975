//! What an account can do besides sending: a file a subject. Each call is bounded, and runs in a task of its own.

mod chats;
mod contacts;
mod groups;
mod labels;
mod messages;
mod picture;
mod profile;
mod status;

pub use chats::ChatPresence;
pub use contacts::MAX_NUMBERS;
pub use groups::{Group, GroupSetting, MAX_DESCRIPTION, MAX_SUBJECT, Member, MemberAction, MemberResult};
pub use labels::{Label, MAX_COLOR};
pub use profile::{MAX_ABOUT, MAX_PROFILE_NAME, OwnProfile};
pub use status::StatusPost;
