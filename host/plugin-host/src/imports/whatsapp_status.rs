//! `whatsapp-status`: status posts.

use wagate_engine::content::{Content, Media, MediaKind, MediaSource};
use wagate_engine::ops::StatusPost;
use wagate_protocol::error::HostError;
use wagate_protocol::manifest::Right;

use crate::bindings::{error_to_wit, types, whatsapp_status};
use crate::services::engine_error;
use crate::state::State;

impl whatsapp_status::Host for State {
    async fn send(
        &mut self,
        session: String,
        post: whatsapp_status::Post,
        recipients: Vec<String>,
    ) -> Result<String, types::Error> {
        // Counted before anything can fail: the n-th call of a repeated hook must stay the n-th.
        let key = self.next_send_key();
        let sent = async {
            let account = self.account(Right::WhatsappStatus, &session).await?;
            let services = self.with_right(Right::WhatsappStatus)?;
            let (origin, mut made) = (self.origin(&session), Vec::new());
            let sent = match self.status_post(post, &mut made).await {
                Ok(post) => {
                    let sent = account.post_status(post, &recipients, key, Some(origin)).await;
                    sent.map(|sent| sent.message_id).map_err(engine_error)
                }
                Err(error) => Err(error),
            };
            self.give_up(&services, made, sent.as_ref().err());
            sent
        };
        sent.await.map_err(error_to_wit)
    }
}

impl State {
    async fn status_post(
        &mut self,
        post: whatsapp_status::Post,
        made: &mut Vec<String>,
    ) -> Result<StatusPost, HostError> {
        let (kind, (handle, caption)) = match post {
            whatsapp_status::Post::Text((text, background, font)) => {
                return Ok(StatusPost::Text {
                    text,
                    background,
                    font,
                });
            }
            whatsapp_status::Post::Image(image) => (MediaKind::Image, image),
            whatsapp_status::Post::Video(video) => (MediaKind::Video, video),
        };
        let media = Media {
            caption,
            ..Media::new(kind, MediaSource::Handle(handle))
        };
        match self.with_files(Content::Media(Box::new(media)), made).await? {
            Content::Media(media) => Ok(StatusPost::Media(media)),
            _ => Err(HostError::Internal("a file became something else".to_owned())),
        }
    }
}
