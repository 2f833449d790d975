//! What a file is called, made harmless: names come from strangers and end in headers, dialogs and on disks.

use std::fmt::Write as _;

/// Longest name, in characters.
const MAX_CHARS: usize = 255;

/// The last part of a name, without what could not be shown or would be shown as something else; none when nothing is
/// left.
pub fn clean(name: &str) -> Option<String> {
    let last = name.rsplit(['/', '\\']).next().unwrap_or_default();
    let kept: String = last
        .chars()
        .filter(|c| !c.is_control() && !turns_text_around(*c))
        .take(MAX_CHARS)
        .collect();
    let kept = kept.trim().trim_start_matches(['.', ' ']).to_owned();
    (!kept.is_empty()).then_some(kept)
}

/// Marks that make `gpj.exe` look like `exe.jpg`.
fn turns_text_around(c: char) -> bool {
    matches!(c, '\u{061c}' | '\u{200e}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// The value of `Content-Disposition` (RFC 6266): plain for old clients, in UTF-8 beside it for the others.
pub fn disposition(is_attachment: bool, name: Option<&str>) -> String {
    let kind = if is_attachment { "attachment" } else { "inline" };
    let Some(name) = name.and_then(clean) else {
        return kind.to_owned();
    };
    let plain: String = name
        .chars()
        .map(|c| {
            if c.is_ascii_graphic() && !matches!(c, '"' | '\\' | '%') || c == ' ' {
                c
            } else {
                '_'
            }
        })
        .collect();
    let mut header = format!("{kind}; filename=\"{plain}\"");
    if plain != name {
        header.push_str("; filename*=UTF-8''");
        for byte in name.bytes() {
            if byte.is_ascii_alphanumeric() || b"!#$&+-.^_`|~".contains(&byte) {
                header.push(char::from(byte));
            } else {
                // Writing to a string cannot fail.
                let _ = write!(header, "%{byte:02X}");
            }
        }
    }
    header
}

#[cfg(test)]
mod tests {
    use super::{clean, disposition};

    #[test]
    fn names_are_names_and_nothing_more() {
        for (name, kept) in [
            ("Offer 2026.pdf", Some("Offer 2026.pdf")),
            ("../../etc/passwd", Some("passwd")),
            ("C:\\temp\\x.exe", Some("x.exe")),
            ("a\u{202e}fdp.exe", Some("afdp.exe")),
            ("nul\0\r\nl", Some("null")),
            (".. .bashrc", Some("bashrc")),
            ("...", None),
            (" \u{200f} ", None),
            ("dir/", None),
        ] {
            assert_eq!(clean(name).as_deref(), kept, "{name:?}");
        }
        assert_eq!(clean(&"x".repeat(1000)).unwrap().len(), 255);
    }

    #[test]
    fn headers_cannot_be_broken_out_of() {
        for (name, header) in [
            (None, "attachment"),
            (Some("a b.pdf"), "attachment; filename=\"a b.pdf\""),
            (Some("x\"; y=\\z"), "attachment; filename=\"z\""),
            (
                Some("a\"b"),
                "attachment; filename=\"a_b\"; filename*=UTF-8''a%22b",
            ),
            (
                Some("a\r\nSet-Cookie: b"),
                "attachment; filename=\"aSet-Cookie: b\"",
            ),
            (
                Some("Übersicht.pdf"),
                "attachment; filename=\"_bersicht.pdf\"; filename*=UTF-8''%C3%9Cbersicht.pdf",
            ),
        ] {
            assert_eq!(disposition(true, name), header, "{name:?}");
        }
        assert_eq!(disposition(false, Some("a.png")), "inline; filename=\"a.png\"");
    }
}
