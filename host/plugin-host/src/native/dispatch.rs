//! A call by the names of interface and function, with its arguments as `MessagePack`: the same functions that a component
//! imports, which check the rights.

use wagate_protocol::native::codec::{decode, encode};

use crate::bindings::{
    clock, delivery, emit, history, http_client, log, media, notify, sessions, settings, store, timers,
    whatsapp_chats, whatsapp_contacts, whatsapp_groups, whatsapp_labels, whatsapp_messages, whatsapp_profile,
    whatsapp_status,
};
use crate::state::State;

macro_rules! functions {
    ($($interface:ident { $($function:ident($($arg:ident),*);)* })*) => {
        /// Answers with what the function of the WIT does. The error says what was not understood.
        pub(super) async fn call(
            state: &mut State,
            interface: &str,
            function: &str,
            arguments: &[u8],
        ) -> Result<Vec<u8>, String> {
            match (interface, function) {
                $($((stringify!($interface), stringify!($function)) => {
                    let ($($arg,)*) = decode(arguments)?;
                    encode(&<State as $interface::Host>::$function(state, $($arg),*).await)
                })*)*
                _ => Err("this host has no such function".to_owned()),
            }
        }

        /// Interface and function, as above.
        #[cfg(test)]
        const ALL: &[(&str, &str)] = &[$($((stringify!($interface), stringify!($function)),)*)*];
    };
}

// As in the WIT, with `_` for `-`; a test compares.
functions! {
    log {
        write(level, message);
    }
    clock {
        now_ms();
        unique_id();
        timezone();
    }
    store {
        get(key);
        put(key, value);
        delete(key);
        scan(prefix, after, limit);
        apply(changes);
        compare_and_put(key, expected, value);
    }
    settings {
        document(session);
        put_document(session, json);
        document_of(plugin, session);
    }
    sessions {
        info(session);
    }
    history {
        chats(session, limit);
        messages(session, chat, before, limit);
        message_by_id(session, wa_id);
        search(session, query);
        count(session, query);
        message_json(session, wa_id);
        message_by_row(session, id);
        chats_page(session, archived, offset, limit);
        chat_address(session, chat);
    }
    whatsapp_messages {
        send_text(session, to, text, mentions);
        send(session, to, content, options);
        edit(session, chat, wa_id, text);
        delete(session, chat, wa_id);
        delete_for_me(session, chat, wa_id);
        star(session, chat, wa_id, on);
        forward(session, chat, wa_id, to);
    }
    whatsapp_chats {
        mark_read(session, chat, wa_ids);
        archive(session, chat, on);
        mute(session, chat, until_ms);
        pin(session, chat, on);
        set_presence(session, chat, presence);
    }
    whatsapp_groups {
        create(session, subject, participants);
        participating(session);
        info(session, group);
        stored(session);
        invite_info(session, code);
        set_subject(session, group, subject);
        set_description(session, group, description);
        set(session, group, setting);
        set_picture(session, group, jpeg);
        members(session, group, action, people);
        invite_code(session, group, revoke);
        accept_invite(session, code);
        leave(session, group);
    }
    whatsapp_contacts {
        contacts(session, search, offset, limit);
        count(session, search);
        check(session, numbers);
        picture_url(session, jid, small);
        about(session, jid);
        block(session, jid, on);
        blocked(session);
    }
    whatsapp_profile {
        get(session);
        set_name(session, name);
        set_about(session, about);
        set_picture(session, jpeg);
    }
    whatsapp_status {
        send(session, post, recipients);
    }
    whatsapp_labels {
        labels(session);
        put(session, label);
        delete(session, id);
        label_chat(session, id, chat, on);
        label_message(session, id, chat, wa_id, on);
        chats_of(session, id);
        labels_of(session, chat);
    }
    media {
        put(content, mime_type, file_name);
        get(handle);
        drop(handle);
        fetch_url(url);
        of_message(session, wa_id);
        probe(handle);
        transcode(handle, recipe);
    }
    http_client {
        fetch(request);
    }
    delivery {
        put_endpoint(session, endpoint);
        delete_endpoint(session, name);
        enqueue(session, endpoint, key, content_type, body);
        deliveries(session, endpoint, before, limit);
        redeliver(session, id);
        check_url(url);
        enqueue_all(session, items);
        endpoints(session);
        endpoint_status_of(session, name);
        set_paused(session, name, paused);
        rotate_secret(session, name, secret, overlap_ms);
        try_now(session, name, label, content_type, body);
        deliveries_with(session, endpoint, status, before, limit);
        attempts(session, endpoint, delivery, offset, limit);
        events_after(session, sequence, limit);
    }
    timers {
        set(name, session, schedule, payload);
        cancel(name);
        get(name);
        scan(prefix, after, limit);
    }
    emit {
        event(session, kind, data);
    }
    notify {
        send(session, notification);
        to_user(user_id, notification);
        broadcast(notification);
        inbox(user_id, limit);
        mark_read(user_id, ids);
        remove(user_id, id);
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::path::Path;
    use std::sync::Arc;

    use wagate_protocol::native::codec::{decode, encode};

    use super::{ALL, call};
    use crate::bindings::types;
    use crate::loader::identity;
    use crate::operator::OperatorFile;
    use crate::state::State;

    /// Of a plugin that may do nothing.
    fn state() -> State {
        let operator = OperatorFile::parse("greeter.toml", "enabled = true").unwrap();
        let identity = Arc::new(identity("greeter", "greeter.toml", &operator, None));
        State::new(identity, None, &operator.limits)
    }

    #[tokio::test]
    async fn a_call_by_name_asks_for_the_right_like_any_other() {
        type Found = Result<Option<Vec<u8>>, types::Error>;
        let arguments = encode(&("key",)).unwrap();
        let answer = call(&mut state(), "store", "get", &arguments).await.unwrap();
        match decode::<Found>(&answer).unwrap() {
            Err(types::Error::Denied(text)) => assert!(text.contains("\"store\" is not declared"), "{text}"),
            other => panic!("{other:?}"),
        }
        // Without a Result around it.
        let answer = call(&mut state(), "clock", "now_ms", &encode(&()).unwrap()).await;
        assert_eq!(decode::<i64>(&answer.unwrap()).unwrap(), 0);
    }

    #[tokio::test]
    async fn what_is_not_understood_is_said_and_does_nothing() {
        for (interface, function) in [
            ("store", "burn"),
            ("files", "get"),
            ("", ""),
            ("store", "compare-and-put"),
        ] {
            let said = call(&mut state(), interface, function, &[]).await;
            assert_eq!(said.unwrap_err(), "this host has no such function");
        }
        let (number, nothing) = (encode(&(7,)).unwrap(), encode(&()).unwrap());
        for arguments in [&number[..], &nothing, &[], b"\xc1", b"\xdd\xff\xff\xff\xff"] {
            assert!(
                call(&mut state(), "store", "get", arguments).await.is_err(),
                "{arguments:?}"
            );
        }
    }

    /// `interface.function` of everything the world imports.
    fn of_the_wit() -> BTreeSet<String> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../plugin-api/wit/v1");
        let read = |name: &str| std::fs::read_to_string(folder.join(format!("{name}.wit"))).unwrap();
        let world = read("world");
        let imports = world
            .lines()
            .filter_map(|line| line.trim().strip_prefix("import ")?.strip_suffix(';'));
        let mut functions = BTreeSet::new();
        for interface in imports {
            for line in read(interface).lines() {
                if let Some((function, _)) = line.trim().split_once(": func(") {
                    functions.insert(format!("{interface}.{function}"));
                }
            }
        }
        functions
    }

    #[test]
    fn every_function_of_the_wit_is_there() {
        let ours: BTreeSet<String> = ALL
            .iter()
            .map(|(interface, function)| format!("{interface}.{function}").replace('_', "-"))
            .collect();
        assert!(ours.len() > 90);
        assert_eq!(ours, of_the_wit());
    }
}
