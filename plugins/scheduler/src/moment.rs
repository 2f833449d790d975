//! Moments as clients write them. Without a zone they are meant in the gateway's timezone.

use chrono::{
    DateTime, FixedOffset, LocalResult, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, TimeZone as _,
};
use chrono_tz::Tz;
use serde_json::Value;
use wagate_plugin_api::Error;

/// How far ahead a moment may be.
const MAX_AHEAD_YEARS: i64 = 10;
const YEAR_MS: i64 = 366 * 24 * 60 * 60 * 1000;
/// Longest jump of a wall clock, in minutes: Samoa has left out a whole day.
const LONGEST_GAP: i64 = 26 * 60;

/// Milliseconds since 1970. A 400 names the field.
pub(crate) fn parse(written: &Value, timezone: &str, now_ms: i64) -> Result<i64, Error> {
    let moment = match written {
        Value::String(text) => of_text(text.trim(), timezone),
        Value::Number(number) => number.as_i64().filter(|ms| *ms >= 0),
        _ => None,
    };
    let Some(moment) = moment else {
        return Err(Error::bad_request(
            "sendAt: must be a date and time such as 2026-12-25T10:00:00Z, 2026-12-25T10:00:00+01:00, or \
             2026-12-25T10:00 in the gateway's timezone, or milliseconds since 1970",
        ));
    };
    if moment > now_ms.saturating_add(MAX_AHEAD_YEARS * YEAR_MS) {
        return Err(Error::bad_request(format!(
            "sendAt: at most {MAX_AHEAD_YEARS} years ahead"
        )));
    }
    Ok(moment)
}

fn of_text(text: &str, timezone: &str) -> Option<i64> {
    let (local, offset) = split_zone(text)?;
    let local = local_time(local)?;
    let moment = match offset {
        Some(offset) => offset.from_local_datetime(&local).single()?.timestamp_millis(),
        None => by_the_wall(local, timezone.parse().unwrap_or(Tz::UTC))?,
    };
    Some(moment)
}

/// The time, and the offset behind it.
fn split_zone(text: &str) -> Option<(&str, Option<FixedOffset>)> {
    if let Some(local) = text.strip_suffix(['Z', 'z']) {
        return Some((local, FixedOffset::east_opt(0)));
    }
    let date = NaiveDate::parse_from_str(text.get(..10)?, "%Y-%m-%d").ok()?;
    let _ = date;
    let time = text.get(10..)?;
    let Some(at) = time.find(['+', '-']) else {
        return Some((text, None));
    };
    let (zone, ahead) = (time.get(at + 1..)?, time.get(at..=at)? == "+");
    let digits = zone.replace(':', "");
    let (hours, minutes) = match digits.len() {
        2 => (digits.parse::<i32>().ok()?, 0),
        4 => (
            digits.get(..2)?.parse().ok()?,
            digits.get(2..)?.parse::<i32>().ok()?,
        ),
        _ => return None,
    };
    let seconds = (hours * 60 + minutes) * 60;
    let offset = FixedOffset::east_opt(if ahead { seconds } else { -seconds })?;
    Some((text.get(..10 + at)?.trim_end(), Some(offset)))
}

fn local_time(text: &str) -> Option<NaiveDateTime> {
    let date = NaiveDate::parse_from_str(text.get(..10)?, "%Y-%m-%d").ok()?;
    let time = text.get(10..)?;
    if time.is_empty() {
        return Some(date.and_time(NaiveTime::MIN));
    }
    let time = time.strip_prefix(['T', 't', ' '])?;
    let time = ["%H:%M:%S%.f", "%H:%M"]
        .iter()
        .find_map(|form| NaiveTime::parse_from_str(time, form).ok())?;
    Some(date.and_time(time))
}

/// A time that the clock shows twice is the first of the two; one it jumps over, the first moment after the jump.
fn by_the_wall(local: NaiveDateTime, zone: Tz) -> Option<i64> {
    let millis = |moment: DateTime<Tz>| moment.timestamp_millis();
    (0..=LONGEST_GAP).find_map(|minutes| {
        let later = local.checked_add_signed(TimeDelta::try_minutes(minutes)?)?;
        match zone.from_local_datetime(&later) {
            LocalResult::Single(moment) | LocalResult::Ambiguous(moment, _) => Some(millis(moment)),
            LocalResult::None => None,
        }
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use wagate_plugin_api::iso8601;

    use super::*;

    fn read(written: &Value, zone: &str) -> Result<String, String> {
        let now = 1_760_000_000_000;
        parse(written, zone, now)
            .map(iso8601)
            .map_err(|error| error.to_string())
    }

    #[test]
    fn moments_are_read_in_their_zone_or_the_gateways() {
        let berlin = "Europe/Berlin";
        for (written, zone, moment) in [
            ("2026-12-25T10:00:00.250Z", berlin, "2026-12-25T10:00:00.250Z"),
            ("2026-12-25T10:00Z", berlin, "2026-12-25T10:00:00.000Z"),
            ("2026-12-25T10:00:00+07:00", "UTC", "2026-12-25T03:00:00.000Z"),
            ("2026-12-25 10:00:00 -0130", "UTC", "2026-12-25T11:30:00.000Z"),
            ("2026-12-25T10:00:00", "Asia/Jakarta", "2026-12-25T03:00:00.000Z"),
            ("2026-07-25 10:00", berlin, "2026-07-25T08:00:00.000Z"),
            ("2026-07-25", berlin, "2026-07-24T22:00:00.000Z"),
            ("2026-07-25T10:00", "Mars/Olympus", "2026-07-25T10:00:00.000Z"),
            // Left out by the clock, and shown twice.
            ("2026-03-29T02:30", berlin, "2026-03-29T01:00:00.000Z"),
            ("2026-10-25T02:30", berlin, "2026-10-25T00:30:00.000Z"),
        ] {
            assert_eq!(read(&json!(written), zone).as_deref(), Ok(moment), "{written}");
        }
        assert_eq!(
            read(&json!(1_760_000_000_000_i64), berlin).as_deref(),
            Ok("2025-10-09T08:53:20.000Z")
        );
    }

    #[test]
    fn what_is_no_moment_is_refused_by_name() {
        for odd in [
            json!("tomorrow"),
            json!("2026-13-01T00:00:00Z"),
            json!("2026-02-30"),
            json!("2026-12-25T25:00"),
            json!("2026-12-25T10:00+1"),
            json!("2026-12-25T10:00+99:00"),
            json!(""),
            json!("ü".repeat(9)),
            json!(true),
            json!(-5),
            json!(1.5),
        ] {
            assert!(
                read(&odd, "UTC")
                    .unwrap_err()
                    .starts_with("400: sendAt: must be a date"),
                "{odd}"
            );
        }
        assert_eq!(
            read(&json!("2099-01-01T00:00:00Z"), "UTC").unwrap_err(),
            "400: sendAt: at most 10 years ahead"
        );
    }
}
