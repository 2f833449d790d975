//! `media`: files by handle, and what can be made of them.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use wagate_media::{MediaError, Pack, Recipe, Shape, Sticker};
use wagate_protocol::error::HostError;
use wagate_protocol::manifest::Right;

use crate::bindings::{error_to_wit, media, types};
use crate::outbound::MAX_DOWNLOAD;
use crate::shelf::{Holder, Owner, ShelfFile};
use crate::state::State;

/// The most a guest gets as bytes: it has to fit into its memory, twice for a moment.
const MAX_GET: u64 = 16 * 1024 * 1024;

impl media::Host for State {
    async fn put(
        &mut self,
        content: Vec<u8>,
        mime_type: String,
        file_name: Option<String>,
    ) -> Result<media::Info, types::Error> {
        let put = self.put_on_shelf(&content, Some(&mime_type), file_name.as_deref());
        put.await.map(info).map_err(error_to_wit)
    }

    async fn get(&mut self, handle: String) -> Result<Vec<u8>, types::Error> {
        let file = self.on_shelf(&handle).map_err(error_to_wit)?;
        if file.bytes > MAX_GET {
            return Err(error_to_wit(HostError::Conflict(format!(
                "handle: the file has {} bytes, and at most {MAX_GET} come as bytes: send the handle, or answer with \
                 the header x-wagate-media",
                file.bytes
            ))));
        }
        tokio::fs::read(&file.path)
            .await
            .map_err(|_| error_to_wit(HostError::unavailable("the file cannot be read now")))
    }

    async fn drop(&mut self, handle: String) -> Result<(), types::Error> {
        let services = self.with_right(Right::Media).map_err(error_to_wit)?;
        let removed = services.shelf.remove(&self.identity.plugin, &handle);
        removed.map_err(error_to_wit)
    }

    async fn fetch_url(&mut self, url: String) -> Result<media::Info, types::Error> {
        self.fetch_into_handle(&url).await.map(info).map_err(error_to_wit)
    }

    async fn of_message(&mut self, session: String, wa_id: String) -> Result<media::Info, types::Error> {
        let services = self
            .with_session(Right::Media, &session)
            .await
            .map_err(error_to_wit)?;
        let owner = self.shelf_owner(Some(&session)).await.map_err(error_to_wit)?;
        let put = async {
            let stored = services.media(&session, &wa_id).await?;
            let name = stored.title.as_deref().unwrap_or(&stored.file_name);
            let notes = vec![("url".to_owned(), format!("/api/media/{}", stored.file_name))];
            services
                .shelf
                .adopt(owner, &stored.path, true, Some(&stored.mime), Some(name), notes)
                .await
        };
        put.await.map(info).map_err(error_to_wit)
    }

    async fn probe(&mut self, handle: String) -> Result<media::Dimensions, types::Error> {
        let services = self.with_right(Right::Media).map_err(error_to_wit)?;
        let file = self.on_shelf(&handle).map_err(error_to_wit)?;
        let found = services.codecs.probe(&file.path).await;
        let found = found.map_err(|error| error_to_wit(codec_error(error)))?;
        Ok(media::Dimensions {
            width: found.width,
            height: found.height,
            frames: found.frames,
            duration_ms: found.duration_ms,
            ext: vec![("mimeType".to_owned(), found.mime)],
        })
    }

    async fn transcode(
        &mut self,
        handle: String,
        recipe: media::Recipe,
    ) -> Result<media::Info, types::Error> {
        let make = async {
            let file = self.on_shelf(&handle)?;
            let recipe = recipe_from_wit(recipe)?;
            self.transcode_file(&file, &recipe).await
        };
        make.await.map(info).map_err(error_to_wit)
    }
}

impl State {
    /// Whose a new file is: of the user whose session it is for, that of the call at hand unless another is named; where
    /// there is none, of who asks.
    async fn shelf_owner(&mut self, session: Option<&str>) -> Result<Owner, HostError> {
        let services = self.with_right(Right::Media)?;
        let at_hand = self.call.session.as_ref().map(|session| session.id.clone());
        let user = match session.map(str::to_owned).or(at_hand) {
            Some(session) => services.user_of(&session).await?,
            None => self.call.caller.clone(),
        };
        Ok(Owner {
            holder: Holder {
                plugin: self.identity.plugin.clone(),
                user: user.unwrap_or_default(),
            },
            quota: self.identity.media_bytes,
            file: self.identity.file.clone(),
        })
    }

    /// The file behind a handle of this plugin.
    pub(crate) fn on_shelf(&self, handle: &str) -> Result<ShelfFile, HostError> {
        let services = self.with_right(Right::Media)?;
        services.shelf.take(&self.identity.plugin, handle)
    }

    /// Puts content behind a new handle.
    pub(crate) async fn put_on_shelf(
        &mut self,
        content: &[u8],
        mime: Option<&str>,
        name: Option<&str>,
    ) -> Result<ShelfFile, HostError> {
        let services = self.with_right(Right::Media)?;
        let owner = self.shelf_owner(None).await?;
        let mut writer = services.shelf.write(owner)?;
        writer.write(content).await?;
        writer.finish(mime, name, Vec::new()).await
    }

    /// Makes something else of a file, behind a new handle.
    pub(crate) async fn transcode_file(
        &mut self,
        file: &ShelfFile,
        recipe: &Recipe,
    ) -> Result<ShelfFile, HostError> {
        let services = self.with_right(Right::Media)?;
        let owner = self.shelf_owner(None).await?;
        let target = services.shelf.scratch();
        let made = services.codecs.transcode(&file.path, &target, recipe).await;
        let made = made.map_err(codec_error)?;
        let mut notes = Vec::new();
        if matches!(recipe, Recipe::Sticker(_)) {
            notes.push(("sticker".to_owned(), "true".to_owned()));
        }
        if let Some(duration_ms) = made.duration_ms {
            notes.push(("durationMs".to_owned(), duration_ms.to_string()));
        }
        if let Some(waveform) = &made.waveform {
            notes.push(("waveform".to_owned(), BASE64.encode(waveform)));
        }
        let name = renamed(file.name.as_deref(), made.mime);
        let adopted = services
            .shelf
            .adopt(owner, &target, false, Some(made.mime), name.as_deref(), notes)
            .await;
        if adopted.is_err() {
            // It was not moved; or the next start removes it.
            let _ = tokio::fs::remove_file(&target).await;
        }
        adopted
    }

    /// Downloads a URL into a handle, by the rules and with the right of `http-client`.
    pub(crate) async fn fetch_into_handle(&mut self, url: &str) -> Result<ShelfFile, HostError> {
        let services = self.with_right(Right::Media)?;
        self.with_right(Right::HttpClient)?;
        let (identity, owner) = (self.identity.clone(), self.shelf_owner(None).await?);
        identity
            .fetches
            .spend(self.spender())
            .map_err(|retry_after_ms| HostError::RateLimited { retry_after_ms })?;
        let mut writer = services.shelf.write(owner)?;
        let time = self.patience(MAX_DOWNLOAD);
        let found = services
            .outbound
            .download(&identity.hosts, &identity.file, url, &mut writer, time)
            .await?;
        if writer.bytes() == 0 {
            return Err(HostError::Invalid("url: the answer is empty".to_owned()));
        }
        writer
            .finish(found.mime.as_deref(), found.name.as_deref(), Vec::new())
            .await
    }
}

fn info(file: ShelfFile) -> media::Info {
    media::Info {
        handle: file.handle,
        mime_type: file.mime,
        bytes: file.bytes,
        sha256: file.sha256,
        file_name: file.name,
        ext: file.notes,
    }
}

fn recipe_from_wit(recipe: media::Recipe) -> Result<Recipe, HostError> {
    let recipe = match recipe {
        media::Recipe::Jpeg((max_px, quality)) => Recipe::Jpeg { max_px, quality },
        media::Recipe::Sticker((shape, quality, pack, author)) => Recipe::Sticker(Sticker {
            shape: Shape::parse(&shape).map_err(codec_error)?,
            quality,
            pack: Pack {
                id: String::new(),
                name: pack,
                author,
                emojis: Vec::new(),
            },
        }),
        media::Recipe::Voice => Recipe::Voice,
        media::Recipe::Other((name, arguments)) => Recipe::named(&name, &arguments)
            .map_err(codec_error)?
            .ok_or_else(|| {
                HostError::Invalid(format!(
                    "recipe: \"{name}\" is not known; there are jpeg, square, thumbnail, sticker and voice"
                ))
            })?,
    };
    recipe.check().map_err(codec_error)?;
    Ok(recipe)
}

pub(crate) fn codec_error(error: MediaError) -> HostError {
    match error {
        MediaError::Unsupported(_)
        | MediaError::Invalid(_)
        | MediaError::TooLarge(_)
        | MediaError::Damaged(_)
        | MediaError::ToolFailed => HostError::Invalid(error.to_string()),
        MediaError::NoFfmpeg(_) => HostError::unavailable(error.to_string()),
        MediaError::Busy => HostError::Unavailable {
            message: error.to_string(),
            retry_after_ms: Some(5000),
        },
        MediaError::ToolTimeout => HostError::Timeout(error.to_string()),
        MediaError::Io(_) | MediaError::Internal(_) => {
            tracing::error!(%error, "a codec failed");
            HostError::Internal(error.to_string())
        }
    }
}

/// The name with the extension of its new type.
fn renamed(name: Option<&str>, mime: &str) -> Option<String> {
    let stem = name?;
    let stem = stem.rsplit_once('.').map_or(stem, |(stem, _)| stem);
    Some(format!("{stem}.{}", wagate_media::sniff::extension(mime)))
}
