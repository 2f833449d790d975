//! The calls of the host in memory that are only written down, or answered with what the test has prepared.

/// Methods of `Host` on a session that answer with nothing: the call is written down with its arguments.
macro_rules! recorded {
    ($($name:ident($($arg:ident: $kind:ty),*);)*) => {
        $(fn $name(&self, _session: &str, $($arg: $kind),*) -> Result<(), HostError> {
            self.account.record(stringify!($name), &[$(&$arg as &dyn Debug),*])
        })*
    };
}

/// The table of them.
macro_rules! recorded_calls {
    () => {
        crate::testing::calls::recorded! {
            edit_message(chat: &str, wa_id: &str, text: &str);
            delete_message(chat: &str, wa_id: &str);
            delete_message_for_me(chat: &str, wa_id: &str);
            star_message(chat: &str, wa_id: &str, on: bool);
            chat_mark_read(chat: &str, wa_ids: &[String]);
            chat_archive(chat: &str, on: bool);
            chat_mute(chat: &str, until_ms: Option<i64>);
            chat_pin(chat: &str, on: bool);
            chat_set_presence(chat: &str, presence: crate::chats::Presence);
            group_set_subject(group: &str, subject: &str);
            group_set_description(group: &str, description: Option<&str>);
            group_set(group: &str, setting: crate::groups::Setting);
            group_set_picture(group: &str, jpeg: Option<&[u8]>);
            group_leave(group: &str);
            contact_block(jid: &str, on: bool);
            profile_set_name(name: &str);
            profile_set_about(about: &str);
            profile_set_picture(jpeg: Option<&[u8]>);
            label_message(id: &str, chat: &str, wa_id: &str, on: bool);
            redeliver(id: &str);
        }
    };
}

/// Methods of `Host` that answer what the test has put there.
macro_rules! prepared_calls {
    () => {
        fn media_probe(&self, handle: &str) -> Result<crate::media::Dimensions, HostError> {
            self.account.allowed("media_probe")?;
            self.account.file(handle)?;
            let still = || crate::media::Dimensions {
                width: 640,
                height: 480,
                frames: 1,
                duration_ms: None,
                ext: Vec::new(),
            };
            Ok(self.dimensions.clone().unwrap_or_else(still))
        }
    };
}

pub(super) use prepared_calls;
pub(super) use recorded;
pub(super) use recorded_calls;
