//! A well-behaved plugin's route while another plugin misbehaves, against alone.
//!
//! The breaker suspends a plugin after five failures, which would end the trouble within a second. So an administrator
//! who knows no better reloads the hostile plugin whenever that happens: a reload forgets the failures.

use std::cell::Cell;
use std::convert::Infallible;
use std::time::Duration;

use futures::future::join_all;
use hyper::Method;
use serde_json::json;

use crate::figures::{Latencies, median, micros, print_table};
use crate::gateway::Gateway;
use crate::guests::{HOSTILE, VERSIONED};
use crate::load;

const ROUNDS: usize = 3;
/// Of one measurement.
const LASTING: Duration = Duration::from_secs(8);
/// A moderate load, so that what is measured is the neighbour and not our own queue.
const CONNECTIONS: usize = 4;
const PAUSE: Duration = Duration::from_millis(5);
/// Longer than a call of the hostile guest may compute: the next measurement starts in peace.
const AFTERMATH: Duration = Duration::from_secs(3);

const ROUTE: &str = "/api/versioned";
const POLITE: &str = "/api/hostile/polite";

/// What goes on beside the measured route.
struct Trouble {
    name: &'static str,
    vice: &'static str,
    /// Calls at the same time.
    width: usize,
}

static TROUBLES: [Trouble; 4] = [
    Trouble {
        name: "beside 1 loop",
        vice: "loop",
        width: 1,
    },
    Trouble {
        name: "beside 4 loops",
        vice: "loop",
        width: 4,
    },
    Trouble {
        name: "beside 1 memory bomb",
        vice: "bomb",
        width: 1,
    },
    Trouble {
        name: "beside 4 memory bombs",
        vice: "bomb",
        width: 4,
    },
];

/// One measurement.
struct Measured {
    p50: f64,
    p99: f64,
    /// Hostile calls that were run, not refused.
    hostile: u32,
}

impl Measured {
    fn new(latencies: &Latencies, hostile: u32) -> Self {
        Self {
            p50: micros(latencies.p50()),
            p99: micros(latencies.p99()),
            hostile,
        }
    }
}

pub(crate) async fn run() -> anyhow::Result<()> {
    let gateway = Gateway::start()?;
    gateway.install(&VERSIONED, &Method::GET, ROUTE).await?;
    gateway.install(&HOSTILE, &Method::POST, POLITE).await?;

    let mut alone = Vec::new();
    let mut beside: [Vec<Measured>; 4] = Default::default();
    for _ in 0..ROUNDS {
        let latencies = measure(&gateway).await?;
        alone.push(Measured::new(&latencies, 0));
        for (trouble, measured) in TROUBLES.iter().zip(&mut beside) {
            measured.push(measure_beside(&gateway, trouble).await?);
            tokio::time::sleep(AFTERMATH).await;
        }
    }

    let row = |name: &str, measured: &[Measured]| {
        let ratios = measured
            .iter()
            .zip(&alone)
            .map(|(measured, alone)| measured.p99 / alone.p99);
        vec![
            name.to_owned(),
            format!("{:.0}", median(measured.iter().map(|one| one.p50))),
            format!("{:.0}", median(measured.iter().map(|one| one.p99))),
            format!("{:.2}", median(ratios)),
            format!("{:.0}", median(measured.iter().map(|one| f64::from(one.hostile)))),
        ]
    };
    let mut rows = vec![row("alone", &alone)];
    rows.extend(
        TROUBLES
            .iter()
            .zip(&beside)
            .map(|(trouble, measured)| row(trouble.name, measured)),
    );
    print_table(
        &format!("neighbours: {CONNECTIONS} connections, {LASTING:?} each, median of {ROUNDS} rounds"),
        &["", "p50 us", "p99 us", "p99/alone", "hostile calls"],
        &rows,
    );
    Ok(())
}

async fn measure(gateway: &Gateway) -> anyhow::Result<Latencies> {
    let target = gateway.target(Method::GET, ROUTE)?;
    load::paced(&target, CONNECTIONS, PAUSE, LASTING).await
}

async fn measure_beside(gateway: &Gateway, trouble: &Trouble) -> anyhow::Result<Measured> {
    let ran = Cell::new(0);
    let latencies = tokio::select! {
        measured = measure(gateway) => measured?,
        ended = storm(gateway, trouble, &ran) => match ended? {},
    };
    anyhow::ensure!(ran.get() > 0, "no hostile call was run: there was no trouble");
    Ok(Measured::new(&latencies, ran.get()))
}

/// Misbehaves until it is dropped. Counts the calls that were run.
async fn storm(gateway: &Gateway, trouble: &Trouble, ran: &Cell<u32>) -> anyhow::Result<Infallible> {
    let (path, body) = (format!("/api/hostile/{}", trouble.vice), json!({}));
    for reload in 0_u32.. {
        HOSTILE.write_operator_file(
            &gateway.config_dir(),
            &format!("{}, reload {reload}", trouble.name),
        )?;
        gateway.until_served(&Method::POST, POLITE).await?;
        let mut is_suspended = false;
        while !is_suspended {
            let calls = (0..trouble.width).map(|_| gateway.call(&Method::POST, &path, &body));
            for answer in join_all(calls).await {
                match answer? {
                    (503, _) => is_suspended = true,
                    (502 | 504, _) => ran.set(ran.get() + 1),
                    (status, body) => anyhow::bail!("{path}: {status} {body}"),
                }
            }
        }
    }
    anyhow::bail!("the numbers ran out")
}
