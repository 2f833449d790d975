//! What an administrator's file grants in vain: no mistake, but perhaps not what was meant.

use serde::Deserialize;
use toml::Spanned;
use wagate_protocol::manifest::{Manifest, Right};

use crate::error::FileError;
use crate::operator::OperatorFile;
use crate::toml_words::place;

/// Which rights have to do with servers.
const REACH_SERVERS: [Right; 2] = [Right::HttpClient, Right::Media];

/// Grants of `[grants]` in the file that give this plugin nothing, each with its place.
pub(crate) fn idle_grants(manifest: &Manifest, file: &str, operator: &OperatorFile) -> Vec<FileError> {
    let text = &operator.text;
    let grants = outline(text);
    let mut remarks = Vec::new();
    let mut remark = |position: usize, message: String| {
        let (line, column) = place(text, position);
        remarks.push(FileError {
            line: Some(line),
            column: Some(column),
            ..FileError::new(file, message)
        });
    };
    for granted in grants.capabilities {
        let name = granted.get_ref();
        let is_wanted = manifest
            .rights
            .iter()
            .any(|request| request.name.as_str() == name);
        if !is_wanted {
            remark(
                granted.span().start,
                format!("grants \"{name}\", which the plugin does not ask for"),
            );
        }
    }
    let has = |right: &Right| manifest.asks_for(*right) && operator.grants.capabilities.contains(right);
    let reaches_servers = REACH_SERVERS.iter().any(has);
    for (key, list) in [("hosts", grants.hosts), ("private_hosts", grants.private_hosts)] {
        if let Some(list) = list.filter(|list| !list.get_ref().is_empty() && !reaches_servers) {
            remark(
                list.span().start,
                format!("{key} has no effect: the plugin has neither of the rights http-client and media"),
            );
        }
    }
    let documents = grants.documents.filter(|list| !list.get_ref().is_empty());
    if let Some(list) = documents.filter(|_| !has(&Right::Settings)) {
        remark(
            list.span().start,
            "documents has no effect: the plugin does not have the right settings".to_owned(),
        );
    }
    remarks
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Grants {
    capabilities: Vec<Spanned<String>>,
    hosts: Option<Spanned<Vec<toml::Value>>>,
    private_hosts: Option<Spanned<Vec<toml::Value>>>,
    documents: Option<Spanned<Vec<toml::Value>>>,
}

/// What is granted, and where it stands.
fn outline(text: &str) -> Grants {
    #[derive(Default, Deserialize)]
    #[serde(default)]
    struct Outline {
        grants: Grants,
    }

    let outline: Outline = toml::from_str(text).unwrap_or_default();
    outline.grants
}

#[cfg(test)]
mod tests {
    use super::*;

    fn remarks(rights: &[&str], grants: &str) -> Vec<String> {
        let rights = rights
            .iter()
            .map(|right| format!("[[rights]]\nname = \"{right}\"\nreason = \"why\"\n"));
        let manifest = format!(
            "id = \"greeter\"\nversion = \"1.0.0\"\napi = \"1.0\"\n{}",
            rights.collect::<String>()
        );
        let manifest = Manifest::parse(&manifest).unwrap();
        let text = format!("enabled = true\n[grants]\n{grants}");
        let operator = OperatorFile::parse("g.toml", &text).unwrap();
        let found = idle_grants(&manifest, "g.toml", &operator);
        found.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn what_gives_nothing_is_told_with_its_place() {
        let grants = "capabilities = [\"store\", \"history\"]\nhosts = [\"*\"]\ndocuments = [\"bot\"]\n";
        let found = remarks(&["store"], grants);
        assert_eq!(
            found,
            [
                "g.toml:3:26: grants \"history\", which the plugin does not ask for",
                "g.toml:4:9: hosts has no effect: the plugin has neither of the rights http-client and media",
                "g.toml:5:13: documents has no effect: the plugin does not have the right settings",
            ]
        );
    }

    #[test]
    fn what_is_asked_for_and_granted_needs_no_remark() {
        let grants = "capabilities = [\"media\", \"settings\"]\nhosts = [\"*\"]\ndocuments = [\"bot\"]\n";
        assert!(remarks(&["media", "settings", "store"], grants).is_empty());
        assert!(remarks(&[], "capabilities = []\nhosts = []\n").is_empty());
    }
}
