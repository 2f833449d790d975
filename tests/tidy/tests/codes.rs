//! The codes of errors that the gateway itself answers with stand in `host/docs/api.md`.

use std::collections::BTreeSet;

use wagate_tidy::files::{read, root, sources};

/// Where codes are made that do not stand beside their status.
const ELSEWHERE: &[&str] = &["host/plugin-host/src/switch.rs", "host/gateway/src/http/error.rs"];

/// `StatusCode::NAME, "code"`, on one line or several.
fn beside_a_status(source: &str) -> impl Iterator<Item = &str> {
    source.split("StatusCode::").skip(1).filter_map(|rest| {
        let (name, rest) = rest.split_once(',')?;
        let is_name = name.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'_');
        let code = rest.trim_start().strip_prefix('"')?.split('"').next()?;
        is_name.then_some(code)
    })
}

/// `=> "code"`, `("code", ..)` of a table or a function.
fn of_an_arm(source: &str) -> impl Iterator<Item = &str> {
    source.split("=> ").skip(1).filter_map(|rest| {
        let code = rest
            .trim_start_matches('(')
            .strip_prefix('"')?
            .split('"')
            .next()?;
        let is_code = code.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
        is_code.then_some(code)
    })
}

fn codes() -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let ours = sources(&root().join("host/gateway/src")).into_iter();
    for path in ours.filter(|path| path.extension().is_some_and(|extension| extension == "rs")) {
        found.extend(beside_a_status(&read(&path)).map(str::to_owned));
    }
    for file in ELSEWHERE {
        found.extend(of_an_arm(&read(&root().join(file))).map(str::to_owned));
    }
    found
}

#[test]
fn every_code_is_documented() {
    let document = read(&root().join("host/docs/api.md"));
    let (_, answers) = document.split_once("\n## Answers\n").expect("a section Answers");
    let answers = answers.split("\n## ").next().unwrap_or(answers);
    let documented: BTreeSet<&str> = answers.split('`').skip(1).step_by(2).collect();
    let codes = codes();
    assert!(codes.len() > 40, "so many are known: {codes:?}");
    let missing: Vec<_> = codes
        .iter()
        .filter(|code| !documented.contains(code.as_str()))
        .collect();
    assert!(missing.is_empty(), "not in host/docs/api.md: {missing:?}");
}
