//! Files of the tests, and a server that hands them out.

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

/// The sides of the picture, in pixels.
const SIDE: u32 = 96;
/// The longest head of a request.
const MAX_HEAD: usize = 16 * 1024;

/// A real picture: colours, so that nobody can call it empty.
pub fn picture() -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, SIDE, SIDE);
    encoder.set_color(png::ColorType::Rgb);
    encoder.set_depth(png::BitDepth::Eight);
    let mut writer = encoder.write_header().expect("a header");
    let pixels: Vec<u8> = (0..SIDE * SIDE)
        .flat_map(|pixel| [pixel % 251, pixel / SIDE * 2, 128])
        .map(|value| u8::try_from(value % 256).unwrap_or_default())
        .collect();
    writer.write_image_data(&pixels).expect("pixels");
    writer.finish().expect("an end");
    bytes
}

/// The first bytes of a film. Nothing is to be seen in it.
pub fn film() -> Vec<u8> {
    let mut bytes = b"\0\0\0\x18ftypisom\0\0\x02\0isommp41".to_vec();
    bytes.extend_from_slice(b"\0\0\0\x10mdat12345678");
    bytes
}

/// A sound, in name: one silent MP3 frame after another.
pub fn sound() -> Vec<u8> {
    let mut frame = vec![0xff, 0xfb, 0x90, 0x00];
    frame.resize(417, 0);
    frame.repeat(8)
}

/// A document.
pub fn document() -> Vec<u8> {
    b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n".to_vec()
}

/// The server.
#[derive(Debug)]
pub struct Files {
    port: u16,
}

impl Files {
    /// Starts one.
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let port = listener.local_addr().expect("an address").port();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(async move {
                    // Whoever breaks off does not want the file.
                    let _ = serve(stream).await;
                });
            }
        });
        Self { port }
    }

    /// `127.0.0.1:PORT`.
    pub fn host(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    /// The URL of a file: `picture.png`, `film.mp4`, `sound.mp3`, `paper.pdf`, `release.json`.
    pub fn url(&self, file: &str) -> String {
        format!("http://{}/{file}", self.host())
    }
}

async fn serve(mut stream: TcpStream) -> std::io::Result<()> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") && head.len() < MAX_HEAD {
        if stream.read_buf(&mut head).await? == 0 {
            return Ok(());
        }
    }
    let head = String::from_utf8_lossy(&head).into_owned();
    let path = head.split(' ').nth(1).unwrap_or_default();
    let (status, mime, bytes) = match path.trim_start_matches('/') {
        "picture.png" => (200, "image/png", picture()),
        "film.mp4" => (200, "video/mp4", film()),
        "sound.mp3" => (200, "audio/mpeg", sound()),
        "paper.pdf" => (200, "application/pdf", document()),
        "release.json" => (200, "application/json", release()),
        _ => (404, "text/plain", b"no such file".to_vec()),
    };
    let length = bytes.len();
    let answer = format!(
        "HTTP/1.1 {status} X\r\ncontent-type: {mime}\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n"
    );
    stream.write_all(answer.as_bytes()).await?;
    if !head.starts_with("HEAD ") {
        stream.write_all(&bytes).await?;
    }
    stream.shutdown().await
}

/// What a release server answers.
fn release() -> Vec<u8> {
    br#"{"tag_name":"v99.0.0","name":"v99.0.0","html_url":"https://example.test/releases/v99.0.0","body":"news"}"#
        .to_vec()
}
