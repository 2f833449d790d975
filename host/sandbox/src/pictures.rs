//! Profile and group pictures: their bytes, and where a client finds them.

use std::collections::HashMap;

use bytes::Bytes;
use wacore_binary::builder::NodeBuilder;

use crate::state::State;

/// The largest picture taken.
pub(crate) const LARGEST: usize = 5 * 1024 * 1024;
/// Where the pictures are below the base.
const FOLDER: &str = "/pictures/";
/// What pictures are served as.
pub(crate) const CONTENT_TYPE: &str = "image/jpeg";

/// Which of a picture's two sizes; both are the picture as it was uploaded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Size {
    Preview,
    Full,
}

impl Size {
    /// Reads a `type`; whoever asks for no size gets the preview.
    pub(crate) fn of(kind: Option<&str>) -> Self {
        if kind == Some("image") {
            Self::Full
        } else {
            Self::Preview
        }
    }

    fn suffix(self) -> &'static str {
        match self {
            Self::Preview => "-preview.jpg",
            Self::Full => ".jpg",
        }
    }
}

/// The pictures that are in use.
#[derive(Debug, Default)]
pub(crate) struct Pictures {
    /// The address of the control API, which serves what is not on the media host; without a slash at its end.
    pub(crate) base: String,
    by_id: HashMap<String, Picture>,
    last: u64,
}

#[derive(Debug)]
struct Picture {
    bytes: Bytes,
    /// Its path on the media host, which may have none or be full.
    on_host: Option<String>,
}

impl Pictures {
    /// Keeps a picture under a new id.
    fn keep(&mut self, picture: Picture, now: u64) -> String {
        self.last = self.last.max(now) + 1;
        let id = self.last.to_string();
        self.by_id.insert(id.clone(), picture);
        id
    }

    /// The file a path below the pictures' folder names.
    pub(crate) fn file(&self, name: &str) -> Option<Bytes> {
        let id = name
            .strip_suffix(Size::Preview.suffix())
            .or_else(|| name.strip_suffix(Size::Full.suffix()))?;
        self.by_id.get(id).map(|picture| picture.bytes.clone())
    }
}

/// Puts a picture in the place of another one; `None` takes the old one away. Gives back the new one's id.
pub(crate) fn replace(state: &mut State, old: Option<String>, new: Option<Vec<u8>>) -> Option<String> {
    let now = state.clock.now_secs();
    let old = old.and_then(|old| state.pictures.by_id.remove(&old));
    if let (Some(path), Some(media)) = (old.and_then(|old| old.on_host), &state.media) {
        media.withdraw(&path);
    }
    let bytes: Bytes = new?.into();
    let on_host = state
        .media
        .as_ref()
        .and_then(|media| match media.put_public(&bytes, CONTENT_TYPE) {
            Ok(stored) => Some(stored.direct_path),
            Err(error) => {
                tracing::warn!(%error, "a picture is not on the media host: the control API serves it");
                None
            }
        });
    Some(state.pictures.keep(Picture { bytes, on_host }, now))
}

/// A `<picture>` that says where a picture is; `None` when it is gone.
pub(crate) fn link(state: &State, id: &str, size: Size) -> Option<NodeBuilder> {
    let picture = state.pictures.by_id.get(id)?;
    let (url, path) = if let (Some(path), Some(media)) = (&picture.on_host, &state.media) {
        (media.url(path), path.clone())
    } else {
        let path = format!("{FOLDER}{id}{}", size.suffix());
        (format!("{}{path}", state.pictures.base), path)
    };
    Some(
        NodeBuilder::new("picture")
            .attr("id", id)
            .attr(
                "type",
                match size {
                    Size::Preview => "preview",
                    Size::Full => "image",
                },
            )
            .attr("url", url)
            .attr("direct_path", path),
    )
}
