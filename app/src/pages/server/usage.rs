//! What a server uses, as meters and graphs show it.

use types::notebook::{NetworkKind, ProfileSummary, Usage};
use types::quantity::readable_bytes;

/// One meter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Gauge {
    pub(crate) label: &'static str,
    pub(crate) used: u64,
    /// 0 when there is no limit.
    pub(crate) limit: u64,
    /// `512 MiB of 2 GiB`.
    pub(crate) text: String,
}

/// Memory, processor, disk and, when it comes near its limit, processes.
pub(crate) fn gauges(usage: &Usage) -> Vec<Gauge> {
    let mut gauges = vec![
        bytes_gauge("Memory", usage.memory_bytes, usage.memory_limit_bytes),
        Gauge {
            label: "CPU",
            used: usage.cpu_millis.into(),
            limit: usage.cpu_limit_millis.into(),
            text: of_limit(
                &readable_cores(usage.cpu_millis),
                usage.cpu_limit_millis,
                readable_cores,
            ),
        },
        bytes_gauge("Disk", usage.disk_bytes, usage.disk_limit_bytes),
    ];
    if usage.processes_max > 0
        && usage.processes.saturating_mul(10) >= usage.processes_max.saturating_mul(8)
    {
        gauges.push(Gauge {
            label: "Processes",
            used: usage.processes.into(),
            limit: usage.processes_max.into(),
            text: format!("{} of {}", usage.processes, usage.processes_max),
        });
    }
    gauges
}

fn bytes_gauge(label: &'static str, used: u64, limit: u64) -> Gauge {
    Gauge {
        label,
        used,
        limit,
        text: of_limit(&readable_bytes(used), limit, readable_bytes),
    }
}

fn of_limit<N: Copy + PartialEq + From<u8>>(
    used: &str,
    limit: N,
    readable: fn(N) -> String,
) -> String {
    if limit == N::from(0) {
        used.to_owned()
    } else {
        format!("{used} of {}", readable(limit))
    }
}

/// `0.25 cores`, `1 core`, `2 cores`.
pub(crate) fn readable_cores(millis: u32) -> String {
    let unit = if millis == 1_000 { "core" } else { "cores" };
    match (millis / 1_000, millis % 1_000 / 10) {
        (whole, 0) => format!("{whole} {unit}"),
        (whole, hundredths) if hundredths % 10 == 0 => {
            format!("{whole}.{} {unit}", hundredths / 10)
        }
        (whole, hundredths) => format!("{whole}.{hundredths:02} {unit}"),
    }
}

/// `2 GiB memory · 1 core · 10 GiB disk · no network`.
pub(crate) fn limits_sentence(profile: &ProfileSummary) -> String {
    let network = match profile.network {
        NetworkKind::Off => "no network",
        NetworkKind::Nat => "Internet access",
    };
    format!(
        "{} memory · {} · {} disk · {network}",
        readable_bytes(profile.memory_bytes),
        readable_cores(profile.cpu_millis),
        readable_bytes(profile.disk_bytes),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pages::samples::{profile, usage};

    #[test]
    fn cores_are_readable() {
        for (millis, text) in [
            (0, "0 cores"),
            (5, "0 cores"),
            (50, "0.05 cores"),
            (250, "0.25 cores"),
            (500, "0.5 cores"),
            (1_000, "1 core"),
            (2_000, "2 cores"),
            (1_500, "1.5 cores"),
        ] {
            assert_eq!(readable_cores(millis), text, "{millis}");
        }
    }

    #[test]
    fn gauges_say_how_much_of_what() {
        let texts: Vec<String> = gauges(&usage())
            .into_iter()
            .map(|gauge| format!("{} {}", gauge.label, gauge.text))
            .collect();
        assert_eq!(
            texts,
            [
                "Memory 512 MiB of 2 GiB",
                "CPU 0.25 cores of 1 core",
                "Disk 9.4 GiB of 10 GiB"
            ]
        );
    }

    #[test]
    fn processes_are_shown_when_they_run_out() {
        let mut crowded = usage();
        crowded.processes = 205;
        assert_eq!(
            gauges(&crowded).last().map(|gauge| gauge.text.clone()),
            Some("205 of 256".into())
        );
        crowded.processes_max = 0;
        assert_eq!(gauges(&crowded).len(), 3);
    }

    #[test]
    fn no_limit_is_not_zero() {
        let mut unlimited = usage();
        unlimited.memory_limit_bytes = 0;
        assert_eq!(gauges(&unlimited)[0].text, "512 MiB");
    }

    #[test]
    fn a_profile_names_its_limits() {
        assert_eq!(
            limits_sentence(&profile()),
            "2 GiB memory · 1 core · 10 GiB disk · no network"
        );
    }
}
