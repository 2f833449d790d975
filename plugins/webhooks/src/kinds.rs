//! Which events a webhook can ask for.

use wagate_plugin_api::kind;

const MAX_KIND: usize = 64;

/// The kinds that can be asked for.
pub(crate) struct Kinds {
    /// Of plugins, as the administrator lists them.
    extra: Vec<String>,
}

impl Kinds {
    /// The known ones and these.
    pub(crate) fn new(extra: Vec<String>) -> Result<Self, String> {
        match extra.iter().find(|kind| !is_kind(kind)) {
            Some(odd) => Err(format!(
                "\"{odd}\" is no event kind of a plugin, such as \"example.reminded\""
            )),
            None => Ok(Self { extra }),
        }
    }

    /// Whether this can be asked for: a kind, `*`, or `message.*`.
    pub(crate) fn check(&self, asked: &str) -> Result<(), String> {
        let all = || {
            kind::ALL
                .iter()
                .copied()
                .chain(self.extra.iter().map(String::as_str))
        };
        let is_known = match asked.strip_suffix('*') {
            Some("") => true,
            Some(area) => area.ends_with('.') && all().any(|kind| kind.starts_with(area)),
            None => all().any(|kind| kind == asked),
        };
        if is_known {
            return Ok(());
        }
        let mut names: Vec<&str> = all().collect();
        names.sort_unstable();
        let asked: String = asked.chars().take(MAX_KIND).collect();
        Err(format!(
            "unknown event \"{asked}\": one of *, {}",
            names.join(", ")
        ))
    }
}

fn is_kind(text: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-_.".contains(&byte);
    text.len() <= MAX_KIND
        && text.bytes().all(plain)
        && text
            .split_once('.')
            .is_some_and(|(area, word)| !area.is_empty() && !word.is_empty())
}

#[cfg(test)]
mod tests {
    use super::Kinds;

    #[test]
    fn a_typing_error_is_refused_with_what_there_is() {
        let kinds = Kinds::new(vec!["example.reminded".to_owned()]).unwrap();
        for good in [
            "*",
            "message.received",
            "message.*",
            "example.reminded",
            "example.*",
        ] {
            kinds.check(good).unwrap();
        }
        for bad in [
            "",
            "message.recieved",
            "messages.*",
            "message*",
            "**",
            "other.word",
        ] {
            let text = kinds.check(bad).unwrap_err();
            assert!(
                text.contains("message.received") && text.contains("example.reminded"),
                "{text}"
            );
        }
        assert!(Kinds::new(vec!["Example".to_owned()]).is_err());
    }
}
