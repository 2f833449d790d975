//! What is done to messages that are there already.

use wacore_binary::JidExt as _;
use whatsapp_rust::Jid;

use crate::account::Account;
use crate::content::{Content, MessageRef};
use crate::send::{Outgoing, SendKey, SendOptions, SentMessage, Target};
use crate::{EngineError, address, refusal};

impl Account {
    /// Another text, or another caption, for an own message: for about a quarter of an hour.
    pub async fn edit(
        &self,
        chat: &str,
        id: &str,
        text: &str,
        key: Option<SendKey>,
    ) -> Result<SentMessage, EngineError> {
        let content = Content::Edit {
            target: MessageRef::by_id(id),
            text: text.to_owned(),
        };
        self.send(about(chat, content, key)).await
    }

    /// Takes a message back for everybody: an own one, or as a group's admin anybody's.
    pub async fn delete(
        &self,
        chat: &str,
        id: &str,
        key: Option<SendKey>,
    ) -> Result<SentMessage, EngineError> {
        let content = Content::Delete(MessageRef::by_id(id));
        self.send(about(chat, content, key)).await
    }

    /// Sends a stored message of one chat to another.
    pub async fn forward(
        &self,
        chat: &str,
        id: &str,
        to: &str,
        key: Option<SendKey>,
    ) -> Result<SentMessage, EngineError> {
        let content = Content::Forward(MessageRef {
            chat: Some(chat.to_owned()),
            ..MessageRef::by_id(id)
        });
        self.send(about(to, content, key)).await
    }

    /// Stars a message, or takes the star off, on all of the account's devices.
    pub async fn star(&self, chat: &str, id: &str, on: bool) -> Result<(), EngineError> {
        let (chat, named) = (address::parse_chat(chat)?, MessageRef::by_id(id));
        self.request("a star", |account| async move {
            let target = Target::find(&account, &chat, &named).await?;
            let (chat, sender) = shared_names(&account, &target).await?;
            let actions = account.client.chat_actions();
            let done = if on {
                actions
                    .star_message(&chat, sender.as_ref(), &target.id, target.from_me)
                    .await
            } else {
                actions
                    .unstar_message(&chat, sender.as_ref(), &target.id, target.from_me)
                    .await
            };
            done.map_err(|error| refusal::app_state(&error, "a star"))?;
            account.note_star(&target.chat, &target.id, on).await
        })
        .await
    }

    /// Removes a message for this account, on all of its devices.
    pub async fn delete_for_me(&self, chat: &str, id: &str) -> Result<(), EngineError> {
        let (chat, named) = (address::parse_chat(chat)?, MessageRef::by_id(id));
        self.request("a message to be removed", |account| async move {
            let target = Target::find(&account, &chat, &named).await?;
            let (chat, sender) = shared_names(&account, &target).await?;
            let sent_at = target.row.as_ref().map(|row| row.timestamp / 1000);
            account
                .client
                .chat_actions()
                .delete_message_for_me(&chat, sender.as_ref(), &target.id, target.from_me, true, sent_at)
                .await
                .map_err(|error| refusal::app_state(&error, "a message to be removed"))?;
            account
                .note_removal(&target.chat, &target.id, target.from_me)
                .await
        })
        .await
    }
}

fn about(to: &str, content: Content, key: Option<SendKey>) -> Outgoing {
    Outgoing {
        to: to.to_owned(),
        content,
        options: SendOptions::default(),
        key,
    }
}

/// Chat and sender as the account's devices name them among themselves.
async fn shared_names(account: &Account, target: &Target) -> Result<(Jid, Option<Jid>), EngineError> {
    let chat = account.shared_key(&target.chat).await?;
    let sender = if target.chat.is_group() && !target.from_me {
        Some(account.in_chat(&target.chat, &target.sender).await?)
    } else {
        None
    };
    Ok((chat, sender))
}
