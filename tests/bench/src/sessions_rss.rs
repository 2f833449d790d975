//! Memory of the gateway with 1, 10 and 50 idle sessions, linked over a sandbox network in another process.
//!
//! Measured after a restart: pairing and compiling plugins leave free heap behind in which later sessions would hide.

use std::time::Duration;

use crate::figures::{median, print_table};
use crate::gateway::Gateway;
use crate::process::Memory;

const COUNTS: [u32; 3] = [1, 10, 50];
/// Restarts for one figure.
const ROUNDS: usize = 3;
/// After the last session has connected, until what it does at first is done.
const SETTLE: Duration = Duration::from_secs(10);

/// The figure for a number of sessions, KiB.
struct Point {
    sessions: u32,
    resident: f64,
    anonymous: f64,
}

pub(crate) async fn run() -> anyhow::Result<()> {
    let mut gateway = Gateway::start()?;
    let mut paired = 0;
    let mut points = Vec::new();
    for sessions in COUNTS {
        while paired < sessions {
            gateway
                .pair(&slug(paired), &format!("1555060{paired:04}"))
                .await?;
            paired += 1;
        }
        let mut rounds: Vec<Memory> = Vec::new();
        for _ in 0..ROUNDS {
            gateway = gateway.restart()?;
            for number in 0..sessions {
                gateway.until_connected(&slug(number)).await?;
            }
            tokio::time::sleep(SETTLE).await;
            rounds.push(gateway.memory()?);
        }
        points.push(Point {
            sessions,
            resident: median(rounds.iter().map(|memory| f64::from(memory.resident))),
            anonymous: median(rounds.iter().map(|memory| f64::from(memory.anonymous))),
        });
    }
    print(&points);
    Ok(())
}

fn slug(number: u32) -> String {
    format!("idle-{number:02}")
}

fn print(points: &[Point]) {
    let rows: Vec<Vec<String>> = points
        .iter()
        .map(|point| {
            let first = points.first().filter(|first| first.sessions < point.sessions);
            let each = |of: fn(&Point) -> f64| {
                first.map_or_else(
                    || "-".to_owned(),
                    |first| {
                        let more = f64::from(point.sessions - first.sessions);
                        format!("{:.2}", (of(point) - of(first)) / more / 1024.0)
                    },
                )
            };
            vec![
                point.sessions.to_string(),
                format!("{:.1}", point.resident / 1024.0),
                format!("{:.1}", point.anonymous / 1024.0),
                each(|point| point.resident),
                each(|point| point.anonymous),
            ]
        })
        .collect();
    print_table(
        &format!("sessions_rss: MiB, {SETTLE:?} after the last connected, median of {ROUNDS} restarts"),
        &[
            "sessions",
            "RSS",
            "of it heap",
            "RSS each after the first",
            "heap each",
        ],
        &rows,
    );
}
