//! An alert as a colleague's message, in the language of the reader.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::alerts::{severity_word, state_word};
use super::terminal::{BOLD, DIM, GREEN, RED, YELLOW, clean, cut, paint, sparkline, wrapped};
use super::{Style, minute};
use crate::model::{AlertState, CountBy, SentimentLabel, Tongue};
use crate::rules::{FEW_DAYS, figure, in_french, percent, span, unit};
use crate::views::alerts::{AcknowledgedView, AlertView, BaselineView, ObservedView};
use crate::views::search::MentionView;
use crate::views::told::{EarlierView, MutedView, ToRead, ToldAlert};

/// Below this many in a window, what is usual is next to nothing.
const RARE: f64 = 0.01;

/// Below this many in a window, one in so many windows is easier to picture.
const OFTEN: f64 = 0.55;

/// Hours whose sources are named.
const SPREAD_SHOWN: usize = 5;

/// Characters of an excerpt.
const EXCERPT: usize = 150;

/// The whole message. `name` is the brand's.
pub fn message(view: &ToldAlert, name: &str, tongue: Tongue, zone: &TimeZone, style: Style) -> String {
    let teller = Teller { tongue, zone, style, out: String::new() };
    teller.tell(view, name)
}

/// A message while it is written.
struct Teller<'a> {
    tongue: Tongue,
    zone: &'a TimeZone,
    style: Style,
    out: String,
}

impl Teller<'_> {
    fn tell(mut self, view: &ToldAlert, name: &str) -> String {
        let alert = &view.alert;
        let colon = self.say(": ", " : ");
        let headline = wrapped(&clean(&format!("{name}{colon}{}", alert.reason)), 0, self.style.width);
        self.out.push_str(&paint(headline.trim_end(), BOLD, self.style));
        self.out.push('\n');
        self.state(alert);
        self.happened(alert, name);
        self.unusual(view);
        self.began(view);
        if !alert.terms.is_empty() {
            let terms = alert.terms.join(", ");
            self.heading("Words that stand out", "Les mots qui ressortent");
            self.line(&terms);
        }
        self.reading(&view.to_read);
        self.causes(view);
        self.earlier(view);
        self.muted(&view.muted);
        self.what_now(alert);
        self.out
    }

    fn say<'b>(&self, english: &'b str, french: &'b str) -> &'b str {
        self.tongue.of(english, french)
    }

    fn heading(&mut self, english: &str, french: &str) {
        let heading = paint(self.say(english, french), BOLD, self.style);
        self.out.push_str(&format!("\n{heading}\n"));
    }

    /// A paragraph under a heading; what feeds say is cleaned.
    fn line(&mut self, text: &str) {
        self.out.push_str(&wrapped(&clean(text), 2, self.style.width));
    }

    fn state(&mut self, alert: &AlertView) {
        let fires = alert.state == AlertState::Firing.as_str();
        let state = paint(state_word(alert.state, self.tongue), if fires { RED } else { YELLOW }, self.style);
        let severity = severity_word(alert.severity, self.tongue);
        let facts = [
            state,
            format!("{}{}", self.say("severity ", "gravité "), severity),
            format!("{}{}", self.say("rule ", "règle "), alert.rule),
            alert.id.clone(),
        ];
        self.out.push_str(&wrapped(&facts.join(" · "), 0, self.style.width));
    }

    fn happened(&mut self, alert: &AlertView, name: &str) {
        self.heading("What happened", "Ce qui s’est passé");
        let seen = &alert.observed;
        let began = minute(alert.since, self.zone);
        let [from, to] = seen.window.map(|time| minute(time, self.zone));
        let to = end_of_span(&from, &to);
        // Negatives are counted in the unit of the rule.
        let (unit, other) = match count_by(seen.count) {
            CountBy::Stories => ((seen.stories, CountBy::Stories), (seen.mentions, CountBy::Mentions)),
            CountBy::Mentions => ((seen.mentions, CountBy::Mentions), (seen.stories, CountBy::Stories)),
        };
        let (counted, other) = (self.counted(unit.0, unit.1), self.counted(other.0, other.1));
        let sources = format!("{} source{}", seen.sources, if seen.sources == 1 { "" } else { "s" });
        let tone = self.of_tones(seen);
        let mut text = match self.tongue {
            Tongue::English => format!(
                "It began at {began}. From {from} to {to}, {name} was spoken of in {counted}{tone} ({other}), by {sources}."
            ),
            Tongue::French => format!(
                "Début : {began}. Du {from} au {to}, on a compté {counted}{tone} ({other}) sur {name}, dans {sources}."
            ),
        };
        if let Some(until) = alert.until {
            let until = minute(until, self.zone);
            text.push_str(&match self.tongue {
                Tongue::English => format!(" It was over at {until}."),
                Tongue::French => format!(" C’était fini le {until}."),
            });
        }
        self.line(&text);
    }

    /// How many of what was counted are told in a tone.
    fn of_tones(&self, seen: &ObservedView) -> String {
        let tones = [
            (SentimentLabel::Negative, seen.negative),
            (SentimentLabel::Positive, seen.positive.unwrap_or(0)),
        ];
        let tones = tones.into_iter().filter(|(_, number)| *number > 0).enumerate();
        let part = |(place, (tone, number)): (usize, (SentimentLabel, u32))| match (self.tongue, place) {
            (Tongue::English, 0) => format!(", {number} of them {}", tone.as_str()),
            (Tongue::English, _) => format!(" and {number} {}", tone.as_str()),
            (Tongue::French, 0) => format!(", dont {number} {}", in_french(tone, number)),
            (Tongue::French, _) => format!(" et {number} {}", in_french(tone, number)),
        };
        tones.map(part).collect()
    }

    fn unusual(&mut self, view: &ToldAlert) {
        let alert = &view.alert;
        self.heading("How unusual", "Est-ce inhabituel ?");
        match &alert.baseline {
            Some(baseline) => {
                let text = self.against_usual(alert, baseline);
                self.line(&text);
            }
            None if !view.heard.is_empty() => view.heard.iter().for_each(|voice| {
                let mut letters = voice.chars();
                let first = letters.next().map(|first| first.to_uppercase().to_string()).unwrap_or_default();
                self.line(&format!("{first}{}.", letters.as_str()));
            }),
            None => self.line(self.say(
                "The rule calls out whatever matches; it knows no usual.",
                "La règle signale tout ce qui correspond ; elle ne connaît pas d’habitude.",
            )),
        }
        let from = minute(view.hours.start, self.zone);
        let unit = match (alert.observed.count, self.tongue) {
            ("stories", Tongue::English) => "stories an hour",
            ("stories", Tongue::French) => "histoires par heure",
            (_, Tongue::English) => "mentions an hour",
            (_, Tongue::French) => "mentions par heure",
        };
        let most = view.hours.counts.iter().copied().max().unwrap_or(0);
        let line = sparkline(&view.hours.counts);
        self.out.push_str(&format!("  |{line}|\n"));
        let text = match self.tongue {
            Tongue::English => format!("{unit} from {from} on, at most {most}"),
            Tongue::French => format!("{unit} à partir du {from}, au plus {most}"),
        };
        self.line(&text);
    }

    fn against_usual(&self, alert: &AlertView, baseline: &BaselineView) -> String {
        let seen = &alert.observed;
        let length = (seen.window[1].as_second() - seen.window[0].as_second()) as f64;
        let window = span(length, self.tongue);
        let (value, expected, threshold) = (seen.value, baseline.expected, baseline.threshold);
        let (usual, times) = (figure(expected, self.tongue), f64::from(value) / expected);
        let days = baseline.days.round();
        let s = if days > 1.0 { "s" } else { "" };
        let few = baseline.days < FEW_DAYS;
        let is_less = f64::from(threshold) < expected;
        let share = alert.observed.share.map(|share| [share.usual, share.value, share.low, share.high]);
        let share = share.map(|parts| parts.map(|part| percent(part, self.tongue)));
        match self.tongue {
            Tongue::English => {
                let usual = if let Some([usual, value, low, high]) = &share {
                    format!(
                        "{usual} of what is said of all brands compared would be usual; this was {value}, and between {low} and {high} with a confidence of 95 %."
                    )
                } else if is_less {
                    format!("{usual} would be usual in such a window ({window}); this was {value}.")
                } else if expected < RARE {
                    format!("Next to nothing is usual in such a window ({window}); this was {value}.")
                } else if expected < OFTEN {
                    let windows = (1.0 / expected).round();
                    format!("Usually there is one in {windows} windows of {window}; this was {value} in one.")
                } else {
                    let times = figure(times, self.tongue);
                    format!(
                        "{usual} would be usual in such a window ({window}); this was {value}, {times} times as many."
                    )
                };
                let few = if few { ", which is little: what is usual is still a rough guess" } else { "" };
                let from =
                    if is_less { format!("at {threshold} or fewer") } else { format!("from {threshold} on") };
                format!("{usual} The rule speaks {from}. This rests on {days} day{s} of listening{few}.")
            }
            Tongue::French => {
                let usual = if let Some([usual, value, low, high]) = &share {
                    format!(
                        "D’habitude, {usual} de ce qui se dit de toutes les marques comparées ; ici, {value}, entre {low} et {high} avec une confiance de 95 %."
                    )
                } else if is_less {
                    format!("D’habitude, {usual} dans une telle fenêtre ({window}) ; ici, {value}.")
                } else if expected < RARE {
                    format!("D’habitude, presque rien dans une telle fenêtre ({window}) ; ici, {value}.")
                } else if expected < OFTEN {
                    let windows = (1.0 / expected).round();
                    format!(
                        "D’habitude, une seule toutes les {windows} fenêtres de {window} ; ici, {value} en une."
                    )
                } else {
                    let times = figure(times, self.tongue);
                    format!(
                        "D’habitude, {usual} dans une telle fenêtre ({window}) ; ici, {value}, {times} fois plus."
                    )
                };
                let few = if few {
                    ", ce qui est peu : l’habitude n’est encore qu’une estimation"
                } else {
                    ""
                };
                let from = if is_less {
                    format!("à {threshold} ou moins")
                } else {
                    format!("à partir de {threshold}")
                };
                format!("{usual} La règle se déclenche {from}. Cela repose sur {days} jour{s} d’écoute{few}.")
            }
        }
    }

    fn began(&mut self, view: &ToldAlert) {
        let Some(first) = &view.first else { return };
        self.heading("Who started it", "Qui a commencé");
        let author = first.author.as_ref().map(|author| cut(&clean(author), 40));
        let who = match (self.tongue, author) {
            (_, None) => first.source.clone(),
            (Tongue::English, Some(author)) => format!("{author} in {}", first.source),
            (Tongue::French, Some(author)) => format!("{author} dans {}", first.source),
        };
        let headline = self.headline(first);
        let colon = self.say(":", " :");
        self.line(&format!("{}, {who}{colon} {headline}", self.time_of(first)));
        let spread = &view.spread;
        if spread.len() == 1 && spread[0].sources == 1 {
            self.line(self.say("No other source has taken it up.", "Aucune autre source ne l’a repris."));
            return;
        }
        let shown = if spread.len() > SPREAD_SHOWN {
            let (first, last) = (&spread[..SPREAD_SHOWN - 1], &spread[spread.len() - 1..]);
            [first, last].concat()
        } else {
            spread.clone()
        };
        let mut day = String::new();
        let steps = shown.iter().map(|step| {
            // A source that speaks in an hour has spoken by its end.
            let end = Timestamp::from_second(step.hour.as_second() + 3_600).unwrap_or(step.hour);
            let by = minute(end, self.zone);
            let (date, time) = by.split_once(' ').unwrap_or(("", &by));
            let at = if date == day { time.to_owned() } else { by.clone() };
            day = date.to_owned();
            format!("{} {} {at}", step.sources, self.say("by", "à"))
        });
        let steps = steps.collect::<Vec<_>>().join(", ");
        let text = match self.tongue {
            Tongue::English => format!("Sources that had spoken: {steps}."),
            Tongue::French => format!("Sources à en avoir parlé : {steps}."),
        };
        self.line(&text);
        let text = match self.tongue {
            Tongue::English => format!("Heard in: {}", view.evidence_sources.join(", ")),
            Tongue::French => format!("Entendu dans : {}", view.evidence_sources.join(", ")),
        };
        self.line(&text);
    }

    fn reading(&mut self, to_read: &[ToRead]) {
        if to_read.is_empty() {
            return;
        }
        self.heading("What to read", "À lire");
        for ToRead { why, mention } in to_read {
            let why: Vec<&str> = why
                .iter()
                .map(|why| match *why {
                    "first" => self.say("the first", "la première"),
                    "most-copied" => self.say("the most copied", "la plus reprise"),
                    "most-positive" => self.say("the most positive", "la plus positive"),
                    _ => self.say("the most negative", "la plus négative"),
                })
                .collect();
            let mut facts = vec![self.time_of(mention), mention.source.clone()];
            facts.extend(mention.author.as_ref().map(|author| cut(&clean(author), 30)));
            facts.extend(self.tone_of(mention));
            if mention.copies > 1 {
                facts.push(format!("{} {}", mention.copies, self.say("copies", "copies")));
            }
            if !why.is_empty() {
                facts.push(paint(&why.join(", "), YELLOW, self.style));
            }
            self.out.push_str(&wrapped(&facts.join(" · "), 2, self.style.width));
            let room = self.style.width.saturating_sub(4);
            if let Some(title) = &mention.title {
                self.out.push_str(&format!("    {}\n", cut(&clean(title), room)));
            }
            if !mention.excerpt.is_empty() {
                let excerpt = cut(&clean(&mention.excerpt), EXCERPT);
                self.out.push_str(&wrapped(&excerpt, 4, self.style.width));
            }
            if let Some(link) = &mention.link {
                self.out.push_str(&format!("    {}\n", paint(&clean(link), DIM, self.style)));
            }
        }
    }

    fn causes(&mut self, view: &ToldAlert) {
        if view.own_publications.is_empty() && view.alert.annotations.is_empty() {
            return;
        }
        self.heading(
            "Likely causes (they explain, they excuse nothing)",
            "Causes probables (elles expliquent, sans rien écarter)",
        );
        let colon = self.say(":", " :");
        for annotation in &view.alert.annotations {
            let text = format!(
                "{}, {}{colon} {}",
                minute(annotation.at, self.zone),
                self.say("noted", "noté"),
                annotation.text
            );
            self.line(&text);
        }
        for own in &view.own_publications {
            let whose = self.say("published by the brand itself in", "publié par la marque elle-même dans");
            let text = format!("{}, {whose} {}{colon} {}", self.time_of(own), own.source, self.headline(own));
            self.line(&text);
        }
    }

    fn earlier(&mut self, view: &ToldAlert) {
        self.heading("Before", "Avant");
        if view.earlier.is_empty() {
            self.line(self.say(
                "This rule has never called out anything for this brand before.",
                "Cette règle n’avait encore jamais rien signalé pour cette marque.",
            ));
        }
        for EarlierView { since, until, reason, acknowledged, .. } in &view.earlier {
            let mut text = format!("{} · {reason}", minute(*since, self.zone));
            if let Some(until) = until {
                let lasted = span((until.as_second() - since.as_second()) as f64, self.tongue);
                text.push_str(&format!(" · {} {lasted}", self.say("over after", "fini après")));
            }
            if let Some(acknowledged) = acknowledged {
                text.push_str(&format!(" · {}", self.acknowledged(acknowledged)));
            }
            self.line(&text);
        }
        let more = view.earlier_total.saturating_sub(view.earlier.len());
        if more > 0 {
            let rule = &view.alert.rule;
            let text = match self.tongue {
                Tongue::English => format!("and {more} before: vigie alerts list --rule {rule}"),
                Tongue::French => format!("et {more} avant : vigie alerts list --rule {rule}"),
            };
            self.line(&text);
        }
        if let Some(playbook) = &view.alert.playbook {
            let text =
                format!("{}{playbook}", self.say("Who answers, and how: ", "Qui répond, et comment : "));
            self.line(&text);
        }
    }

    fn acknowledged(&self, acknowledged: &AcknowledgedView) -> String {
        let AcknowledgedView { at, false_alarm, by, comment } = acknowledged;
        let mut text = match (self.tongue, *false_alarm) {
            (Tongue::English, true) => "a false alarm",
            (Tongue::English, false) => "acknowledged",
            (Tongue::French, true) => "fausse alerte",
            (Tongue::French, false) => "prise en charge",
        }
        .to_owned();
        if let Some(by) = by {
            text.push_str(&format!(" {} {by}", self.say("by", "par")));
        }
        text.push_str(&format!(" ({})", minute(*at, self.zone)));
        if let Some(comment) = comment {
            text.push_str(&format!("{} {}", self.say(":", " :"), self.tongue.quoted(comment)));
        }
        text
    }

    fn muted(&mut self, muted: &[MutedView]) {
        if muted.is_empty() {
            return;
        }
        self.heading("Not told", "Ce qui n’a pas été dit");
        for MutedView { news, at, told, silence, by, comment } in muted {
            let grown = news.strip_prefix("grown-");
            let what = match (self.tongue, grown) {
                (Tongue::English, None) => "that it began".to_owned(),
                (Tongue::English, Some(count)) => format!("that it had grown to {count}"),
                (Tongue::French, None) => "le début".to_owned(),
                (Tongue::French, Some(count)) => format!("la montée à {count}"),
            };
            let mut text =
                format!("{}, {what}{} silence {silence}", minute(*at, self.zone), self.say(":", " :"));
            if let Some(by) = by {
                text.push_str(&format!(" {} {by}", self.say("of", "de")));
            }
            if let Some(comment) = comment {
                text.push_str(&format!(", {}", self.tongue.quoted(comment)));
            }
            if let Some(told) = told {
                text.push_str(&format!("; {} {}", self.say("told at", "dit le"), minute(*told, self.zone)));
            }
            self.line(&text);
        }
    }

    fn what_now(&mut self, alert: &AlertView) {
        self.out.push('\n');
        let id = &alert.id;
        let mut lines = Vec::new();
        match &alert.acknowledged {
            Some(acknowledged) => {
                let text = self.acknowledged(acknowledged);
                self.out.push_str(&wrapped(&clean(&text), 0, self.style.width));
            }
            None => lines.push((
                format!("vigie alerts ack {id}"),
                self.say("someone looks after it", "quelqu’un s’en occupe"),
            )),
        }
        lines.push((format!("vigie alerts explain {id}"), self.say("every number", "chaque chiffre")));
        for (command, what) in lines {
            self.out.push_str(&format!("{command:<42}{what}\n"));
        }
    }

    fn time_of(&self, mention: &MentionView) -> String {
        let at = mention.published.as_ref().unwrap_or(&mention.observed);
        at.parse().map_or_else(|_| at.clone(), |at| minute(at, self.zone))
    }

    /// Its title, else the beginning of what it says.
    fn headline(&self, mention: &MentionView) -> String {
        let text = mention.title.as_deref().unwrap_or(&mention.excerpt);
        self.tongue.quoted(&cut(&clean(text), 100))
    }

    fn tone_of(&self, mention: &MentionView) -> Option<String> {
        let label = mention.sentiment.as_ref()?.label;
        let (word, colour) = match label {
            "negative" => (self.say("negative", "négative"), RED),
            "positive" => (self.say("positive", "positive"), GREEN),
            _ => (self.say("neutral", "neutre"), DIM),
        };
        Some(paint(word, colour, self.style))
    }

    fn counted(&self, number: u32, count: CountBy) -> String {
        format!("{number} {}", unit(count, number, self.tongue))
    }
}

fn count_by(name: &str) -> CountBy {
    if name == CountBy::Mentions.as_str() { CountBy::Mentions } else { CountBy::Stories }
}

/// The end of a span of time, without the day where it is the day of its beginning.
fn end_of_span(from: &str, to: &str) -> String {
    match (from.split_once(' '), to.split_once(' ')) {
        (Some((day, _)), Some((same, time))) if day == same => time.to_owned(),
        _ => to.to_owned(),
    }
}
