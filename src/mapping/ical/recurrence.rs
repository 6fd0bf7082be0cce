//! How events and tasks recur, and the occurrences that differ.
//!
//! *Spec*: RFC 5545 3.8.5; MS-OXCICAL 2.1.3.2 (templates), 2.1.3.1.1.20.20 (RECURRENCE-ID).
//!
//! *Invariants*: the rule is kept as text in `rule`; what the words of the model cannot tell stays
//! raw too, with a finding.
//!
//! *Seen in the wild*: changed occurrences of what does not recur (items of their own), the same
//! occurrence changed twice (the higher SEQUENCE counts), RECURRENCE-ID as a date where the start
//! is a time.

use jiff::Timestamp;
use jiff::civil::{DateTime, Weekday as Day};

use super::fields::{Field, Slot};
use super::giver::Giver;
use super::taker::{Found, Taker, int};
use super::times::{Clocks, Moment, Span, local};
use super::{Session, dates};
use crate::content_line::Param;
use crate::finding::Effect;
use crate::ical::rule::{self, Rule, RuleError};
use crate::ical::series::{Changed, Length, RULES};
use crate::ical::{Component, Entry, Property, Series, When, rule_v1};
use crate::item::recurrence::{Exception, Frequency, Weekday};
use crate::item::{Content, Item, Meeting, Recurrence};
use crate::limits;

/// Rows of a recurrence.
pub(super) static RECURRENCE: &[Field<Recurrence>] = &[
    Field::new(
        "RRULE",
        "recurrence",
        Slot::Hand(
            "the first is read into words and kept as `rule`; raw when the words do not tell all",
        ),
    ),
    Field::new(
        "EXDATE",
        "recurrence.deleted[]",
        Slot::Hand(
            "kept as dates; raw when at another time of day than the start, or none is read",
        ),
    ),
    Field::new(
        "RDATE",
        "recurrence",
        Slot::Hand(
            "of an event without a rule: every so many days, with the days besides deleted; else \
             raw",
        ),
    ),
];

/// The times of a component.
pub(super) struct Read<'c> {
    pub(super) series: Series,
    pub(super) span: Span,
    /// Rules that could be read, with their properties.
    rules: Vec<(&'c Property, Rule)>,
    /// Those that could not, and why.
    errors: Vec<RuleError>,
    /// The changed occurrences: component, original start by the clock of the series, span.
    changed: Vec<(&'c Component, DateTime, Span)>,
    /// Those without a RECURRENCE-ID that can be read.
    astray: Vec<&'c Component>,
    twice: bool,
}

/// Reads the times; `None` when there is no start.
pub(super) fn read<'c>(
    entry: &Entry,
    clocks: &Clocks<'_>,
    component: &'c Component,
    changed: &'c [Component],
) -> Option<Read<'c>> {
    let span = Span::read(clocks, component)?;
    let mut series = Series::once(span.start.when, span.start.zone.clone(), span.length);
    let (mut rules, mut errors) = (Vec::new(), Vec::new());
    for property in &component.properties {
        match property.name() {
            "RRULE" if rules.len() < RULES => match parse(entry, property) {
                Ok(rule) => {
                    series.rules.push(rule.clone());
                    rules.push((property, rule));
                }
                Err(error) => errors.push(error),
            },
            "EXRULE" if series.not_rules.len() < RULES => {
                series.not_rules.extend(parse(entry, property).ok());
            }
            "RDATE" => {
                let left = limits::RECURRENCE_DATES.saturating_sub(series.dates.len());
                let periods = clocks.periods(property).into_iter().take(left);
                let periods = periods.map(|(start, end)| (of_series(&span, &start), end));
                let periods: Vec<_> = periods.collect();
                for (start, end) in periods {
                    if let Some(start) = series.zone.instant(start) {
                        series.dates.insert(start, end);
                    }
                }
            }
            "EXDATE" => {
                for moment in clocks.list(property, limits::RECURRENCE_DATES).0 {
                    if moment.when.is_date() || span.start.when.is_date() {
                        series
                            .removed_days
                            .insert(local(&series.zone, &moment).date());
                    } else {
                        series.removed.insert(moment.instant);
                    }
                }
            }
            _ => {}
        }
    }
    let mut read = Read {
        series,
        span,
        rules,
        errors,
        changed: Vec::new(),
        astray: Vec::new(),
        twice: false,
    };
    read.changed(clocks, changed);
    Some(read)
}

fn parse(entry: &Entry, property: &Property) -> Result<Rule, RuleError> {
    // Some write the value as if it were text, and escape its semicolons.
    let text = property.text();
    let mut rule = match entry.is_v1 {
        true => rule_v1::parse(&text),
        false => Rule::parse(&text),
    }?;
    // Old versions of Outlook wrote UNTIL in local time, with a Z (MS-OXCICAL 2.1.3.2.4).
    if let Some(When::Utc(until)) = rule.until
        && is_old_outlook(entry)
    {
        rule.until = Some(When::Date(until.date()));
    }
    Ok(rule)
}

fn is_old_outlook(entry: &Entry) -> bool {
    let product = entry.head.properties.property("PRODID");
    let product = product.map(Property::value).unwrap_or_default();
    let version = product
        .strip_prefix("-//Microsoft Corporation//Outlook ")
        .and_then(|rest| rest.strip_suffix(" MIMEDIR//EN"))
        .and_then(|version| version.split_once('.'));
    let major = version.and_then(|(major, _)| major.parse::<u8>().ok());
    major.is_some_and(|major| (1..=11).contains(&major))
}

/// The local time of the series for a moment of it; a date has the time of day of the start.
fn of_series(span: &Span, moment: &Moment) -> DateTime {
    if moment.when.is_date() && !span.start.when.is_date() {
        let time = span.start.when.datetime().time();
        return moment.when.date().to_datetime(time);
    }
    local(&span.start.zone, moment)
}

impl<'c> Read<'c> {
    fn changed(&mut self, clocks: &Clocks<'_>, changed: &'c [Component]) {
        let mut sequences: std::collections::HashMap<Timestamp, i64> = Default::default();
        for component in changed {
            let id = component.property("RECURRENCE-ID");
            let Some(moment) = id.and_then(|id| clocks.moment(id)) else {
                self.astray.push(component);
                continue;
            };
            let original = of_series(&self.span, &moment);
            let Some(instant) = self.series.zone.instant(original) else {
                self.astray.push(component);
                continue;
            };
            let span = Span::read(clocks, component).unwrap_or_else(|| Span {
                start: Moment {
                    instant,
                    ..self.span.start.clone()
                },
                end: self.series.end(instant, original),
                written_end: None,
                length: self.span.length,
            });
            let sequence = component.property("SEQUENCE");
            let sequence = sequence.and_then(|own| int(own.value())).unwrap_or(0);
            let index = self.changed.len();
            let before = sequences.get(&instant);
            self.twice |= before.is_some();
            if before.is_none_or(|before| *before <= sequence) {
                sequences.insert(instant, sequence);
                let changed = Changed {
                    index,
                    start: span.start.instant,
                    end: span.end,
                };
                self.series.changed.insert(instant, changed);
            }
            self.changed.push((component, original, span));
        }
    }
}

/// Takes the recurrence into the item. Gives the changed occurrences that have no place in it.
pub(super) fn take<'c>(
    session: &mut Session<'_>,
    taker: &mut Taker<'_>,
    item: &mut Item,
    component: &'c Component,
    changed: &'c [Component],
) -> Vec<&'c Component> {
    let all = || changed.iter().collect::<Vec<_>>();
    let Some(read) = read(session.entry, &session.clocks, component, changed) else {
        return all();
    };
    let dates = dates::series(&read, component);
    let dates = dates.filter(|_| matches!(item.content, Content::Meeting(_)));
    findings(session, taker, &read, dates.is_some());
    let models = matches!(item.content, Content::Meeting(_) | Content::Task(_));
    let own = read.rules.first().map(|(own, rule)| (Some(*own), rule));
    let own = own.or(dates.as_ref().map(|own| (None, &own.rule)));
    let Some((property, rule)) = own.filter(|_| models) else {
        if !read.rules.is_empty() {
            let detail = "a recurrence that this kind has no field for is raw";
            session.find("mapping.recurrence.kind", Effect::Noted, detail);
        }
        return all();
    };
    let (mut recurrence, told) = words(rule, &read.span);
    if told && rule.notes.is_empty() {
        if let Some(found) = taker
            .all("RRULE")
            .find(|own| property.is_some_and(|rule| std::ptr::eq(own.property, rule)))
        {
            taker.mark_whole(found, &[]);
        }
    } else {
        let mut detail = "a rule that is more than its words tell is also raw".to_owned();
        if !rule.notes.is_empty() {
            detail = format!("{detail}; passed over: {}", rule.notes.join(", "));
        }
        session.find("mapping.recurrence.words", Effect::Noted, detail);
    }
    deleted(session, taker, &read, &mut recurrence);
    let mut changed: Vec<_> = read.changed.iter().map(|(c, o, s)| (*c, *o, s)).collect();
    if let Some(dates) = &dates {
        dates::mark(session, taker);
        recurrence.deleted.clone_from(&dates.deleted);
        // The rule has every date at the time of day of the start.
        let time = read.span.start.when.datetime().time();
        for (_, original, _) in &mut changed {
            *original = original.date().to_datetime(time);
        }
        changed.extend(dates.moved.iter().map(|(o, c, s)| (c, *o, s)));
    }
    for (component, original, span) in changed {
        let exception = exception(session, item, &read, component, original, span);
        recurrence.exceptions.push(exception);
    }
    match &mut item.content {
        Content::Meeting(meeting) => {
            if read.span.start.zone.is_utc() && meeting.time_zone.is_none() {
                meeting.time_zone = Some(crate::item::meeting::TimeZone {
                    iana: Some("UTC".to_owned()),
                    ..Default::default()
                });
            }
            meeting.recurrence = Some(recurrence);
        }
        Content::Task(task) => task.recurrence = Some(recurrence),
        _ => {}
    }
    read.astray
}

/// What of a recurrence is only raw. `dated`: its dates have become a series.
fn findings(session: &mut Session<'_>, taker: &Taker<'_>, read: &Read<'_>, dated: bool) {
    for error in &read.errors {
        let detail = format!("a rule is kept raw only: {error}");
        session.find("mapping.recurrence.malformed", Effect::Noted, detail);
    }
    if taker.all("RRULE").count() > 1 {
        let detail = "of several rules the first is in words; the others are raw";
        session.find("mapping.recurrence.several", Effect::Noted, detail);
    }
    let astray = !dated && read.rules.is_empty() && read.series.occurrences().nth(1).is_some();
    if astray && !read.series.dates.is_empty() {
        let detail = "of dates without a rule (RDATE) that no series of Outlook can have, two on a \
                      day, before the start or too far apart, the first counts; all are raw";
        session.find("mapping.recurrence.dates", Effect::Lost, detail);
    } else if (taker.first("RDATE").is_some() && !dated) || taker.first("EXRULE").is_some() {
        let detail = "dates added by RDATE, or removed by EXRULE, are raw";
        session.find("mapping.recurrence.dates", Effect::Noted, detail);
    }
    let most = u64::try_from(limits::RECURRENCE_STEPS).unwrap_or(u64::MAX);
    if read
        .rules
        .iter()
        .any(|(_, rule)| rule.count.is_some_and(|count| count > most))
    {
        let detail = format!("a rule of more than {most} occurrences is followed so far only");
        session.find("mapping.recurrence.long", Effect::Noted, detail);
    }
    let ranged = |component: &Component| {
        let id = component.property("RECURRENCE-ID");
        id.is_some_and(|id| id.param("RANGE").is_some())
    };
    if read.changed.iter().any(|(component, ..)| ranged(component)) {
        let detail = "a change of this and all later occurrences is kept as one of this only; its \
                      RANGE is raw";
        session.find("mapping.recurrence.range", Effect::Noted, detail);
    }
    if read.twice {
        let detail = "an occurrence is changed twice; both are kept, the higher SEQUENCE counts";
        session.find("mapping.recurrence.twice", Effect::Noted, detail);
    }
}

/// Takes the dates removed.
fn deleted(
    session: &mut Session<'_>,
    taker: &mut Taker<'_>,
    read: &Read<'_>,
    recurrence: &mut Recurrence,
) {
    let all: Vec<Found<'_>> = taker.all("EXDATE").collect();
    let zone = &read.series.zone;
    for found in all {
        let (moments, whole) = session
            .clocks
            .list(found.property, limits::RECURRENCE_DATES);
        let start = read.span.start.when;
        let same = moments.iter().all(|moment| {
            let same_kind = moment.when.is_date() == start.is_date();
            same_kind && local(zone, moment).time() == start.datetime().time()
        });
        if same && whole {
            taker.mark_whole(found, &["TZID"]);
        }
        for moment in moments {
            let day = local(zone, &moment).date();
            recurrence.deleted.push(day);
        }
    }
    let mut known = std::collections::BTreeSet::new();
    recurrence.deleted.retain(|day| known.insert(*day));
}

/// A rule in the words of the model, and whether they tell all of it.
fn words(rule: &Rule, span: &Span) -> (Recurrence, bool) {
    use rule::Frequency as Freq;
    let start = span.start.when.datetime();
    let mut told = rule.year_days.is_empty() && rule.weeks.is_empty();
    for (list, own) in [
        (&rule.hours, start.hour()),
        (&rule.minutes, start.minute()),
        (&rule.seconds, start.second()),
    ] {
        told &= list.iter().all(|number| *number == i16::from(own));
    }
    let mut nths: Vec<i16> = rule.days.iter().map(|day| day.nth).collect();
    nths.dedup();
    let mut position = None;
    match (nths.as_slice(), rule.positions.len()) {
        ([] | [0], 0) => {}
        ([] | [0], 1) => position = rule.positions.first().copied(),
        ([nth], 0) if rule.days.len() == 1 => position = Some(*nth),
        _ => told = false,
    }
    told &= position.is_none_or(|own| own == -1 || (1..=4).contains(&own));
    let position = position.filter(|own| *own == -1 || (1..=4).contains(own));
    let mut days: Vec<Weekday> = rule.days.iter().map(|day| weekday(day.weekday())).collect();
    days.sort();
    days.dedup();
    let plain = |day: &i16| *day == -1 || *day > 0;
    told &= rule.month_days.iter().all(plain);
    let mut month_days: Vec<i64> = rule
        .month_days
        .iter()
        .filter(|day| plain(day))
        .map(|day| i64::from(*day))
        .collect();
    let mut month = match rule.months.len() {
        1 => rule.months.first().map(|month| i64::from(*month)),
        _ => None,
    };
    told &= rule.months.len() <= 1;
    let chosen = !rule.days.is_empty()
        || !rule.month_days.is_empty()
        || !rule.year_days.is_empty()
        || !rule.weeks.is_empty();
    match rule.frequency {
        Freq::Weekly if !chosen => days = vec![weekday(start.weekday())],
        Freq::Monthly if !chosen => month_days = vec![i64::from(start.day())],
        Freq::Yearly if !chosen => {
            month_days = vec![i64::from(start.day())];
            if rule.months.is_empty() {
                month = Some(i64::from(start.month()));
            }
        }
        Freq::Yearly => told &= month.is_some(),
        _ => {}
    }
    told &= rule.frequency == Freq::Yearly || rule.months.is_empty();
    told &= rule.frequency != Freq::Weekly || rule.month_days.is_empty();
    // A bare position chooses among what it has; days on their own recur each.
    told &= rule.positions.is_empty() || chosen;
    let minutes = i64::from(start.hour()) * 60 + i64::from(start.minute());
    let length = match span.length {
        Length::Nominal(length) => length.nominal_seconds(),
        Length::Exact(length) => length.as_secs(),
    };
    let until = rule.until.map(|until| match until {
        When::Utc(_) => {
            let instant = crate::ical::value::utc(until.datetime());
            let local = instant.map(|instant| span.start.zone.local(instant));
            local.unwrap_or(until.datetime()).date()
        }
        other => other.date(),
    });
    let recurrence = Recurrence {
        frequency: match rule.frequency {
            Freq::Yearly => Frequency::Yearly,
            Freq::Monthly => Frequency::Monthly,
            Freq::Weekly => Frequency::Weekly,
            Freq::Daily => Frequency::Daily,
            Freq::Hourly => Frequency::Hourly,
            Freq::Minutely => Frequency::Minutely,
            Freq::Secondly => Frequency::Secondly,
        },
        interval: i64::from(rule.interval),
        days,
        month_days,
        position: position.map(i64::from),
        month,
        week_start: Some(weekday(rule.week_start)),
        regenerates: false,
        start: start.date(),
        until,
        count: rule.count.and_then(|count| int(&count.to_string())),
        start_minutes: Some(minutes),
        end_minutes: Some(minutes.saturating_add(length.div_euclid(60))),
        rule: Some(rule.to_text()),
        deleted: Vec::new(),
        exceptions: Vec::new(),
    };
    (recurrence, told)
}

fn weekday(day: Day) -> Weekday {
    match day {
        Day::Monday => Weekday::Monday,
        Day::Tuesday => Weekday::Tuesday,
        Day::Wednesday => Weekday::Wednesday,
        Day::Thursday => Weekday::Thursday,
        Day::Friday => Weekday::Friday,
        Day::Saturday => Weekday::Saturday,
        Day::Sunday => Weekday::Sunday,
    }
}

/// The class of an occurrence within its series (MS-OXCICAL 2.1.3.1.1.20.20).
const OCCURRENCE: &str = "IPM.OLE.CLASS.{00061055-0000-0000-C000-000000000046}";

fn exception(
    session: &mut Session<'_>,
    series: &Item,
    read: &Read<'_>,
    component: &Component,
    original: DateTime,
    span: &Span,
) -> Exception {
    let mut taker = Taker::new(component);
    let mut item = session.item(&mut taker);
    if matches!(item.content, Content::Meeting(_)) {
        OCCURRENCE.clone_into(&mut item.class);
    }
    session.complete(&mut item, &taker);
    let zone = &read.series.zone;
    let mut exception = Exception {
        original,
        start: local(zone, &span.start),
        end: zone.local(span.end),
        original_utc: zone.instant(original),
        start_utc: Some(span.start.instant),
        end_utc: Some(span.end),
        subject: None,
        location: None,
        busy: None,
        all_day: None,
        meeting_type: None,
        label: None,
        reminder_set: None,
        reminder_minutes: None,
        has_attachments: None,
        occurrence: None,
        raw: Vec::new(),
    };
    if item.title() != series.title() {
        exception.subject = Some(item.title().to_owned());
    }
    if let (Content::Meeting(own), Content::Meeting(series)) = (&item.content, &series.content) {
        differences(&mut exception, own, series);
    }
    let minutes = |item: &Item| item.reminder.as_ref().and_then(|own| own.minutes);
    let is_set = |item: &Item| item.reminder.as_ref().is_some_and(|own| own.set);
    exception.reminder_set = (is_set(&item) != is_set(series)).then(|| is_set(&item));
    exception.reminder_minutes = minutes(&item).filter(|own| Some(*own) != minutes(series));
    exception.has_attachments = (!item.attachments.is_empty()).then_some(true);
    exception.occurrence = Some(Box::new(item));
    exception
}

fn differences(exception: &mut Exception, own: &Meeting, series: &Meeting) {
    if own.location != series.location {
        exception.location = Some(own.location.clone().unwrap_or_default());
    }
    exception.busy = own.busy.filter(|_| own.busy != series.busy);
    exception.all_day = (own.all_day != series.all_day).then_some(own.all_day);
}

/// Gives the rule of a series and the dates removed from it; false when it has no rule that a
/// calendar can tell.
pub(super) fn write(giver: &mut Giver<'_>, recurrence: &Recurrence, start: &Start<'_>) -> bool {
    let rule = recurrence.rule.as_deref().map(Rule::parse);
    let Some(Ok(mut rule)) = rule else {
        return false;
    };
    // The end has the form of the start (RFC 5545 3.3.10).
    let last = rule.until.map(|until| match (until, start) {
        (When::Utc(until), Start::Zoned(zone, _)) => {
            let at = crate::ical::value::utc(until);
            at.map_or(until.date(), |at| zone.local(at).date())
        }
        (until, _) => until.date(),
    });
    rule.until = match (rule.until, start) {
        (Some(When::Utc(until)), Start::Zoned(..)) => Some(When::Utc(until)),
        (Some(until), Start::Zoned(zone, time)) => {
            let local = match until {
                When::Date(day) => day.to_datetime(*time),
                other => other.datetime(),
            };
            let at = zone.instant(local);
            let utc = at.map(|at| jiff::tz::TimeZone::UTC.to_datetime(at));
            utc.map(When::Utc)
        }
        (Some(until), Start::Day) => Some(When::Date(until.date())),
        (Some(When::Utc(until) | When::Local(until)), Start::Floating(_)) => {
            Some(When::Local(until))
        }
        (until, _) => until,
    };
    giver.plain("RRULE", &rule.to_text());
    if let Start::Zoned(zone, _) = start {
        let last = last.map(|day| day.year());
        giver.zones.note_series(zone, recurrence.start.year(), last);
    }
    if recurrence.deleted.is_empty() {
        return true;
    }
    let days = recurrence.deleted.iter();
    let (params, value) = match start {
        Start::Day => {
            let days: Vec<String> = days.map(|day| day.strftime("%Y%m%d").to_string()).collect();
            (vec![Param::new("VALUE", ["DATE"])], days.join(","))
        }
        Start::Floating(time) => {
            let days = days.map(|day| day.to_datetime(*time).strftime("%Y%m%dT%H%M%S").to_string());
            (Vec::new(), days.collect::<Vec<_>>().join(","))
        }
        Start::Zoned(zone, time) => {
            let all = days.filter_map(|day| zone.instant(day.to_datetime(*time)));
            let all: Vec<Timestamp> = all.collect();
            giver.zoned(&all, Some(zone))
        }
    };
    giver.put(Property::made("EXDATE", params, &value));
    true
}

/// How the start of a series is told.
#[derive(Debug)]
pub(super) enum Start<'z> {
    /// As a day.
    Day,
    /// By the clocks of wherever one is.
    Floating(jiff::civil::Time),
    /// By the clock of a zone, UTC included.
    Zoned(&'z crate::ical::Zone, jiff::civil::Time),
}
