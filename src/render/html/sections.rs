//! The sections of the report: pictures, tables and lists.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::Page;
use super::face::{linked, text};
use super::figure::{self, Mark, MarkKind, short};
use crate::model::Tongue;
use crate::views::compare::{AgainstProblem, BrandView, ChangeView, IntervalView, PointView};

/// Above so many days, a series is drawn by the week.
const DAYS_DRAWN: usize = 400;
/// Names of times below a series.
const TICKS: usize = 5;
/// Sources, authors and words shown of a brand.
const SHOWN: usize = 8;
/// Alerts told of.
const ALERTS: usize = 30;
/// Height of the highest step of all series; the others' are in proportion.
const HEIGHT: f64 = 72.0;

impl Page<'_> {
    pub(super) fn volume(&self) -> String {
        let face = &self.face;
        let buckets = self.buckets();
        let (Some(first), Some(last)) = (buckets.first(), buckets.last()) else { return String::new() };
        let (start, end) = (first.as_second(), last.as_second() + step_s(&buckets));
        let place = |at: Timestamp| (at.as_second() - start) as f64 / (end - start).max(1) as f64;
        let values: Vec<Vec<u64>> = self.brands().iter().map(|brand| self.values(brand, &buckets)).collect();
        let highest = values.iter().flatten().copied().max().unwrap_or(0);
        let weekly = step_s(&buckets) > 86_400;
        let unit = match (self.counts_stories(), weekly) {
            (true, false) => face.say("stories a day", "histoires par jour"),
            (true, true) => face.say("stories a week", "histoires par semaine"),
            (false, false) => face.say("mentions a day", "mentions par jour"),
            (false, true) => face.say("mentions a week", "mentions par semaine"),
        };
        let mut rows = String::new();
        for (number, (brand, values)) in self.brands().iter().zip(&values).enumerate() {
            let own = brand.role == "own";
            let marks: Vec<Mark> = self.marks(brand, place);
            let title = format!("{}{} {unit}", text(&brand.name), face.colon());
            let highest_of = values.iter().copied().max().unwrap_or(0);
            let description = format!(
                "{} {}. {}",
                face.say("At most", "Au plus"),
                face.whole(highest_of),
                face.say(
                    "The figures are in the table below.",
                    "Les chiffres sont dans le tableau ci-dessous."
                ),
            );
            let height = (HEIGHT * highest_of as f64 / highest.max(1) as f64).ceil() as u32;
            let picture =
                figure::series(&format!("v{number}"), [&title, &description], values, height.max(1), &marks);
            let class = if own { " class=\"own\"" } else { "" };
            rows.push_str(&format!(
                "<div{class}><span class=\"name\">{}</span>{picture}<span class=\"most\">{}</span></div>\n",
                text(&brand.name),
                face.count(highest_of)
            ));
        }
        let ticks = self.ticks(&buckets);
        let mut note = match (face.tongue, weekly) {
            (Tongue::English, false) => format!(
                "{} a day, all on one scale; at the right the fullest day of each brand.",
                if self.counts_stories() { "Stories" } else { "Mentions" }
            ),
            (Tongue::English, true) => format!(
                "{} a week, all on one scale; at the right the fullest week of each brand.",
                if self.counts_stories() { "Stories" } else { "Mentions" }
            ),
            (Tongue::French, false) => format!(
                "{} par jour, à la même échelle ; à droite, le jour le plus fourni de chaque marque.",
                if self.counts_stories() { "Histoires" } else { "Mentions" }
            ),
            (Tongue::French, true) => format!(
                "{} par semaine, à la même échelle ; à droite, la semaine la plus fournie de chaque marque.",
                if self.counts_stories() { "Histoires" } else { "Mentions" }
            ),
        };
        if !self.view.alerts.is_empty() {
            note.push_str(face.say(
                " ▼ marks an alert, by its number below.",
                " ▼ signale une alerte, par son numéro plus bas.",
            ));
        }
        let scale = format!("<p class=\"note\">{note}</p>\n");
        let noted = self.noted();
        let body = format!(
            "<figure class=\"volume\">\n{rows}<div class=\"axis\"><span></span>{ticks}<span></span></div>\n</figure>\n{scale}{noted}{}",
            self.volume_table(&buckets, &values, weekly)
        );
        self.section("volume", face.say("Volume over time", "Volume au fil du temps"), &body)
    }

    /// Starts of days of the reader's zone from the beginning to the end; of weeks where those would be too many.
    fn buckets(&self) -> Vec<Timestamp> {
        let benchmark = &self.view.benchmark;
        let zone = self.face.zone;
        let mut date = benchmark.since.to_zoned(zone.clone()).date();
        let mut days = Vec::new();
        while let Ok(start) = date.to_zoned(zone.clone()).map(|day| day.timestamp()) {
            if start >= benchmark.until {
                break;
            }
            days.push(start);
            let Ok(next) = date.tomorrow() else { break };
            date = next;
        }
        if days.len() <= DAYS_DRAWN {
            return days;
        }
        // Whole weeks up to the end; what is left makes a shorter one at the beginning.
        let rest = days.len() % 7;
        let starts = days.iter().enumerate().filter(|(place, _)| *place == 0 || place % 7 == rest);
        starts.map(|(_, start)| *start).collect()
    }

    /// Counts of a brand per bucket, in the count asked.
    fn values(&self, brand: &BrandView, buckets: &[Timestamp]) -> Vec<u64> {
        let mut values = vec![0; buckets.len()];
        for day in &brand.days {
            let place = buckets.partition_point(|start| *start <= day.day).saturating_sub(1);
            if let Some(value) = values.get_mut(place) {
                *value += if self.counts_stories() { day.stories } else { day.mentions };
            }
        }
        values
    }

    fn marks(&self, brand: &BrandView, place: impl Fn(Timestamp) -> f64) -> Vec<Mark> {
        let alerts = self.view.alerts.iter().enumerate().filter(|(_, alert)| alert.brand == brand.brand);
        let alerts = alerts.map(|(number, alert)| Mark {
            at: place(alert.since).clamp(0.0, 1.0),
            label: if number < ALERTS { (number + 1).to_string() } else { String::new() },
            kind: MarkKind::Alert,
        });
        let noted = self.view.annotations.iter().enumerate().filter(|(_, noted)| {
            noted.annotation.brand.as_ref().map_or(brand.role == "own", |id| *id == brand.brand)
        });
        let noted = noted.map(|(number, noted)| Mark {
            at: place(noted.annotation.at).clamp(0.0, 1.0),
            label: letter(number),
            kind: MarkKind::Annotation,
        });
        let mut marks: Vec<Mark> = alerts.chain(noted).collect();
        marks.sort_by(|a, b| a.at.total_cmp(&b.at));
        marks
    }

    /// What people noted, by the letters of the picture, and what changed with it.
    fn noted(&self) -> String {
        let face = &self.face;
        let mut items = String::new();
        for (number, noted) in self.view.annotations.iter().enumerate() {
            let annotation = &noted.annotation;
            let of = annotation.brand.as_ref().map(|id| format!(" ({})", self.name(id))).unwrap_or_default();
            let mut effects = String::new();
            for effect in &noted.effects {
                let volume = effect.per_day.map(|change| {
                    let [before, now] =
                        [change.before, change.before + change.value].map(|value| face.decimal(value, 1));
                    let unit = if self.counts_stories() {
                        face.say("stories a day", "histoires par jour")
                    } else {
                        face.say("mentions a day", "mentions par jour")
                    };
                    self.effect(&change, unit, &before, &now, |value| face.change(value))
                });
                let net = effect.net.map(|change| {
                    let [before, now] =
                        [change.before, change.before + change.value].map(|value| face.net(value));
                    self.effect(&change, face.say("net tone", "tonalité nette"), &before, &now, |value| {
                        face.net(value)
                    })
                });
                let told: Vec<String> = volume.into_iter().chain(net).collect();
                let Some(days) = noted.days.filter(|_| !told.is_empty()) else { continue };
                let days = face.decimal(days, usize::from(days.fract() > 0.05));
                let over = match face.tongue {
                    Tongue::English => format!("{} days after, against as many before", days),
                    Tongue::French => format!("{} jours après, contre autant avant", days),
                };
                effects.push_str(&format!(
                    "<span class=\"facts\">{}, {over}{} {}</span>",
                    self.name(&effect.brand),
                    face.colon(),
                    told.join("; ")
                ));
            }
            items.push_str(&format!(
                "<li><span class=\"number\">{}</span><div>{}{} {}{of}{effects}</div></li>\n",
                letter(number),
                face.minute(annotation.at),
                face.colon(),
                text(&annotation.text),
            ));
        }
        if items.is_empty() { items } else { format!("<ul class=\"noted-list\">\n{items}</ul>\n") }
    }

    /// A figure before and after, and whether the change is more than chance.
    fn effect(
        &self,
        change: &ChangeView,
        unit: &str,
        before: &str,
        now: &str,
        shown: impl Fn(f64) -> String,
    ) -> String {
        let range = self.face.between(&shown(change.low), &shown(change.high));
        format!("{unit} {before} → {now}, {} ({range})", self.change(Some(*change), shown))
    }

    fn ticks(&self, buckets: &[Timestamp]) -> String {
        let mut out = String::from("<svg class=\"ticks\" aria-hidden=\"true\" width=\"100%\" height=\"18\">");
        let every = buckets.len().div_ceil(TICKS).max(1);
        for (place, start) in buckets.iter().enumerate().step_by(every) {
            let at = short(100.0 * place as f64 / buckets.len() as f64);
            let day = self.face.plain_day(*start);
            out.push_str(&format!("<text x=\"{at}%\" y=\"13\">{day}</text>"));
        }
        out + "</svg>"
    }

    fn volume_table(&self, buckets: &[Timestamp], values: &[Vec<u64>], weekly: bool) -> String {
        let face = &self.face;
        let mut head = format!(
            "<tr><th scope=\"col\">{}</th>",
            if weekly { face.say("Week from", "Semaine du") } else { face.say("Day", "Jour") }
        );
        for brand in self.brands() {
            head.push_str(&format!("<th scope=\"col\">{}</th>", text(&brand.name)));
        }
        let mut rows = String::new();
        for (place, start) in buckets.iter().enumerate() {
            rows.push_str(&format!("<tr><th scope=\"row\">{}</th>", face.day_of_year(*start)));
            for of_brand in values {
                rows.push_str(&format!("<td>{}</td>", face.count(of_brand[place])));
            }
            rows.push_str("</tr>\n");
        }
        self.figures(&format!(
            "<table class=\"numbers\"><thead>{head}</tr></thead>\n<tbody>\n{rows}</tbody></table>"
        ))
    }

    /// A table behind a picture, closed until it is wanted.
    fn figures(&self, table: &str) -> String {
        let figures = self.face.say("The figures", "Les chiffres");
        format!("<details><summary>{figures}</summary><div class=\"wide\">{table}</div></details>\n")
    }

    pub(super) fn share(&self) -> String {
        let face = &self.face;
        let reach =
            self.brands().iter().filter_map(|brand| brand.share).map(|share| share.high).fold(0.0, f64::max);
        if reach <= 0.0 {
            return String::new();
        }
        let mut rows = String::new();
        for brand in self.brands() {
            let Some(share) = brand.share else { continue };
            let bar = figure::bar(share.value / reach, Some((share.low / reach, share.high / reach)));
            rows.push_str(&format!(
                "<tr{}><th scope=\"row\">{}</th><td class=\"picture\">{bar}</td><td class=\"main\">{}</td>\
                 <td>{}</td><td>{}</td><td class=\"spare\">{}</td><td class=\"spare\">{}</td></tr>\n",
                class_of(brand),
                text(&brand.name),
                face.part(share.value),
                face.parts(share.low, share.high),
                self.change(brand.change, |value| face.points(value)),
                face.count(brand.stories),
                face.count(brand.mentions),
            ));
        }
        let columns = [
            face.say("Brand", "Marque"),
            face.say("Share", "Part"),
            face.say("95% interval", "Intervalle à 95\u{202f}%"),
            face.say("Change, points", "Évolution, points"),
            face.say("Stories", "Histoires"),
            face.say("Mentions", "Mentions"),
        ];
        let head = format!(
            "<th scope=\"col\">{}</th><td class=\"picture\"></td><th scope=\"col\">{}</th><th scope=\"col\">{}</th>\
             <th scope=\"col\">{}</th><th scope=\"col\" class=\"spare\">{}</th><th scope=\"col\" class=\"spare\">{}</th>",
            columns[0], columns[1], columns[2], columns[3], columns[4], columns[5]
        );
        let body = format!(
            "<table class=\"bars\"><thead><tr>{head}</tr></thead>\n<tbody>\n{rows}</tbody></table>\n{}",
            self.note_of_changes()
        );
        self.section("share", face.say("Share of voice", "Part de voix"), &body)
    }

    /// What a change is against, and what its signs mean; why there is none.
    fn note_of_changes(&self) -> String {
        let face = &self.face;
        let against = &self.view.benchmark.against;
        let span = face.span(against.since, against.until);
        let of = match (against.name.as_str(), face.tongue) {
            ("previous", Tongue::French) => format!("Évolution depuis la période précédente ({span})"),
            ("previous", Tongue::English) => format!("Changes are against the time before ({span})"),
            (name, Tongue::French) => format!("Évolution depuis la référence {} ({span})", face.quoted(name)),
            (name, Tongue::English) => {
                format!("Changes are against the baseline {} ({span})", face.quoted(name))
            }
        };
        let signs = face.say(
            "▲ ▼ more than chance explains; ≈ within chance.",
            "▲ ▼ plus que le hasard n’explique ; ≈ dans les limites du hasard.",
        );
        let why = match against.problem {
            None => signs,
            Some(AgainstProblem::Nothing) => face.say("nothing was counted then.", "rien n’avait alors été compté."),
            Some(AgainstProblem::OtherSources) => face.say(
                "the sources heard then bring less than half of what is counted now, so that nothing can be said.",
                "les sources entendues alors donnent moins de la moitié de ce qui est compté aujourd’hui : on ne peut rien en dire.",
            ),
        };
        format!("<p class=\"note\">{of}{} {why}</p>\n", face.colon())
    }

    /// A change with its interval as a hint, and whether it is more than chance.
    fn change(&self, change: Option<ChangeView>, shown: impl Fn(f64) -> String) -> String {
        let Some(change) = change else { return "–".to_owned() };
        let (sign, words) = match (change.significant, change.value > 0.0) {
            (true, true) => ("▲", self.face.say("more than chance", "plus que le hasard")),
            (true, false) => ("▼", self.face.say("more than chance", "plus que le hasard")),
            (false, _) => ("≈", self.face.say("within chance", "dans les limites du hasard")),
        };
        let class = if change.significant { "sure" } else { "unsure" };
        format!(
            "<span class=\"{class}\">{} <span aria-hidden=\"true\">{sign}</span><span class=\"unseen\"> ({words})</span></span>",
            shown(change.value)
        )
    }

    pub(super) fn tone(&self) -> String {
        let face = &self.face;
        let mut rows = String::new();
        for brand in self.brands() {
            let tone = &brand.sentiment;
            let (Some(net), Some(low), Some(high)) = (tone.net, tone.low, tone.high) else { continue };
            rows.push_str(&format!(
                "<tr{}><th scope=\"row\">{}</th><td class=\"picture\">{}</td><td class=\"main\">{}</td><td>{} … {}</td>\
                 <td class=\"spare\">{}</td><td class=\"spare\">{}</td><td class=\"spare\">{}</td><td>{}</td></tr>\n",
                class_of(brand),
                text(&brand.name),
                figure::tones([tone.negative, tone.neutral, tone.positive]),
                face.net(net),
                face.net(low),
                face.net(high),
                face.count(tone.negative),
                face.count(tone.neutral),
                face.count(tone.positive),
                self.change(tone.change, |value| face.net(value)),
            ));
        }
        if rows.is_empty() {
            return String::new();
        }
        let key = format!(
            "<p class=\"note\">{} {}</p>\n",
            face.say(
                "Of each brand’s mentions: hatched complaint, bare neutral, full praise.",
                "Des mentions de chaque marque : hachuré, la critique ; clair, le neutre ; plein, l’éloge.",
            ),
            face.say(
                "Net tone is praise minus complaint, divided by all that was scored.",
                "La tonalité nette est l’éloge moins la critique, divisé par tout ce qui a été jugé.",
            )
        );
        let head = [
            ("", face.say("Brand", "Marque")),
            ("picture", ""),
            ("", face.say("Net", "Nette")),
            ("", face.say("95% interval", "Intervalle à 95\u{202f}%")),
            ("spare", face.say("Negative", "Négatives")),
            ("spare", face.say("Neutral", "Neutres")),
            ("spare", face.say("Positive", "Positives")),
            ("", face.say("Change", "Évolution")),
        ];
        let body = format!("<table class=\"bars\">{}<tbody>\n{rows}</tbody></table>\n{key}", header(&head));
        self.section("tone", face.say("Tone", "Tonalité"), &body)
    }

    pub(super) fn goals(&self) -> String {
        let face = &self.face;
        let mut rows = String::new();
        for goal in &self.view.benchmark.goals {
            let shown = |value: f64| match goal.metric {
                "share" => face.part(value),
                "net" => face.net(value),
                _ => face.decimal(value, 0),
            };
            let metric = match goal.metric {
                "share" => face.say("Share of voice", "Part de voix"),
                "net" => face.say("Net tone", "Tonalité nette"),
                _ => face.say("Volume in 30 days", "Volume en 30 jours"),
            };
            let state = match (goal.state, goal.sure) {
                (Some("reached"), true) => face.say("● reached", "● atteint"),
                (Some("reached"), false) => {
                    face.say("◐ reached, within chance", "◐ atteint, aux limites du hasard près")
                }
                (Some("on-track"), true) => face.say("▲ on track", "▲ en bonne voie"),
                (Some("on-track"), false) => {
                    face.say("△ on track, if it goes on", "△ en bonne voie, si cela dure")
                }
                (Some("behind"), true) => face.say("▼ behind", "▼ en retard"),
                (Some("behind"), false) => {
                    face.say("▽ behind, within chance", "▽ en retard, aux limites du hasard près")
                }
                _ => face.say("not known yet", "pas encore connu"),
            };
            let interval = |interval: Option<IntervalView>| {
                interval.map_or_else(
                    || "–".to_owned(),
                    |i| format!("{} ({} … {})", shown(i.value), shown(i.low), shown(i.high)),
                )
            };
            rows.push_str(&format!(
                "<tr><th scope=\"row\">{}{} {metric}</th><td class=\"word\">{state}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td></tr>\n",
                self.name(&goal.brand),
                face.colon(),
                shown(goal.target),
                face.day(goal.by),
                interval(goal.now),
                interval(goal.then),
            ));
        }
        if rows.is_empty() {
            return String::new();
        }
        let head = [
            ("", face.say("Goal", "Objectif")),
            ("word", face.say("State", "État")),
            ("", face.say("Target", "Cible")),
            ("", face.say("By", "Échéance")),
            ("", face.say("Now", "Aujourd’hui")),
            ("", face.say("Then, if it goes on", "À l’échéance, si cela dure")),
        ];
        let body =
            format!("<div class=\"wide\"><table>{}<tbody>\n{rows}</tbody></table></div>\n", header(&head));
        self.section("goals", face.say("Goals", "Objectifs"), &body)
    }

    pub(super) fn stories(&self) -> String {
        let face = &self.face;
        let mut body = String::new();
        for brand in self.brands() {
            let mut list = String::new();
            for story in self.view.stories.iter().filter(|story| story.brand == brand.brand) {
                let mut facts = vec![text(&story.source)];
                facts.extend(story.author.as_deref().filter(|author| !author.trim().is_empty()).map(text));
                facts.push(face.day_of_year(story.at));
                if story.mentions > 1 {
                    let told = face.counted(story.mentions, ["mention", "mentions"], ["mention", "mentions"]);
                    let sources = face.counted(story.sources, ["source", "sources"], ["source", "sources"]);
                    facts.push(match face.tongue {
                        Tongue::English => format!("{told} in {sources}"),
                        Tongue::French => format!("{told} dans {sources}"),
                    });
                }
                facts.extend(
                    story
                        .sentiment
                        .map(|tone| self.tone_word(tone))
                        .filter(|word| !word.is_empty())
                        .map(str::to_owned),
                );
                list.push_str(&format!(
                    "<li>{}<span class=\"facts\">{}</span></li>\n",
                    linked(&story.title, story.link.as_deref()),
                    facts.join(" · ")
                ));
            }
            if !list.is_empty() {
                let class = if brand.role == "own" { " class=\"own\"" } else { "" };
                body.push_str(&format!(
                    "<div{class}><h3>{}</h3>\n<ol class=\"stories\">\n{list}</ol></div>\n",
                    text(&brand.name)
                ));
            }
        }
        if !body.is_empty() {
            body = format!("<div class=\"columns\">\n{body}</div>\n");
        }
        self.section("stories", face.say("Stories told most", "Histoires les plus reprises"), &body)
    }

    fn tone_word(&self, tone: &str) -> &'static str {
        match (tone, self.face.tongue) {
            ("negative", Tongue::English) => "−\u{a0}negative",
            ("negative", Tongue::French) => "−\u{a0}négatif",
            ("positive", Tongue::English) => "+\u{a0}positive",
            ("positive", Tongue::French) => "+\u{a0}positif",
            _ => "",
        }
    }

    pub(super) fn alerts(&self) -> String {
        let face = &self.face;
        let mut list = String::new();
        for (number, alert) in self.view.alerts.iter().take(ALERTS).enumerate() {
            let mark = format!("▼\u{a0}{}", number + 1);
            let state = match (&alert.acknowledged, alert.state) {
                (Some(ack), _) if ack.false_alarm => face.say("false alarm", "fausse alerte"),
                (_, "firing") => face.say("still on", "en cours"),
                (Some(_), _) => face.say("over, looked after", "close, prise en charge"),
                _ => face.say("over", "close"),
            };
            let mut facts = vec![
                face.minute(alert.since),
                text(&alert.rule),
                self.severity(alert.severity).to_owned(),
                state.to_owned(),
            ];
            if !alert.terms.is_empty() {
                let words: Vec<String> = alert.terms.iter().map(|term| text(term)).collect();
                facts.push(format!("{} {}", face.say("words:", "mots\u{a0}:"), words.join(", ")));
            }
            list.push_str(&format!(
                "<li><span class=\"number\">{mark}</span><div><strong>{}</strong>{} {}<span class=\"facts\">{}</span></div></li>\n",
                self.name(&alert.brand),
                face.colon(),
                text(&alert.reason),
                facts.join(" · ")
            ));
        }
        let title = face.say("Alerts", "Alertes");
        if list.is_empty() {
            let none = face.say("None was raised in this time.", "Aucune n’a été levée sur la période.");
            return self.section("alerts", title, &format!("<p>{none}</p>\n"));
        }
        let more = match (self.view.alerts.len().saturating_sub(ALERTS) as u64, face.tongue) {
            (0, _) => String::new(),
            (n, Tongue::English) => {
                format!("<p class=\"note\">{} earlier ones are not shown.</p>\n", face.count(n))
            }
            (n, Tongue::French) => {
                format!("<p class=\"note\">Plus {} autres, antérieures.</p>\n", face.count(n))
            }
        };
        self.section("alerts", title, &format!("<ul class=\"alerts\">\n{list}</ul>\n{more}"))
    }

    fn severity(&self, severity: &str) -> &'static str {
        match (severity, self.face.tongue) {
            ("low", Tongue::English) => "low",
            ("low", Tongue::French) => "faible",
            ("high", Tongue::English) => "high",
            ("high", Tongue::French) => "élevée",
            ("critical", Tongue::English) => "critical",
            ("critical", Tongue::French) => "critique",
            (_, Tongue::English) => "normal",
            (_, Tongue::French) => "normale",
        }
    }

    pub(super) fn themes(&self) -> String {
        let face = &self.face;
        let mut rows = String::new();
        for brand in self.brands().iter().filter(|brand| !brand.theme_weights.is_empty()) {
            let words = brand.theme_weights.iter().take(SHOWN).map(|theme| {
                format!("<li>{}\u{a0}<small>{}</small></li>", text(&theme.word), face.count(theme.mentions))
            });
            rows.push_str(&format!(
                "<tr{}><th scope=\"row\">{}</th><td class=\"word\"><ul class=\"words\">{}</ul></td></tr>\n",
                class_of(brand),
                text(&brand.name),
                words.collect::<String>()
            ));
        }
        if rows.is_empty() {
            return String::new();
        }
        let note = face.say(
            "Words that set each brand apart from the others, the strongest first, with the number of its texts that have them.",
            "Les mots qui distinguent chaque marque des autres, les plus forts d’abord, et le nombre de ses textes qui les contiennent.",
        );
        let body = format!(
            "<table class=\"themes\"><tbody>\n{rows}</tbody></table>\n<p class=\"note\">{note}</p>\n"
        );
        self.section("themes", face.say("Themes", "Thèmes"), &body)
    }

    pub(super) fn swot(&self) -> String {
        let face = &self.face;
        let Some(swot) = &self.view.benchmark.swot else { return String::new() };
        let fields = [
            (
                face.say("Strengths", "Forces"),
                face.say("praised in us", "ce qu’on loue chez nous"),
                &swot.strengths,
            ),
            (
                face.say("Weaknesses", "Faiblesses"),
                face.say("blamed in us", "ce qu’on nous reproche"),
                &swot.weaknesses,
            ),
            (
                face.say("Opportunities", "Opportunités"),
                face.say("blamed in them", "ce qu’on leur reproche"),
                &swot.opportunities,
            ),
            (
                face.say("Threats", "Menaces"),
                face.say("praised in them", "ce qu’on loue chez eux"),
                &swot.threats,
            ),
        ];
        if fields.iter().all(|(.., points)| points.is_empty()) {
            return String::new();
        }
        let mut body = String::new();
        for (title, subtitle, points) in fields {
            let items: String = points.iter().map(|point| self.point(point)).collect();
            let items = if items.is_empty() {
                format!("<p class=\"note\">{}</p>", face.say("Nothing stands out.", "Rien ne ressort."))
            } else {
                format!("<ul>\n{items}</ul>")
            };
            body.push_str(&format!("<div><h3>{title} <small>{subtitle}</small></h3>{items}</div>\n"));
        }
        let body = format!("<div class=\"fields\">\n{body}</div>\n");
        self.section("swot", face.say("Praise and complaint", "Éloges et critiques"), &body)
    }

    fn point(&self, point: &PointView) -> String {
        let face = &self.face;
        let example = &point.example;
        let of = match face.tongue {
            Tongue::English => format!(
                "{} of {} mentions of {}",
                face.count(point.mentions),
                face.count(point.of),
                self.name(&point.brand)
            ),
            Tongue::French => format!(
                "{} mentions sur {}, {}",
                face.count(point.mentions),
                face.count(point.of),
                self.name(&point.brand)
            ),
        };
        format!(
            "<li><strong>{}</strong> <small>{of}</small><span class=\"facts\">{} · {}</span></li>\n",
            text(&point.theme),
            linked(&example.title, example.link.as_deref()),
            text(&example.source)
        )
    }

    /// The hours of the week in which each of the leading brands is talked of.
    pub(super) fn hours(&self) -> String {
        let face = &self.face;
        let mut body: String = self
            .leads()
            .into_iter()
            .enumerate()
            .map(|(number, brand)| self.hours_of(number, brand))
            .collect();
        if body.is_empty() {
            return body;
        }
        let weeks = self.lead().map_or(0.0, |brand| brand.hours_weeks);
        let note = match face.tongue {
            Tongue::English => format!(
                "Mentions over {} weeks, in the time zone {}; the darker, the more.",
                face.decimal(weeks, 1),
                self.zone_name()
            ),
            Tongue::French => format!(
                "Mentions sur {} semaines, au fuseau horaire {} ; plus c’est foncé, plus il y en a.",
                face.decimal(weeks, 1),
                self.zone_name()
            ),
        };
        body.push_str(&format!("<p class=\"note\">{note}</p>\n"));
        self.section("hours", face.say("When", "Quand"), &body)
    }

    fn hours_of(&self, number: usize, brand: &BrandView) -> String {
        let face = &self.face;
        let fullest = brand.hours.iter().enumerate().rev().max_by_key(|(_, count)| **count);
        let Some((fullest, count)) = fullest.filter(|(_, count)| **count > 0 && brand.hours.len() == 168)
        else {
            return String::new();
        };
        let (day, hour) = (face.weekday(fullest / 24), fullest % 24);
        let said = match face.tongue {
            Tongue::English => format!(
                "{} is talked of most on {day}s between {} and {} ({}).",
                text(&brand.name),
                face.hour(hour),
                face.hour(hour + 1),
                self.mentions_of(u64::from(*count))
            ),
            Tongue::French => format!(
                "C’est le {day} entre {} et {} qu’on parle le plus de {} ({}).",
                face.hour(hour),
                face.hour(hour + 1),
                text(&brand.name),
                self.mentions_of(u64::from(*count))
            ),
        };
        let title = format!(
            "{}{} {}",
            text(&brand.name),
            face.colon(),
            face.say("mentions by hour of the week", "mentions par heure de la semaine")
        );
        let description = face.say(
            "The darker, the more. The figures are in the table below.",
            "Plus c’est foncé, plus il y en a. Les chiffres sont dans le tableau ci-dessous.",
        );
        let days: String = (0..7).map(|day| format!("<span>{}</span>", face.weekday(day))).collect();
        let mut head = format!("<tr><th scope=\"col\">{}</th>", face.say("Hour", "Heure"));
        for hour in 0..24 {
            head.push_str(&format!("<th scope=\"col\">{hour}</th>"));
        }
        let mut rows = String::new();
        for day in 0..7 {
            rows.push_str(&format!("<tr><th scope=\"row\">{}</th>", face.weekday(day)));
            for hour in 0..24 {
                rows.push_str(&format!("<td>{}</td>", face.count(u64::from(brand.hours[day * 24 + hour]))));
            }
            rows.push_str("</tr>\n");
        }
        let table =
            format!("<table class=\"numbers\"><thead>{head}</tr></thead>\n<tbody>\n{rows}</tbody></table>");
        let picture = figure::week(&format!("w{number}"), [&title, description], &brand.hours, |hour| {
            face.plain_hour(hour)
        });
        format!(
            "<div class=\"of-brand\">\n<p>{said}</p>\n<figure class=\"hours\"><div class=\"days\" aria-hidden=\"true\">{days}</div>{picture}</figure>\n{}</div>\n",
            self.figures(&table)
        )
    }

    fn zone_name(&self) -> String {
        text(self.face.zone.iana_name().unwrap_or("UTC"))
    }

    /// Where, and by whom, each of the leading brands is talked of.
    pub(super) fn places(&self) -> String {
        let face = &self.face;
        let leads = self.leads();
        let told: Vec<(&BrandView, String)> = leads
            .iter()
            .map(|brand| (*brand, self.places_of(brand)))
            .filter(|(_, places)| !places.is_empty())
            .collect();
        let [(first, _), ..] = told.as_slice() else { return String::new() };
        let title = match (face.tongue, leads.len() > 1) {
            (Tongue::English, true) => "Where, and by whom".to_owned(),
            (Tongue::French, true) => "Où, et par qui".to_owned(),
            (Tongue::English, false) => format!("Where, and by whom, {} is talked of", text(&first.name)),
            (Tongue::French, false) => format!("Où, et par qui, l’on parle de {}", text(&first.name)),
        };
        let note = face.say(
            "First: stories that the author began. + and −: mentions that praise and that complain.",
            "Premier : histoires que l’auteur a lancées. + et − : mentions qui louent et qui critiquent.",
        );
        let mut body: String =
            told.iter().map(|(brand, places)| of_brand(brand, leads.len() > 1, places)).collect();
        body.push_str(&format!("<p class=\"note\">{note}</p>\n"));
        self.section("places", &title, &body)
    }

    fn places_of(&self, brand: &BrandView) -> String {
        let face = &self.face;
        let mut sources = String::new();
        for place in brand.sources.iter().take(SHOWN) {
            sources.push_str(&format!(
                "<tr><th scope=\"row\">{}</th><td>{}</td><td>{}</td><td>{}</td></tr>\n",
                text(&place.value),
                face.count(place.mentions),
                face.part(place.of_brand),
                place.net.map_or_else(|| "–".to_owned(), |net| face.net(net)),
            ));
        }
        let mut authors = String::new();
        for author in brand.authors.iter().take(SHOWN) {
            authors.push_str(&format!(
                "<tr><th scope=\"row\">{}</th><td>{}</td><td>{}</td><td>{}</td><td>{}</td></tr>\n",
                text(&author.value),
                face.count(author.mentions),
                face.count(author.first),
                face.count(author.positive),
                face.count(author.negative),
            ));
        }
        let mut body = String::new();
        if !sources.is_empty() {
            let head = [
                ("", face.say("Source", "Source")),
                ("", face.say("Mentions", "Mentions")),
                ("", face.say("Of all", "Du total")),
                ("", face.say("Net tone", "Tonalité")),
            ];
            body.push_str(&format!(
                "<div><table>{}<tbody>\n{sources}</tbody></table></div>\n",
                header(&head)
            ));
        }
        if !authors.is_empty() {
            let head = [
                ("", face.say("Author", "Auteur")),
                ("", face.say("Mentions", "Mentions")),
                ("", face.say("First", "Premier")),
                ("", face.say("+", "+")),
                ("", face.say("−", "−")),
            ];
            body.push_str(&format!(
                "<div><table>{}<tbody>\n{authors}</tbody></table></div>\n",
                header(&head)
            ));
        }
        if body.is_empty() { body } else { format!("<div class=\"pair\">\n{body}</div>\n") }
    }

    /// What draws reactions to each of the leading brands, where sources tell of any.
    pub(super) fn reactions(&self) -> String {
        let leads = self.leads();
        let told = leads.iter().map(|brand| (brand, self.reactions_of(brand)));
        let body: String = told
            .filter(|(_, reactions)| !reactions.is_empty())
            .map(|(brand, reactions)| of_brand(brand, leads.len() > 1, &reactions))
            .collect();
        self.section("reactions", self.face.say("What draws reactions", "Ce qui fait réagir"), &body)
    }

    fn reactions_of(&self, brand: &BrandView) -> String {
        let face = &self.face;
        let mut rows = String::new();
        for format in &brand.formats {
            for reaction in &format.reactions {
                rows.push_str(&format!(
                    "<tr><th scope=\"row\">{}</th><td class=\"word\">{}</td><td>{}</td><td>{}</td><td>{}</td></tr>\n",
                    self.format_word(format.format),
                    text(&reaction.kind),
                    face.count(reaction.mentions),
                    face.count(reaction.median),
                    face.count(reaction.sum),
                ));
            }
        }
        if rows.is_empty() {
            return String::new();
        }
        let head = [
            ("", face.say("Format", "Format")),
            ("word", face.say("Reaction", "Réaction")),
            ("", face.say("Mentions", "Mentions")),
            ("", face.say("Median", "Médiane")),
            ("", face.say("Sum", "Somme")),
        ];
        format!("<table>{}<tbody>\n{rows}</tbody></table>\n", header(&head))
    }

    fn format_word(&self, format: &str) -> &'static str {
        let face = &self.face;
        match format {
            "image" => face.say("Image", "Image"),
            "audio" => face.say("Audio", "Audio"),
            "video" => face.say("Video", "Vidéo"),
            _ => face.say("Text", "Texte"),
        }
    }

    pub(super) fn sources(&self) -> String {
        let face = &self.face;
        let health = &self.view.health.sources;
        let mut rows = String::new();
        for source in health.iter().filter(|source| !matches!(source.state, "ok" | "disabled")) {
            rows.push_str(&format!(
                "<tr><th scope=\"row\">{}</th><td class=\"word\">{}</td><td class=\"word\">{}</td><td>{}</td></tr>\n",
                text(&source.source),
                self.state_word(source.state),
                source.last_good.map_or_else(|| face.say("never", "jamais").to_owned(), |at| face.minute(at)),
                face.count(source.mentions),
            ));
        }
        let mut body = String::new();
        if let Some(sentence) = self.of_sources() {
            body.push_str(&format!("<p>{sentence}</p>\n"));
        }
        body.push_str(&self.gaps());
        body.push_str(&self.uneven());
        body.push_str(&self.idle());
        if !rows.is_empty() {
            let head = [
                ("", face.say("Source", "Source")),
                ("word", face.say("State", "État")),
                ("word", face.say("Last heard", "Dernière écoute")),
                ("", face.say("Mentions ever", "Mentions en tout")),
            ];
            body.push_str(&format!(
                "<div class=\"wide\"><table>{}<tbody>\n{rows}</tbody></table></div>\n",
                header(&head)
            ));
        }
        self.section("sources", face.say("Sources and gaps", "Sources et trous d’écoute"), &body)
    }

    /// Times of which sources were not heard, those of most sources first; where one begins and ends within the hour in
    /// which another does, they are one: sources are not polled all at once.
    fn gaps(&self) -> String {
        let face = &self.face;
        let mut gaps: BTreeMap<(i64, Option<i64>), Shared<'_>> = BTreeMap::new();
        for source in &self.view.health.sources {
            for gap in &source.gaps {
                let hour = |time: Timestamp| time.as_second().div_euclid(3_600);
                let shared = gaps.entry((hour(gap.since), gap.until.map(hour))).or_insert_with(|| Shared {
                    since: gap.since,
                    until: gap.until,
                    sources: Vec::new(),
                });
                shared.since = shared.since.min(gap.since);
                shared.until = shared.until.zip(gap.until).map(|(a, b)| a.max(b));
                shared.sources.push(&source.source);
            }
        }
        let mut gaps: Vec<Shared<'_>> = gaps.into_values().collect();
        let end = self.view.benchmark.until;
        let length = |gap: &Shared<'_>| gap.until.unwrap_or(end).as_second() - gap.since.as_second();
        gaps.sort_by_key(|gap| std::cmp::Reverse((gap.sources.len(), length(gap))));
        let mut items = String::new();
        for gap in gaps.iter().take(SHOWN) {
            let since = face.minute(gap.since);
            let time = match gap.until {
                Some(until) => format!("{since} – {}", face.minute(until)),
                None => format!("{} {since}", face.say("since", "depuis le")),
            };
            items.push_str(&format!("<li>{time}{} {}</li>\n", face.colon(), self.some(&gap.sources)));
        }
        if items.is_empty() {
            return String::new();
        }
        let more = match (gaps.len().saturating_sub(SHOWN) as u64, face.tongue) {
            (0, _) => String::new(),
            (n, Tongue::English) => format!("<li>{} more, of fewer sources or shorter</li>\n", face.count(n)),
            (n, Tongue::French) => {
                format!("<li>{} autres, plus courts ou de moins de sources</li>\n", face.count(n))
            }
        };
        let title = face
            .say("Times of which sources were not heard", "Moments où des sources n’ont pas été entendues");
        format!("<h3>{title}</h3>\n<ul class=\"gaps\">\n{items}{more}</ul>\n")
    }

    /// A few names, and how many more there are.
    fn some(&self, names: &[&str]) -> String {
        const NAMED: usize = 4;
        let shown: Vec<String> = names.iter().take(NAMED).map(|name| text(name)).collect();
        match (names.len().saturating_sub(NAMED) as u64, self.face.tongue) {
            (0, _) => shown.join(", "),
            (n, Tongue::English) => format!("{} and {} more", shown.join(", "), self.face.count(n)),
            (n, Tongue::French) => format!("{} et {} autres", shown.join(", "), self.face.count(n)),
        }
    }

    /// Sources heard for a part of the time only.
    fn uneven(&self) -> String {
        let face = &self.face;
        let basis = &self.view.benchmark.basis;
        if basis.uneven.is_empty() {
            return String::new();
        }
        let names: Vec<String> = basis
            .uneven
            .iter()
            .take(SHOWN)
            .map(|uneven| format!("{} ({})", text(&uneven.source), face.part(uneven.heard)))
            .collect();
        let more = basis.uneven.len().saturating_sub(SHOWN) as u64;
        let more = match (more, face.tongue) {
            (0, _) => String::new(),
            (n, Tongue::English) => format!(" and {} more", face.count(n)),
            (n, Tongue::French) => format!(" et {} autres", face.count(n)),
        };
        let left_out = basis.sources == "steady";
        let sentence = match (face.tongue, left_out) {
            (Tongue::English, true) => "Heard for a part of this time only, and left out of the figures",
            (Tongue::English, false) => {
                "Heard for a part of this time only, and counted all the same, since they bring most of what was heard"
            }
            (Tongue::French, true) => {
                "Entendues sur une partie seulement de la période, et écartées des chiffres"
            }
            (Tongue::French, false) => {
                "Entendues sur une partie seulement de la période, et comptées tout de même, car elles donnent l’essentiel"
            }
        };
        format!("<p>{sentence}{} {}{more}.</p>\n", face.colon(), names.join(", "))
    }

    /// Sources that could be dropped.
    fn idle(&self) -> String {
        let face = &self.face;
        let of = |verdict: &str| -> Vec<String> {
            let found = self.view.benchmark.yields.iter().filter(|source| source.verdict == verdict);
            found.map(|source| text(&source.source)).collect()
        };
        let mut out = String::new();
        for (verdict, words) in [
            (
                "nothing",
                face.say(
                    "Brought nothing for four weeks or more",
                    "N’ont rien apporté en quatre semaines ou plus",
                ),
            ),
            (
                "echoes",
                face.say(
                    "Told only what others had told first",
                    "N’ont dit que ce que d’autres avaient dit avant",
                ),
            ),
        ] {
            let names = of(verdict);
            if !names.is_empty() {
                out.push_str(&format!("<p>{words}{} {}.</p>\n", face.colon(), names.join(", ")));
            }
        }
        out
    }

    fn state_word(&self, state: &str) -> &'static str {
        let face = &self.face;
        match state {
            "ok" => face.say("heard", "entendue"),
            "silent" => face.say("heard, unusually silent", "entendue, inhabituellement muette"),
            "moved" => face.say("heard, has moved", "entendue, a déménagé"),
            "throttled" => face.say("asks for patience", "demande de patienter"),
            "blocked" => face.say("refuses", "refuse"),
            "gone" => face.say("gone", "disparue"),
            "new" => face.say("not polled yet", "pas encore relevée"),
            _ => face.say("broken", "en panne"),
        }
    }

    pub(super) fn method(&self) -> String {
        let face = &self.face;
        let paragraphs = [
            face.say(
                "<strong>What is counted.</strong> A mention is an entry of a source that names a brand. Near-identical texts make one story, which counts once, where it was told first. What a brand publishes itself is not counted.",
                "<strong>Ce qui est compté.</strong> Une mention est une entrée d’une source qui nomme une marque. Les textes presque identiques forment une histoire, comptée une fois, là où elle a été dite d’abord. Ce qu’une marque publie elle-même n’est pas compté.",
            ),
            face.say(
                "<strong>Intervals.</strong> Every share and tone comes with the interval that holds the true value 19 times in 20, had other sources of the same kind been heard. A change is called more than chance when chance alone would bring it about less than once in 20 times.",
                "<strong>Intervalles.</strong> Chaque part et chaque tonalité est donnée avec l’intervalle qui contient la vraie valeur 19 fois sur 20, si l’on avait entendu d’autres sources du même genre. Une évolution dépasse le hasard quand celui-ci seul la produirait moins d’une fois sur 20.",
            ),
            face.say(
                "<strong>Tone</strong> is told by a model, in French and English texts only, and is wrong at times: it sorts what to read and shows tendencies, and judges no single text.",
                "<strong>La tonalité</strong> est jugée par un modèle, pour les textes français et anglais seulement, et se trompe parfois : elle trie ce qu’il faut lire et montre des tendances, sans trancher d’un texte seul.",
            ),
            face.say(
                "<strong>Limits.</strong> Only the sources listed in the configuration were heard: the figures speak of them, not of all that is said. Entries without a date count when they were observed.",
                "<strong>Limites.</strong> Seules les sources de la configuration ont été entendues : les chiffres parlent d’elles, non de tout ce qui se dit. Les entrées sans date comptent au moment où elles ont été observées.",
            ),
        ];
        let mut body: String = paragraphs.iter().map(|paragraph| format!("<p>{paragraph}</p>\n")).collect();
        body.push_str(&self.note_of_reading());
        self.section("method", face.say("Method and limits", "Méthode et limites"), &body)
    }

    /// Where texts were read by a sample only.
    fn note_of_reading(&self) -> String {
        let face = &self.face;
        let (read, all) =
            self.brands().iter().fold((0, 0), |(read, all), brand| (read + brand.read, all + brand.mentions));
        if read >= all {
            return String::new();
        }
        let (read, all) = (face.count(read), face.count(all));
        format!(
            "<p>{}</p>\n",
            match face.tongue {
                Tongue::English =>
                    format!("Themes, authors, praise and complaint are of {read} mentions read, of {all}."),
                Tongue::French => format!(
                    "Les thèmes, les auteurs, les éloges et les critiques sont tirés de {read} mentions lues, sur {all}."
                ),
            }
        )
    }
}

/// A time of which sources were not heard.
struct Shared<'a> {
    since: Timestamp,
    /// `None` while it lasts.
    until: Option<Timestamp>,
    sources: Vec<&'a str>,
}

/// What is said of one brand, under its name where there are several.
fn of_brand(brand: &BrandView, named: bool, body: &str) -> String {
    let name = if named { format!("<h3>{}</h3>\n", text(&brand.name)) } else { String::new() };
    format!("<div class=\"of-brand\">\n{name}{body}</div>\n")
}

fn class_of(brand: &BrandView) -> &'static str {
    if brand.role == "own" { " class=\"own\"" } else { "" }
}

/// What a note is called in the picture: a, b… z, then none.
fn letter(number: usize) -> String {
    u8::try_from(number)
        .ok()
        .filter(|n| *n < 26)
        .map_or_else(String::new, |n| char::from(b'a' + n).to_string())
}

/// The head of a table: classes and names of its columns.
fn header(columns: &[(&str, &str)]) -> String {
    let cells = columns.iter().map(|(class, name)| match (*class, *name) {
        (class, "") => format!("<td class=\"{class}\"></td>"),
        ("", name) => format!("<th scope=\"col\">{name}</th>"),
        (class, name) => format!("<th scope=\"col\" class=\"{class}\">{name}</th>"),
    });
    format!("<thead><tr>{}</tr></thead>\n", cells.collect::<String>())
}

/// Seconds of the last bucket.
fn step_s(buckets: &[Timestamp]) -> i64 {
    match buckets {
        [.., before, last] => last.as_second() - before.as_second(),
        _ => 86_400,
    }
}
