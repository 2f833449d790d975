//! The linked device.

use std::sync::Arc;

use async_trait::async_trait;
use wacore::store::Device;
use wacore::store::device::DEVICE_PROPS;
use wacore::store::error::Result;
use wacore::store::traits::DeviceStore;

use super::{SessionStore, from_json, store_error, to_json};

/// The library numbers the devices of one store. A session has one.
const DEVICE_ID: i32 = 1;

#[async_trait]
impl DeviceStore for SessionStore {
    async fn save(&self, device: &Device) -> Result<()> {
        let record = to_json(device)?;
        self.write(self.storage.put_device_record(&self.session, record))
            .await
    }

    async fn load(&self) -> Result<Option<Device>> {
        let Some(record) = self
            .storage
            .device_record(&self.session)
            .await
            .map_err(store_error)?
        else {
            return Ok(None);
        };
        let mut device: Device = from_json(&record)?;
        // Not part of the record, and empty is not their default: a device that pairs after a restart would introduce
        // itself without a name.
        device.device_props = Arc::new(DEVICE_PROPS.clone());
        Ok(Some(device))
    }

    async fn exists(&self) -> Result<bool> {
        self.storage
            .has_device_record(&self.session)
            .await
            .map_err(store_error)
    }

    async fn create(&self) -> Result<i32> {
        // A device that is there stays: a new one would be a new account to the server.
        let record = to_json(&Device::new())?;
        self.write(self.storage.insert_device_record(&self.session, record))
            .await?;
        Ok(DEVICE_ID)
    }
}
