//! Messages that need nothing but what their spec says.

use buffa::MessageField;
use waproto::whatsapp as wa;

use super::spec::{Buttons, Card, Cards, List, Place, Poll, Text};

pub(super) fn text(text: &Text) -> wa::Message {
    let Some(preview) = &text.preview else {
        return wa::Message {
            conversation: Some(text.text.clone()),
            ..Default::default()
        };
    };
    wa::Message {
        extended_text_message: MessageField::some(wa::message::ExtendedTextMessage {
            text: Some(text.text.clone()),
            matched_text: Some(preview.url.clone()),
            title: preview.title.clone(),
            description: preview.description.clone(),
            ..Default::default()
        }),
        ..Default::default()
    }
}

pub(super) fn location(place: &Place) -> wa::Message {
    wa::Message {
        location_message: MessageField::some(wa::message::LocationMessage {
            degrees_latitude: Some(place.latitude),
            degrees_longitude: Some(place.longitude),
            name: place.name.clone(),
            address: place.address.clone(),
            url: place.url.clone(),
            comment: place.caption.clone(),
            accuracy_in_meters: place.accuracy,
            speed_in_mps: place.speed,
            ..Default::default()
        }),
        ..Default::default()
    }
}

pub(super) fn live_location(place: &Place) -> wa::Message {
    wa::Message {
        live_location_message: MessageField::some(wa::message::LiveLocationMessage {
            degrees_latitude: Some(place.latitude),
            degrees_longitude: Some(place.longitude),
            accuracy_in_meters: place.accuracy,
            speed_in_mps: place.speed,
            caption: place.caption.clone(),
            sequence_number: place.sequence.or(Some(1)),
            ..Default::default()
        }),
        ..Default::default()
    }
}

pub(super) fn contacts(cards: &Cards) -> wa::Message {
    if let [one] = cards.contacts.as_slice() {
        return wa::Message {
            contact_message: MessageField::some(card(one)),
            ..Default::default()
        };
    }
    let count = cards.contacts.len();
    wa::Message {
        contacts_array_message: MessageField::some(wa::message::ContactsArrayMessage {
            display_name: cards.title.clone().or_else(|| Some(format!("{count} contacts"))),
            contacts: cards.contacts.iter().map(card).collect(),
            ..Default::default()
        }),
        ..Default::default()
    }
}

fn card(card: &Card) -> wa::message::ContactMessage {
    let vcard = card.vcard.clone().unwrap_or_else(|| {
        let number: String = card
            .number
            .as_deref()
            .unwrap_or_default()
            .chars()
            .filter(char::is_ascii_digit)
            .collect();
        let telephone = if number.is_empty() {
            String::new()
        } else {
            format!("TEL;type=CELL;waid={number}:+{number}\n")
        };
        let name = &card.name;
        format!("BEGIN:VCARD\nVERSION:3.0\nN:;{name};;;\nFN:{name}\n{telephone}END:VCARD")
    });
    wa::message::ContactMessage {
        display_name: Some(card.name.clone()),
        vcard: Some(vcard),
        ..Default::default()
    }
}

/// The official clients use version 3 for a single choice and version 1 for several.
pub(super) fn poll(poll: &Poll) -> wa::Message {
    let creation = MessageField::some(wa::message::PollCreationMessage {
        name: Some(poll.question.clone()),
        options: poll
            .options
            .iter()
            .map(|option| wa::message::poll_creation_message::Option {
                option_name: Some(option.clone()),
                ..Default::default()
            })
            .collect(),
        selectable_options_count: Some(poll.selectable),
        ..Default::default()
    });
    if poll.selectable == 1 {
        wa::Message {
            poll_creation_message_v3: creation,
            ..Default::default()
        }
    } else {
        wa::Message {
            poll_creation_message: creation,
            ..Default::default()
        }
    }
}

pub(super) fn list(list: &List) -> wa::Message {
    use wa::message::list_message::{ListType, Row, Section};

    let section = |section: &super::spec::Section| Section {
        title: section.title.clone(),
        rows: section
            .rows
            .iter()
            .map(|row| Row {
                row_id: Some(row.id.clone()),
                title: Some(row.title.clone()),
                description: row.description.clone(),
            })
            .collect(),
    };
    wa::Message {
        list_message: MessageField::some(wa::message::ListMessage {
            title: list.title.clone(),
            description: Some(list.text.clone()),
            button_text: Some(list.button.clone()),
            list_type: Some(ListType::SINGLE_SELECT),
            sections: list.sections.iter().map(section).collect(),
            footer_text: list.footer.clone(),
            ..Default::default()
        }),
        ..Default::default()
    }
}

pub(super) fn buttons(buttons: &Buttons) -> wa::Message {
    use wa::message::buttons_message::button::{ButtonText, Type};
    use wa::message::buttons_message::{Button, HeaderType};

    let button = |button: &super::spec::Button| Button {
        button_id: Some(button.id.clone()),
        button_text: MessageField::some(ButtonText {
            display_text: Some(button.text.clone()),
        }),
        r#type: Some(Type::RESPONSE),
        ..Default::default()
    };
    wa::Message {
        buttons_message: MessageField::some(wa::message::ButtonsMessage {
            content_text: Some(buttons.text.clone()),
            footer_text: buttons.footer.clone(),
            buttons: buttons.choices.iter().map(button).collect(),
            header_type: Some(HeaderType::EMPTY),
            ..Default::default()
        }),
        ..Default::default()
    }
}
