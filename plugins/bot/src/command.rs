//! Commands in chats.

use wagate_plugin_api::bot::BotConfig;
use wagate_plugin_api::{Error, Event, Host};

use crate::incoming::{Incoming, sender};
use crate::{reply, sticker, uptime};

/// What can be asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Command {
    Ping,
    Id,
    Uptime,
    Menu,
    Sticker { without_background: bool },
}

impl Command {
    /// None for what is no command, or one that is switched off.
    fn read(text: &str, config: &BotConfig) -> Option<Self> {
        let rest = text
            .strip_prefix(config.prefix.as_str())
            .filter(|_| !config.prefix.is_empty())?;
        // The word follows at once.
        if rest.starts_with(char::is_whitespace) {
            return None;
        }
        let mut words = rest.split_whitespace();
        match words.next()?.to_lowercase().as_str() {
            "ping" if config.enable_ping => Some(Self::Ping),
            "id" => Some(Self::Id),
            "uptime" if config.enable_uptime => Some(Self::Uptime),
            "menu" | "help" => Some(Self::Menu),
            "sticker" | "s" | "stiker" if config.enable_sticker => Some(Self::Sticker {
                without_background: words
                    .any(|word| matches!(word.to_lowercase().as_str(), "nobg" | "removebg")),
            }),
            _ => None,
        }
    }
}

/// Answers, if this is a command and its sender may use it. A repeated event finds the same answers already sent.
pub(crate) fn answer(
    host: &dyn Host,
    event: &Event,
    config: &BotConfig,
    message: &Incoming,
) -> Result<(), Error> {
    let Some(command) = Command::read(&message.text, config).filter(|_| config.enabled) else {
        return Ok(());
    };
    if !config.may_command(&sender(event)?) {
        return Ok(());
    }
    let session = &event.session.id;
    config.hold(host, session)?;
    match command {
        Command::Ping => reply::text(host, session, message, "Pong! 🏓"),
        Command::Id => reply::text(host, session, message, &format!("*Chat ID:* `{}`", message.chat)),
        Command::Uptime => {
            let uptime = uptime::text(host, session)?;
            reply::text(host, session, message, &format!("*Session Uptime:* {uptime}"))
        }
        Command::Menu => reply::text(host, session, message, &menu(config)),
        Command::Sticker { without_background } => {
            sticker::answer(host, session, config, message, without_background)
        }
    }
}

fn menu(config: &BotConfig) -> String {
    let prefix = &config.prefix;
    let mut lines = vec![format!("*{}*", config.bot_name), String::new()];
    if config.enable_ping {
        lines.push(format!("{prefix}ping: whether I am here"));
    }
    lines.push(format!("{prefix}id: this chat's address"));
    if config.enable_uptime {
        lines.push(format!("{prefix}uptime: how long I have been connected"));
    }
    if config.enable_sticker {
        let what = if config.enable_video_sticker {
            format!("a picture, or a video of up to {} s", config.max_sticker_duration)
        } else {
            "a picture".to_owned()
        };
        lines.push(format!(
            "{prefix}sticker: a sticker of {what}; {prefix}sticker nobg: without its background"
        ));
    }
    lines.push(format!("{prefix}menu: this list"));
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_is_the_first_word_behind_the_prefix() {
        let plain = Command::Sticker {
            without_background: false,
        };
        let bare = Command::Sticker {
            without_background: true,
        };
        let config = BotConfig::default();
        for (text, command) in [
            ("#ping", Some(Command::Ping)),
            ("#PING now", Some(Command::Ping)),
            ("#id", Some(Command::Id)),
            ("#help", Some(Command::Menu)),
            ("#s", Some(plain)),
            ("#stiker RemoveBG", Some(bare)),
            ("# ping", None),
            (" #ping", None),
            ("ping", None),
            ("#pingpong", None),
            ("#", None),
        ] {
            assert_eq!(Command::read(text, &config), command, "{text}");
        }
        let other = BotConfig {
            prefix: "!!".to_owned(),
            enable_ping: false,
            enable_uptime: false,
            enable_sticker: false,
            ..BotConfig::default()
        };
        for text in ["!!ping", "!!uptime", "!!sticker", "#id"] {
            assert_eq!(Command::read(text, &other), None, "{text}");
        }
        assert_eq!(Command::read("!!id", &other), Some(Command::Id));
        assert_eq!(
            menu(&other),
            "*wagate bot*\n\n!!id: this chat's address\n!!menu: this list"
        );
    }
}
