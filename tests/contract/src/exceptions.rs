//! Where the gateway is meant to differ from the reference, each with its reason. Everything else is a mistake.

/// Five lists and three objects whose field `status` is a text: a body cannot have both shapes, and the reference that
/// was given wins.
const REFERENCE_ONLY: &[&str] = &[
    "GET /groups/{sessionId}",
    "GET /sessions",
    "GET /chat/{sessionId}",
    "GET /users",
    "GET /notifications",
    "POST /sessions",
    "GET /sessions/{id}",
    "GET /profile/{sessionId}",
];

/// Required fields that clients leave out in practice, and what they mean then.
const LEFT_OUT: &[(&str, &str, &str)] = &[
    (
        "PUT /chat/{sessionId}/{jid}/archive",
        "archive",
        "without a body: archive",
    ),
    ("PUT /chat/{sessionId}/{jid}/mute", "mute", "without a body: mute"),
    ("PUT /chat/{sessionId}/{jid}/pin", "pin", "without a body: pin"),
    (
        "POST /webhooks/{sessionId}",
        "name",
        "a name is made from the URL",
    ),
    (
        "PUT /labels/{sessionId}/chat/{jid}/labels",
        "action",
        "without an action: exactly these labels",
    ),
    (
        "PUT /profile/{sessionId}/picture",
        "image",
        "the reference calls the field file, its server image",
    ),
    (
        "POST /status/{sessionId}/update",
        "content",
        "a picture needs no caption",
    ),
    ("POST /status/update", "content", "a picture needs no caption"),
];

/// Fields that are documented and say nothing.
const NOT_READ: &[(&str, &str, &str)] = &[];

/// Ids that need not be known.
const UNKNOWN: &[(&str, &str, &str)] = &[];

/// Fields that are missing or of another type on purpose: operation, place in the answer, reason.
const SHAPES: &[(&str, &str, &str)] = &[
    (
        "GET /groups/{sessionId}",
        "/*/participants/*/admin",
        "null for members without a rank, as everywhere else",
    ),
    (
        "GET /chat/{sessionId}/{jid}",
        "/data/*/type",
        "kinds the living server shows as an empty text, polls and lists, have a name",
    ),
    ("GET /auth/session", "/user/image", "users have no picture"),
    (
        "PATCH /users/{id}",
        "/user/emailVerified",
        "there is no verification of addresses",
    ),
    ("PATCH /users/{id}", "/user/image", "users have no picture"),
    (
        "POST /chat/{sessionId}/{jid}/profile-picture",
        "/message",
        "only said when there is no picture",
    ),
    (
        "POST /chat/{sessionId}/check",
        "/results/*/error",
        "only there when there is one",
    ),
    (
        "POST /labels/{sessionId}",
        "/label/predefinedId",
        "labels of the gateway are not WhatsApp's own",
    ),
];

/// The operation has only one of its two shapes.
pub fn follows_the_reference_only(operation: &str) -> bool {
    REFERENCE_ONLY.contains(&operation)
}

/// A field that is marked as required and may be left out.
pub fn may_be_left_out(operation: &str, field: &str) -> bool {
    has(LEFT_OUT, operation, field)
}

/// A field that is not looked at.
pub fn is_not_read(operation: &str, field: &str) -> bool {
    has(NOT_READ, operation, field)
}

/// An id that need not be known.
pub fn takes_unknown(operation: &str, parameter: &str) -> bool {
    has(UNKNOWN, operation, parameter)
}

/// A place of an answer that is meant to differ.
pub fn differs(operation: &str, place: &str) -> bool {
    has(SHAPES, operation, place)
}

fn has(list: &[(&str, &str, &str)], operation: &str, what: &str) -> bool {
    list.iter()
        .any(|(known, named, _)| *known == operation && *named == what)
}
