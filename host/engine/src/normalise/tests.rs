//! Every kind of message, and the payload of every event a message makes.

mod events;
mod kinds;
