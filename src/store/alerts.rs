//! Alerts as they were seen.
//!
//! An alert's numbers are kept as JSON, since they are read and written as a whole, and times as RFC 3339,
//! whole: an alert comes back equal to what was saved.

use anyhow::{Context, Result};
use rusqlite::{Connection, Row, params};
use serde_json::{Value, json};

use super::notices::{Notice, write_notice};
use super::{Reader, Store, set_meta};
use crate::model::{
    Acknowledgement, Alert, AlertId, AlertState, BrandId, CountBy, MentionId, Observed, RuleId, SeenBaseline,
    SeenSeries, SeenVoice, Severity, Side, SourceId, Timestamp,
};

/// Which alerts are asked for; `None` leaves a fact open.
#[derive(Clone, Copy, Debug, Default)]
pub struct AlertFilter<'a> {
    pub rule: Option<&'a RuleId>,
    pub brand: Option<&'a BrandId>,
    pub state: Option<AlertState>,
    /// Alerts of incidents that began at or after it.
    pub since: Option<Timestamp>,
    pub limit: Option<usize>,
}

impl Reader {
    pub fn alert(&self, id: &AlertId) -> Result<Option<Alert>> {
        let mut statement = self.db.prepare_cached("SELECT * FROM alerts WHERE id = ?1")?;
        statement.query_and_then([id.as_str()], read_alert)?.next().transpose()
    }

    /// Newest incident first.
    pub fn alerts(&self, filter: &AlertFilter<'_>) -> Result<Vec<Alert>> {
        let mut statement = self.db.prepare_cached("SELECT * FROM alerts ORDER BY since DESC, id")?;
        let wanted = |alert: &Alert| {
            filter.rule.is_none_or(|rule| alert.rule == *rule)
                && filter.brand.is_none_or(|brand| alert.brand == *brand)
                && filter.state.is_none_or(|state| alert.state == state)
                && filter.since.is_none_or(|since| alert.since >= since)
        };
        statement
            .query_and_then([], read_alert)?
            .filter(|alert| alert.as_ref().map_or(true, wanted))
            .take(filter.limit.unwrap_or(usize::MAX))
            .collect()
    }

    /// Incidents that are not over, of any rule.
    pub fn open_alerts(&self) -> Result<Vec<Alert>> {
        let mut statement =
            self.db.prepare_cached("SELECT * FROM alerts WHERE state <> 'resolved' ORDER BY since, id")?;
        statement.query_and_then([], read_alert)?.collect()
    }

    /// The incident of a rule for a brand that is not over, else the latest.
    pub fn current_alert(&self, rule: &RuleId, brand: &BrandId) -> Result<Option<Alert>> {
        let mut statement = self.db.prepare_cached(
            "SELECT * FROM alerts WHERE rule = ?1 AND brand = ?2
             ORDER BY state = 'resolved', since DESC, id LIMIT 1",
        )?;
        statement.query_and_then([rule.as_str(), brand.as_str()], read_alert)?.next().transpose()
    }
}

impl Store {
    /// Stores alerts, what is to be said of them, and under their keys the notes that tell up to where rules
    /// have looked, in one transaction. A notice that was queued before, delivered or not, is not queued
    /// again; an acknowledgement is never taken back. An alert that is over and never fired is forgotten.
    pub fn save_alerts(&mut self, alerts: &[(Alert, Vec<Notice>)], notes: &[(String, String)]) -> Result<()> {
        let tx = self.reader.db.transaction()?;
        for (key, value) in notes {
            set_meta(&tx, key, value)?;
        }
        for (alert, notices) in alerts {
            if alert.state == AlertState::Resolved && alert.fired_at.is_none() {
                tx.prepare_cached("DELETE FROM alerts WHERE id = ?1")?.execute([alert.id.as_str()])?;
                continue;
            }
            write_alert(&tx, alert)?;
            for notice in notices {
                write_notice(&tx, notice)?;
            }
        }
        Ok(tx.commit()?)
    }

    /// Whether there is such an alert.
    pub fn acknowledge(&mut self, id: &AlertId, acknowledgement: &Acknowledgement) -> Result<bool> {
        let Acknowledgement { at, false_alarm, by, comment } = acknowledgement;
        let changed = self
            .reader
            .db
            .prepare_cached(
                "UPDATE alerts SET acknowledged_at = ?2, false_alarm = ?3, acknowledged_by = ?4,
                     acknowledged_comment = ?5 WHERE id = ?1",
            )?
            .execute(params![id.as_str(), at.to_string(), false_alarm, by, comment])?;
        Ok(changed > 0)
    }
}

fn write_alert(db: &Connection, alert: &Alert) -> Result<()> {
    let acknowledged = alert.acknowledged.as_ref();
    db.prepare_cached(
        "INSERT INTO alerts (id, rule, brand, state, severity, since, fired_at, until, last_held, seen_at,
             acknowledged_at, false_alarm, reason, playbook, rule_text, config_hash, observed, baseline, series,
             evidence, evidence_sources, terms, query, acknowledged_by,
             acknowledged_comment)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21, ?22, ?23,
             ?24, ?25)
         ON CONFLICT DO UPDATE SET
             rule = excluded.rule, brand = excluded.brand, state = excluded.state, severity = excluded.severity,
             since = excluded.since, fired_at = excluded.fired_at, until = excluded.until,
             last_held = excluded.last_held, seen_at = excluded.seen_at,
             false_alarm = CASE WHEN excluded.acknowledged_at IS NULL THEN false_alarm ELSE excluded.false_alarm END,
             acknowledged_at = coalesce(excluded.acknowledged_at, acknowledged_at),
             acknowledged_by = coalesce(excluded.acknowledged_by, acknowledged_by),
             acknowledged_comment = coalesce(excluded.acknowledged_comment, acknowledged_comment),
             reason = excluded.reason, playbook = excluded.playbook, rule_text = excluded.rule_text,
             config_hash = excluded.config_hash, observed = excluded.observed, baseline = excluded.baseline,
             series = excluded.series, evidence = excluded.evidence, evidence_sources = excluded.evidence_sources,
             terms = excluded.terms, query = excluded.query",
    )?
    .execute(params![
        alert.id.as_str(),
        alert.rule.as_str(),
        alert.brand.as_str(),
        alert.state.as_str(),
        alert.severity.as_str(),
        alert.since.to_string(),
        alert.fired_at.map(|at| at.to_string()),
        alert.until.map(|at| at.to_string()),
        alert.last_held.to_string(),
        alert.seen_at.to_string(),
        acknowledged.map(|acknowledged| acknowledged.at.to_string()),
        acknowledged.is_some_and(|acknowledged| acknowledged.false_alarm),
        alert.reason,
        alert.playbook,
        alert.rule_text,
        alert.config_hash,
        observed_to_json(&alert.observed).to_string(),
        alert.baseline.as_ref().map(|baseline| baseline_to_json(baseline).to_string()),
        alert.series.as_ref().map(|series| series_to_json(series).to_string()),
        json!(alert.evidence.iter().map(MentionId::as_str).collect::<Vec<_>>()).to_string(),
        json!(alert.evidence_sources.iter().map(SourceId::as_str).collect::<Vec<_>>()).to_string(),
        json!(alert.terms).to_string(),
        alert.query,
        acknowledged.and_then(|acknowledged| acknowledged.by.as_ref()),
        acknowledged.and_then(|acknowledged| acknowledged.comment.as_ref()),
    ])?;
    Ok(())
}

fn read_alert(row: &Row<'_>) -> Result<Alert> {
    let text = |column| row.get::<_, String>(column);
    let json = |column| -> Result<Option<Value>> {
        Ok(row.get::<_, Option<String>>(column)?.map(|text| serde_json::from_str(&text)).transpose()?)
    };
    let time = |column| -> Result<Option<Timestamp>> {
        Ok(row.get::<_, Option<String>>(column)?.map(|text| text.parse()).transpose()?)
    };
    let required_time = |column| time(column)?.context("a stored alert lacks a time");
    let list = |column| -> Result<Vec<String>> { Ok(serde_json::from_str(&text(column)?)?) };
    Ok(Alert {
        id: AlertId::new(text("id")?),
        rule: RuleId::new(text("rule")?),
        brand: BrandId::new(text("brand")?),
        query: row.get("query")?,
        state: named(AlertState::ALL, AlertState::as_str, &text("state")?)?,
        severity: named(Severity::ALL, Severity::as_str, &text("severity")?)?,
        since: required_time("since")?,
        fired_at: time("fired_at")?,
        until: time("until")?,
        last_held: required_time("last_held")?,
        reason: text("reason")?,
        observed: observed_from_json(&json("observed")?.unwrap_or_default())
            .context("a stored alert's numbers are damaged")?,
        baseline: match json("baseline")? {
            Some(value) => Some(baseline_from_json(&value).context("a stored alert's baseline is damaged")?),
            None => None,
        },
        series: match json("series")? {
            Some(value) if value["values"].is_array() => None,
            Some(value) => Some(series_from_json(&value).context("a stored alert's series is damaged")?),
            None => None,
        },
        evidence: list("evidence")?.into_iter().map(MentionId::new).collect(),
        evidence_sources: list("evidence_sources")?.into_iter().map(SourceId::new).collect(),
        terms: list("terms")?,
        playbook: row.get("playbook")?,
        rule_text: text("rule_text")?,
        config_hash: text("config_hash")?,
        seen_at: required_time("seen_at")?,
        acknowledged: match time("acknowledged_at")? {
            Some(at) => Some(Acknowledgement {
                at,
                false_alarm: row.get("false_alarm")?,
                by: row.get("acknowledged_by")?,
                comment: row.get("acknowledged_comment")?,
            }),
            None => None,
        },
    })
}

/// The value that goes by `name`.
pub(super) fn named<T: Copy, const N: usize>(
    all: [T; N],
    as_str: fn(T) -> &'static str,
    name: &str,
) -> Result<T> {
    all.into_iter()
        .find(|&value| as_str(value) == name)
        .with_context(|| format!("`{name}` is stored where it means nothing"))
}

fn observed_to_json(observed: &Observed) -> Value {
    let Observed { count, value, mentions, stories, negative, positive, sources, window, voices, whole } =
        observed;
    let (since, until) = window;
    json!({
        "count": count.as_str(), "value": value, "mentions": mentions, "stories": stories,
        "negative": negative, "positive": positive, "sources": sources,
        "window": [since.to_string(), until.to_string()],
        "whole": whole,
        "voices": voices.iter().map(voice_to_json).collect::<Vec<_>>(),
    })
}

fn observed_from_json(value: &Value) -> Option<Observed> {
    Some(Observed {
        count: named([CountBy::Stories, CountBy::Mentions], CountBy::as_str, value["count"].as_str()?)
            .ok()?,
        value: number(&value["value"])?,
        mentions: number(&value["mentions"])?,
        stories: number(&value["stories"])?,
        negative: number(&value["negative"])?,
        positive: number(&value["positive"]),
        sources: number(&value["sources"])?,
        window: (time(&value["window"][0])?, time(&value["window"][1])?),
        whole: number(&value["whole"]),
        // Not known to vigies of before.
        voices: match value["voices"].as_array() {
            Some(voices) => voices.iter().map(voice_from_json).collect::<Option<_>>()?,
            None => Vec::new(),
        },
    })
}

fn voice_to_json(voice: &SeenVoice) -> Value {
    let SeenVoice { name, first, at, sources, before, carried } = voice;
    json!({
        "name": name, "first": first.as_str(), "at": at.to_string(), "sources": sources,
        "before": before.map(|before| before.to_string()), "carried": carried,
    })
}

fn voice_from_json(value: &Value) -> Option<SeenVoice> {
    Some(SeenVoice {
        name: value["name"].as_str()?.to_owned(),
        first: MentionId::new(value["first"].as_str()?),
        at: time(&value["at"])?,
        sources: number(&value["sources"])?,
        before: match &value["before"] {
            Value::Null => None,
            before => Some(time(before)?),
        },
        carried: number(&value["carried"])?,
    })
}

fn baseline_to_json(baseline: &SeenBaseline) -> Value {
    let SeenBaseline { expected, threshold, p, p_budget, dispersion, days } = baseline;
    json!({
        "expected": float_to_json(*expected), "threshold": threshold, "p": float_to_json(*p),
        "p_budget": float_to_json(*p_budget), "dispersion": float_to_json(*dispersion),
        "days": float_to_json(*days),
    })
}

fn baseline_from_json(value: &Value) -> Option<SeenBaseline> {
    Some(SeenBaseline {
        expected: float_from_json(&value["expected"])?,
        threshold: number(&value["threshold"])?,
        p: float_from_json(&value["p"])?,
        p_budget: float_from_json(&value["p_budget"])?,
        dispersion: float_from_json(&value["dispersion"])?,
        // Not noted by vigies of before.
        days: float_from_json(&value["days"]).unwrap_or(0.0),
    })
}

/// Values in the order of time, with a comma after each: a number, or `-` where it is unknown; `x` and a number
/// after one that comes so many times.
fn series_to_json(series: &SeenSeries) -> Value {
    let SeenSeries { start, step_s, values, side, exposures, zone, lengths_s, .. } = series;
    let SeenSeries { budget_per_week, pause_s, min, .. } = series;
    let exposures: Vec<Option<f64>> = exposures.iter().copied().map(Some).collect();
    json!({
        "start": start.to_string(), "step_s": step_s, "values": numbers_to_text(values), "zone": zone,
        "side": side.as_str(), "exposures": numbers_to_text(&exposures), "lengths_s": lengths_s,
        "budget_per_week": float_to_json(*budget_per_week), "pause_s": pause_s, "min": min,
    })
}

fn numbers_to_text(numbers: &[Option<f64>]) -> String {
    let mut written = String::new();
    for same in numbers.chunk_by(|a, b| a == b) {
        match same[0] {
            Some(value) => written.push_str(&value.to_string()),
            None => written.push('-'),
        }
        if same.len() > 1 {
            written.push_str(&format!("x{}", same.len()));
        }
        written.push(',');
    }
    written
}

fn numbers_from_text(text: &str) -> Option<Vec<Option<f64>>> {
    let mut numbers = Vec::new();
    for written in text.split_terminator(',') {
        let (written, times) = written.split_once('x').unwrap_or((written, "1"));
        let number = if written == "-" { None } else { Some(written.parse().ok()?) };
        numbers.extend(std::iter::repeat_n(number, times.parse().ok()?));
    }
    Some(numbers)
}

fn series_from_json(value: &Value) -> Option<SeenSeries> {
    Some(SeenSeries {
        start: time(&value["start"])?,
        step_s: number(&value["step_s"])?,
        values: numbers_from_text(value["values"].as_str()?)?,
        // Vigies of before looked for more only.
        side: match value["side"].as_str() {
            Some(side) => named(Side::ALL, Side::as_str, side).ok()?,
            None => Side::More,
        },
        exposures: numbers_from_text(value["exposures"].as_str().unwrap_or(""))?
            .into_iter()
            .collect::<Option<_>>()?,
        zone: value["zone"].as_str()?.to_owned(),
        lengths_s: value["lengths_s"].as_array()?.iter().map(number).collect::<Option<_>>()?,
        budget_per_week: float_from_json(&value["budget_per_week"])?,
        pause_s: number(&value["pause_s"])?,
        min: number(&value["min"])?,
    })
}

/// A float as the text that reads back as the same float; JSON numbers know no infinity, and reading them
/// may lose the last bit.
fn float_to_json(number: f64) -> Value {
    Value::from(number.to_string())
}

fn float_from_json(value: &Value) -> Option<f64> {
    value.as_str()?.parse().ok()
}

fn number(value: &Value) -> Option<u32> {
    value.as_u64()?.try_into().ok()
}

fn time(value: &Value) -> Option<Timestamp> {
    value.as_str()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::super::testing::{Scene, brand, time};
    use super::*;

    fn alert(id: &str, since: &str) -> Alert {
        Alert {
            id: AlertId::new(id),
            rule: RuleId::new("acme-spike"),
            brand: brand("acme"),
            query: Some("outage".to_owned()),
            state: AlertState::Firing,
            severity: Severity::High,
            since: time(since),
            fired_at: Some(time("2026-01-02T10:15:00.123456789Z")),
            until: None,
            last_held: time("2026-01-02T10:30Z"),
            reason: "42 « stories », 6.1 expected".to_owned(),
            observed: Observed {
                count: CountBy::Stories,
                value: 42,
                mentions: 51,
                stories: 42,
                negative: 7,
                positive: Some(4),
                sources: 17,
                window: (time("2026-01-02T10:00Z"), time("2026-01-02T10:15Z")),
                whole: Some(99),
                voices: [None, Some(time("2025-11-30T08:00:07Z"))]
                    .map(|before| SeenVoice {
                        name: "Zoé \"Z\"".to_owned(),
                        first: MentionId::new("m_1"),
                        at: time("2026-01-02T10:14:00.5Z"),
                        sources: 4,
                        before,
                        carried: 2,
                    })
                    .to_vec(),
            },
            baseline: Some(SeenBaseline {
                expected: 0.1 + 0.2,
                threshold: 17,
                p: 2.1e-309,
                p_budget: f64::MIN_POSITIVE,
                dispersion: f64::INFINITY,
                days: 12.5,
            }),
            series: Some(SeenSeries {
                start: time("2026-01-01T00:00Z"),
                step_s: 900,
                values: vec![Some(0.0), Some(0.0), Some(3.0), None, None, Some(0.1 + 0.2), Some(1e9)],
                side: Side::Less,
                exposures: vec![0.7, 0.7, 1.0, 0.0, 0.1 + 0.2],
                zone: "Europe/Paris".to_owned(),
                lengths_s: vec![900, 86_400],
                budget_per_week: 0.7,
                pause_s: 43_200,
                min: 3,
            }),
            evidence: vec![MentionId::new("m_2"), MentionId::new("m_1")],
            evidence_sources: vec![SourceId::new("news")],
            terms: vec!["panne".to_owned(), "\"hors service\"".to_owned()],
            playbook: Some("docs/charte.md#bad-buzz".to_owned()),
            rule_text: "[[rule]]\nid = \"acme-spike\"".to_owned(),
            config_hash: "0123456789abcdef".to_owned(),
            seen_at: time("2026-01-02T10:15Z"),
            acknowledged: Some(Acknowledgement {
                at: time("2026-01-02T11:00Z"),
                false_alarm: true,
                by: Some("anna".to_owned()),
                comment: Some("a fair".to_owned()),
            }),
        }
    }

    fn ids(scene: &Scene, filter: &AlertFilter<'_>) -> String {
        let alerts = scene.store.alerts(filter).unwrap();
        alerts.iter().map(|alert| alert.id.as_str()).collect::<Vec<_>>().join(" ")
    }

    /// Invariant: an alert explains itself for ever.
    #[test]
    fn an_alert_comes_back_as_it_was() {
        let whole = alert("a_1", "2026-01-02T10:15Z");
        let bare = Alert {
            id: AlertId::new("a_2"),
            query: None,
            state: AlertState::Resolved,
            until: Some(time("2026-01-03T00:00Z")),
            baseline: None,
            series: None,
            evidence: Vec::new(),
            terms: Vec::new(),
            playbook: None,
            acknowledged: None,
            ..whole.clone()
        };
        let mut scene = Scene::new();
        scene.store.save_alerts(&[(whole.clone(), Vec::new()), (bare.clone(), Vec::new())], &[]).unwrap();
        let scene = scene.reopen();
        assert_eq!(scene.store.alert(&whole.id).unwrap(), Some(whole));
        assert_eq!(scene.store.alert(&bare.id).unwrap(), Some(bare));
        assert_eq!(scene.store.alert(&AlertId::new("a_3")).unwrap(), None);
    }

    #[test]
    fn alerts_are_newest_first_and_narrowed() {
        let mut scene = Scene::new();
        let mut resolved = alert("a_2", "2026-01-03T00:00Z");
        resolved.state = AlertState::Resolved;
        let mut other = alert("a_3", "2026-01-02T00:00Z");
        other.rule = RuleId::new("other");
        let alerts = [alert("a_1", "2026-01-01T00:00Z"), resolved, other];
        scene.store.save_alerts(&alerts.map(|alert| (alert, Vec::new())), &[]).unwrap();
        let (rule, own) = (RuleId::new("acme-spike"), brand("acme"));
        let all = AlertFilter::default();
        assert_eq!(ids(&scene, &all), "a_2 a_3 a_1");
        assert_eq!(ids(&scene, &AlertFilter { limit: Some(1), ..all }), "a_2");
        assert_eq!(ids(&scene, &AlertFilter { rule: Some(&rule), ..all }), "a_2 a_1");
        assert_eq!(ids(&scene, &AlertFilter { state: Some(AlertState::Firing), ..all }), "a_3 a_1");
        assert_eq!(ids(&scene, &AlertFilter { since: Some(time("2026-01-02T00:00Z")), ..all }), "a_2 a_3");
        assert_eq!(ids(&scene, &AlertFilter { brand: Some(&brand("globex")), ..all }), "");
        assert_eq!(
            scene.store.current_alert(&rule, &own).unwrap().unwrap().id.as_str(),
            "a_1",
            "it is not over"
        );
        assert_eq!(scene.store.current_alert(&RuleId::new("none"), &own).unwrap(), None);
    }

    #[test]
    fn a_later_look_replaces_the_numbers_and_keeps_the_acknowledgement() {
        let mut scene = Scene::new();
        let mut first = alert("a_1", "2026-01-01T00:00Z");
        first.acknowledged = None;
        scene.store.save_alerts(&[(first.clone(), Vec::new())], &[]).unwrap();
        let said = Acknowledgement {
            at: time("2026-01-01T01:00Z"),
            false_alarm: true,
            by: Some("anna".to_owned()),
            comment: None,
        };
        assert!(scene.store.acknowledge(&first.id, &said).unwrap());
        assert!(!scene.store.acknowledge(&AlertId::new("a_9"), &said).unwrap());
        first.observed.value = 99;
        scene.store.save_alerts(&[(first.clone(), Vec::new())], &[]).unwrap();
        let stored = scene.store.alert(&first.id).unwrap().unwrap();
        assert_eq!((stored.observed.value, stored.acknowledged), (99, Some(said)));
    }

    #[test]
    fn what_never_fired_is_forgotten_and_notes_are_kept_with_alerts() {
        let mut scene = Scene::new();
        let mut waiting = alert("a_1", "2026-01-01T00:00Z");
        (waiting.state, waiting.fired_at) = (AlertState::Pending, None);
        let note = ("place".to_owned(), "7".to_owned());
        scene.store.save_alerts(&[(waiting.clone(), Vec::new())], &[note]).unwrap();
        assert_eq!(scene.store.meta("place").unwrap().as_deref(), Some("7"));
        assert_eq!(scene.store.open_alerts().unwrap(), [waiting.clone()]);
        waiting.state = AlertState::Resolved;
        scene.store.save_alerts(&[(waiting.clone(), Vec::new())], &[]).unwrap();
        assert_eq!(ids(&scene, &AlertFilter::default()), "");
        assert_eq!(scene.store.current_alert(&waiting.rule, &waiting.brand).unwrap(), None);
    }

    /// A clock that was set back opens incidents before the last one began.
    #[test]
    fn an_incident_that_is_not_over_is_the_current_one() {
        let mut scene = Scene::new();
        let mut later = alert("a_2", "2026-01-03T00:00Z");
        later.state = AlertState::Resolved;
        let open = alert("a_1", "2026-01-01T00:00Z");
        scene.store.save_alerts(&[later, open.clone()].map(|alert| (alert, Vec::new())), &[]).unwrap();
        assert_eq!(scene.store.current_alert(&open.rule, &open.brand).unwrap(), Some(open));
    }
}
