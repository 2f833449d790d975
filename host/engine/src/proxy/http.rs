//! Media and version requests through the same proxy.

use wacore::net::HttpClient;
use whatsapp_rust::http::UreqHttpClient;

use super::{ProxyKind, ProxyUrl, dial};
use crate::options::AddressPolicy;

/// A client that asks through the proxy. The proxy's name is resolved once, so that only a judged address is dialled.
pub(crate) async fn client(
    proxy: &ProxyUrl,
    policy: &AddressPolicy,
) -> anyhow::Result<impl HttpClient + use<>> {
    let addresses = dial::addresses(proxy, policy).await?;
    let address = addresses
        .first()
        .ok_or_else(|| anyhow::anyhow!("the proxy's name has no address"))?;
    let kind = match proxy.kind() {
        ProxyKind::Socks5 => ureq::ProxyProtocol::Socks5,
        ProxyKind::Http => ureq::ProxyProtocol::Http,
    };
    let mut builder = ureq::Proxy::builder(kind)
        .host(&address.ip().to_string())
        .port(address.port());
    if let Some(user) = &proxy.user {
        builder = builder.username(user);
    }
    if let Some(password) = &proxy.password {
        builder = builder.password(password.expose());
    }
    let agent: ureq::Agent = ureq::Agent::config_builder()
        .proxy(Some(builder.build()?))
        .build()
        .into();
    Ok(UreqHttpClient::with_agent(agent))
}
