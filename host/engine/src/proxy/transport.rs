//! WhatsApp's WebSocket through a proxy: the tunnel, TLS in it, the upgrade in that.

use std::sync::Arc;

use async_trait::async_trait;
use http::HeaderValue;
use http::Uri;
use http::header::ORIGIN;
use tokio_websockets::ClientBuilder;
use wacore::net::{Transport, TransportEvent, TransportFactory, WHATSAPP_WEB_ORIGIN, WHATSAPP_WEB_WS_URL};
use whatsapp_rust::transport::{Connector, default_tls_connector, from_websocket};

use super::{ProxyUrl, dial};
use crate::options::{AddressPolicy, Network};

/// Makes connections through one proxy.
pub(crate) struct ProxiedTransport {
    proxy: ProxyUrl,
    policy: AddressPolicy,
    url: String,
}

impl ProxiedTransport {
    /// To this network.
    pub(crate) fn new(proxy: ProxyUrl, policy: AddressPolicy, network: &Network) -> Self {
        let url = match network {
            Network::WhatsApp => WHATSAPP_WEB_WS_URL.to_owned(),
            Network::Sandbox { ws_url, .. } => ws_url.clone(),
        };
        Self { proxy, policy, url }
    }
}

#[async_trait]
impl TransportFactory for ProxiedTransport {
    async fn create_transport(
        &self,
    ) -> anyhow::Result<(Arc<dyn Transport>, async_channel::Receiver<TransportEvent>)> {
        let uri: Uri = self.url.parse()?;
        let host = uri.host().unwrap_or_default().to_owned();
        let is_tls = uri.scheme_str() == Some("wss");
        let port = uri.port_u16().unwrap_or(if is_tls { 443 } else { 80 });
        let tunnel = dial::connect(&self.proxy, &self.policy, &host, port).await?;
        let connector = if is_tls {
            default_tls_connector()
        } else {
            Connector::Plain
        };
        let stream = connector.wrap(&host, tunnel).await?;
        let (socket, _) = ClientBuilder::from_uri(uri)
            .add_header(ORIGIN, HeaderValue::from_static(WHATSAPP_WEB_ORIGIN))?
            .connect_on(stream)
            .await?;
        Ok(from_websocket(socket))
    }
}
