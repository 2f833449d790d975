//! A server on this machine that answers in all the ways a client has to survive.

use std::io;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use super::super::client::MAX_BODY;
use super::super::hosts::AllowedHosts;
use super::allowed;

/// Answers by path: `/ok`, `/slow`, `/big`, `/endless`, `/cut`, `/gzip`, `/to/<status>/<location>`. Keeps what it was sent.
pub(super) struct Server {
    pub(super) port: u16,
    pub(super) seen: Arc<Mutex<Vec<String>>>,
    pub(super) connections: Arc<AtomicUsize>,
}

impl Server {
    pub(super) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let seen = Arc::new(Mutex::new(Vec::new()));
        let connections = Arc::new(AtomicUsize::new(0));
        let (all_seen, count) = (seen.clone(), connections.clone());
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                count.fetch_add(1, Ordering::SeqCst);
                tokio::spawn(serve(stream, all_seen.clone()));
            }
        });
        Self {
            port,
            seen,
            connections,
        }
    }

    pub(super) fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.port)
    }

    /// This server granted, and besides it all public hosts on the default ports.
    pub(super) fn allowed(&self) -> AllowedHosts {
        allowed(&["*"], &[&format!("127.0.0.1:{}", self.port)])
    }

    pub(super) fn last(&self) -> String {
        self.seen.lock().unwrap().last().unwrap().clone()
    }
}

async fn serve(mut stream: TcpStream, seen: Arc<Mutex<Vec<String>>>) -> io::Result<()> {
    loop {
        let mut request = Vec::new();
        let (head, length) = loop {
            if stream.read_buf(&mut request).await? == 0 {
                return Ok(());
            }
            // The greeting of TLS.
            if request.first() == Some(&0x16) {
                return stream.write_all(b"HTTP/1.1 400 What?\r\n\r\n").await;
            }
            let text = String::from_utf8_lossy(&request).into_owned();
            if let Some((head, _)) = text.split_once("\r\n\r\n") {
                let head = head.to_ascii_lowercase();
                let length = head.split("content-length: ").nth(1);
                let length = length.and_then(|rest| rest.lines().next()?.parse().ok());
                break (text[..head.len()].to_owned(), length.unwrap_or(0));
            }
        };
        while request.len() < head.len() + 4 + length {
            stream.read_buf(&mut request).await?;
        }
        let path = head.split(' ').nth(1).unwrap_or_default().to_owned();
        seen.lock()
            .unwrap()
            .push(String::from_utf8_lossy(&request).into_owned());
        if path == "/endless" {
            stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await?;
            loop {
                stream.write_all(&[b'x'; 8 * 1024]).await?;
            }
        }
        if path == "/slow" {
            stream
                .write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nslow")
                .await?;
            std::future::pending::<()>().await;
        }
        stream.write_all(answer(&path).as_bytes()).await?;
        if path == "/cut" {
            return Ok(());
        }
    }
}

fn answer(path: &str) -> String {
    if let Some((status, location)) = path.strip_prefix("/to/").and_then(|rest| rest.split_once('/')) {
        return format!("HTTP/1.1 {status} Moved\r\nlocation: {location}\r\ncontent-length: 0\r\n\r\n");
    }
    match path {
        "/big" => format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n", MAX_BODY + 1),
        "/cut" => "HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\ncut".to_owned(),
        "/gzip" => "HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: 3\r\n\r\nraw".to_owned(),
        _ => "HTTP/1.1 201 Made\r\nx-a: b\r\nset-cookie: c=d\r\nkeep-alive: x\r\ncontent-length: 2\r\n\r\nok"
            .to_owned(),
    }
}
