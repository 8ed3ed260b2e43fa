//! Digests: at a fixed time, what the period before it brought. Each period is told of once.
//!
//! A digest that was missed while nothing ran is told late, but only the last one. One that is new, or whose time
//! was changed, begins with its next period.

use anyhow::{Context, Result};
use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::config::Config;
use crate::model::{Brand, Digest, Notification, Severity, Source, Tongue, Topic};
use crate::store::{Notice, Store};
use crate::{render, views};

/// The part of a configuration that digests are made from.
pub struct Digests {
    digests: Vec<Digest>,
    brands: Vec<Brand>,
    sources: Vec<Source>,
    zone: TimeZone,
    tongue: Tongue,
}

impl Digests {
    pub fn new(config: &Config, tongue: Tongue) -> Self {
        Self {
            digests: config.digests.clone(),
            brands: config.brands.clone(),
            sources: config.sources.clone(),
            zone: config.settings.timezone.clone(),
            tongue,
        }
    }
}

/// Queues the digests whose time has come.
///
/// # Errors
/// If the store fails.
pub fn queue_due(store: &mut Store, digests: &Digests, now: Timestamp) -> Result<()> {
    for digest in &digests.digests {
        let Some(moment) = digest.last_moment(now, &digests.zone) else { continue };
        let place = format!("digest {}", digest.id);
        let plan =
            format!("{:?} {} {}", digest.every, digest.at, digests.zone.iana_name().unwrap_or_default());
        let noted = store.meta(&place)?;
        let last = noted.as_deref().and_then(|noted| noted.split_once('|'));
        let last = last.filter(|(of, _)| *of == plan).and_then(|(_, time)| time.parse::<Timestamp>().ok());
        let note = format!("{plan}|{moment}");
        match last {
            // After a clock was set back the period was told of already.
            Some(last) if moment <= last => {}
            Some(_) => {
                let notices = notices(store, digests, digest, moment, now)?;
                store.queue_notices(&notices, Some((&place, &note)))?;
            }
            None => store.set_meta(&place, &note)?,
        }
    }
    Ok(())
}

fn notices(
    store: &Store,
    digests: &Digests,
    digest: &Digest,
    until: Timestamp,
    now: Timestamp,
) -> Result<Vec<Notice>> {
    let (zone, tongue) = (&digests.zone, digests.tongue);
    let ago = |periods| digest.before(until, periods, zone).context("the clock is set too far back");
    let period = views::digest::Period { every: digest.every, before: ago(2)?, since: ago(1)?, until };
    let view = views::digest::digest(store, &digests.brands, &digests.sources, &period)?;
    let render::digest::Text { title, body, sections } = render::digest::text(&view, zone, tongue);
    let notification = Notification {
        key: format!("digest:{}:{}", digest.id, until.as_second()),
        topic: Topic::Digest,
        alert: None,
        rule: None,
        severity: Severity::Low,
        at: now,
        title,
        headline: None,
        body,
        sections,
        act: None,
        parts: Vec::new(),
    };
    Ok(Notice::to_each(&digest.notify, &notification, now))
}
