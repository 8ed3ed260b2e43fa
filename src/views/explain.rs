//! Every number of an alert, computed again, and why one may differ today.

use std::collections::{BTreeMap, HashSet};

use anyhow::Result;
use serde::Serialize;

use super::alerts::{AlertView, BaselineView, VoiceView};
use crate::model::{
    Alert, BrandId, Bucket, MentionId, Rule, SeenSeries, SeenVoice, SentimentLabel, Side, StoryId, Timestamp,
    Tongue, alarming,
};
use crate::rules;
use crate::store::{Reader, Scope};

/// Mentions read to find one that was not counted then.
const READ: usize = 5_000;

/// Mentions named as causes, each.
const NAMED: usize = 20;

/// An alert, the same numbers recomputed, and where they differ.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ExplainView {
    pub alert: AlertView,
    pub recomputed: RecomputedView,
    pub equal: bool,
    pub differences: Vec<Difference>,
    /// The counts the baseline was computed from, oldest first.
    pub series: Option<SeriesView>,
    /// The rule as it was.
    pub rule_text: String,
    /// The hash of the rule of that id in today's feeds.toml; `None` if there is none for that brand.
    pub config_hash_today: Option<String>,
}

/// What is otherwise today, or why. Programs read it as its English sentence.
#[derive(Clone, Debug, PartialEq)]
pub enum Difference {
    /// An earlier vigie judged the alert.
    OldArithmetic,
    Baseline,
    Counted {
        what: Counted,
        then: u32,
        today: u32,
    },
    Expired {
        expired: usize,
        all: usize,
    },
    NotKept(MentionId),
    /// Counts in another way today; an edit may have come between.
    Otherwise {
        mention: MentionId,
        how: Otherwise,
        edited: bool,
    },
    Edited(MentionId),
    /// Copies of one story because of one that was heard later.
    Merged {
        copies: Vec<MentionId>,
        bridge: MentionId,
        heard: Timestamp,
    },
    EditedAndCounts(MentionId),
    CameLate(MentionId),
    More(usize),
    Rescored(Timestamp),
    Voice {
        name: String,
        what: OfVoice,
        then: String,
        today: String,
    },
    /// Counts differ though every mention of the evidence counts as it did.
    Untold,
}

/// What was counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Counted {
    Mentions,
    Stories,
    Negative,
    Positive,
    /// With a word of crisis, and not positive.
    Alarming,
    Whole,
}

/// What is known of a voice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OfVoice {
    Sources,
    Before,
    Carried,
}

/// How a mention counts today.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Otherwise {
    OwnVoice,
    AnotherTime,
    NoMatch,
}

impl Difference {
    pub fn say(&self, tongue: Tongue) -> String {
        let of = |english: &str, french: &str| tongue.of(english, french).to_owned();
        match self {
            Difference::OldArithmetic => of(
                "an earlier vigie judged it, by an arithmetic that is no longer known; its numbers are as it wrote them",
                "une version antérieure de vigie l’a jugée, par un calcul qui n’est plus connu ; ses chiffres sont tels qu’elle les a écrits",
            ),
            Difference::Baseline => of(
                "the baseline recomputed from the stored series is another",
                "l’habitude recalculée à partir de la série enregistrée est différente",
            ),
            Difference::Counted { what, then, today } => {
                let what = match what {
                    Counted::Mentions => "mentions",
                    Counted::Stories => tongue.of("stories", "histoires"),
                    Counted::Negative => tongue.of("negative", "négatives"),
                    Counted::Positive => tongue.of("positive", "positives"),
                    Counted::Alarming => tongue.of("with a word of crisis", "avec un mot de crise"),
                    Counted::Whole => tongue.of("of all compared", "de toutes les marques comparées"),
                };
                match tongue {
                    Tongue::English => {
                        format!("{what}: {then} counted then, {today} of the same window today")
                    }
                    Tongue::French => {
                        format!("{what} : {then} comptées alors, {today} pour la même fenêtre aujourd’hui")
                    }
                }
            }
            Difference::Expired { expired, all } => match tongue {
                Tongue::English => {
                    format!(
                        "expired: {expired} of the {all} mentions of the evidence are deleted for their age"
                    )
                }
                Tongue::French => {
                    format!(
                        "effacées : {expired} des {all} mentions à l’appui ont été supprimées pour leur âge"
                    )
                }
            },
            Difference::NotKept(id) => format!("{id} {}", of("is no longer kept", "n’est plus conservée")),
            Difference::Otherwise { mention, how, edited } => {
                let how = match how {
                    Otherwise::OwnVoice => {
                        of("is the brand’s own voice today", "est aujourd’hui la voix de la marque elle-même")
                    }
                    Otherwise::AnotherTime => {
                        of("counts at another time today", "compte aujourd’hui à un autre moment")
                    }
                    Otherwise::NoMatch => of("matches otherwise today", "correspond autrement aujourd’hui"),
                };
                let edited = match edited {
                    true => tongue.of(", edited after the alert", ", modifiée après l’alerte"),
                    false => "",
                };
                format!("{mention} {how}{edited}")
            }
            Difference::Edited(id) => {
                format!("{id} {}", of("was edited after the alert", "a été modifiée après l’alerte"))
            }
            Difference::Merged { copies, bridge, heard } => {
                let copies = copies.iter().map(MentionId::as_str).collect::<Vec<_>>().join(", ");
                match tongue {
                    Tongue::English => {
                        format!("merged: {copies} are copies of one story since {bridge}, heard at {heard}")
                    }
                    Tongue::French => format!(
                        "réunies : {copies} sont des copies d’une seule histoire depuis {bridge}, entendue le {heard}"
                    ),
                }
            }
            Difference::EditedAndCounts(id) => format!(
                "{id} {}",
                of(
                    "was edited after the alert, and counts since",
                    "a été modifiée après l’alerte, et compte depuis"
                )
            ),
            Difference::CameLate(id) => format!(
                "{id} {}",
                of(
                    "came late: it was stored after the alert had been seen",
                    "est arrivée tard : enregistrée après que l’alerte a été vue"
                )
            ),
            Difference::More(more) => match tongue {
                Tongue::English => format!("and {more} more"),
                Tongue::French => format!("et {more} autres"),
            },
            Difference::Rescored(at) => format!(
                "{} {at}",
                of("the tones of mentions were scored anew at", "le ton des mentions a été réévalué le")
            ),
            Difference::Voice { name, what, then, today } => {
                let what = match what {
                    OfVoice::Sources => of("sources", "sources"),
                    OfVoice::Before => of("had spoken before at", "avait parlé avant, le"),
                    OfVoice::Carried => of("stories that went far", "histoires reprises au loin"),
                };
                match tongue {
                    Tongue::English => format!("{name}: {what}: {then} then, {today} of what is kept today"),
                    Tongue::French => {
                        format!(
                            "{name} : {what} : {then} alors, {today} d’après ce qui est conservé aujourd’hui"
                        )
                    }
                }
            }
            Difference::Untold => of(
                "the evidence counts as it did: brands, queries, words of crisis, or which mentions are copies of one story have changed since",
                "les mentions à l’appui comptent comme alors : les marques, les requêtes, les mots de crise ou les copies d’une même histoire ont changé depuis",
            ),
        }
    }
}

impl Serialize for Difference {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.say(Tongue::English))
    }
}

#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct RecomputedView {
    /// From the stored series.
    pub baseline: Option<BaselineView>,
    /// What of the window was known when the alert was seen, counted again today; of a pattern, which has no
    /// window of its own, its evidence.
    pub mentions: u32,
    pub stories: u32,
    pub negative: u32,
    /// Whom it heard, as what is kept today tells it of the time when that was told.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub voices: Vec<VoiceView>,
    pub positive: u32,
    /// `None` where the rule does not count it.
    pub alarming: Option<u32>,
    /// Of a rule for shares: of all that were compared, in the unit of the rule.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub whole: Option<u32>,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SeriesView {
    pub start: Timestamp,
    pub step_s: u32,
    /// `null` where too little was heard.
    pub values: Vec<Option<f64>>,
    /// `more` or `less`: on which side of what is usual was looked.
    pub side: &'static str,
    /// Where less was looked for: the part of the talk that was heard in each slot, and in the window's last.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub exposures: Vec<f64>,
    pub zone: String,
    pub lengths_s: Vec<u32>,
    pub budget_per_week: f64,
    pub pause_s: u32,
    pub min: u32,
}

impl From<&SeenSeries> for SeriesView {
    fn from(s: &SeenSeries) -> Self {
        SeriesView {
            start: s.start,
            step_s: s.step_s,
            values: s.values.clone(),
            side: s.side.as_str(),
            exposures: s.exposures.clone(),
            zone: s.zone.clone(),
            lengths_s: s.lengths_s.clone(),
            budget_per_week: s.budget_per_week,
            pause_s: s.pause_s,
            min: s.min,
        }
    }
}

/// Recomputes an alert: its statistics from the series it stored, its count from the mentions kept today. `all` are
/// the rules of today.
pub fn explain(reader: &Reader, alert: &Alert, all: &[Rule]) -> Result<ExplainView> {
    let baseline = rules::recompute(alert);
    let mut differences = Vec::new();
    if alert.baseline.is_some() && alert.series.is_none() {
        differences.push(Difference::OldArithmetic);
    } else if baseline != alert.baseline {
        differences.push(Difference::Baseline);
    }
    let recounted = RecomputedView { voices: voices(reader, alert)?, ..recount(reader, alert)? };
    differences.extend(heard_otherwise(alert, &recounted));
    let counted = counted_otherwise(alert, &recounted);
    let differs = !counted.is_empty();
    differences.extend(counted);
    if differs || alert.baseline.is_none() {
        let mut causes = Vec::new();
        let mut expired = 0;
        for id in &alert.evidence {
            if reader.mention(id)?.is_none() && reader.has_expired(id)? {
                expired += 1;
                continue;
            }
            causes.extend(changed(reader, alert, id)?);
        }
        if expired > 0 {
            causes.push(Difference::Expired { expired, all: alert.evidence.len() });
        }
        if differs {
            causes.extend(merged(reader, alert)?);
            causes.extend(came_late(reader, alert)?);
        }
        let more = causes.len().saturating_sub(NAMED);
        if more > 0 {
            causes.truncate(NAMED);
            causes.push(Difference::More(more));
        }
        let rescored = reader.last_rescore()?.filter(|at| differs && *at >= alert.seen_at);
        causes.extend(rescored.map(Difference::Rescored));
        if differs && causes.is_empty() {
            causes.push(Difference::Untold);
        }
        differences.extend(causes);
    }
    let today = all.iter().find(|rule| rule.id == alert.rule && rule.brands.contains(&alert.brand));
    Ok(ExplainView {
        alert: AlertView::new(alert, &reader.annotations()?),
        recomputed: RecomputedView { baseline: baseline.as_ref().map(BaselineView::from), ..recounted },
        equal: differences.is_empty(),
        differences,
        series: alert.series.as_ref().map(SeriesView::from),
        rule_text: alert.rule_text.clone(),
        config_hash_today: today.map(|rule| rule.config_hash.clone()),
    })
}

/// Whom an alert heard, looked at again with what of the mentions kept today was known then.
fn voices(reader: &Reader, alert: &Alert) -> Result<Vec<VoiceView>> {
    if alert.observed.voices.is_empty() {
        return Ok(Vec::new());
    }
    let (brand, query) = (&alert.brand, alert.query.as_deref());
    let scope = Scope { brand, query, since: Timestamp::MIN, until: Timestamp::MAX, backfill: true };
    let mut all = reader.no_voices(&scope)?;
    for voiced in reader.voiced(&scope, 0)? {
        all.put(voiced);
    }
    let again = |voice: &SeenVoice| -> Result<Option<VoiceView>> {
        let Some(number) = reader.mention_number(&voice.first)? else { return Ok(None) };
        // How far a story must go is part of the rule as it was.
        let written = alert.rule_text.lines().find_map(|line| line.strip_prefix("min_sources = "));
        let min_sources = written.and_then(|number| number.parse().ok()).unwrap_or(1);
        let known = all.known_of(number, voice.at.as_second(), min_sources);
        let Some((sources, before, carried)) = known else { return Ok(None) };
        let before = before.map(Timestamp::from_second).transpose()?;
        Ok(Some(VoiceView { sources, before, carried, ..VoiceView::from(voice) }))
    };
    let again = alert.observed.voices.iter().map(again).collect::<Result<Vec<_>>>()?;
    Ok(again.into_iter().flatten().collect())
}

/// The voices of which something else is known today.
fn heard_otherwise(alert: &Alert, today: &RecomputedView) -> Vec<Difference> {
    let mut differences = Vec::new();
    for voice in &alert.observed.voices {
        let then = VoiceView::from(voice);
        let Some(now) = today.voices.iter().find(|now| now.first == then.first) else {
            differences.push(Difference::NotKept(voice.first.clone()));
            continue;
        };
        let before = |view: &VoiceView| view.before.map_or("–".to_owned(), |at| at.to_string());
        for (what, then, today) in [
            (OfVoice::Sources, then.sources.to_string(), now.sources.to_string()),
            (OfVoice::Before, before(&then), before(now)),
            (OfVoice::Carried, then.carried.to_string(), now.carried.to_string()),
        ] {
            if then != today {
                let name = voice.name.clone();
                differences.push(Difference::Voice { name, what, then, today });
            }
        }
    }
    differences
}

/// What of all that were compared was known when a share was seen.
fn whole(reader: &Reader, alert: &Alert) -> Result<Option<u32>> {
    if alert.observed.whole.is_none() {
        return Ok(None);
    }
    // Who was compared is part of the rule as it was.
    let written = alert.rule_text.lines().find_map(|line| line.strip_prefix("among = "));
    let among: Vec<String> = serde_json::from_str(written.unwrap_or("[]"))?;
    let mut whole = 0;
    for brand in among.into_iter().map(BrandId::new) {
        whole += counted(reader, alert, &brand)?.volume(alert.observed.count);
    }
    Ok(Some(whole))
}

/// What is said of a brand in its window, as far as that was heard.
fn counted(reader: &Reader, alert: &Alert, brand: &BrandId) -> Result<Bucket> {
    let mut sum = Bucket::default();
    for (since, until) in heard(alert)? {
        let scope = Scope { brand, since, until, ..scope(alert) };
        let counts = reader.count_known(&scope, alert.seen_at)?;
        sum += match alert.observed.alarming {
            Some(_) => {
                let name = alarming(&alert.rule, scope.query);
                let scope = Scope { query: Some(&name), ..scope };
                counts.with_alarming(&reader.count_known(&scope, alert.seen_at)?)
            }
            None => counts,
        };
    }
    Ok(sum)
}

/// The times of its window that counted: where it waited for a window to be heard as a whole, those that were.
fn heard(alert: &Alert) -> Result<Vec<(Timestamp, Timestamp)>> {
    let (since, until) = alert.observed.window;
    let Some(series) = alert.series.as_ref().filter(|series| series.side != Side::More) else {
        return Ok(vec![(since, until)]);
    };
    let step_s = i64::from(series.step_s);
    let is_heard = |at_s: i64| {
        let slot = (at_s - series.start.as_second()).div_euclid(step_s);
        // The last one is not part of the past.
        usize::try_from(slot).is_ok_and(|slot| series.values.get(slot).is_none_or(Option::is_some))
    };
    let mut times: Vec<(i64, i64)> = Vec::new();
    for at_s in (since.as_second()..until.as_second()).step_by(usize::try_from(step_s)?) {
        if !is_heard(at_s) {
            continue;
        }
        match times.last_mut().filter(|(_, until)| *until == at_s) {
            Some(last) => last.1 += step_s,
            None => times.push((at_s, at_s + step_s)),
        }
    }
    let times = times.into_iter();
    times.map(|(since, until)| Ok((Timestamp::from_second(since)?, Timestamp::from_second(until)?))).collect()
}

/// What was counted in its window.
fn scope(alert: &Alert) -> Scope<'_> {
    let (since, until) = alert.observed.window;
    // What is missing is missed however it would have come.
    let backfill = alert.series.as_ref().is_some_and(|series| series.side != Side::More);
    Scope { brand: &alert.brand, query: alert.query.as_deref(), since, until, backfill }
}

fn recount(reader: &Reader, alert: &Alert) -> Result<RecomputedView> {
    let bucket = if alert.baseline.is_some() {
        counted(reader, alert, &alert.brand)?
    } else {
        Bucket::count(reader.mentions(&alert.evidence)?.into_iter().map(|mention| {
            let tone = mention.tone();
            (mention.story, tone)
        }))
    };
    Ok(RecomputedView {
        baseline: None,
        voices: Vec::new(),
        whole: whole(reader, alert)?,
        mentions: bucket.mentions,
        stories: bucket.stories,
        negative: bucket.toned(SentimentLabel::Negative, alert.observed.count),
        alarming: alert.observed.alarming.map(|_| bucket.alarming(alert.observed.count)),
        positive: bucket.toned(SentimentLabel::Positive, alert.observed.count),
    })
}

/// The counts that are others today. A pattern added up its looks, which cannot be counted again.
fn counted_otherwise(alert: &Alert, today: &RecomputedView) -> Vec<Difference> {
    if alert.baseline.is_none() {
        return Vec::new();
    }
    let then = &alert.observed;
    [
        (Counted::Mentions, Some(then.mentions), today.mentions),
        (Counted::Stories, Some(then.stories), today.stories),
        (Counted::Negative, Some(then.negative), today.negative),
        (Counted::Positive, then.positive, today.positive),
        (Counted::Alarming, then.alarming, today.alarming.unwrap_or(0)),
        (Counted::Whole, then.whole, today.whole.unwrap_or_default()),
    ]
    .into_iter()
    .filter_map(|(what, then, today)| Some((what, then?, today)))
    .filter(|(_, then, today)| then != today)
    .map(|(what, then, today)| Difference::Counted { what, then, today })
    .collect()
}

/// Why a mention of the evidence may no longer count as it did; `None` if nothing tells.
fn changed(reader: &Reader, alert: &Alert, id: &MentionId) -> Result<Option<Difference>> {
    let Some(mention) = reader.mention(id)? else {
        return Ok(Some(Difference::NotKept(id.clone())));
    };
    if alert.baseline.is_none() {
        return Ok(None);
    }
    let (since, until) = alert.observed.window;
    let edited = reader.edited_since(id, alert.seen_at)?;
    let how = if mention.own_voice {
        Otherwise::OwnVoice
    } else if mention.at() < since || mention.at() >= until {
        Otherwise::AnotherTime
    } else if !reader.counts(&scope(alert), id)? {
        Otherwise::NoMatch
    } else if edited {
        return Ok(Some(Difference::Edited(id.clone())));
    } else {
        return Ok(None);
    };
    Ok(Some(Difference::Otherwise { mention: id.clone(), how, edited }))
}

/// Mentions of the evidence that are copies of one story today because of one that was heard after the alert.
fn merged(reader: &Reader, alert: &Alert) -> Result<Vec<Difference>> {
    let mut stories: BTreeMap<StoryId, Vec<MentionId>> = BTreeMap::new();
    for mention in reader.mentions(&alert.evidence)? {
        stories.entry(mention.story).or_default().push(mention.id);
    }
    let mut merged = Vec::new();
    for (story, copies) in stories.into_iter().filter(|(_, copies)| copies.len() > 1) {
        let told = reader.story(&story)?;
        let of_brand = told.iter().filter(|mention| mention.brand == alert.brand);
        if let Some(bridge) = of_brand.min_by_key(|m| (m.observed <= alert.seen_at, m.observed))
            && bridge.observed > alert.seen_at
        {
            merged.push(Difference::Merged { copies, bridge: bridge.id.clone(), heard: bridge.observed });
        }
    }
    Ok(merged)
}

/// Mentions that count as known then and are not of the evidence, where that was all of the window.
fn came_late(reader: &Reader, alert: &Alert) -> Result<Vec<Difference>> {
    if alert.baseline.is_none() || u32::try_from(alert.evidence.len()).ok() != Some(alert.observed.mentions) {
        return Ok(Vec::new());
    }
    let evidence: HashSet<&MentionId> = alert.evidence.iter().collect();
    let counted = reader.mention_rows(&scope(alert), None, READ)?;
    let known = counted.iter().filter(|m| m.observed.as_second() <= alert.seen_at.as_second());
    known
        .filter(|mention| !evidence.contains(&mention.id))
        .map(|mention| {
            let id = mention.id.clone();
            Ok(match reader.edited_since(&id, alert.seen_at)? {
                true => Difference::EditedAndCounts(id),
                false => Difference::CameLate(id),
            })
        })
        .collect()
}
