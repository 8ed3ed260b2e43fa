//! What the report says in sentences.

use super::Page;
use super::face::text;
use crate::model::Tongue;
use crate::views::compare::{BrandView, ChangeView};

impl Page<'_> {
    pub(super) fn summary(&self) -> String {
        let face = &self.face;
        let mut body = self.tiles();
        for brand in self.own() {
            body.push_str(&format!("<p>{}</p>\n", self.of_brand(brand).join(" ")));
        }
        if self.own().is_empty() {
            let all: u64 = self.brands().iter().map(|brand| brand.mentions).sum();
            let named = face.say("name the brands compared.", "nomment les marques comparées.");
            body.push_str(&format!("<p>{} {named}</p>\n", self.mentions_of(all)));
        }
        let mut rest: Vec<String> = self.of_others().into_iter().collect();
        rest.extend(self.of_alerts());
        rest.extend(self.of_sources());
        rest.extend(self.of_few());
        body.push_str(&format!("<p>{}</p>\n", rest.join(" ")));
        self.section("summary", face.say("In short", "En bref"), &body)
    }

    /// The four figures one looks at first, of the lead brand.
    fn tiles(&self) -> String {
        let face = &self.face;
        let Some(brand) = self.lead() else { return String::new() };
        let tile = |name: &str, figure: String, note: String| {
            format!("<div><dt>{name}</dt><dd class=\"figure\">{figure}</dd><dd>{note}</dd></div>\n")
        };
        let none = || "–".to_owned();
        let share = brand.share.map_or_else(none, |share| face.part(share.value));
        let share_note = brand.share.map_or_else(String::new, |share| face.parts(share.low, share.high));
        let tone = brand.sentiment;
        let tone_note = match (tone.low, tone.high) {
            (Some(low), Some(high)) => face.between(&face.net(low), &face.net(high)),
            _ => face.say("nothing was scored", "rien n’a été jugé").to_owned(),
        };
        let volume = if self.counts_stories() {
            tile(
                face.say("Stories", "Histoires"),
                face.count(brand.stories),
                self.mentions_of(brand.mentions),
            )
        } else {
            tile(face.say("Mentions", "Mentions"), face.count(brand.mentions), self.stories_of(brand.stories))
        };
        let alerts = self.view.alerts.iter().filter(|alert| alert.brand == brand.brand);
        let (alerts, firing) = alerts
            .fold((0, 0), |(all, firing), alert| (all + 1, firing + u64::from(alert.state == "firing")));
        let firing = match firing {
            0 => face.say("all over", "toutes closes").to_owned(),
            n => format!("{} {}", face.count(n), face.say("still on", "en cours")),
        };
        let tiles = [
            tile(face.say("Share of voice", "Part de voix"), share, share_note),
            volume,
            tile(
                face.say("Net tone", "Tonalité nette"),
                tone.net.map_or_else(none, |net| face.net(net)),
                tone_note,
            ),
            tile(
                face.say("Alerts", "Alertes"),
                face.count(alerts),
                if alerts == 0 {
                    face.say("nothing stood out", "rien de notable").to_owned()
                } else {
                    firing
                },
            ),
        ];
        format!("<dl class=\"tiles\">\n{}</dl>\n", tiles.concat())
    }

    fn of_brand(&self, brand: &BrandView) -> Vec<String> {
        let face = &self.face;
        let name = text(&brand.name);
        let mut said = Vec::new();
        if brand.mentions == 0 {
            said.push(match face.tongue {
                Tongue::French => format!("Personne n’a nommé {name}."),
                _ => format!("Nobody named {name}."),
            });
            return said;
        }
        let (mentions, stories) = (self.mentions_of(brand.mentions), self.stories_of(brand.stories));
        let named = if brand.mentions == 1 { "names" } else { "name" };
        let nomme = if brand.mentions == 1 { "nomme" } else { "nomment" };
        let share = brand.share.map(|share| {
            let (part, range) = (face.part(share.value), face.parts(share.low, share.high));
            let of = self.brands().len() as u64;
            let of = face.count(of);
            match (face.tongue, self.counts_stories()) {
                (Tongue::French, true) => {
                    format!(", soit {part} des histoires des {of} marques comparées ({range})")
                }
                (Tongue::French, false) => {
                    format!(", soit {part} des mentions des {of} marques comparées ({range})")
                }
                (_, true) => format!(", {part} of the stories of the {of} brands compared ({range})"),
                (_, false) => format!(", {part} of the mentions of the {of} brands compared ({range})"),
            }
        });
        let share = share.filter(|_| self.brands().len() > 1).unwrap_or_default();
        said.push(match face.tongue {
            Tongue::French => format!("{mentions} {nomme} <strong>{name}</strong>, en {stories}{share}."),
            _ => format!("{mentions} {named} <strong>{name}</strong>, in {stories}{share}."),
        });
        said.extend(brand.change.map(|change| self.of_change(&change)));
        said.extend(
            brand.change_per_day.filter(|change| change.significant).map(|change| self.of_volume(&change)),
        );
        said.extend(self.of_tone(brand));
        said.extend(brand.peak.as_ref().map(|peak| {
            let (day, stories) = (face.day_of_year(peak.at), self.stories_of(peak.stories));
            let about = peak.story.as_ref().map(|story| {
                format!("{} {}", face.say(", most of all", ", surtout"), face.quoted(&story.title))
            });
            let fullest = face.say("The fullest day was", "La journée la plus fournie est le");
            format!("{fullest} {day}{} {stories}{}.", face.colon(), about.unwrap_or_default())
        }));
        said
    }

    fn of_change(&self, change: &ChangeView) -> String {
        let face = &self.face;
        let against = match (self.view.benchmark.against.name.as_str(), face.tongue) {
            ("previous", Tongue::French) => "la période précédente".to_owned(),
            ("previous", _) => "the time before".to_owned(),
            (name, _) => format!("{} {}", face.say("the baseline", "la référence"), face.quoted(name)),
        };
        let (points, range) =
            (face.points(change.value), face.between(&face.points(change.low), &face.points(change.high)));
        match (face.tongue, change.significant, change.value > 0.0) {
            (Tongue::French, true, true) => {
                format!("Sa part a grandi par rapport à {against} ({points} points, {range}).")
            }
            (Tongue::French, true, false) => {
                format!("Sa part a baissé par rapport à {against} ({points} points, {range}).")
            }
            (Tongue::French, ..) => {
                format!(
                    "Sa part n’a pas changé au-delà du hasard par rapport à {against} ({points} points, {range})."
                )
            }
            (_, true, true) => format!("Its share has grown against {against} ({points} points, {range})."),
            (_, true, false) => format!("Its share has fallen against {against} ({points} points, {range})."),
            _ => format!(
                "Its share has not changed beyond chance against {against} ({points} points, {range})."
            ),
        }
    }

    /// Of a volume that has changed.
    fn of_volume(&self, change: &ChangeView) -> String {
        let face = &self.face;
        let value = face.change(change.value);
        let unit = match (face.tongue, self.counts_stories(), change.value.abs() < 2.0) {
            (_, false, false) => "mentions",
            (Tongue::English, true, _) => "stories",
            (Tongue::English, false, _) => "mentions",
            (Tongue::French, true, false) => "histoires",
            (Tongue::French, true, true) => "histoire",
            (Tongue::French, false, true) => "mention",
        };
        match (face.tongue, change.value > 0.0) {
            (Tongue::French, true) => format!("On en parle plus qu’avant\u{a0}: {value} {unit} par jour."),
            (Tongue::French, false) => format!("On en parle moins qu’avant\u{a0}: {value} {unit} par jour."),
            (Tongue::English, true) => format!("It is talked of more than before: {value} {unit} a day."),
            (Tongue::English, false) => format!("It is talked of less than before: {value} {unit} a day."),
        }
    }

    fn of_tone(&self, brand: &BrandView) -> Option<String> {
        let face = &self.face;
        let tone = brand.sentiment;
        let (net, low, high) = (face.net(tone.net?), tone.low?, tone.high?);
        let judged = if low > 0.0 {
            face.say("More of it is praise than complaint", "On en dit plus de bien que de mal")
        } else if high < 0.0 {
            face.say("More of it is complaint than praise", "On en dit plus de mal que de bien")
        } else {
            face.say("Praise and complaint are about even", "Le bien et le mal qu’on en dit s’équilibrent")
        };
        let range = face.between(&face.net(low), &face.net(high));
        Some(format!("{judged}{} {} {net} ({range}).", face.colon(), face.say("net tone", "tonalité nette")))
    }

    /// Who else is talked of most.
    fn of_others(&self) -> Option<String> {
        let face = &self.face;
        let share = |brand: &BrandView| brand.share.map_or(0.0, |share| share.value);
        let others = self.brands().iter().filter(|brand| brand.role != "own" && brand.mentions > 0);
        let most = others.max_by(|a, b| share(a).total_cmp(&share(b)))?;
        let (name, part) = (text(&most.name), face.part(most.share?.value));
        let range = face.parts(most.share?.low, most.share?.high);
        Some(match face.tongue {
            Tongue::French => {
                format!("Parmi les autres, on parle le plus de {name} ({part}, intervalle {range}).")
            }
            Tongue::English => format!("Of the others, {name} is talked of most ({part}, interval {range})."),
        })
    }

    fn of_alerts(&self) -> Option<String> {
        let face = &self.face;
        let all = self.view.alerts.len() as u64;
        let firing = self.view.alerts.iter().filter(|alert| alert.state == "firing").count() as u64;
        if all == 0 {
            return Some(face.say("No alert was raised.", "Aucune alerte n’a été levée.").to_owned());
        }
        let still = match (firing, face.tongue) {
            (0, _) => String::new(),
            (n, Tongue::French) => format!(", dont {} toujours en cours", face.count(n)),
            (n, _) => format!(", {} of them still on", face.count(n)),
        };
        let raised = match (all > 1, face.tongue) {
            (true, Tongue::French) => "ont été levées",
            (false, Tongue::French) => "a été levée",
            (true, _) => "were raised",
            (false, _) => "was raised",
        };
        Some(format!("{} {raised}{still}.", face.counted(all, ["alert", "alerts"], ["alerte", "alertes"])))
    }

    /// How many sources are heard.
    pub(super) fn of_sources(&self) -> Option<String> {
        let face = &self.face;
        let listening: Vec<_> = self.view.health.sources.iter().filter(|s| s.state != "disabled").collect();
        let all = listening.len() as u64;
        let down = listening.iter().filter(|s| !is_heard(s.state)).count() as u64;
        if all == 0 {
            return None;
        }
        let sources = face.counted(all, ["source", "sources"], ["source", "sources"]);
        if listening.iter().all(|s| is_heard(s.state)) {
            return Some(match (face.tongue, all) {
                (Tongue::French, 1) => format!("{sources} est écoutée, et entendue."),
                (Tongue::French, _) => format!("{sources} sont écoutées, toutes entendues."),
                (_, 1) => format!("{sources} is listened to, and heard."),
                _ => format!("{sources} are listened to, all of them heard."),
            });
        }
        let not_heard = match (face.tongue, down > 1) {
            (Tongue::French, true) => "ne sont pas entendues en ce moment",
            (Tongue::French, false) => "n’est pas entendue en ce moment",
            (_, true) => "are not heard at present",
            (_, false) => "is not heard at present",
        };
        let one = (
            face.say("source is listened to", "source est écoutée"),
            face.say("sources are listened to", "sources sont écoutées"),
        );
        let listened = if all == 1 { one.0 } else { one.1 };
        let (all, down, of) = (face.count(all), face.count(down), face.say(";", ", dont"));
        Some(format!("{all} {listened}{of} {down} {not_heard}."))
    }

    fn of_few(&self) -> Option<String> {
        let small: Vec<String> =
            self.brands().iter().filter(|brand| brand.small).map(|brand| text(&brand.name)).collect();
        if small.is_empty() {
            return None;
        }
        let face = &self.face;
        let all = small.len() == self.brands().len();
        Some(match (face.tongue, all) {
            (Tongue::French, true) => {
                "Les nombres sont petits : les intervalles disent plus que les chiffres.".to_owned()
            }
            (Tongue::French, false) => format!(
                "On parle peu de {} : les intervalles y disent plus que les chiffres.",
                face.list(&small)
            ),
            (_, true) => "Numbers are small: the intervals say more than the figures.".to_owned(),
            _ => format!(
                "Little is said of {}: there the intervals say more than the figures.",
                face.list(&small)
            ),
        })
    }
}

/// Whether what a source says arrives.
fn is_heard(state: &str) -> bool {
    matches!(state, "ok" | "silent" | "moved")
}
