//! What a file is, read off its first bytes. What a client or sender says is believed only where the content has no
//! marks of its own.

/// As many bytes as [`settle`] looks at.
pub const HEAD_BYTES: usize = 8 * 1024;

/// What nothing better is known about.
pub const UNKNOWN: &str = "application/octet-stream";

/// What WhatsApp makes of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A picture, shown.
    Image,
    /// A film, played.
    Video,
    /// A sound, played.
    Audio,
    /// Anything else, offered for download.
    Document,
}

/// The type the content shows; none when it has no marks.
pub fn sniff(head: &[u8]) -> Option<&'static str> {
    if head.starts_with(b"OggS") {
        // The first packet names the codec; infer looks at the container alone.
        let first = head.get(..96).unwrap_or(head);
        let names = |mark: &[u8]| first.windows(mark.len()).any(|window| window == mark);
        return Some(if names(b"OpusHead") {
            "audio/ogg; codecs=opus"
        } else if names(b"theora") {
            "video/ogg"
        } else {
            "audio/ogg"
        });
    }
    infer::get(head).map(|found| found.mime_type()).map(canonical)
}

/// The type of a file: by its content, else what was declared, else [`UNKNOWN`]. The result is fit for a header.
pub fn settle(head: &[u8], declared: Option<&str>) -> String {
    let declared = declared.and_then(plain);
    match (sniff(head), declared) {
        (Some(found), Some(declared)) if is_the_same_container(found, &declared) => declared,
        (Some(found), _) => found.to_owned(),
        (None, Some(declared)) if !has_marks(&declared) => declared,
        (None, _) => UNKNOWN.to_owned(),
    }
}

/// The kind of message a type makes.
pub fn kind(mime: &str) -> Kind {
    match essence(mime) {
        "image/jpeg" | "image/png" | "image/gif" | "image/webp" => Kind::Image,
        mime if mime.starts_with("video/") => Kind::Video,
        mime if mime.starts_with("audio/") => Kind::Audio,
        _ => Kind::Document,
    }
}

/// Whether a browser may show it in place. What can hold a script is only ever offered for download.
pub fn is_shown_in_place(mime: &str) -> bool {
    matches!(
        essence(mime),
        "image/jpeg"
            | "image/png"
            | "image/gif"
            | "image/webp"
            | "image/avif"
            | "image/bmp"
            | "video/mp4"
            | "video/webm"
            | "video/ogg"
            | "video/quicktime"
            | "video/3gpp"
            | "audio/mpeg"
            | "audio/mp4"
            | "audio/aac"
            | "audio/ogg"
            | "audio/amr"
            | "audio/wav"
            | "audio/webm"
            | "audio/flac"
            | "application/pdf"
    )
}

/// The extension of a file of this type, without the dot; `bin` where none is usual.
pub fn extension(mime: &str) -> &'static str {
    match essence(mime) {
        "image/jpeg" => "jpg",
        "image/png" => "png",
        "image/gif" => "gif",
        "image/webp" => "webp",
        "video/mp4" => "mp4",
        "video/webm" => "webm",
        "video/quicktime" => "mov",
        "video/3gpp" => "3gp",
        "video/x-matroska" => "mkv",
        "audio/mpeg" => "mp3",
        "audio/mp4" => "m4a",
        "audio/aac" => "aac",
        "audio/ogg" => "ogg",
        "audio/wav" => "wav",
        "audio/amr" => "amr",
        "audio/flac" => "flac",
        "application/pdf" => "pdf",
        "application/zip" => "zip",
        "application/gzip" => "gz",
        "application/json" => "json",
        "application/msword" => "doc",
        "application/vnd.ms-excel" => "xls",
        "application/vnd.ms-powerpoint" => "ppt",
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document" => "docx",
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet" => "xlsx",
        "application/vnd.openxmlformats-officedocument.presentationml.presentation" => "pptx",
        "application/vnd.oasis.opendocument.text" => "odt",
        "application/vnd.oasis.opendocument.spreadsheet" => "ods",
        "application/epub+zip" => "epub",
        "text/plain" => "txt",
        "text/csv" => "csv",
        "text/vcard" => "vcf",
        "text/html" => "html",
        _ => "bin",
    }
}

/// Type and subtype, without parameters.
pub fn essence(mime: &str) -> &str {
    mime.split(';').next().unwrap_or_default().trim()
}

/// One name where several are in use.
fn canonical(mime: &'static str) -> &'static str {
    match mime {
        "audio/x-wav" => "audio/wav",
        "audio/m4a" | "audio/x-m4a" => "audio/mp4",
        "audio/x-flac" => "audio/flac",
        "audio/opus" => "audio/ogg; codecs=opus",
        "video/x-m4v" => "video/mp4",
        "text/xml" => "application/xml",
        mime => mime,
    }
}

/// A declared type, when it is one; lower case, with the one parameter that matters.
fn plain(declared: &str) -> Option<String> {
    let name = essence(declared).to_ascii_lowercase();
    let (first, second) = name.split_once('/')?;
    let token = |text: &str| {
        !text.is_empty()
            && text.len() <= 100
            && text
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || b"!#$&-^_.+".contains(&byte))
    };
    if !token(first) || !token(second) {
        return None;
    }
    let has_opus = declared
        .split(';')
        .skip(1)
        .any(|parameter| parameter.trim().eq_ignore_ascii_case("codecs=opus"));
    Some(if has_opus {
        format!("{name}; codecs=opus")
    } else {
        name
    })
}

/// Containers that hold several types: the content shows the container, the declaration what is in it.
fn is_the_same_container(found: &str, declared: &str) -> bool {
    let declared = essence(declared);
    match found {
        "application/zip" => {
            declared.starts_with("application/vnd.openxmlformats-officedocument.")
                || declared.starts_with("application/vnd.oasis.opendocument.")
                || matches!(
                    declared,
                    "application/epub+zip"
                        | "application/java-archive"
                        | "application/vnd.android.package-archive"
                )
        }
        "application/x-ole-storage" => matches!(
            declared,
            "application/msword" | "application/vnd.ms-excel" | "application/vnd.ms-powerpoint"
        ),
        "video/mp4" => matches!(declared, "audio/mp4" | "audio/aac" | "video/3gpp"),
        "video/webm" => declared == "audio/webm",
        "video/ogg" => declared == "audio/ogg",
        "application/xml" => declared == "image/svg+xml",
        _ => false,
    }
}

/// Whether content of this type always shows what it is: declared and not found, it is something else.
fn has_marks(mime: &str) -> bool {
    let mime = essence(mime);
    let family = mime.split('/').next().unwrap_or_default();
    (matches!(family, "image" | "video" | "audio") && mime != "image/svg+xml")
        || matches!(
            mime,
            "application/pdf" | "application/zip" | "application/gzip" | "application/x-msdownload"
        )
}

#[cfg(test)]
mod tests {
    use super::{Kind, extension, is_shown_in_place, kind, settle};

    const PNG: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR";

    /// The head of a program, as long as one is at least.
    const ELF: [u8; 64] = {
        let mut head = [0; 64];
        head[0] = 0x7f;
        head[1] = b'E';
        head[2] = b'L';
        head[3] = b'F';
        head
    };

    #[test]
    fn content_beats_what_is_declared() {
        for (head, declared, settled) in [
            (PNG, Some("image/jpeg"), "image/png"),
            (PNG, Some("text/html"), "image/png"),
            (PNG, None, "image/png"),
            (b"<html><script>", Some("image/png"), "text/html"),
            (&ELF, Some("image/png"), "application/x-executable"),
            (b"hello", Some("image/png"), "application/octet-stream"),
            (b"hello", Some("text/plain; charset=utf-8"), "text/plain"),
            (b"hello", Some("TEXT/CSV"), "text/csv"),
            (b"hello", Some("x\r\ny/z"), "application/octet-stream"),
            (b"hello", None, "application/octet-stream"),
            (
                b"PK\x03\x04zipzipzip",
                Some("application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
                "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
            ),
            (b"PK\x03\x04zipzipzip", Some("text/html"), "application/zip"),
            (b"\0\0\0\x18ftypmp42\0\0\0\0mp42", Some("audio/mp4"), "audio/mp4"),
        ] {
            assert_eq!(settle(head, declared), settled, "{head:?} {declared:?}");
        }
        let mut ogg = b"OggS\0\x02".to_vec();
        ogg.extend([0; 22]);
        ogg.extend(b"OpusHead\x01\x01");
        assert_eq!(settle(&ogg, Some("audio/mpeg")), "audio/ogg; codecs=opus");
    }

    #[test]
    fn kinds_and_names_follow_the_type() {
        assert_eq!(kind("image/png"), Kind::Image);
        assert_eq!(kind("image/svg+xml"), Kind::Document);
        assert_eq!(kind("audio/ogg; codecs=opus"), Kind::Audio);
        assert_eq!(extension("audio/ogg; codecs=opus"), "ogg");
        assert_eq!(extension("application/x-anything"), "bin");
        assert!(is_shown_in_place("application/pdf"));
        for dangerous in [
            "text/html",
            "image/svg+xml",
            "application/xml",
            "text/plain",
            "application/javascript",
        ] {
            assert!(!is_shown_in_place(dangerous), "{dangerous}");
        }
    }
}
