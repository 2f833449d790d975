//! What the host in memory answers.

use std::fmt::Debug;

use wagate_protocol::error::HostError;

use super::{FakeHost, Notified, OWN_JID, SESSION_SLUG, START_MS, USER_ID, calls, delivery, memory};
use crate::contacts::{Contact, PresenceOnWhatsapp};
use crate::groups::{Group, MemberAction, MemberResult};
use crate::history::{Message as StoredMessage, SearchQuery};
use crate::host::{Chat, Host, Level, Message, OutgoingText, Sent, SessionInfo, StoreChange, StoreEntry};
use crate::http::{Answer, Outgoing};
use crate::labels::Label;
use crate::media::{Info, Recipe};
use crate::messages::{self, Content, SendOptions};
use crate::notify::{Notification, Stored};
use crate::profile::Profile;
use crate::status::Post;
use crate::timers::{Schedule, Timer};

impl Host for FakeHost {
    fn log(&self, _level: Level, message: &str) {
        self.lines.borrow_mut().push(message.to_owned());
    }

    fn now_ms(&self) -> i64 {
        START_MS + self.passed_ms.get()
    }

    fn unique_id(&self) -> String {
        self.ids.set(self.ids.get() + 1);
        format!("id-{:04}", self.ids.get())
    }

    fn timezone(&self) -> String {
        self.timezone.clone().unwrap_or_else(|| "UTC".to_owned())
    }

    fn store_get(&self, key: &str) -> Result<Option<Vec<u8>>, HostError> {
        Ok(self.store.borrow().get(key).cloned())
    }

    fn store_put(&self, key: &str, value: &[u8]) -> Result<(), HostError> {
        self.store.borrow_mut().insert(key.to_owned(), value.to_owned());
        Ok(())
    }

    fn store_delete(&self, key: &str) -> Result<(), HostError> {
        self.store.borrow_mut().remove(key);
        Ok(())
    }

    fn store_scan(
        &self,
        prefix: &str,
        after: Option<&str>,
        limit: u32,
    ) -> Result<Vec<StoreEntry>, HostError> {
        let store = self.store.borrow();
        let hits = store
            .iter()
            .filter(|(key, _)| key.starts_with(prefix) && after.is_none_or(|after| key.as_str() > after));
        let entries = hits.map(|(key, value)| StoreEntry {
            key: key.clone(),
            value: value.clone(),
        });
        Ok(entries.take(limit as usize).collect())
    }

    fn store_apply(&self, changes: Vec<StoreChange>) -> Result<(), HostError> {
        let mut store = self.store.borrow_mut();
        for change in changes {
            match change {
                StoreChange::Put(entry) => store.insert(entry.key, entry.value),
                StoreChange::Delete(key) => store.remove(&key),
            };
        }
        Ok(())
    }

    fn store_compare_and_put(
        &self,
        key: &str,
        expected: Option<&[u8]>,
        value: &[u8],
    ) -> Result<bool, HostError> {
        let mut store = self.store.borrow_mut();
        let fits = store.get(key).map(Vec::as_slice) == expected;
        if fits {
            store.insert(key.to_owned(), value.to_owned());
        }
        Ok(fits)
    }

    fn document(&self, session: &str) -> Result<Option<String>, HostError> {
        Ok(self.documents.borrow().get(session).cloned())
    }

    fn put_document(&self, session: &str, json: &str) -> Result<(), HostError> {
        self.documents
            .borrow_mut()
            .insert(session.to_owned(), json.to_owned());
        Ok(())
    }

    fn document_of(&self, plugin: &str, _session: &str) -> Result<Option<String>, HostError> {
        self.account.allowed("document_of")?;
        let bot_config = self.bot_config.clone().filter(|_| plugin == crate::bot::PLUGIN);
        let known = || self.documents_of.iter().find(|(known, _)| known == plugin);
        Ok(bot_config.or_else(|| known().map(|(_, json)| json.clone())))
    }

    fn session(&self, session: &str) -> Result<SessionInfo, HostError> {
        Ok(SessionInfo {
            id: session.to_owned(),
            slug: SESSION_SLUG.to_owned(),
            user_id: USER_ID.to_owned(),
            name: "Shop".to_owned(),
            status: self
                .session_status
                .clone()
                .unwrap_or_else(|| "CONNECTED".to_owned()),
            config: "{}".to_owned(),
            created_at_ms: self.now_ms(),
            updated_at_ms: self.now_ms(),
            ..SessionInfo::default()
        })
    }

    fn send_text(&self, session: &str, message: &OutgoingText) -> Result<Sent, HostError> {
        let options = SendOptions {
            quote: None,
            mentions: message.mentions.clone(),
            view_once: false,
            ext: Vec::new(),
        };
        let content = Content::Text(message.text.clone());
        let sent = self.keep_sent(session, &message.to, &content, &options)?;
        Ok(Sent {
            id: sent.id,
            chat: sent.chat,
            sender: sent.sender,
            timestamp_ms: sent.timestamp_ms,
            status: sent.status,
            ext: sent.ext,
        })
    }

    fn send(
        &self,
        session: &str,
        to: &str,
        content: &Content,
        options: &SendOptions,
    ) -> Result<messages::Sent, HostError> {
        self.keep_sent(session, to, content, options)
    }

    fn forward_message(
        &self,
        _session: &str,
        _chat: &str,
        wa_id: &str,
        to: &str,
    ) -> Result<messages::Sent, HostError> {
        self.account.record("forward_message", &[&wa_id, &to])?;
        Ok(self.accepted(to, None))
    }

    fn chats(&self, _session: &str, limit: u32) -> Result<Vec<Chat>, HostError> {
        Ok(self.chats.iter().take(limit as usize).cloned().collect())
    }

    fn chats_page(
        &self,
        _session: &str,
        archived: Option<bool>,
        offset: u32,
        limit: u32,
    ) -> Result<Vec<Chat>, HostError> {
        let is_archived = |chat: &Chat| crate::ext(&chat.ext, "archived") == Some("true");
        let fits = |chat: &&Chat| archived.is_none_or(|archived| is_archived(chat) == archived);
        let hits = self.chats.iter().filter(fits).skip(offset as usize);
        Ok(hits.take(limit as usize).cloned().collect())
    }

    fn chat_address(&self, _session: &str, chat: &str) -> Result<String, HostError> {
        let jid = crate::jid::recipient(chat, "chat").map_err(crate::Error::into_host_error)?;
        let known = self.addresses.iter().find(|(lid, _)| *lid == jid);
        Ok(known.map_or(jid, |(_, phone)| phone.clone()))
    }

    fn messages(
        &self,
        _session: &str,
        chat: &str,
        before: Option<&str>,
        limit: u32,
    ) -> Result<Vec<Message>, HostError> {
        let of_chat: Vec<&Message> = self
            .messages
            .iter()
            .take_while(|message| before.is_none_or(|before| message.id != before))
            .filter(|message| message.chat == chat)
            .collect();
        let skip = of_chat.len().saturating_sub(limit as usize);
        Ok(of_chat.into_iter().skip(skip).cloned().collect())
    }

    fn message(&self, _session: &str, wa_id: &str) -> Result<Option<Message>, HostError> {
        Ok(self
            .messages
            .iter()
            .find(|message| message.wa_id == wa_id)
            .cloned())
    }

    fn message_by_row(&self, _session: &str, id: &str) -> Result<Option<Message>, HostError> {
        Ok(self.messages.iter().find(|message| message.id == id).cloned())
    }

    fn search(&self, _session: &str, query: &SearchQuery) -> Result<Vec<StoredMessage>, HostError> {
        let hits = self.found(query).into_iter().skip(query.offset as usize);
        Ok(hits
            .take(query.limit as usize)
            .map(|hit| memory::stored_message(hit.clone()))
            .collect())
    }

    fn count_messages(&self, _session: &str, query: &SearchQuery) -> Result<u64, HostError> {
        Ok(count(self.found(query).len()))
    }

    fn message_json(&self, session: &str, wa_id: &str) -> Result<Option<String>, HostError> {
        let found = self.message(session, wa_id)?;
        Ok(found.map(|found| memory::message_json(&found)))
    }

    fn groups(&self, _session: &str) -> Result<Vec<Group>, HostError> {
        self.account.allowed("groups")?;
        Ok(self.groups.clone())
    }

    fn groups_stored(&self, _session: &str) -> Result<Vec<Group>, HostError> {
        Ok(self.groups.clone())
    }

    fn group(&self, _session: &str, group: &str) -> Result<Group, HostError> {
        self.account.allowed("group")?;
        let found = self.groups.iter().find(|known| known.jid == group);
        found
            .cloned()
            .ok_or_else(|| HostError::NotFound(format!("group {group}")))
    }

    fn group_invite_info(&self, _session: &str, code: &str) -> Result<Group, HostError> {
        self.account.allowed("group_invite_info")?;
        let found = self.groups.first();
        found
            .cloned()
            .ok_or_else(|| HostError::NotFound(format!("invite {code}")))
    }

    fn group_create(
        &self,
        _session: &str,
        subject: &str,
        participants: &[String],
    ) -> Result<Group, HostError> {
        self.account.record("group_create", &[&subject, &participants])?;
        Ok(memory::new_group(subject, participants))
    }

    fn group_members(
        &self,
        _session: &str,
        group: &str,
        action: MemberAction,
        people: &[String],
    ) -> Result<Vec<MemberResult>, HostError> {
        self.account
            .record("group_members", &[&group, &action, &people])?;
        let done = |jid: &String| MemberResult {
            jid: jid.clone(),
            status: "200".to_owned(),
            ext: Vec::new(),
        };
        Ok(people.iter().map(done).collect())
    }

    fn group_invite_code(&self, _session: &str, group: &str, revoke: bool) -> Result<String, HostError> {
        self.account.record("group_invite_code", &[&group, &revoke])?;
        Ok(if revoke { "NEWCODE" } else { "CODE" }.to_owned())
    }

    fn group_accept_invite(&self, _session: &str, code: &str) -> Result<String, HostError> {
        self.account.record("group_accept_invite", &[&code])?;
        let known = self.groups.first().map(|group| group.jid.clone());
        Ok(known.unwrap_or_else(|| memory::GROUP_JID.to_owned()))
    }

    fn contacts(
        &self,
        _session: &str,
        search: Option<&str>,
        offset: u32,
        limit: u32,
    ) -> Result<Vec<Contact>, HostError> {
        let found = memory::contacts(&self.contacts, search);
        Ok(found
            .skip(offset as usize)
            .take(limit as usize)
            .cloned()
            .collect())
    }

    fn contacts_count(&self, _session: &str, search: Option<&str>) -> Result<u64, HostError> {
        Ok(count(memory::contacts(&self.contacts, search).count()))
    }

    fn contacts_blocked(&self, _session: &str) -> Result<Vec<String>, HostError> {
        Ok(self.blocked.clone())
    }

    fn contact_picture_url(
        &self,
        _session: &str,
        jid: &str,
        _small: bool,
    ) -> Result<Option<String>, HostError> {
        self.account.allowed("contact_picture_url")?;
        let known = self.pictures.iter().find(|(known, _)| known == jid);
        Ok(known.map(|(_, url)| url.clone()))
    }

    fn contacts_check(
        &self,
        _session: &str,
        numbers: &[String],
    ) -> Result<Vec<PresenceOnWhatsapp>, HostError> {
        self.account.allowed("contacts_check")?;
        Ok(memory::presences(&self.on_whatsapp, numbers))
    }

    fn profile(&self, _session: &str) -> Result<Profile, HostError> {
        self.account.allowed("profile")?;
        Ok(self.profile.clone().unwrap_or_else(|| Profile {
            jid: OWN_JID.to_owned(),
            name: None,
            about: None,
            picture_url: None,
            ext: Vec::new(),
        }))
    }

    fn status_send(&self, _session: &str, post: &Post, recipients: &[String]) -> Result<String, HostError> {
        self.account.record("status_send", &[post, &recipients])?;
        Ok(format!("3EB0{}", self.unique_id()))
    }

    fn labels(&self, _session: &str) -> Result<Vec<Label>, HostError> {
        Ok(self.account.labels.borrow().values().cloned().collect())
    }

    fn label_put(&self, _session: &str, label: &Label) -> Result<(), HostError> {
        self.account.record("label_put", &[&label.id, &label.name])?;
        self.account.put_label(label);
        Ok(())
    }

    fn label_delete(&self, _session: &str, id: &str) -> Result<(), HostError> {
        self.account.record("label_delete", &[&id])?;
        self.account.delete_label(id)
    }

    fn label_chat(&self, _session: &str, id: &str, chat: &str, on: bool) -> Result<(), HostError> {
        self.account.record("label_chat", &[&id, &chat, &on])?;
        self.account.label_chat(id, chat, on)
    }

    fn label_chats(&self, _session: &str, id: &str) -> Result<Vec<String>, HostError> {
        Ok(self.account.chats_of(id))
    }

    fn chat_labels(&self, _session: &str, chat: &str) -> Result<Vec<String>, HostError> {
        Ok(self.account.labels_of(chat))
    }

    fn media_put(&self, content: &[u8], mime_type: &str, file_name: Option<&str>) -> Result<Info, HostError> {
        self.account.allowed("media_put")?;
        Ok(self.account.put_file(content, mime_type, file_name))
    }

    fn media_get(&self, handle: &str) -> Result<Vec<u8>, HostError> {
        Ok(self.account.file(handle)?.1)
    }

    fn media_drop(&self, handle: &str) -> Result<(), HostError> {
        self.account.drop_file(handle);
        Ok(())
    }

    fn media_fetch_url(&self, url: &str) -> Result<Info, HostError> {
        self.account.allowed("media_fetch_url")?;
        self.account.download(url)
    }

    fn media_of_message(&self, _session: &str, wa_id: &str) -> Result<Info, HostError> {
        self.account.allowed("media_of_message")?;
        self.account.download(wa_id)
    }

    fn media_transcode(&self, handle: &str, recipe: &Recipe) -> Result<Info, HostError> {
        self.account.record("media_transcode", &[&handle, recipe])?;
        let (info, content) = self.account.file(handle)?;
        let mime_type = memory::mime_type_of(recipe, &info.mime_type);
        Ok(self
            .account
            .put_file(&content, &mime_type, info.file_name.as_deref()))
    }

    calls::recorded_calls!();
    calls::prepared_calls!();

    fn fetch(&self, request: &Outgoing) -> Result<Answer, HostError> {
        self.memory.fetch(request)
    }

    fn timer_set(
        &self,
        name: &str,
        session: Option<&str>,
        schedule: &Schedule,
        payload: &str,
    ) -> Result<i64, HostError> {
        self.memory
            .set_timer(self.now_ms(), name, session, schedule, payload)
    }

    fn timer_cancel(&self, name: &str) -> Result<(), HostError> {
        self.memory.timers.borrow_mut().remove(name);
        Ok(())
    }

    fn timer(&self, name: &str) -> Result<Option<Timer>, HostError> {
        Ok(self.memory.timers.borrow().get(name).cloned())
    }

    fn timers(&self, prefix: &str, after: Option<&str>, limit: u32) -> Result<Vec<Timer>, HostError> {
        Ok(self.memory.scan_timers(prefix, after, limit))
    }

    fn emit(&self, session: &str, kind: &str, data: &str) -> Result<String, HostError> {
        self.memory.emit(session, kind, data)?;
        Ok(self.unique_id())
    }

    fn notify(&self, session: &str, notification: &Notification) -> Result<String, HostError> {
        self.memory.notified.borrow_mut().push(Notified {
            session: session.to_owned(),
            notification: notification.clone(),
        });
        self.notify_user(USER_ID, notification)
    }

    fn notify_user(&self, user_id: &str, notification: &Notification) -> Result<String, HostError> {
        self.account.allowed("notify_user")?;
        let id = self.unique_id();
        Ok(self.inbox.add(id, self.now_ms(), user_id, notification))
    }

    fn notify_all(&self, notification: &Notification) -> Result<u32, HostError> {
        self.notify_user(USER_ID, notification).map(|_| 1)
    }

    fn inbox(&self, user_id: &str, limit: u32) -> Result<Vec<Stored>, HostError> {
        Ok(self.inbox.newest(user_id, limit))
    }

    fn inbox_mark_read(&self, user_id: &str, ids: &[String]) -> Result<u32, HostError> {
        Ok(self.inbox.mark_read(user_id, ids))
    }

    fn inbox_remove(&self, user_id: &str, id: &str) -> Result<bool, HostError> {
        Ok(self.inbox.remove(user_id, id))
    }

    delivery::delivery_calls!();
}

fn count(found: usize) -> u64 {
    u64::try_from(found).unwrap_or(u64::MAX)
}
