//! `wagate tour`: the quickstart. A sandbox network and a gateway in one process, a session paired over REST, a rule
//! added, a message answered end to end; then it stays up to be played with.

mod client;

use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};
use serde_json::{Value, json};

use crate::app::{App, Options};
use crate::auth::key;
use crate::cli::TourArgs;
use crate::config::Config;
use crate::config::environment::FirstAdmin;
use crate::config::log::Level;
use crate::logging;
use crate::out::{self, Ready};
use crate::sandbox::SandboxNetwork;
use crate::signals::{self, Signals};
use client::{Client, Reply};

/// No number of these exists: they are set aside for stories.
const OWNER: &str = "12025550101";
const CONTACT: &str = "12025550102";
const SESSION: &str = "demo";
const EMAIL: &str = "demo@example.test";
const QUESTION: &str = "ping";
const ANSWER: &str = "pong from wagate";

/// Each step gets this long. On a busy machine the first one compiles plugins.
const START: Duration = Duration::from_mins(2);
const STEP: Duration = Duration::from_secs(30);
/// How often a state is asked for that cannot be waited for.
const POLL: Duration = Duration::from_millis(50);

/// Tells the story, then waits for a signal unless `--once`.
pub(crate) async fn run(args: TourArgs) -> anyhow::Result<()> {
    let mut signals = Signals::install().context("cannot listen for signals")?;
    let mut config = Config::load(&args.config)?;
    // The story is on stdout; a log in between would bury it.
    config.log.level = Level::quiet();
    // A receiver that somebody tries is on the same machine.
    config.delivery.allow_loopback();
    let log_level = logging::start(&config.log)?;
    // Removed when this function ends.
    let temporary = tempfile::tempdir().context("cannot create a temporary directory")?;
    let data_dir = args.data.clone().unwrap_or_else(|| temporary.path().join("data"));

    let story = Story {
        started: Instant::now(),
    };
    let api_key = key::generate();
    let password = key::random_text(12);
    let network = story
        .quiet(
            "the network starts",
            STEP,
            SandboxNetwork::inside(Some(data_dir.as_path())),
        )
        .await?;
    let options = Options {
        config_dir: args.config,
        config,
        data_dir,
        listen: args.listen,
        network: network.target(),
        control: network.control().to_owned(),
        first_admin: FirstAdmin {
            email: Some(EMAIL.to_owned()),
            password: Some(password.clone()),
            api_key: Some(api_key.clone()),
        },
        secrets: None,
        log_level,
    };
    // Nothing else is said for as long as that takes.
    out::error_line(
        "The plugins in the box are compiled, which takes a moment: a minute or two on a small machine.",
    );
    let app = tokio::select! {
        app = story.quiet("the gateway starts", START, App::start(options)) => app?,
        () = signals.next() => return Ok(()),
    };
    Ready::gateway(&app.url()).with_sandbox(network.ready()).print()?;

    let told = tokio::select! {
        told = tell(&story, &app, &network, &api_key) => Some(told),
        () = signals.next() => None,
    };
    if !args.once && matches!(told, Some(Ok(()))) {
        invite(&app.url(), network.control(), &api_key, &password)?;
        signals.next().await;
    }
    let stop = async {
        app.stop().await;
        network.stop().await;
    };
    signals::stop_or_exit(&mut signals, stop).await;
    match told {
        Some(told) => told,
        None if args.once => bail!("ended by a signal before the story was over"),
        None => Ok(()),
    }
}

/// The story itself.
async fn tell(story: &Story, app: &App, network: &SandboxNetwork, api_key: &str) -> anyhow::Result<()> {
    if !app.made_first_admin() {
        bail!("the data directory has users already: the tour needs an empty one");
    }
    let api = Client::new(&app.url(), Some(api_key))?;
    let phones = Client::new(network.control(), None)?;
    out::line("")?;
    out::line(
        "A WhatsApp gateway and a WhatsApp network to try it on, in one process, nothing leaves this machine.",
    )?;
    out::line("")?;
    story.note(&format!("the network is up: {}", network.ws()))?;
    story.note(&format!("the gateway is up: {}", app.url()))?;

    story
        .step(
            "two people buy phones: Olivia, whose number gets the gateway, and Carl",
            STEP,
            async {
                for (number, name) in [(OWNER, "Olivia"), (CONTACT, "Carl")] {
                    phones
                        .post("/phones", &json!({ "number": number, "name": name }))
                        .await?
                        .expect_success()?;
                }
                Ok(())
            },
        )
        .await?;
    story
        .step("POST /api/sessions makes the session \"demo\"", STEP, async {
            let body = json!({ "name": "Demo", "sessionId": SESSION });
            api.post("/api/sessions", &body).await?.expect_success()?;
            Ok(())
        })
        .await?;
    let qr = story
        .step(
            "GET /api/sessions/demo/qr shows a QR code",
            STEP,
            wait_for_qr(&api),
        )
        .await?;
    story
        .step("Olivia scans it with her phone", STEP, async {
            let path = format!("/phones/{OWNER}/scan");
            phones.post(&path, &json!({ "qr": qr })).await?.expect_success()?;
            Ok(())
        })
        .await?;
    story
        .step("the session is CONNECTED", STEP, wait_for_connected(&api))
        .await?;
    story
        .step(
            "POST /api/autoreplies/demo adds a rule: whoever writes \"ping\" gets an answer",
            STEP,
            async {
                let body = json!({ "keyword": QUESTION, "response": ANSWER, "matchType": "EXACT" });
                api.post("/api/autoreplies/demo", &body).await?.expect_success()?;
                Ok(())
            },
        )
        .await?;
    story
        .step(
            "Carl writes \"ping\" to Olivia, end-to-end encrypted",
            STEP,
            async {
                let path = format!("/phones/{CONTACT}/messages");
                phones
                    .post(&path, &json!({ "to": OWNER, "text": QUESTION }))
                    .await?
                    .expect_success()?;
                Ok(())
            },
        )
        .await?;
    story
        .step(
            "Carl's phone decrypts the answer: \"pong from wagate\"",
            STEP,
            wait_for_answer(&phones),
        )
        .await?;
    out::line("")?;
    Ok(())
}

async fn wait_for_qr(api: &Client) -> anyhow::Result<String> {
    loop {
        let reply = api.get(&format!("/api/sessions/{SESSION}/qr")).await?;
        if let (true, Some(qr)) = (reply.is_success(), reply.text("/qr")) {
            return Ok(qr);
        }
        // Not there yet is a 404; anything else will not get better.
        if reply.status != 404 {
            reply.expect_success()?;
        }
        tokio::time::sleep(POLL).await;
    }
}

async fn wait_for_connected(api: &Client) -> anyhow::Result<()> {
    loop {
        let reply = api
            .get(&format!("/api/sessions/{SESSION}"))
            .await?
            .expect_success()?;
        if reply.text("/status").as_deref() == Some("CONNECTED") {
            return Ok(());
        }
        tokio::time::sleep(POLL).await;
    }
}

async fn wait_for_answer(phones: &Client) -> anyhow::Result<()> {
    let mut after = 0;
    loop {
        let path = format!("/phones/{CONTACT}/inbox?after={after}&wait=5000");
        let reply = phones.get(&path).await?.expect_success()?;
        if has_answer(&reply) {
            return Ok(());
        }
        after = reply.body.get("next").and_then(Value::as_u64).unwrap_or(after);
    }
}

fn has_answer(reply: &Reply) -> bool {
    let messages = reply.body.get("messages").and_then(Value::as_array);
    messages.is_some_and(|messages| {
        messages
            .iter()
            .any(|message| message.get("text").and_then(Value::as_str) == Some(ANSWER))
    })
}

/// What to do next.
fn invite(url: &str, control: &str, api_key: &str, password: &str) -> anyhow::Result<()> {
    out::line(&format!(
        "The gateway stays up: {url} (open it: the dashboard, and two phones to type on)"
    ))?;
    out::line(&format!("Sign in with:         {EMAIL}  {password}"))?;
    out::line("")?;
    out::line("In a second terminal, paste this:")?;
    out::line("")?;
    out::line(&format!("API={url}"))?;
    out::line(&format!("CONTROL={control}"))?;
    out::line(&format!("KEY={api_key}"))?;
    out::line("")?;
    out::line("and try it:")?;
    out::line("")?;
    out::line(&format!(
        "curl -sS -H \"X-API-Key: $KEY\" $API/api/sessions/{SESSION}"
    ))?;
    out::line(&format!(
        "curl -sS -H \"X-API-Key: $KEY\" $API/api/messages/{SESSION}/{CONTACT}/send \
         -d '{{\"message\":{{\"text\":\"hello Carl\"}}}}'"
    ))?;
    out::line(&format!("curl -sS $CONTROL/phones/{CONTACT}/inbox"))?;
    out::line("")?;
    out::line("Ctrl-C ends it.")?;
    Ok(())
}

/// Prints what happens, with the time since the start and the time it took.
struct Story {
    started: Instant,
}

impl Story {
    /// A step that is told once it has happened.
    async fn step<T>(
        &self,
        what: &str,
        within: Duration,
        work: impl Future<Output = anyhow::Result<T>>,
    ) -> anyhow::Result<T> {
        let begun = Instant::now();
        let value = self.quiet(what, within, work).await?;
        self.note(&format!("{what} ({} ms)", begun.elapsed().as_millis()))?;
        Ok(value)
    }

    /// A step that nobody has to read about unless it fails.
    async fn quiet<T>(
        &self,
        what: &str,
        within: Duration,
        work: impl Future<Output = anyhow::Result<T>>,
    ) -> anyhow::Result<T> {
        match tokio::time::timeout(within, work).await {
            Ok(result) => result.with_context(|| format!("the tour failed at: {what}")),
            Err(_) => bail!(
                "the tour failed at: {what}: it did not happen within {} s",
                within.as_secs()
            ),
        }
    }

    fn note(&self, what: &str) -> anyhow::Result<()> {
        out::line(&format!(
            "{:>7.2} s  {what}",
            self.started.elapsed().as_secs_f64()
        ))?;
        Ok(())
    }
}
