//! The machine and this process, for administrators: how busy, how full. In the form that the contract's monitor has.

use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

use serde_json::{Value, json};
use sysinfo::{Disks, Networks, Pid, ProcessRefreshKind, ProcessesToUpdate, System};

/// Disks and networks of a machine that are listed.
const MOST: usize = 32;

/// Looks at the machine. Loads are measured between two looks.
pub(crate) struct Machine {
    seen: Mutex<Seen>,
    data_dir: PathBuf,
    started_ms: i64,
}

/// None on a machine that tells nothing.
struct Seen {
    system: Option<System>,
    networks: Option<Networks>,
}

impl Machine {
    /// A first look, so that the next one has something to compare with.
    pub(crate) fn new(data_dir: PathBuf, now_ms: i64) -> Self {
        let mut system = System::new().ok();
        if let Some(system) = &mut system {
            system.refresh_cpu_usage();
            system.refresh_memory();
        }
        Self {
            seen: Mutex::new(Seen {
                system,
                networks: Networks::new_with_refreshed_list().ok(),
            }),
            data_dir,
            started_ms: now_ms,
        }
    }

    /// Resident memory of this process, bytes.
    pub(crate) fn resident_bytes(&self) -> u64 {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        seen.system.as_mut().map_or(0, own_memory)
    }

    /// Everything. Reads files of the system: for a blocking thread.
    pub(crate) fn report(&self, now_ms: i64) -> Value {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let resident = seen.system.as_mut().map_or(0, own_memory);
        json!({
            "cpu": seen.system.as_mut().map(cpu).unwrap_or_default(),
            "memory": seen.system.as_mut().map(memory).unwrap_or_default(),
            "disk": disks(),
            "network": seen.networks.as_mut().map(network).unwrap_or_default(),
            "os": {
                "platform": std::env::consts::OS,
                "distro": System::name().ok(),
                "release": System::os_version().ok(),
                "kernel": System::kernel_version().ok(),
                "arch": std::env::consts::ARCH,
                "uptime": System::uptime().ok(),
            },
            "process": {
                "uptime": (now_ms - self.started_ms).max(0) / 1_000,
                // There is no heap of a runtime here: what the process holds is what counts.
                "heapTotal": resident,
                "heapUsed": resident,
                "rss": resident,
            },
            "storage": { "databaseBytes": self.database_bytes() },
        })
    }

    fn database_bytes(&self) -> u64 {
        ["wagate.db", "wagate.db-wal"]
            .iter()
            .filter_map(|name| std::fs::metadata(self.data_dir.join(name)).ok())
            .map(|meta| meta.len())
            .sum()
    }
}

fn cpu(system: &mut System) -> Value {
    system.refresh_cpu_usage();
    let cores: Vec<Value> = system
        .cpus()
        .iter()
        .enumerate()
        .map(|(core, cpu)| json!({ "core": core, "load": rounded(cpu.usage()) }))
        .collect();
    json!({ "load": rounded(system.global_cpu_usage()), "cores": cores })
}

fn memory(system: &mut System) -> Value {
    system.refresh_memory();
    json!({
        "total": system.total_memory(),
        "used": system.used_memory(),
        "free": system.available_memory(),
        "swapTotal": system.total_swap(),
        "swapUsed": system.used_swap(),
    })
}

fn network(networks: &mut Networks) -> Value {
    networks.refresh(true);
    networks
        .iter()
        .take(MOST)
        .map(|(name, data)| {
            json!({
                "iface": name,
                "rxBytes": data.total_received(),
                "txBytes": data.total_transmitted(),
                "rxSinceLast": data.received(),
                "txSinceLast": data.transmitted(),
            })
        })
        .collect()
}

fn own_memory(system: &mut System) -> u64 {
    let pid = Pid::from_u32(std::process::id());
    system.refresh_processes_specifics(
        ProcessesToUpdate::Some(&[pid]),
        true,
        ProcessRefreshKind::nothing().with_memory(),
    );
    system.process(pid).map_or(0, sysinfo::Process::memory)
}

/// Disks by how much is left, never by what is on them.
fn disks() -> Vec<Value> {
    let found = Disks::new_with_refreshed_list().ok();
    let found = found.iter().flat_map(|disks| disks.iter());
    found
        .take(MOST)
        .map(|disk| {
            let (total, available) = (disk.total_space(), disk.available_space());
            let used = total.saturating_sub(available);
            json!({
                "fs": disk.name().to_string_lossy(),
                "type": disk.file_system().to_string_lossy(),
                "mount": disk.mount_point().to_string_lossy(),
                "size": total,
                "used": used,
                "available": available,
                "use": percent(used, total),
            })
        })
        .collect()
}

fn percent(part: u64, whole: u64) -> u64 {
    part.saturating_mul(100).checked_div(whole).unwrap_or_default()
}

/// One decimal is enough.
fn rounded(load: f32) -> f32 {
    (load * 10.0).round() / 10.0
}

#[cfg(test)]
mod tests {
    use super::Machine;

    #[test]
    fn a_report_has_the_contracts_parts() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("wagate.db"), "12345").unwrap();
        let machine = Machine::new(folder.path().to_path_buf(), 1_000);
        let report = machine.report(61_000);
        for part in ["cpu", "memory", "disk", "network", "os", "process"] {
            assert!(!report[part].is_null(), "{part}");
        }
        assert_eq!(report["process"]["uptime"], 60);
        assert!(report["process"]["rss"].as_u64().unwrap() > 0);
        assert!(report["memory"]["total"].as_u64().unwrap() > 0);
        assert_eq!(report["storage"]["databaseBytes"], 5);
    }
}
