//! `rescore`: the tone of kept mentions by the model of today.

use anyhow::Result;
use serde::Serialize;

use super::args::{Args, Rescore};
use super::setup::load;
use super::{Exit, UsageError, output};
use crate::daemon::listening;
use crate::ingest::{Engines, Rescored, rematch_if_changed, rescore};
use crate::model::SentimentLabel;
use crate::render::table::{Align, table};
use crate::render::{Style, counted};

#[derive(Serialize)]
struct RescoreView {
    mentions: u64,
    untold: u64,
    changed: u64,
    left: u64,
    models: Vec<ModelView>,
    labels: Vec<RelabelledView>,
}

#[derive(Serialize)]
struct ModelView {
    model: String,
    mentions: u64,
}

#[derive(Serialize)]
struct RelabelledView {
    before: Option<&'static str>,
    now: Option<&'static str>,
    mentions: u64,
}

pub fn run(args: &Args, options: &Rescore) -> Result<Exit> {
    let loaded = load(args)?;
    let now = args.now();
    let since = output::optional_time(options.since.as_deref(), loaded.zone(), now)?;
    let until = output::optional_time(options.until.as_deref(), loaded.zone(), now)?;
    if since.zip(until).is_some_and(|(since, until)| since >= until) {
        return Err(UsageError("--since must lie before --until".into()).into());
    }
    loaded.require_store()?;
    let mut engines = Engines::open(&loaded.configuration.data_dir, loaded.zone())?;
    let (listening, tags) = (listening(&loaded.config)?, loaded.config.source_tags());
    // A tone is one toward a brand, and saved queries ask for tones.
    rematch_if_changed(&mut engines.store, &loaded.config.listening_hash(), &listening, &tags)?;
    engines.store.note_rescore(now)?;
    let rescored = rescore(&mut engines.store, &listening, &tags, since, until)?;
    engines.catch_up()?;
    let view = RescoreView::from(rescored);
    if args.json {
        output::print_json(&view)?;
    } else {
        output::print(&text(&view, loaded.style(args)))?;
    }
    Ok(Exit::Done)
}

impl From<Rescored> for RescoreView {
    fn from(rescored: Rescored) -> Self {
        let Rescored { mentions, untold, changed, left, models, labels } = rescored;
        let word = |label: Option<SentimentLabel>| label.map(SentimentLabel::as_str);
        let models =
            models.into_iter().map(|(model, mentions)| ModelView { model: model.to_string(), mentions });
        let labels = labels.into_iter().map(|((before, now), mentions)| RelabelledView {
            before: word(before),
            now: word(now),
            mentions,
        });
        RescoreView { mentions, untold, changed, left, models: models.collect(), labels: labels.collect() }
    }
}

fn text(view: &RescoreView, style: Style) -> String {
    let by: Vec<&str> = view.models.iter().map(|model| model.model.as_str()).collect();
    let by = if by.is_empty() { String::new() } else { format!(" by {}", by.join(" and ")) };
    let relabelled: u64 = view.labels.iter().map(|label| label.mentions).sum();
    if view.mentions + view.untold + view.left == 0 {
        return "no mentions to score".to_owned();
    }
    let mut text = format!("{} scored anew{by}: ", counted(view.mentions, "mention", "mentions"));
    text += &match relabelled {
        0 => "all labels stay as they were".to_owned(),
        _ => format!("{relabelled} with another label"),
    };
    if view.untold > 0 {
        text += &format!(
            "\n{} without a tone: neither French nor English",
            counted(view.untold, "mention", "mentions")
        );
    }
    if view.left > 0 {
        text += &format!(
            "\n{} left alone: an edit took the brand out of the text",
            counted(view.left, "mention", "mentions")
        );
    }
    if relabelled > 0 {
        let columns = [("before", Align::Left), ("now", Align::Left), ("mentions", Align::Right)];
        let word = |label: Option<&str>| label.unwrap_or("–").to_owned();
        let rows: Vec<Vec<String>> = view
            .labels
            .iter()
            .map(|label| vec![word(label.before), word(label.now), label.mentions.to_string()])
            .collect();
        text += &format!("\n\n{}", table(&columns, &rows, style));
    }
    text
}
