//! When a schedule comes next. Pure: knows neither the clock nor the storage.
//!
//! Summer time: a rule with a fixed time of day goes by the clock on the wall, so each of its times counts once a day.
//! A time that the clock jumps over comes at the first moment after the jump, one that it shows twice comes at the
//! first of the two. A rule with `*` in its minutes or hours goes by real time: it skips what does not exist and comes
//! twice where the clock shows a time twice. Vixie cron draws the same line.

use chrono::{DateTime, MappedLocalTime, NaiveDateTime, TimeDelta, TimeZone, Timelike, Utc};
use chrono_tz::Tz;
use croner::Cron;
use croner::errors::CronError;
use croner::parser::{CronParser, Seconds, Year};
use wagate_protocol::error::HostError;
use wagate_storage::timers::Schedule;

/// Longest cron expression, in bytes.
const MAX_EXPRESSION: usize = 256;
/// Longest name of a timezone, in bytes. The longest of the IANA database has 32.
const MAX_TIMEZONE: usize = 64;
/// How far ahead a moment may be: 100 years.
const FARTHEST_MS: i64 = 100 * 365_250 * 24 * 60 * 60;
/// Longest jump of a wall clock, in minutes. Samoa has left out a whole day.
const LONGEST_GAP: u32 = 26 * 60;
/// Times of day that one hour shown twice can hold, and then some: so many may have to be passed over.
const MOST_REPEATED: u32 = 2 * 60 * 60;

/// The first moment strictly after `after_ms`, in milliseconds since 1970. None when there is none.
pub(crate) fn first_after(schedule: &Schedule, after_ms: i64) -> Result<Option<i64>, HostError> {
    let (expression, timezone) = match schedule {
        Schedule::At(at_ms) => return Ok((*at_ms > after_ms).then_some(*at_ms)),
        Schedule::Cron { expression, timezone } => (expression, timezone),
    };
    let zone = parse_timezone(timezone)?;
    let cron = parse_expression(expression)?;
    let after = DateTime::from_timestamp_millis(after_ms)
        .ok_or_else(|| HostError::Invalid("schedule: the moment is out of range".to_owned()))?
        .with_timezone(&zone);
    let found = if goes_by_real_time(expression) {
        cron.find_next_occurrence(&after, false).map(Some)
    } else {
        by_the_wall(&cron, zone, &after)
    };
    match found {
        Ok(found) => Ok(found.map(|moment| moment.timestamp_millis())),
        Err(CronError::TimeSearchLimitExceeded) => Ok(None),
        Err(error) => Err(bad_expression(&error)),
    }
}

/// The first fire of a timer that is set at `now`; `last_due_ms` is what it has fired for under the same rule. A moment
/// in the past is taken: it fires at once.
pub(crate) fn first_fire(schedule: &Schedule, last_due_ms: Option<i64>, now: i64) -> Result<i64, HostError> {
    if let Schedule::At(at_ms) = schedule {
        let latest = now.saturating_add(FARTHEST_MS);
        return if (0..=latest).contains(at_ms) {
            Ok(*at_ms)
        } else {
            Err(HostError::Invalid(
                "schedule.at: milliseconds since 1970, at most 100 years ahead".to_owned(),
            ))
        };
    }
    let after = last_due_ms.map_or(now, |due| due.max(now));
    first_after(schedule, after)?
        .ok_or_else(|| HostError::Invalid("schedule.expression: such a moment never comes".to_owned()))
}

fn parse_timezone(name: &str) -> Result<Tz, HostError> {
    if name.len() > MAX_TIMEZONE {
        return Err(HostError::Invalid(format!(
            "schedule.timezone: at most {MAX_TIMEZONE} bytes"
        )));
    }
    name.parse().map_err(|_| {
        HostError::Invalid(format!(
            "schedule.timezone: \"{name}\" is not in the IANA database, write for example \"Asia/Jakarta\""
        ))
    })
}

fn parse_expression(expression: &str) -> Result<Cron, HostError> {
    if expression.len() > MAX_EXPRESSION {
        return Err(HostError::Invalid(format!(
            "schedule.expression: at most {MAX_EXPRESSION} bytes"
        )));
    }
    // Counted here, because the parser also takes nicknames such as `@daily`.
    let fields = expression.split_whitespace().count();
    if !(5..=6).contains(&fields) {
        return Err(HostError::Invalid(format!(
            "schedule.expression: five fields, or six with the seconds first, not {fields}"
        )));
    }
    let parser = CronParser::builder()
        .seconds(Seconds::Optional)
        .year(Year::Disallowed)
        .build();
    parser.parse(expression).map_err(|error| bad_expression(&error))
}

fn bad_expression(error: &CronError) -> HostError {
    HostError::Invalid(format!("schedule.expression: {error}"))
}

/// Whether minutes or hours hold a `*`.
fn goes_by_real_time(expression: &str) -> bool {
    let fields: Vec<&str> = expression.split_whitespace().collect();
    match fields.as_slice() {
        [.., minutes, hours, _, _, _] => [minutes, hours].iter().any(|field| field.contains(['*', '?'])),
        _ => false,
    }
}

/// Searches on the wall clock, then asks the zone which moment that is. Later on the wall is never earlier in fact,
/// so nothing at or before the wall clock's `after` can come after it.
fn by_the_wall(cron: &Cron, zone: Tz, after: &DateTime<Tz>) -> Result<Option<DateTime<Tz>>, CronError> {
    // The wall clock, written as if it were UTC: there it has neither jumps nor repetitions.
    let mut wall = after.naive_local().and_utc();
    for _ in 0..MOST_REPEATED {
        wall = cron.find_next_occurrence(&wall, false)?;
        match moment_of(zone, &wall) {
            Some(moment) if moment > *after => return Ok(Some(moment)),
            // Shown again by a clock that was set back, and done the first time.
            _ => {}
        }
    }
    Ok(None)
}

/// The first moment at which the wall clock shows this time or, where it jumps over it, the end of the jump.
fn moment_of(zone: Tz, wall: &DateTime<Utc>) -> Option<DateTime<Tz>> {
    let mut naive: NaiveDateTime = wall.naive_utc();
    for _ in 0..LONGEST_GAP {
        match zone.from_local_datetime(&naive) {
            MappedLocalTime::Single(moment) | MappedLocalTime::Ambiguous(moment, _) => return Some(moment),
            // Jumps end at a full minute.
            MappedLocalTime::None => {
                naive = naive.with_second(0)?.checked_add_signed(TimeDelta::minutes(1))?;
            }
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Milliseconds of an RFC 3339 moment.
    fn ms(moment: &str) -> i64 {
        DateTime::parse_from_rfc3339(moment).unwrap().timestamp_millis()
    }

    fn cron(expression: &str, timezone: &str) -> Schedule {
        Schedule::Cron {
            expression: expression.to_owned(),
            timezone: timezone.to_owned(),
        }
    }

    /// The moments after `after`, as many as are expected.
    #[track_caller]
    fn assert_comes(expression: &str, timezone: &str, after: &str, expected: &[&str]) {
        let schedule = cron(expression, timezone);
        let mut last = ms(after);
        for moment in expected {
            let next = first_after(&schedule, last).unwrap().unwrap();
            assert_eq!(
                next,
                ms(moment),
                "{expression} in {timezone}: {} instead of {moment}",
                DateTime::from_timestamp_millis(next).unwrap()
            );
            last = next;
        }
    }

    #[track_caller]
    fn assert_invalid(schedule: &Schedule, field: &str) {
        match first_after(schedule, 0) {
            Err(HostError::Invalid(text)) => assert!(text.starts_with(field), "{text}"),
            other => panic!("{schedule:?} gave {other:?}"),
        }
    }

    #[test]
    fn a_moment_comes_once() {
        assert_eq!(first_after(&Schedule::At(5), 4), Ok(Some(5)));
        assert_eq!(first_after(&Schedule::At(5), 5), Ok(None));
    }

    #[test]
    fn five_fields_and_six() {
        assert_comes(
            "0 9 * * MON-FRI",
            "UTC",
            "2026-01-02T09:00:00Z",
            &["2026-01-05T09:00:00Z", "2026-01-06T09:00:00Z"],
        );
        assert_comes(
            "*/20 * * * * *",
            "UTC",
            "2026-01-02T09:00:00Z",
            &[
                "2026-01-02T09:00:20Z",
                "2026-01-02T09:00:40Z",
                "2026-01-02T09:01:00Z",
            ],
        );
        assert_comes(
            "30 0 9 * * *",
            "UTC",
            "2026-01-02T09:00:29.999Z",
            &["2026-01-02T09:00:30Z"],
        );
        assert_comes(
            "0 9 * * *",
            "UTC",
            "2026-01-02T08:59:59.999Z",
            &["2026-01-02T09:00:00Z"],
        );
        assert_comes(
            "0 9 * * *",
            "UTC",
            "2026-01-02T09:00:00.001Z",
            &["2026-01-03T09:00:00Z"],
        );
    }

    #[test]
    fn days_of_month_and_week_are_alternatives() {
        assert_comes(
            "0 0 13 * FRI",
            "UTC",
            "2026-02-06T00:00:00Z",
            &["2026-02-13T00:00:00Z", "2026-02-20T00:00:00Z"],
        );
        assert_comes(
            "0 0 L * *",
            "UTC",
            "2028-02-01T00:00:00Z",
            &["2028-02-29T00:00:00Z"],
        );
    }

    #[test]
    fn jakarta_is_seven_hours_ahead_all_year() {
        assert_comes(
            "0 7 * * *",
            "Asia/Jakarta",
            "2026-03-28T00:00:00Z",
            &["2026-03-29T00:00:00Z", "2026-03-30T00:00:00Z"],
        );
        assert_comes(
            "0 7 * * *",
            "Asia/Jakarta",
            "2026-10-24T23:59:59Z",
            &["2026-10-25T00:00:00Z"],
        );
    }

    #[test]
    fn what_the_clock_jumps_over_comes_at_the_end_of_the_jump() {
        // Berlin, 29 March 2026: 02:00 is 03:00 (01:00 UTC).
        assert_comes(
            "30 2 * * *",
            "Europe/Berlin",
            "2026-03-28T00:00:00Z",
            &[
                "2026-03-28T01:30:00Z",
                "2026-03-29T01:00:00Z",
                "2026-03-30T00:30:00Z",
            ],
        );
        // Several times in the jump, and one at its end: one moment.
        assert_comes(
            "0,15,30 2,3 * * *",
            "Europe/Berlin",
            "2026-03-29T00:00:00Z",
            &[
                "2026-03-29T01:00:00Z",
                "2026-03-29T01:15:00Z",
                "2026-03-29T01:30:00Z",
            ],
        );
        // The hour before the jump is not moved.
        assert_comes(
            "0 1 * * *",
            "Europe/Berlin",
            "2026-03-28T12:00:00Z",
            &["2026-03-29T00:00:00Z", "2026-03-29T23:00:00Z"],
        );
        // Half an hour on Lord Howe Island, 4 October 2026: 02:00 is 02:30.
        assert_comes(
            "10 2 * * *",
            "Australia/Lord_Howe",
            "2026-10-03T12:00:00Z",
            &["2026-10-03T15:30:00Z", "2026-10-04T15:10:00Z"],
        );
        // A whole day in Samoa: after 29 December 2011 comes the 31st.
        assert_comes(
            "0 12 * * *",
            "Pacific/Apia",
            "2011-12-29T22:00:00Z",
            &["2011-12-30T10:00:00Z", "2011-12-30T22:00:00Z"],
        );
    }

    #[test]
    fn what_the_clock_shows_twice_comes_once() {
        // Berlin, 25 October 2026: 03:00 is 02:00 again (01:00 UTC).
        assert_comes(
            "30 2 * * *",
            "Europe/Berlin",
            "2026-10-24T12:00:00Z",
            &["2026-10-25T00:30:00Z", "2026-10-26T01:30:00Z"],
        );
        assert_comes(
            "30 2,14 * * *",
            "Europe/Berlin",
            "2026-10-24T22:00:00Z",
            &["2026-10-25T00:30:00Z", "2026-10-25T13:30:00Z"],
        );
        // Asked in the second half of the repeated hour.
        assert_comes(
            "30,45 2 * * *",
            "Europe/Berlin",
            "2026-10-25T01:40:00Z",
            &["2026-10-26T01:30:00Z"],
        );
    }

    #[test]
    fn a_rule_with_a_star_goes_by_real_time() {
        assert_comes(
            "30 * * * *",
            "Europe/Berlin",
            "2026-03-29T00:00:00Z",
            &[
                "2026-03-29T00:30:00Z",
                "2026-03-29T01:30:00Z",
                "2026-03-29T02:30:00Z",
            ],
        );
        assert_comes(
            "30 * * * *",
            "Europe/Berlin",
            "2026-10-25T00:00:00Z",
            &[
                "2026-10-25T00:30:00Z",
                "2026-10-25T01:30:00Z",
                "2026-10-25T02:30:00Z",
            ],
        );
        assert_comes(
            "*/30 2 * * *",
            "Europe/Berlin",
            "2026-10-25T00:10:00Z",
            &[
                "2026-10-25T00:30:00Z",
                "2026-10-25T01:00:00Z",
                "2026-10-25T01:30:00Z",
            ],
        );
        assert_comes(
            "*/30 2 * * *",
            "Europe/Berlin",
            "2026-03-28T12:00:00Z",
            &["2026-03-30T00:00:00Z"],
        );
    }

    #[test]
    fn errors_name_the_field() {
        for expression in [
            "",
            "* * * *",
            "* * * * * * *",
            "@daily",
            "61 * * * *",
            "0 25 * * *",
            "a b c d e",
            "0 9 * * MOO",
            "5-1 * * * *",
            "*/0 * * * *",
        ] {
            assert_invalid(&cron(expression, "UTC"), "schedule.expression: ");
        }
        assert_invalid(&cron(&"1,".repeat(200), "UTC"), "schedule.expression: ");
        for timezone in ["", "Asia/Jakart", "+07:00", "asia/jakarta"] {
            assert_invalid(&cron("0 9 * * *", timezone), "schedule.timezone: ");
        }
        assert_invalid(&cron("0 9 * * *", &"A".repeat(65)), "schedule.timezone: ");
    }

    #[test]
    fn the_first_fire() {
        assert_eq!(first_fire(&Schedule::At(5), None, 1_000), Ok(5));
        let century = ms("2126-01-01T00:00:00Z") - ms("2026-01-01T00:00:00Z");
        assert!(first_fire(&Schedule::At(century), None, 0).is_ok());
        for moment in [-1, 2 * century, i64::MAX] {
            assert!(matches!(
                first_fire(&Schedule::At(moment), None, 0),
                Err(HostError::Invalid(text)) if text.starts_with("schedule.at: ")
            ));
        }
        let hourly = cron("0 * * * *", "UTC");
        assert_eq!(first_fire(&hourly, None, 10), Ok(3_600_000));
        assert_eq!(first_fire(&hourly, Some(3_600_000), 10), Ok(7_200_000));
        assert_eq!(first_fire(&hourly, Some(3_600_000), 7_200_000), Ok(10_800_000));
    }

    #[test]
    fn a_day_that_never_comes() {
        assert!(matches!(
            first_fire(&cron("0 0 30 2 *", "UTC"), None, 0),
            Err(HostError::Invalid(text)) if text.starts_with("schedule.expression: ")
        ));
        assert_eq!(first_after(&cron("0 0 30 2 *", "Europe/Berlin"), 0), Ok(None));
        assert_eq!(first_after(&cron("* * 30 2 *", "Europe/Berlin"), 0), Ok(None));
    }
}
