//! `POST /api/messages/{sessionId}/{jid}/send`

use serde_json::{Value, json};
use wagate_plugin_api::{Error, Host, OutgoingText, Request, Response, Sent};

use crate::Messages;
use crate::content::{Send, Text};

pub(crate) fn send(_plugin: &Messages, host: &dyn Host, request: &Request) -> Result<Response, Error> {
    let Text { text, mentions } = request.json::<Send>()?.into_text()?;
    let message = OutgoingText {
        to: request.param("jid")?.to_owned(),
        text,
        mentions,
    };
    let sent = host.send_text(&request.session()?.id, &message)?;
    Response::data("Message sent successfully", &sent_message(&sent, &message))
}

/// The contract's `SentMessage`: Baileys' form of the message that left.
fn sent_message(sent: &Sent, message: &OutgoingText) -> Value {
    let content = if message.mentions.is_empty() {
        json!({ "conversation": message.text })
    } else {
        let context = json!({ "mentionedJid": message.mentions });
        json!({ "extendedTextMessage": { "text": message.text, "contextInfo": context } })
    };
    json!({
        "key": { "remoteJid": sent.chat, "fromMe": true, "id": sent.id },
        "message": content,
        "messageTimestamp": (sent.timestamp_ms / 1000).to_string(),
        "status": sent.status,
    })
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};
    use wagate_plugin_api::testing::{FakeHost, request};
    use wagate_plugin_api::{Body, HostError, Plugin, Response};

    use crate::Messages;

    fn post(host: &FakeHost, body: &Value) -> Response {
        let params = [("sessionId", "shop"), ("jid", "15550100@s.whatsapp.net")];
        let request = request(
            "POST",
            "/api/messages/{sessionId}/{jid}/send",
            &params,
            Some(body),
        );
        Messages
            .handle_http(host, &request)
            .unwrap_or_else(|error| error.to_response())
    }

    fn json_of(response: &Response) -> Value {
        match &response.body {
            Body::Text(text) => serde_json::from_str(text).unwrap(),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_text_is_sent_and_answered_in_the_contracts_form() {
        let host = FakeHost::default();
        let answer = json_of(&post(&host, &json!({"message": {"text": "hi"}})));
        assert_eq!(
            answer["data"]["key"],
            json!({"remoteJid": "15550100@s.whatsapp.net", "fromMe": true, "id": "3EB00001"})
        );
        assert_eq!(answer["data"]["message"], json!({"conversation": "hi"}));
        assert_eq!(answer["data"]["messageTimestamp"], "1760000000");
        assert_eq!(host.sent()[0].text, "hi");
    }

    #[test]
    fn a_session_that_is_not_connected_is_a_503() {
        let host = FakeHost::default();
        *host.send_error.borrow_mut() = Some(HostError::unavailable("Session not ready"));
        let response = post(&host, &json!({"message": {"text": "hi"}}));
        assert_eq!(response.status, 503);
        assert_eq!(
            json_of(&response),
            json!({"status": false, "message": "Session not ready", "error": "Session not ready"})
        );
    }
}
