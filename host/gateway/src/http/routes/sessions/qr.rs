//! `GET /api/sessions/{id}/qr`: the code to scan, as text and as a picture.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use qrcode::{EcLevel, QrCode};
use serde::Serialize;
use serde_json::Value;
use wagate_engine::SessionStatus;

use crate::http::access::Access;
use crate::http::error::ApiError;
use crate::http::state::ApiState;

/// Pixels a module.
const SCALE: usize = 6;
/// The white frame, in modules: scanners need four.
const QUIET: usize = 4;
const BLACK: u8 = 0;
const WHITE: u8 = 255;

/// The documented shape, and the same in an envelope beside it.
#[derive(Debug, Serialize)]
pub(crate) struct Answer {
    status: bool,
    message: &'static str,
    #[serde(flatten)]
    code: Code,
    data: Code,
}

#[derive(Debug, Clone, Serialize)]
struct Code {
    success: bool,
    qr: String,
    base64: String,
}

/// Answers.
pub(crate) async fn handle(access: Access, State(state): State<ApiState>) -> Result<Json<Answer>, ApiError> {
    let live = state.engine.snapshot(&access.session.id);
    if live
        .as_ref()
        .is_some_and(|live| live.status == SessionStatus::Connected)
    {
        return Err(
            ApiError::new(StatusCode::BAD_REQUEST, "already_connected", "Already connected")
                .with("connected", true),
        );
    }
    let Some(qr) = live.and_then(|live| live.qr) else {
        let message = "QR code not available. Session may be connecting...";
        return Err(ApiError::new(StatusCode::NOT_FOUND, "qr_not_available", message).with("qr", Value::Null));
    };
    let png = png(&qr).map_err(|error| {
        tracing::error!(%error, "a QR code could not be drawn");
        ApiError::internal()
    })?;
    let base64 = format!("data:image/png;base64,{}", STANDARD.encode(png));
    let code = Code {
        success: true,
        qr,
        base64,
    };
    Ok(Json(Answer {
        status: true,
        message: "QR code generated",
        code: code.clone(),
        data: code,
    }))
}

/// The code as a black and white picture.
fn png(text: &str) -> anyhow::Result<Vec<u8>> {
    let code = QrCode::with_error_correction_level(text.as_bytes(), EcLevel::L)?;
    let modules = code.width();
    let side = (modules + 2 * QUIET) * SCALE;
    let mut pixels = Vec::with_capacity(side * side);
    let blank = vec![WHITE; side];
    for _ in 0..QUIET * SCALE {
        pixels.extend_from_slice(&blank);
    }
    for row in code.to_colors().chunks(modules) {
        let mut line = vec![WHITE; QUIET * SCALE];
        for color in row {
            line.extend_from_slice(&[color.select(BLACK, WHITE); SCALE]);
        }
        line.resize(side, WHITE);
        for _ in 0..SCALE {
            pixels.extend_from_slice(&line);
        }
    }
    pixels.resize(side * side, WHITE);

    let side = u32::try_from(side)?;
    let mut file = Vec::new();
    let mut encoder = png::Encoder::new(&mut file, side, side);
    encoder.set_color(png::ColorType::Grayscale);
    encoder.set_depth(png::BitDepth::Eight);
    let mut writer = encoder.write_header()?;
    writer.write_image_data(&pixels)?;
    writer.finish()?;
    Ok(file)
}

#[cfg(test)]
mod tests {
    use super::{QUIET, SCALE, png};

    #[test]
    fn a_code_becomes_a_square_picture_with_a_white_frame() {
        let file = png("2@AbCdEfGhIjKlMnOp,and,some,more,text").unwrap();
        assert!(file.starts_with(b"\x89PNG\r\n\x1a\n"));
        let mut reader = ::png::Decoder::new(std::io::Cursor::new(file))
            .read_info()
            .unwrap();
        let (width, height) = (reader.info().width as usize, reader.info().height as usize);
        assert_eq!(width, height);
        assert_eq!(width % SCALE, 0);
        let mut pixels = vec![0; width * height];
        reader.next_frame(&mut pixels).unwrap();
        let frame = QUIET * SCALE;
        assert!(
            pixels[..frame * width].iter().all(|pixel| *pixel == 255),
            "the frame is white"
        );
        assert_eq!(
            pixels[frame * width + frame],
            0,
            "the first finder pattern starts right inside of it"
        );
    }

    #[test]
    fn what_does_not_fit_in_a_code_is_an_error() {
        assert!(png(&"x".repeat(5_000)).is_err());
    }
}
