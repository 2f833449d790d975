//! A connection through a proxy: to an address that was judged, and from there on to a host that the proxy resolves.

use std::net::SocketAddr;
use std::time::Duration;

use anyhow::{Context as _, bail};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpStream, lookup_host};
use url::Host;

use super::{ProxyKind, ProxyUrl};
use crate::options::AddressPolicy;

/// Longest wait for the proxy, name and handshake included.
const PATIENCE: Duration = Duration::from_secs(20);
/// Longest answer to `CONNECT`.
const MAX_HEAD: usize = 8 * 1024;

const SOCKS: u8 = 5;
const NO_LOGIN: u8 = 0;
const WITH_PASSWORD: u8 = 2;

/// The addresses of the proxy that may be dialled; an error when it has none.
pub(super) async fn addresses(proxy: &ProxyUrl, policy: &AddressPolicy) -> anyhow::Result<Vec<SocketAddr>> {
    let found: Vec<SocketAddr> = match &proxy.host {
        Host::Domain(name) => lookup_host((name.as_str(), proxy.port))
            .await
            .context("the proxy's name cannot be resolved")?
            .collect(),
        Host::Ipv4(address) => vec![SocketAddr::from((*address, proxy.port))],
        Host::Ipv6(address) => vec![SocketAddr::from((*address, proxy.port))],
    };
    let allowed: Vec<SocketAddr> = found
        .iter()
        .copied()
        .filter(|address| policy.allows(address.ip().to_canonical()))
        .collect();
    match found.first() {
        None => bail!("the proxy's name has no address"),
        Some(first) if allowed.is_empty() => bail!(
            "the proxy's address {} is not public: an administrator can allow it in wagate.toml ([proxy] private_networks)",
            first.ip()
        ),
        Some(_) => Ok(allowed),
    }
}

/// A connection to `host:port`, through the proxy.
pub(super) async fn connect(
    proxy: &ProxyUrl,
    policy: &AddressPolicy,
    host: &str,
    port: u16,
) -> anyhow::Result<TcpStream> {
    let dialling = async {
        let addresses = addresses(proxy, policy).await?;
        let mut stream = TcpStream::connect(addresses.as_slice())
            .await
            .context("the proxy cannot be reached")?;
        match proxy.kind {
            ProxyKind::Socks5 => socks5(&mut stream, proxy, host, port).await?,
            ProxyKind::Http => http_connect(&mut stream, proxy, host, port).await?,
        }
        anyhow::Ok(stream)
    };
    tokio::time::timeout(PATIENCE, dialling)
        .await
        .context("the proxy did not answer in time")?
}

/// RFC 1928, with the login of RFC 1929.
async fn socks5(stream: &mut TcpStream, proxy: &ProxyUrl, host: &str, port: u16) -> anyhow::Result<()> {
    let methods: &[u8] = if proxy.user.is_some() {
        &[SOCKS, 2, NO_LOGIN, WITH_PASSWORD]
    } else {
        &[SOCKS, 1, NO_LOGIN]
    };
    stream.write_all(methods).await?;
    let [version, method] = read(stream).await?;
    if version != SOCKS {
        bail!("the proxy does not speak SOCKS5");
    }
    match method {
        NO_LOGIN => {}
        WITH_PASSWORD => {
            let user = proxy.user.as_deref().unwrap_or_default();
            let password = proxy.password.as_ref().map_or("", |password| password.expose());
            let mut login = vec![1, length(user)?];
            login.extend_from_slice(user.as_bytes());
            login.push(length(password)?);
            login.extend_from_slice(password.as_bytes());
            stream.write_all(&login).await?;
            let [_, status] = read(stream).await?;
            if status != 0 {
                bail!("the proxy refuses user and password");
            }
        }
        _ => bail!("the proxy wants a login that it was not given"),
    }
    // By name: the proxy resolves it.
    let mut request = vec![SOCKS, 1, 0, 3, length(host)?];
    request.extend_from_slice(host.as_bytes());
    request.extend_from_slice(&port.to_be_bytes());
    stream.write_all(&request).await?;
    let [_, status, _, kind] = read(stream).await?;
    if status != 0 {
        bail!("the proxy does not connect (SOCKS5 reply {status})");
    }
    // The address it dials from, which nobody needs.
    let rest = match kind {
        1 => 4,
        4 => 16,
        3 => {
            let [length] = read(stream).await?;
            usize::from(length)
        }
        _ => bail!("the proxy answers with an unknown kind of address"),
    };
    let mut skipped = vec![0; rest + 2];
    stream.read_exact(&mut skipped).await?;
    Ok(())
}

fn length(text: &str) -> anyhow::Result<u8> {
    u8::try_from(text.len()).context("a text is too long for SOCKS5")
}

async fn read<const N: usize>(stream: &mut TcpStream) -> anyhow::Result<[u8; N]> {
    let mut bytes = [0; N];
    stream
        .read_exact(&mut bytes)
        .await
        .context("the proxy closed the connection")?;
    Ok(bytes)
}

async fn http_connect(stream: &mut TcpStream, proxy: &ProxyUrl, host: &str, port: u16) -> anyhow::Result<()> {
    let mut request = format!("CONNECT {host}:{port} HTTP/1.1\r\nHost: {host}:{port}\r\n");
    if let Some(user) = &proxy.user {
        let password = proxy.password.as_ref().map_or("", |password| password.expose());
        let login = STANDARD.encode(format!("{user}:{password}"));
        request.push_str("Proxy-Authorization: Basic ");
        request.push_str(&login);
        request.push_str("\r\n");
    }
    request.push_str("\r\n");
    stream.write_all(request.as_bytes()).await?;
    // Byte by byte: what follows the head is the tunnel's.
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        if head.len() >= MAX_HEAD {
            bail!("the proxy's answer is too long");
        }
        let [byte] = read(stream).await?;
        head.push(byte);
    }
    let status = head
        .split(|byte| *byte == b' ')
        .nth(1)
        .and_then(|status| str::from_utf8(status).ok())
        .unwrap_or_default();
    match status {
        "200" => Ok(()),
        "407" => bail!("the proxy refuses user and password"),
        other => {
            let status: String = other.chars().take(3).collect();
            bail!("the proxy does not connect (HTTP status {status})")
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::TcpListener;

    use super::connect;
    use crate::options::AddressPolicy;
    use crate::proxy::ProxyUrl;

    /// A proxy that expects and answers these bytes in turn, then echoes; its port.
    async fn proxy(script: Vec<(Vec<u8>, Vec<u8>)>) -> u16 {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            for (expected, answer) in script {
                let mut got = vec![0; expected.len()];
                stream.read_exact(&mut got).await.unwrap();
                assert_eq!(String::from_utf8_lossy(&got), String::from_utf8_lossy(&expected));
                stream.write_all(&answer).await.unwrap();
            }
            let byte = stream.read_u8().await.unwrap();
            stream.write_u8(byte).await.unwrap();
        });
        port
    }

    async fn through(url: &str) -> anyhow::Result<()> {
        let url = ProxyUrl::parse(url).unwrap();
        let mut stream = connect(&url, &AddressPolicy::new(|_| true), "web.example", 443).await?;
        stream.write_u8(7).await?;
        assert_eq!(
            stream.read_u8().await?,
            7,
            "the tunnel starts where the handshake ends"
        );
        Ok(())
    }

    fn request() -> Vec<u8> {
        [&[5, 1, 0, 3, 11][..], b"web.example", &[1, 187]].concat()
    }

    #[tokio::test]
    async fn socks5_with_and_without_a_login() {
        let connected = vec![5, 0, 0, 1, 127, 0, 0, 1, 0, 9];
        let port = proxy(vec![(vec![5, 1, 0], vec![5, 0]), (request(), connected.clone())]).await;
        through(&format!("socks5://127.0.0.1:{port}")).await.unwrap();

        let login = [&[1, 3][..], b"ann", &[6], b"secret"].concat();
        let port = proxy(vec![
            (vec![5, 2, 0, 2], vec![5, 2]),
            (login.clone(), vec![1, 0]),
            (request(), connected),
        ])
        .await;
        through(&format!("socks5://ann:secret@127.0.0.1:{port}"))
            .await
            .unwrap();

        let port = proxy(vec![(vec![5, 2, 0, 2], vec![5, 2]), (login, vec![1, 1])]).await;
        let refused = through(&format!("socks5://ann:secret@127.0.0.1:{port}")).await;
        assert!(
            refused
                .unwrap_err()
                .to_string()
                .contains("refuses user and password")
        );
        let port = proxy(vec![(vec![5, 1, 0], vec![5, 0]), (request(), vec![5, 5, 0, 1])]).await;
        let refused = through(&format!("socks5://127.0.0.1:{port}")).await;
        assert!(refused.unwrap_err().to_string().contains("reply 5"));
    }

    #[tokio::test]
    async fn http_connect_with_a_login() {
        let head = "CONNECT web.example:443 HTTP/1.1\r\nHost: web.example:443\r\n\
                    Proxy-Authorization: Basic YW5uOnNlY3JldA==\r\n\r\n";
        let fine = b"HTTP/1.1 200 Connection established\r\nVia: x\r\n\r\n".to_vec();
        let port = proxy(vec![(head.as_bytes().to_vec(), fine)]).await;
        through(&format!("http://ann:secret@127.0.0.1:{port}"))
            .await
            .unwrap();
        let no = b"HTTP/1.1 407 Proxy Authentication Required\r\n\r\n".to_vec();
        let port = proxy(vec![(head.as_bytes().to_vec(), no)]).await;
        let refused = through(&format!("http://ann:secret@127.0.0.1:{port}")).await;
        assert!(
            refused
                .unwrap_err()
                .to_string()
                .contains("refuses user and password")
        );
    }

    #[tokio::test]
    async fn a_proxy_at_an_address_that_is_not_allowed_is_never_dialled() {
        let url = ProxyUrl::parse("socks5://127.0.0.1:1080").unwrap();
        let refused = connect(&url, &AddressPolicy::default(), "web.example", 443).await;
        assert!(refused.unwrap_err().to_string().contains("private_networks"));
    }
}
