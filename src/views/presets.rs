//! The known places, and the attention that some of them tell of.

use anyhow::Result;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;

use crate::model::{PresetName, Source};
use crate::sources::presets::{About, Attention, Key, about};
use crate::store::Reader;

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PresetsView {
    pub presets: Vec<PresetView>,
}

/// A known place: what one writes after `kind =`, and what to know before.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PresetView {
    pub kind: &'static str,
    pub hears: &'static str,
    pub keys: Vec<KeyView>,
    /// Of each group, at least one key is needed.
    pub needs: Vec<Vec<&'static str>>,
    /// open, opt-in or degraded.
    pub state: &'static str,
    /// Of its terms, or of the state it is in.
    pub notice: Option<&'static str>,
    pub limits: &'static str,
    /// Between two polls, in seconds, unless the source says otherwise.
    /// 0: a stream, which is opened once.
    pub every_s: u64,
    /// The month in which this was last held against what is publicly known.
    pub checked: &'static str,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct KeyView {
    pub key: &'static str,
    pub example: &'static str,
}

/// All known places.
pub fn presets() -> PresetsView {
    PresetsView { presets: PresetName::ALL.into_iter().map(preset).collect() }
}

pub fn preset(name: PresetName) -> PresetView {
    let About { hears, keys, needs, standing, notice, limits, every, checked, .. } = about(name);
    let key = |key: &Key| KeyView { key: key.name, example: key.example };
    PresetView {
        kind: name.as_str(),
        hears,
        keys: keys.iter().map(key).collect(),
        needs: needs.iter().map(|group| group.to_vec()).collect(),
        state: standing.as_str(),
        notice: *notice,
        limits,
        every_s: every.as_secs(),
        checked,
    }
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct AttentionView {
    pub since: Date,
    pub articles: Vec<ArticleView>,
}

/// How often an article was looked at, day by day.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ArticleView {
    pub source: String,
    pub article: String,
    pub days: Vec<DayView>,
    /// The median of the days but the latest; `None` without other days.
    pub usual: Option<u64>,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct DayView {
    pub day: Date,
    pub views: u64,
}

/// The attention the configured sources tell of in the `days` before `now`; days are days in UTC, as they
/// are counted there.
pub fn attention(reader: &Reader, sources: &[Source], days: u32, now: Timestamp) -> Result<AttentionView> {
    let since = now.checked_sub(SignedDuration::from_hours(24 * i64::from(days)))?;
    let since = since.to_zoned(TimeZone::UTC).date();
    let mut articles: Vec<ArticleView> = Vec::new();
    for source in sources {
        for Attention { article, day, views } in reader.attention(&source.id, since)? {
            let day = DayView { day, views };
            match articles
                .last_mut()
                .filter(|last| last.article == article && last.source == source.id.as_str())
            {
                Some(last) => last.days.push(day),
                None => articles.push(ArticleView {
                    source: source.id.to_string(),
                    article,
                    days: vec![day],
                    usual: None,
                }),
            }
        }
    }
    for article in &mut articles {
        article.usual = usual(&article.days);
    }
    Ok(AttentionView { since, articles })
}

fn usual(days: &[DayView]) -> Option<u64> {
    let (_, before) = days.split_last()?;
    let mut views: Vec<u64> = before.iter().map(|day| day.views).collect();
    views.sort_unstable();
    views.get(views.len() / 2).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_usual_is_the_median_of_the_days_before_the_latest() {
        let days = |views: &[u64]| -> Vec<DayView> {
            let day = |(place, views): (usize, &u64)| DayView {
                day: Date::constant(2026, 1, 1 + i8::try_from(place).unwrap()),
                views: *views,
            };
            views.iter().enumerate().map(day).collect()
        };
        assert_eq!(usual(&days(&[5, 1, 9, 1000])), Some(5));
        assert_eq!(usual(&days(&[7])), None);
        assert_eq!(usual(&[]), None);
    }
}
