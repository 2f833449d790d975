//! What a supervisor can be asked, and what it does then.

use std::sync::PoisonError;
use std::time::Duration;

use tokio::time::Instant;
use wagate_storage::sessions::Desired;
use whatsapp_rust::pair_code::{PairCodeError, PairCodeOptions, PairError};

use super::{Handle, Phase, QR_ROUNDS, Supervisor};
use crate::chores::Chore;
use crate::client;
use crate::listener::{Signal, Terminal};
use crate::{EngineError, PasskeyRequest, SessionStatus, refusal, send};

/// How long unlinking at WhatsApp is waited for; the keys are removed in any case.
const LOGOUT_PATIENCE: Duration = Duration::from_secs(10);
/// How long a pair code is waited for, connection included.
const PAIR_PATIENCE: Duration = Duration::from_secs(20);
/// Digits of a phone number, country code included.
const PHONE_DIGITS: std::ops::RangeInclusive<usize> = 5..=15;

/// A call. Each is answered when it is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Command {
    /// Start if someone wants it running.
    Resume,
    Start,
    Stop,
    Restart,
    Logout,
    Delete,
    /// Act on new settings.
    Configure,
    /// Disconnect, the process ends.
    Shutdown,
}

impl Command {
    /// The supervisor ends after it.
    pub(super) fn is_last(self) -> bool {
        matches!(self, Self::Delete | Self::Shutdown)
    }
}

impl Handle {
    /// Pair codes are asked for beside the supervisor, which has to go on handling the client's signals meanwhile.
    pub(crate) async fn pair_code(&self, phone: String) -> Result<String, EngineError> {
        if !PHONE_DIGITS.contains(&phone.len()) || !phone.bytes().all(|b| b.is_ascii_digit()) {
            return Err(EngineError::Invalid {
                field: "phoneNumber",
                message: format!(
                    "must have {} to {} digits with the country code",
                    PHONE_DIGITS.start(),
                    PHONE_DIGITS.end()
                ),
            });
        }
        if self.snapshot().pn.is_some() {
            return Err(EngineError::AlreadyLinked);
        }
        self.call(Command::Start).await?;
        let pairing = async {
            let mut snapshot = self.snapshot.clone();
            // The first QR says that the connection stands and waits for a phone.
            let state = snapshot
                .wait_for(|s| matches!(s.status, SessionStatus::ScanQr | SessionStatus::Connected))
                .await
                .map_err(|_| EngineError::UnknownSession)?
                .status;
            if state == SessionStatus::Connected {
                return Err(EngineError::AlreadyLinked);
            }
            let client = self.client().ok_or(EngineError::NotConnected { status: state })?;
            let options = || PairCodeOptions {
                phone_number: phone.clone(),
                ..PairCodeOptions::default()
            };
            match client.pair_with_code(options()).await {
                // Asked again, for another number perhaps: the code shown before is given up.
                Err(PairError::PairCode(PairCodeError::CodeAlreadyOutstanding { .. })) => {
                    client.cancel_pair_code().await;
                    client.pair_with_code(options()).await
                }
                answer => answer,
            }
            .map_err(refusal::pair_code)
        };
        tokio::time::timeout(PAIR_PATIENCE, pairing)
            .await
            .map_err(|_| EngineError::Timeout("a pair code"))?
    }
}

impl Supervisor {
    pub(super) async fn execute(&mut self, command: Command) -> Result<(), EngineError> {
        match command {
            Command::Resume => {
                if self.desired == Desired::Running {
                    self.start_now().await;
                }
            }
            Command::Start => {
                self.want(Desired::Running).await?;
                self.start_now().await;
            }
            Command::Stop => self.stop().await?,
            Command::Restart => {
                self.want(Desired::Running).await?;
                self.take_down().await;
                self.start_now().await;
            }
            Command::Logout => self.logout().await?,
            Command::Delete => {
                self.unlink().await;
                self.take_down().await;
                self.context
                    .shared
                    .storage
                    .delete_session(&self.context.id)
                    .await?;
            }
            Command::Configure => {
                self.configure();
                self.reconfigure().await?;
            }
            Command::Shutdown => self.take_down().await,
        }
        Ok(())
    }

    /// What is read each time it is needed is in force already.
    fn configure(&self) {
        if let Phase::Up(life) = &self.phase
            && self.state.status() == SessionStatus::Connected
        {
            life.running.chores.ask(Chore::ShowPresence);
        }
        if let Phase::Up(life) = &self.phase {
            let wants = self.context.wants_history();
            life.running.client.set_skip_history_sync(!wants);
        }
    }

    /// No change when it runs; a pause before the next try is cut short.
    async fn start_now(&mut self) {
        if !matches!(self.phase, Phase::Up(_)) {
            self.failures = 0;
            self.qr_rounds = 0;
            self.phase = Phase::Waiting(Instant::now());
            // Said at once: whoever asked sees that it has begun.
            self.state.set(SessionStatus::Connecting, None).await;
        }
    }

    async fn stop(&mut self) -> Result<(), EngineError> {
        self.want(Desired::Stopped).await?;
        self.take_down().await;
        if self.state.status() != SessionStatus::LoggedOut {
            self.state.set(SessionStatus::Stopped, None).await;
        }
        Ok(())
    }

    /// A client that reaches WhatsApp another way now is replaced.
    async fn reconfigure(&mut self) -> Result<(), EngineError> {
        let Phase::Up(life) = &self.phase else {
            return Ok(());
        };
        let proxy = client::proxy_of(&self.context).await?;
        if life.running.proxy != proxy {
            self.take_down().await;
            self.start_now().await;
        }
        Ok(())
    }

    /// A first link shows a code on both sides; a link that was proved by the old one goes on by itself.
    async fn on_passkey(&mut self, request: PasskeyRequest) {
        let goes_on = request.is_proved;
        self.state.show_passkey(request).await;
        if !goes_on {
            return;
        }
        let Phase::Up(life) = &self.phase else { return };
        let client = std::sync::Arc::clone(&life.running.client);
        let id = std::sync::Arc::clone(&self.context.id);
        // Beside the supervisor: the answer comes through the client's signals.
        tokio::spawn(async move {
            if let Err(error) = client.send_passkey_confirmation().await {
                tracing::warn!(session.id = %id, %error, "linking with a passkey could not be confirmed");
            }
        });
    }

    async fn logout(&mut self) -> Result<(), EngineError> {
        self.want(Desired::Stopped).await?;
        self.unlink().await;
        self.take_down().await;
        self.context
            .shared
            .storage
            .wipe_device(&self.context.id, self.context.shared.clock.now_ms())
            .await?;
        send::forsake(&self.context).await;
        self.state.forget_account();
        self.state.set(SessionStatus::LoggedOut, Some("logout")).await;
        Ok(())
    }

    /// Tells WhatsApp, when it can be reached, that this device is no longer linked.
    async fn unlink(&mut self) {
        if let Phase::Up(life) = &self.phase
            && life.running.client.is_logged_in()
            && tokio::time::timeout(LOGOUT_PATIENCE, life.running.client.logout())
                .await
                .is_err()
        {
            tracing::warn!(session.id = %self.context.id, "WhatsApp did not confirm the unlinking in time");
        }
    }

    pub(super) async fn want(&mut self, desired: Desired) -> Result<(), EngineError> {
        let shared = &self.context.shared;
        shared
            .storage
            .set_desired(&self.context.id, desired, shared.clock.now_ms())
            .await?;
        self.desired = desired;
        Ok(())
    }

    pub(super) async fn on_signal(&mut self, signal: Signal) {
        match signal {
            Signal::Qr(code) => self.state.show_qr(code).await,
            Signal::PairingCode(code) => self.state.show_pairing_code(code).await,
            Signal::PairingRefused(reason) => {
                tracing::warn!(session.id = %self.context.id, reason, "pairing was refused");
                self.state.set_cause("pairing-refused").await;
            }
            Signal::Passkey(request) => self.on_passkey(request).await,
            Signal::PasskeyFailed(reason) => {
                tracing::warn!(session.id = %self.context.id, reason, "linking with a passkey failed");
                self.state.passkey_ended("passkey-failed").await;
            }
            Signal::QrExhausted => {
                self.qr_rounds += 1;
                if self.qr_rounds < QR_ROUNDS {
                    self.take_down().await;
                    self.phase = Phase::Waiting(Instant::now());
                } else if self.state.wants_passkey() {
                    // By name, so that nobody tries for ever: this account needs somebody who holds its passkey.
                    self.end("passkey-required").await;
                } else {
                    self.end("qr-expired").await;
                }
            }
            // Not logged in yet: the server closes, and the client comes back by itself.
            Signal::PairSuccess => {
                if let Phase::Up(life) = &self.phase {
                    let client = std::sync::Arc::clone(&life.running.client);
                    self.state.paired(&client).await;
                }
            }
            Signal::Connected => {
                self.failures = 0;
                self.qr_rounds = 0;
                self.refusal = None;
                if let Phase::Up(life) = &mut self.phase {
                    life.connected();
                    let client = std::sync::Arc::clone(&life.running.client);
                    life.running.chores.ask(Chore::ShowPresence);
                    life.running.chores.ask(Chore::RefreshGroups);
                    self.state.connected(&client).await;
                    // What waits to be downloaded, or to leave, needed the connection.
                    self.context.shared.media.ring();
                    self.context.queue.notify_one();
                }
            }
            Signal::PushName(name) => {
                if let Phase::Up(life) = &self.phase {
                    life.running.chores.ask(Chore::CorrectPresence);
                }
                self.state.set_push_name(name).await;
            }
            Signal::Disconnected(reason) => {
                tracing::info!(session.id = %self.context.id, reason, "disconnected");
                // Asked of every connection that ends, or what ended this one would be taken for the end of the next.
                if let Phase::Up(life) = &mut self.phase {
                    let cause = life.lost();
                    if self.state.status() == SessionStatus::Connected {
                        self.state.set(SessionStatus::Connecting, Some(cause)).await;
                    }
                }
            }
            Signal::Refused(reason) => {
                tracing::warn!(session.id = %self.context.id, reason, "a login was refused");
                let cause = format!("login-refused: {reason}");
                self.state.set(SessionStatus::Connecting, Some(&cause)).await;
                self.refusal = Some(cause);
            }
            Signal::OfflinePreview(total) => {
                if let Phase::Up(life) = &mut self.phase {
                    life.backlog_since = (total > 0).then(Instant::now);
                }
            }
            Signal::OfflineCompleted => {
                if let Phase::Up(life) = &mut self.phase {
                    life.backlog_since = None;
                }
            }
            Signal::Terminal(reason) => self.on_terminal(reason).await,
        }
    }

    async fn on_terminal(&mut self, reason: Terminal) {
        match reason {
            Terminal::LoggedOut(reason) => {
                tracing::warn!(session.id = %self.context.id, reason, "logged out by the account");
                self.take_down().await;
                let shared = &self.context.shared;
                if let Err(error) = shared
                    .storage
                    .wipe_device(&self.context.id, shared.clock.now_ms())
                    .await
                {
                    tracing::error!(session.id = %self.context.id, error = %error, "the keys were not removed");
                }
                send::forsake(&self.context).await;
                self.state.forget_account();
                self.give_up(SessionStatus::LoggedOut, &format!("logged-out: {reason}"))
                    .await;
            }
            Terminal::Replaced => self.end("replaced").await,
            Terminal::Banned(how_long) => self.end(&format!("banned: {how_long}")).await,
            Terminal::Outdated => self.end("client-outdated").await,
        }
    }

    /// The library's run loop is over. Its reason came as a signal before; without one it is tried again.
    pub(super) async fn on_end(&mut self) {
        self.client.lock().unwrap_or_else(PoisonError::into_inner).take();
        let cause = self.refusal.take();
        self.retry_later(cause.as_deref().unwrap_or("connection-lost"))
            .await;
    }

    /// Down until someone starts it.
    async fn end(&mut self, cause: &str) {
        self.take_down().await;
        self.give_up(SessionStatus::Disconnected, cause).await;
    }

    async fn give_up(&mut self, status: SessionStatus, cause: &str) {
        if let Err(error) = self.want(Desired::Stopped).await {
            tracing::error!(session.id = %self.context.id, error = %error, "that the session ended was not noted");
            self.desired = Desired::Stopped;
        }
        self.state.set(status, Some(cause)).await;
    }
}
