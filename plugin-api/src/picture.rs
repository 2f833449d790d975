//! Pictures of accounts and groups, as clients bring them: a file of a form, or the address of one.

use serde::Deserialize;
use wagate_protocol::error::HostError;

use crate::error::Error;
use crate::host::Host;
use crate::media::Recipe;
use crate::request::Request;

/// Side of the picture that is set, in pixels.
const SIDE: u32 = 640;
/// Of its JPEG, 1 to 100.
const QUALITY: u8 = 80;
/// What a client without a file sends.
const URL: &str = "url";

/// The body of a client without a file.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Link {
    url: Option<String>,
}

/// The middle of the picture that the request carries, as a square JPEG: a file in one of `fields` of a form, or
/// `url` of a form or of a JSON body. Needs the right `media`, and `http-client` for a URL. A 400 says `missing` when
/// there is neither, and names the field of what is no picture.
pub fn square_jpeg(
    host: &dyn Host,
    request: &Request,
    fields: &[&str],
    missing: &str,
) -> Result<Vec<u8>, Error> {
    let required = || Error::bad_request(missing);
    let (link, file) = match request.form()? {
        Some(form) => {
            let mut file = None;
            for &name in fields {
                let found = form.optional_file(name)?;
                file = file.or(found.map(|found| (name, found.handle.clone())));
            }
            (form.text(URL)?.map(str::to_owned), file)
        }
        None => (request.json::<Link>()?.url, None),
    };
    let (field, handle) = if let Some(file) = file {
        file
    } else {
        let link = link
            .map(|link| link.trim().to_owned())
            .filter(|link| !link.is_empty());
        (URL, host.media_fetch_url(&link.ok_or_else(required)?)?.handle)
    };
    let made = square(host, &handle);
    // A handle that is not given up takes room for a day; one that cannot be, does no harm.
    let _ = host.media_drop(&handle);
    made.map_err(|error| match error {
        HostError::Invalid(text) => Error::bad_request(format!("{field}: {text}")),
        other => Error::Host(other),
    })
}

fn square(host: &dyn Host, handle: &str) -> Result<Vec<u8>, HostError> {
    let arguments = format!(r#"{{"size":{SIDE},"quality":{QUALITY}}}"#);
    let made = host.media_transcode(handle, &Recipe::Other(("square".to_owned(), arguments)))?;
    let jpeg = host.media_get(&made.handle);
    let _ = host.media_drop(&made.handle);
    jpeg
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::testing::{FakeHost, request};

    const NONE: &str = "file is required";

    fn asked(body: &Value, is_form: bool) -> Request {
        let mut request = request("PUT", "/api/x", &[], Some(body));
        if is_form {
            request.headers.push(("x-wagate-form".to_owned(), "1".to_owned()));
        }
        request
    }

    fn form_with(field: &str, handle: &str) -> Value {
        let file = json!({ "handle": handle, "mimeType": "image/png", "bytes": 3, "sha256": "00" });
        json!({ "fields": {}, "files": { field: file } })
    }

    #[test]
    fn a_picture_comes_as_a_file_or_by_its_address_and_leaves_no_handle() {
        let host = FakeHost::default();
        let handle = host.media_put(b"png", "image/png", None).unwrap().handle;
        host.will_download("https://example.com/a.png", "image/png", b"png");
        let link = json!({ "url": "https://example.com/a.png" });
        for request in [
            asked(&form_with("image", &handle), true),
            asked(&json!({ "fields": link, "files": {} }), true),
            asked(&link, false),
        ] {
            assert_eq!(
                square_jpeg(&host, &request, &["file", "image"], NONE).unwrap(),
                b"png"
            );
        }
        assert_eq!(host.handles(), [""; 0]);
        assert!(host.calls()[0].contains("square"), "{:?}", host.calls());
    }

    #[test]
    fn what_is_missing_or_no_picture_is_named() {
        let host = FakeHost::default();
        let read = |body: &Value, is_form| {
            square_jpeg(&host, &asked(body, is_form), &["file"], NONE)
                .unwrap_err()
                .to_string()
        };
        for (body, is_form) in [
            (json!({}), false),
            (json!({ "url": " " }), false),
            (json!({ "fields": {}, "files": {} }), true),
            (form_with("other", "h"), true),
        ] {
            assert_eq!(read(&body, is_form), "400: file is required");
        }
        for (form, said) in [
            (
                json!({ "fields": { "file": "text" } }),
                "400: file: must be a file, not text",
            ),
            (form_with("url", "h"), "400: url: must be text, not a file"),
        ] {
            assert_eq!(read(&form, true), said);
        }
        assert!(read(&json!({ "url": 5 }), false).starts_with("400: url: invalid type"));
        let handle = host.media_put(b"text", "text/plain", None).unwrap().handle;
        host.refuse(
            "media_transcode",
            HostError::Invalid("this is no picture".to_owned()),
        );
        assert_eq!(
            read(&form_with("file", &handle), true),
            "400: file: this is no picture"
        );
        assert_eq!(host.handles(), [""; 0], "given up all the same");
    }
}
