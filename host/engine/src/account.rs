//! A connected session as operations use it. What can be done with an account stands in `ops/`, a file a subject.

use std::sync::Arc;
use std::time::Duration;

use whatsapp_rust::{Client, Jid};

use crate::context::SessionContext;
use crate::{EngineError, address};

/// How long a request to the server may take in all. Shorter than what the library waits for by itself, longer than any
/// server that works needs.
pub(crate) const REQUEST_PATIENCE: Duration = Duration::from_secs(20);

/// A session that is connected: what its WhatsApp account can do. Cheap to clone, and as good as the connection it was
/// made on: it is asked for anew for every call.
#[derive(Clone)]
pub struct Account {
    pub(crate) context: Arc<SessionContext>,
    pub(crate) client: Arc<Client>,
}

impl Account {
    /// Runs something in a task of its own, for so long at most: a caller that goes away must not cut it in half.
    pub(crate) async fn run<T, F>(
        &self,
        what: &'static str,
        patience: Duration,
        work: impl FnOnce(Self) -> F,
    ) -> Result<T, EngineError>
    where
        T: Send + 'static,
        F: Future<Output = Result<T, EngineError>> + Send + 'static,
    {
        let work = work(self.clone());
        tokio::spawn(async move {
            tokio::time::timeout(patience, work)
                .await
                .unwrap_or(Err(EngineError::Timeout(what)))
        })
        .await
        .map_err(|error| EngineError::Internal(error.to_string()))?
    }

    /// The same with the usual patience.
    pub(crate) async fn request<T, F>(
        &self,
        what: &'static str,
        work: impl FnOnce(Self) -> F,
    ) -> Result<T, EngineError>
    where
        T: Send + 'static,
        F: Future<Output = Result<T, EngineError>> + Send + 'static,
    {
        self.run(what, REQUEST_PATIENCE, work).await
    }

    /// The account's own phone JID.
    pub(crate) fn own(&self) -> Result<Jid, EngineError> {
        self.client
            .pn()
            .map(|jid| jid.to_non_ad())
            .ok_or_else(|| EngineError::Internal("the account is not known yet".to_owned()))
    }

    /// The address under which a chat or a person is stored.
    pub(crate) async fn canonical(&self, jid: &Jid) -> Result<String, EngineError> {
        let name = jid.to_non_ad_string();
        if !jid.is_lid() {
            return Ok(name);
        }
        if let Some(known) = self.phone_of(jid).await? {
            return Ok(known.to_string());
        }
        let storage = &self.context.shared.storage;
        Ok(storage
            .canonical_jid(&self.context.id, &name)
            .await?
            .unwrap_or(name))
    }

    /// The phone JID behind a LID, when it is known.
    pub(crate) async fn phone_of(&self, jid: &Jid) -> Result<Option<Jid>, EngineError> {
        if !jid.is_lid() {
            return Ok(None);
        }
        let entry = self.mapping(jid).await?;
        Ok(entry.map(|entry| Jid::pn(&*entry.phone_number)))
    }

    /// The LID of a person, when it is known.
    pub(crate) async fn lid_of(&self, jid: &Jid) -> Result<Option<Jid>, EngineError> {
        if jid.is_lid() {
            return Ok(Some(jid.to_non_ad()));
        }
        if !jid.is_pn() {
            return Ok(None);
        }
        let own = self.client.pn();
        if own.is_some_and(|own| own.user == jid.user) {
            return Ok(self.client.lid().map(|lid| lid.to_non_ad()));
        }
        let entry = self.mapping(jid).await?;
        Ok(entry.map(|entry| Jid::lid(&*entry.lid)))
    }

    async fn mapping(
        &self,
        jid: &Jid,
    ) -> Result<Option<whatsapp_rust::lid_pn_cache::LidPnEntry>, EngineError> {
        self.client
            .get_lid_pn_entry(&jid.to_non_ad())
            .await
            .map_err(|error| EngineError::Internal(format!("the address of a person: {error}")))
    }

    /// The key under which the account's devices share what they know of a chat: its LID on accounts that have moved to
    /// LIDs, else the phone JID. A change under the other key would land on a chat nobody sees.
    pub(crate) async fn shared_key(&self, chat: &Jid) -> Result<Jid, EngineError> {
        let migrated = self.client.is_lid_migrated().await;
        let other = match (chat.is_pn(), chat.is_lid()) {
            (true, _) if migrated => self.lid_of(chat).await?,
            (_, true) if !migrated => self.phone_of(chat).await?,
            _ => None,
        };
        Ok(other.unwrap_or_else(|| chat.to_non_ad()))
    }

    /// Reads an address of a chat.
    pub(crate) fn chat(text: &str) -> Result<Jid, EngineError> {
        address::parse(text, "jid")
    }
}
