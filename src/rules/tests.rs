//! A rule's whole way over made-up series.

use std::time::Duration;

use expect_test::{Expect, expect};

use super::*;
use jiff::tz::TimeZone;

use super::observe::observe;
use crate::model::{
    Alert, AlertState, BrandId, Bucket, Condition, CountBy, Heard, History, MentionId, Rule, RuleId,
    SeenVoice, Series, Severity, Timestamp, Tongue, Undated, Window,
};
use crate::stats::chance::Chance;

const STEP_S: u32 = 900;
const HOUR: Duration = Duration::from_secs(3_600);
const PER_DAY: usize = 96;

fn rule(condition: Condition, window: Window) -> Rule {
    Rule {
        id: RuleId::new("acme-spike"),
        min: if condition.is_at_once() { 1 } else { 3 },
        condition,
        brands: vec![BrandId::new("acme")],
        query: None,
        within: None,
        text: None,
        window,
        budget_per_week: 1.0,
        count: CountBy::Stories,
        min_sources: 1,
        hold: Duration::ZERO,
        cooldown: 6 * HOUR,
        late: 48 * HOUR,
        undated: Undated::Observed,
        severity: Severity::High,
        notify: Vec::new(),
        playbook: None,
        canonical: "kind = spike".to_owned(),
        config_hash: "0123456789abcdef".to_owned(),
    }
}

fn series(mut bucket: impl FnMut(usize) -> (u32, u32), buckets: usize) -> Series {
    let bucket = |i| {
        let (stories, negative_stories) = bucket(i);
        Bucket {
            mentions: stories,
            stories,
            negative_mentions: negative_stories,
            negative_stories,
            ..Bucket::default()
        }
    };
    let start = "2026-01-05T00:00:00Z".parse().unwrap();
    Series { start, step_s: STEP_S, buckets: (0..buckets).map(bucket).collect() }
}

fn poisson(seed: u64, per_hour: f64, buckets: usize) -> Series {
    let mut chance = Chance::new(seed);
    series(|_| (chance.poisson(per_hour / 4.0), 0), buckets)
}

fn end_of(series: &Series, bucket: usize) -> Timestamp {
    Timestamp::from_second(series.start.as_second() + (bucket as i64 + 1) * i64::from(STEP_S)).unwrap()
}

/// Every other one has spoken before.
fn voice(number: u32, at: Timestamp) -> SeenVoice {
    let before = Timestamp::from_second(at.as_second() - 42 * 86_400).unwrap();
    SeenVoice {
        name: format!("Zoé {number}"),
        first: MentionId::new(format!("m_{number}")),
        at,
        sources: 4,
        before: (number % 2 == 1).then_some(before),
        carried: number % 2 * 3,
    }
}

/// All of it was heard by all of today's sources.
fn history(series: &Series) -> History {
    let heard = |&counts: &Bucket| Some(Heard { counts, share: 1.0, deaf: 0.0, whole: Bucket::default() });
    let slots = series.buckets.iter().map(heard).collect();
    History { start: series.start, step_s: series.step_s, slots }
}

/// Looks once after each of these buckets; all that was told, with the alert as it was then.
fn run(rule: &Rule, series: &Series, looks: std::ops::Range<usize>) -> (Vec<(Notice, Alert)>, Option<Alert>) {
    let brand = &rule.brands[0];
    let history = history(series);
    let mut vigil = Vigil::new(rule, series.start, &TimeZone::UTC, Keeps::LIVE);
    let (mut state, mut told) = (None::<Alert>, Vec::new());
    for bucket in looks {
        let now = end_of(series, bucket);
        let step = match rule.condition {
            Condition::Pattern | Condition::NewVoice => {
                let window = (end_of(series, bucket - 1), now);
                let counts = series.buckets[bucket];
                let voices = match rule.condition {
                    Condition::NewVoice => (0..counts.stories).map(|i| voice(i, now)).collect(),
                    _ => Vec::new(),
                };
                let seen = observe_at_once(rule, Finds { counts, sources: 5, voices }, window);
                step(rule, brand, state.as_ref(), &seen, now, Tongue::English)
            }
            _ => {
                let sight =
                    Sight { rule, brand, history: &history, live: series, now, tongue: Tongue::English };
                let Ok(step) = sight.look(&mut vigil, state.as_ref(), now, |_| Ok::<_, ()>(5)) else {
                    continue;
                };
                let Some(step) = step else { continue };
                step
            }
        };
        state = step.alert.or(state);
        if step.notice.speaks() {
            told.push((step.notice, state.clone().unwrap()));
        }
    }
    (told, state)
}

#[test]
fn false_alarms_keep_to_the_budget() {
    let weeks = 6;
    let rule = rule(Condition::Spike, Window::Fixed(HOUR));
    for (seed, per_hour) in [(1, 0.3), (2, 3.0), (3, 30.0)] {
        let series = poisson(seed, per_hour, (weeks + 1) * 7 * PER_DAY);
        let (told, _) = run(&rule, &series, 7 * PER_DAY..series.buckets.len());
        let alarms = told.iter().filter(|(notice, _)| *notice == Notice::First).count();
        assert!(alarms <= weeks * 3 / 2, "{per_hour} per hour: {alarms} in {weeks} weeks");
    }
}

fn burst(window: Window, times: f64) -> (Vec<(Notice, Alert)>, Series) {
    let (mut chance, burst) = (Chance::new(9), 10 * PER_DAY + 40..10 * PER_DAY + 44);
    let rate = |i| if burst.contains(&i) { 3.0 * times } else { 3.0 };
    let series = series(|i| (chance.poisson(rate(i) / 4.0), 0), 12 * PER_DAY);
    (run(&rule(Condition::Spike, window), &series, 10 * PER_DAY..12 * PER_DAY).0, series)
}

#[test]
fn a_sixfold_hour_is_one_incident() {
    for window in [Window::Auto, Window::Fixed(HOUR)] {
        let (told, series) = burst(window, 6.0);
        assert_eq!(
            told.iter().map(|(notice, _)| *notice).collect::<Vec<_>>(),
            [Notice::First, Notice::Resolved]
        );
        let fired = told[0].1.fired_at.unwrap();
        assert!(
            fired > end_of(&series, 10 * PER_DAY + 39) && fired <= end_of(&series, 10 * PER_DAY + 43),
            "{fired}"
        );
    }
}

#[test]
fn an_alert_is_recomputed_bit_for_bit() {
    for times in [6.0, 60.0] {
        for (_, alert) in burst(Window::Auto, times).0 {
            assert!(alert.baseline.is_some());
            assert_eq!(recompute(&alert), alert.baseline);
        }
    }
}

#[test]
fn what_grows_a_lot_is_told_again_once() {
    let series = series(|i| (if i < 960 { 1 } else { 4 << (i - 960).min(6) }, 0), 970);
    let (told, state) = run(&rule(Condition::Spike, Window::Fixed(HOUR)), &series, 900..970);
    let notices: Vec<_> = told.iter().map(|(notice, alert)| (*notice, alert.observed.value)).collect();
    assert_eq!(notices[0].0, Notice::First);
    assert!(notices[1..].iter().all(|(notice, _)| *notice == Notice::NewEvidence), "{notices:?}");
    assert!((2..=4).contains(&notices.len()), "{notices:?}");
    let ids: std::collections::HashSet<_> = told.iter().map(|(_, alert)| alert.id.clone()).collect();
    assert_eq!(ids.len(), 1);
    assert_eq!(state.unwrap().observed.value, 1_024);
}

#[test]
fn after_an_incident_a_cooldown_stays_quiet() {
    let bursts = |gap: usize| {
        let series = series(
            |i| (if (960..964).contains(&i) || (960 + gap..964 + gap).contains(&i) { 9 } else { 1 }, 0),
            1_100,
        );
        let (told, _) = run(&rule(Condition::Spike, Window::Fixed(HOUR)), &series, 900..1_100);
        told.iter().filter(|(notice, _)| *notice == Notice::First).count()
    };
    assert_eq!(bursts(20), 1, "five hours later");
    assert_eq!(bursts(60), 2, "fifteen hours later");
}

#[test]
fn a_rule_that_waits_fires_late_and_forgets_what_passed() {
    let lasting = |buckets: usize| {
        let series = series(|i| (if (960..960 + buckets).contains(&i) { 30 } else { 1 }, 0), 1_000);
        let rule = Rule { hold: 2 * HOUR, ..rule(Condition::Spike, Window::Fixed(HOUR)) };
        run(&rule, &series, 900..1_000)
    };
    let (told, state) = lasting(2);
    assert!(told.is_empty());
    let state = state.unwrap();
    assert_eq!((state.state, state.fired_at), (AlertState::Resolved, None));
    let (told, _) = lasting(16);
    assert_eq!(told[0].0, Notice::First);
    let alert = &told[0].1;
    assert_eq!(alert.fired_at.unwrap().as_second() - alert.since.as_second(), 7_200);
}

#[test]
fn negative_buzz_needs_number_and_share() {
    let condition = || Condition::NegativeBuzz { triggers: Vec::new() };
    let fires = |burst: (u32, u32)| {
        let series =
            series(|i| if (960..964).contains(&i) { burst } else { (4, u32::from(i % 4 == 0)) }, 970);
        !run(&rule(condition(), Window::Fixed(HOUR)), &series, 900..970).0.is_empty()
    };
    assert!(fires((5, 4)), "as many as ever, nearly all negative");
    assert!(!fires((20, 1)), "more of all, tone as ever");
    assert!(!fires((0, 0)));
    let few = Rule { min_sources: 6, ..rule(condition(), Window::Fixed(HOUR)) };
    let series = series(|i| if (960..964).contains(&i) { (5, 4) } else { (4, u32::from(i % 4 == 0)) }, 970);
    assert!(run(&few, &series, 900..970).0.is_empty(), "from too few sources");
}

#[test]
fn positive_buzz_needs_number_and_share_too() {
    let told = |burst: (u32, u32)| {
        let mut series =
            series(|i| if (960..964).contains(&i) { burst } else { (4, u32::from(i % 4 == 0)) }, 970);
        for bucket in &mut series.buckets {
            let negative = (bucket.negative_mentions, bucket.negative_stories);
            (bucket.negative_mentions, bucket.negative_stories) = (0, 0);
            (bucket.positive_mentions, bucket.positive_stories) = negative;
        }
        run(&rule(Condition::PositiveBuzz, Window::Fixed(HOUR)), &series, 900..970).0
    };
    assert!(told((20, 1)).is_empty(), "more of all, tone as ever");
    assert!(told((0, 0)).is_empty());
    let (_, alert) = told((5, 5)).swap_remove(0);
    assert_eq!((alert.observed.negative, alert.observed.positive), (0, Some(alert.observed.value)));
    // Blame is no praise.
    let blamed = series(|i| if (960..964).contains(&i) { (5, 5) } else { (4, 0) }, 970);
    assert!(run(&rule(Condition::PositiveBuzz, Window::Fixed(HOUR)), &blamed, 900..970).0.is_empty());
}

#[test]
fn a_pattern_fires_at_once_and_gathers_for_a_cooldown() {
    let series = series(|i| (u32::from([10, 12, 30, 60].contains(&i)), 0), 100);
    let rule = rule(Condition::Pattern, Window::Fixed(Duration::from_secs(900)));
    let (told, state) = run(&rule, &series, 1..100);
    let notices: Vec<_> = told.iter().map(|(notice, alert)| (*notice, alert.observed.value)).collect();
    use Notice::{First, Resolved};
    assert_eq!(notices, [(First, 1), (Resolved, 3), (First, 1), (Resolved, 1)]);
    assert_eq!(state.unwrap().state, AlertState::Resolved);
}

/// One that chance hardly ever sets off.
fn absence(window: Window) -> Rule {
    Rule { budget_per_week: 0.1, ..rule(Condition::Absence, window) }
}

/// What a rule for absences says of a past, looked at slot by slot from the third week on.
fn absences(rule: &Rule, history: &History) -> Vec<(Notice, Alert)> {
    let brand = &rule.brands[0];
    let mut vigil = Vigil::new(rule, history.start, &TimeZone::UTC, Keeps::LIVE);
    let live = Series { start: history.start, step_s: STEP_S, buckets: Vec::new() };
    let (mut state, mut told) = (None::<Alert>, Vec::new());
    for slot in 14 * PER_DAY..history.slots.len() {
        let seconds = (slot as i64 + 1) * i64::from(STEP_S);
        let now = Timestamp::from_second(history.start.as_second() + seconds).unwrap();
        let sight = Sight { rule, brand, history, live: &live, now, tongue: Tongue::English };
        let Ok(step) = sight.look(&mut vigil, state.as_ref(), now, |_| Ok::<_, ()>(1)) else { continue };
        let Some(step) = step else { continue };
        state = step.alert.or(state);
        if step.notice.speaks() {
            told.push((step.notice, state.clone().unwrap()));
        }
    }
    told
}

/// Three weeks of talk; from the fourth day of the third one for 40 hours, so much of it is said.
fn silence(rate: f64) -> (Series, std::ops::Range<usize>) {
    let (mut chance, silent) = (Chance::new(5), 17 * PER_DAY..17 * PER_DAY + 160);
    let series =
        series(|i| (chance.poisson(if silent.contains(&i) { 0.75 * rate } else { 0.75 }), 0), 21 * PER_DAY);
    (series, silent)
}

fn notices(told: &[(Notice, Alert)]) -> Vec<Notice> {
    told.iter().map(|(notice, _)| *notice).collect()
}

#[test]
fn a_silence_is_one_absence_and_ends_when_talk_is_back() {
    for window in [Window::Auto, Window::Fixed(6 * HOUR)] {
        let (series, silent) = silence(0.0);
        let told = absences(&absence(window), &history(&series));
        assert_eq!(notices(&told), [Notice::First, Notice::Resolved], "{window:?}");
        let fired = told[0].1.fired_at.unwrap();
        assert!(
            fired > end_of(&series, silent.start) && fired < end_of(&series, silent.start + 50),
            "{fired}"
        );
        let until = told[1].1.until.unwrap();
        assert!(until > end_of(&series, silent.end) && until < end_of(&series, silent.end + 80), "{until}");
        for (_, alert) in &told {
            assert_eq!(recompute(alert), alert.baseline, "{window:?}");
        }
    }
}

/// Talk that is heard less than it is said is not missing.
#[test]
fn an_outage_raises_no_absence() {
    let rule = absence(Window::Auto);
    let deaf = |share_deaf: f64, counts: f64| {
        let (series, silent) = silence(counts);
        let mut past = history(&series);
        for slot in silent {
            past.slots[slot] = past.slots[slot].map(|heard| Heard { deaf: share_deaf, ..heard });
            if share_deaf > 0.5 {
                past.slots[slot] = None;
            }
        }
        notices(&absences(&rule, &past))
    };
    assert_eq!(deaf(0.0, 0.2), [Notice::First, Notice::Resolved], "four fifths are missing");
    assert_eq!(deaf(1.0, 0.0), [], "nobody was heard");
    assert_eq!(deaf(0.5, 0.5), [], "half of them was");
    assert_eq!(deaf(0.0, 1.0), [], "nothing is missing");
    let young = Rule { late: HOUR, ..rule };
    let (series, _) = silence(0.0);
    let short = History { slots: history(&series).slots[6 * PER_DAY..].to_vec(), ..history(&series) };
    assert_eq!(notices(&absences(&young, &short)), [], "fewer than two weeks are known before it");
}

/// Three weeks of a brand and its competitors; from the fourth day of the third one for two days, so many times as
/// much is said of the one and of the others. Answers the brand's past beside the whole.
fn compared(own: f64, others: f64, unheard: f64) -> History {
    let mut chance = Chance::new(11);
    let moved = 17 * PER_DAY..19 * PER_DAY;
    let mut talk = |rate: f64, times: f64| {
        let rate = |i| if moved.contains(&i) { rate * times } else { rate };
        history(&series(|i| (chance.poisson(rate(i)), 0), 21 * PER_DAY))
    };
    let (own, mut others) = (talk(0.5, own), talk(1.5, others));
    for slot in moved {
        others.slots[slot] = others.slots[slot].map(|heard| Heard { deaf: unheard, ..heard });
    }
    settled::shares(own, &[others])
}

fn share_shift() -> Rule {
    let among = ["acme", "globex"].map(BrandId::new).to_vec();
    Rule { budget_per_week: 0.1, min: 20, ..rule(Condition::ShareShift { among }, Window::Auto) }
}

#[test]
fn a_share_that_moves_is_one_incident_up_or_down() {
    let rule = Rule { budget_per_week: 1.0, ..share_shift() };
    for (own, others) in [(4.0, 1.0), (0.1, 1.0), (1.0, 0.2)] {
        let past = compared(own, others, 0.0);
        let moved = Timestamp::from_second(past.start.as_second() + 17 * 86_400).unwrap();
        let mut told = absences(&rule, &past);
        told.retain(|(_, alert)| alert.since > moved && alert.observed.window.1 > moved);
        let first = &told.iter().find(|(notice, _)| *notice == Notice::First).unwrap().1;
        let share = settled::share_of(&first.observed, first.baseline.as_ref()).unwrap();
        assert!((share.usual - 0.25).abs() < 0.1, "{share:?}");
        assert!(share.seen.low < share.seen.value && share.seen.value < share.seen.high, "{share:?}");
        assert_eq!(share.seen.value > share.usual, own > others, "{share:?}");
        assert!(told.iter().any(|(notice, _)| *notice == Notice::Resolved), "{own} {others}");
        for (_, alert) in &told {
            assert_eq!(recompute(alert), alert.baseline, "{own} {others}");
        }
        let [english, french] = [Tongue::English, Tongue::French].map(|tongue| reason(&rule, first, tongue));
        assert!(english.contains(" % share of voice in ") && english.contains("(95 %: "), "{english}");
        assert!(french.contains(" % de part de voix en ") && french.contains("(95 % : "), "{french}");
    }
}

#[test]
fn what_moves_all_alike_and_what_was_not_heard_moves_no_share() {
    assert_eq!(notices(&absences(&share_shift(), &compared(1.0, 1.0, 0.0))), []);
    assert_eq!(
        notices(&absences(&share_shift(), &compared(4.0, 4.0, 0.0))),
        [],
        "everybody is spoken of more"
    );
    assert_eq!(
        notices(&absences(&share_shift(), &compared(1.0, 0.4, 0.6))),
        [],
        "of one, most was not heard"
    );
}

#[test]
fn an_absence_waits_for_what_comes_late() {
    let rule = rule(Condition::Absence, Window::Auto);
    assert_eq!(settled::lag(&rule, vec![60; 100]), 900);
    assert_eq!(
        settled::lag(&rule, (0..100).map(|i| i * 60).collect()),
        7 * 900,
        "98 minutes, in whole slots"
    );
    assert_eq!(settled::lag(&rule, vec![60; 3]), 48 * 3_600, "too few to tell");
}

#[test]
fn new_voices_are_counted_and_gathered() {
    let series = series(|i| (if [10, 12, 13].contains(&i) { 2 } else { 0 }, 0), 100);
    let rule = Rule { min_sources: 9, ..rule(Condition::NewVoice, Window::Auto) };
    let (told, state) = run(&rule, &series, 1..100);
    let notices: Vec<_> = told.iter().map(|(notice, alert)| (*notice, alert.observed.value)).collect();
    assert_eq!(notices, [(Notice::First, 2), (Notice::Resolved, 6)], "how far each went was asked before");
    assert_eq!(state.unwrap().observed.voices.len(), 6);
}

/// The place of a pattern's looks is a rev: their times may overlap, or go back with the clock.
#[test]
fn a_pattern_adds_up_every_look_whatever_the_clock_says() {
    let series = series(|_| (1, 0), 100);
    let rule =
        Rule { hold: HOUR, min: 1, ..rule(Condition::Pattern, Window::Fixed(Duration::from_secs(900))) };
    let mut state = None;
    let mut notices = Vec::new();
    for bucket in [50, 51, 40, 45] {
        let now = end_of(&series, bucket);
        let counts = Bucket { mentions: 2, stories: 2, ..Bucket::default() };
        let finds = Finds { counts, sources: 1, voices: Vec::new() };
        let seen = observe_at_once(&rule, finds, (end_of(&series, bucket - 2), now));
        let step = step(&rule, &rule.brands[0], state.as_ref(), &seen, now, Tongue::English);
        notices.push(step.notice);
        state = step.alert.or(state);
    }
    let silent = Notice::NothingNew(Silence::StillFiring);
    assert_eq!(notices, [Notice::First, silent, silent, silent]);
    let alert = state.unwrap();
    assert_eq!((alert.observed.value, alert.observed.window.1), (8, end_of(&series, 51)));
    let over = Alert { state: AlertState::Resolved, until: Some(alert.last_held), ..alert };
    let counts = Bucket { mentions: 1, stories: 1, ..Bucket::default() };
    let finds = Finds { counts, sources: 1, voices: Vec::new() };
    let seen = observe_at_once(&rule, finds, (end_of(&series, 19), end_of(&series, 20)));
    let again = step(&rule, &rule.brands[0], Some(&over), &seen, end_of(&series, 20), Tongue::English);
    assert_eq!(again.notice, Notice::First);
}

#[test]
fn the_most_telling_notice_is_told() {
    use Notice::{First, NewEvidence, NothingNew, Resolved};
    let quiet = NothingNew(Silence::StillFiring);
    let told = |looks: &[Notice]| looks.iter().copied().reduce(Notice::with_later).unwrap();
    assert_eq!(told(&[First, NewEvidence, quiet, Resolved]), First);
    assert_eq!(told(&[quiet, NewEvidence, Resolved, quiet]), NewEvidence);
    assert_eq!(told(&[quiet, Resolved, quiet]), Resolved);
    assert_eq!(told(&[NothingNew(Silence::Waiting), quiet]), quiet);
}

#[test]
fn only_what_is_known_is_judged() {
    let series = poisson(4, 3.0, 10 * PER_DAY);
    let rule = rule(Condition::Spike, Window::Auto);
    let from = judged_from(series.start, &rule).unwrap();
    let history = history(&series);
    let mut vigil = Vigil::new(&rule, series.start, &TimeZone::UTC, Keeps::LIVE);
    let mut judged = |now: Timestamp| {
        vigil.go_back(Timestamp::from_second(now.as_second() - i64::from(STEP_S)).unwrap());
        let sight = Sight {
            rule: &rule,
            brand: &rule.brands[0],
            history: &history,
            live: &series,
            now,
            tongue: Tongue::English,
        };
        sight.look(&mut vigil, None, now, |_| Ok::<_, ()>(1)).unwrap().is_some()
    };
    assert!(judged(from));
    assert!(!judged(Timestamp::from_second(from.as_second() - i64::from(STEP_S)).unwrap()));
    assert!(!judged(Timestamp::from_second(series.end().as_second() + 1_000).unwrap()), "beyond the series");
}

#[track_caller]
fn check(condition: Condition, burst: (u32, u32), expect: Expect) {
    let series = series(|i| if (960..964).contains(&i) { burst } else { (i as u32 % 2, 0) }, 970);
    let rule = rule(condition, Window::Fixed(HOUR));
    let (told, _) = run(&rule, &series, 963..964);
    let alert = &told[0].1;
    let lines = [Tongue::English, Tongue::French].map(|tongue| reason(&rule, alert, tongue) + "\n");
    expect.assert_eq(&lines.concat());
}

#[test]
fn reasons_read_well() {
    check(
        Condition::Spike,
        (4, 0),
        expect![[r#"
            16 stories from 5 sources in 1 hour where 2.5 are usual (by chance less than once in 1,000 years; 10 days of listening)
            16 histoires de 5 sources en 1 heure, contre 2,5 d’habitude (par hasard moins d’une fois en 1 000 ans ; 10 jours d’écoute)
        "#]],
    );
    check(
        Condition::Spike,
        (40, 0),
        expect![[r#"
            160 stories from 5 sources in 1 hour where 2.2 are usual (by chance less than once in 1,000 years; 10 days of listening)
            160 histoires de 5 sources en 1 heure, contre 2,2 d’habitude (par hasard moins d’une fois en 1 000 ans ; 10 jours d’écoute)
        "#]],
    );
    check(
        Condition::NegativeBuzz { triggers: Vec::new() },
        (4, 3),
        expect![[r#"
            12 of 16 stories in 1 hour are negative where 0 negative is usual (by chance less than once in 1,000 years; 10 days of listening)
            12 histoires négatives sur 16 en 1 heure, contre 0 d’habitude (par hasard moins d’une fois en 1 000 ans ; 10 jours d’écoute)
        "#]],
    );
    check(
        Condition::Pattern,
        (4, 0),
        expect![[r#"
            4 new stories match “acme-spike”
            4 nouvelles histoires pour « acme-spike »
        "#]],
    );
    check_absence();
    check(
        Condition::NewVoice,
        (1, 0),
        expect![[r#"
        a new voice, Zoé 0, not heard in the half year before: its story is told in 4 sources
        une voix nouvelle, Zoé 0, qu’on n’avait pas entendue depuis six mois : son histoire est dans 4 sources
    "#]],
    );
    check(
        Condition::NewVoice,
        (3, 0),
        expect![[r#"
        a new voice, Zoé 0, not heard in the half year before: its story is told in 4 sources, and 2 other voices
        une voix nouvelle, Zoé 0, qu’on n’avait pas entendue depuis six mois : son histoire est dans 4 sources, et 2 autres voix
    "#]],
    );
}

#[track_caller]
fn check_absence() {
    let rule = absence(Window::Auto);
    let mut reasons = String::new();
    for rate in [0.0, 0.1] {
        let (_, alert) = absences(&rule, &history(&silence(rate).0)).remove(0);
        for tongue in [Tongue::English, Tongue::French] {
            reasons.push_str(&format!("{}\n", reason(&rule, &alert, tongue)));
        }
    }
    expect![[r#"
        only 3 stories in 6 hours where 16 are usual (by chance once in 5 years; 17 days of listening)
        seulement 3 histoires en 6 heures, contre 16 d’habitude (par hasard une fois en 5 ans ; 17 jours d’écoute)
        only 3 stories in 6 hours where 17 are usual (by chance once in 6 years; 17 days of listening)
        seulement 3 histoires en 6 heures, contre 17 d’habitude (par hasard une fois en 6 ans ; 17 jours d’écoute)
    "#]].assert_eq(&reasons);
}

#[test]
fn praise_is_told_in_both_languages() {
    let mut series = series(|i| if (960..964).contains(&i) { (4, 0) } else { (i as u32 % 2, 0) }, 970);
    for bucket in &mut series.buckets[960..964] {
        bucket.positive_stories = 3;
    }
    let rule = rule(Condition::PositiveBuzz, Window::Fixed(HOUR));
    let alert = run(&rule, &series, 963..964).0.swap_remove(0).1;
    let lines = [Tongue::English, Tongue::French].map(|tongue| reason(&rule, &alert, tongue) + "\n");
    expect![[r#"
        12 of 16 stories in 1 hour are positive where 0 positive is usual (by chance less than once in 1,000 years; 10 days of listening)
        12 histoires positives sur 16 en 1 heure, contre 0 d’habitude (par hasard moins d’une fois en 1 000 ans ; 10 jours d’écoute)
    "#]]
    .assert_eq(&lines.concat());
}

#[test]
fn an_alert_id_is_the_same_everywhere() {
    let rule = rule(Condition::Pattern, Window::Auto);
    let since = "2026-01-05T00:00:00Z".parse().unwrap();
    expect!["a_0e37ebf4bc4fe2f8"].assert_eq(alert_id(&rule, &BrandId::new("acme"), since).as_str());
}

#[test]
fn an_incident_takes_nothing_from_an_earlier_event() {
    let burst = |i: usize| match i {
        1_000..1_004 => 60,
        1_200..1_204 => 30,
        _ => u32::from(i.is_multiple_of(4)),
    };
    let (rule, series) = (rule(Condition::Spike, Window::Fixed(HOUR)), series(|i| (burst(i), 0), 1_204));
    let (_, alert) = run(&rule, &series, 1_190..1_204);
    let alert = alert.unwrap();
    let mut vigil = Vigil::new(&rule, series.start, &TimeZone::UTC, Keeps::LIVE);
    vigil.learn(&rule, &history(&series), end_of(&series, 1_002));
    let earlier = observe(&rule, HOUR, &series, vigil.normal(), end_of(&series, 1_003), |_| Ok::<_, ()>(5));
    let earlier = earlier.unwrap().unwrap();
    assert!(earlier.holds && earlier.observed.value > alert.observed.value);
    let now = end_of(&series, 1_203);
    let step = step(&rule, &rule.brands[0], Some(&alert), &earlier, now, Tongue::English);
    assert_eq!((step.alert, step.renewed), (None, false));
}
