//! Groups and people as requests name them.

use serde_json::Value;
use wagate_plugin_api::{Error, Request, jid};

/// Most people of one call.
const MAX_PEOPLE: usize = 1023;

/// The group in the path.
pub(crate) fn group(request: &Request) -> Result<String, Error> {
    let written = request.param("jid")?;
    match jid::recipient(written, "jid") {
        Ok(found) if jid::is_group(&found) => Ok(found),
        _ => Err(Error::bad_request(
            "jid: must be the JID of a group, which ends in @g.us",
        )),
    }
}

/// People, each once, in the order they were written. `check` looks at what was written.
pub(crate) fn people(
    written: &[Value],
    check: impl Fn(&str) -> Result<(), &'static str>,
) -> Result<Vec<String>, Error> {
    if written.len() > MAX_PEOPLE {
        return Err(Error::bad_request(format!(
            "participants: at most {MAX_PEOPLE} people"
        )));
    }
    let mut people: Vec<String> = Vec::with_capacity(written.len());
    for (index, person) in written.iter().enumerate() {
        let field = format!("participants[{index}]");
        let Value::String(person) = person else {
            return Err(Error::bad_request(format!("{field}: must be a string")));
        };
        check(person).map_err(|problem| Error::bad_request(format!("{field}: {problem}")))?;
        let person = jid::recipient(person, &field)?;
        if jid::is_group(&person) {
            return Err(Error::bad_request(format!(
                "{field}: must be a person, not a group"
            )));
        }
        if !people.contains(&person) {
            people.push(person);
        }
    }
    Ok(people)
}
