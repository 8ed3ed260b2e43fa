//! The report as one HTML page that needs nothing else: no script, no request, pictures drawn in place.
//!
//! Text that others wrote passes [`face::text`] or [`face::linked`] before it stands on the page, and a policy in
//! the page's head forbids what could slip through.

mod face;
mod figure;
mod sections;
mod summary;
#[cfg(test)]
mod tests;

use jiff::tz::TimeZone;

use crate::model::Tongue;
use crate::views::compare::BrandView;
use crate::views::report::ReportView;
use face::{Face, text};

/// The report as a page in the reader's language.
pub fn page(view: &ReportView, zone: &TimeZone, tongue: Tongue) -> String {
    let page = Page { view, face: Face { tongue, zone } };
    let face = &page.face;
    let benchmark = &view.benchmark;
    let names: Vec<String> = page.own().iter().map(|brand| text(&brand.name)).collect();
    let subject = if names.is_empty() {
        face.say("All brands", "Toutes les marques").to_owned()
    } else {
        face.list(&names)
    };
    let others = page.list_of_others();
    let query = match &benchmark.query {
        Some(query) => format!(
            "<p class=\"scope\">{} {}</p>",
            face.say("Only what matches the saved query", "Seulement ce qui répond à la requête enregistrée"),
            face.quoted(query)
        ),
        None => String::new(),
    };
    let language = face.say("en", "fr");
    let title = face.say("Listening report", "Rapport de veille");
    let sections = [
        page.summary(),
        page.volume(),
        page.share(),
        page.tone(),
        page.goals(),
        page.stories(),
        page.alerts(),
        page.themes(),
        page.swot(),
        page.hours(),
        page.places(),
        page.reactions(),
        page.sources(),
        page.method(),
    ];
    format!(
        "<!doctype html>\n<html lang=\"{language}\">\n<head>\n<meta charset=\"utf-8\"/>\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"{POLICY}\"/>\n\
         <meta name=\"referrer\" content=\"no-referrer\"/>\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>\n\
         <meta name=\"color-scheme\" content=\"light dark\"/>\n\
         <link rel=\"icon\" href=\"data:,\"/>\n\
         <title>{title} – {subject}</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n{hatch}\n\
         <header>\n<p class=\"kind\">{title}</p>\n<h1>{subject}</h1>\n<p class=\"span\">{span}</p>\n{others}{query}</header>\n\
         <main>\n{sections}</main>\n<footer><p>{made} {at}</p></footer>\n</body>\n</html>\n",
        hatch = figure::HATCH,
        span = face.span(benchmark.since, benchmark.until),
        sections = sections.concat(),
        made = face.say("Made by vigie on", "Établi par vigie le"),
        at = face.day(view.made),
    )
}

/// Nothing is loaded, run or sent; styles stand in the page.
const POLICY: &str =
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'";

const STYLE: &str = include_str!("page.css");

struct Page<'a> {
    view: &'a ReportView,
    face: Face<'a>,
}

impl Page<'_> {
    fn brands(&self) -> &[BrandView] {
        &self.view.benchmark.brands
    }

    fn own(&self) -> Vec<&BrandView> {
        self.brands().iter().filter(|brand| brand.role == "own").collect()
    }

    /// Of whom the report mostly speaks: the first own brand, else the first.
    fn lead(&self) -> Option<&BrandView> {
        self.brands().iter().find(|brand| brand.role == "own").or(self.brands().first())
    }

    /// Whose hours, places and reactions are shown: the own brands, else the first one.
    fn leads(&self) -> Vec<&BrandView> {
        let own = self.own();
        if own.is_empty() { self.lead().into_iter().collect() } else { own }
    }

    /// What a brand is called; feeds.toml may have lost one that an alert is of.
    fn name(&self, id: &str) -> String {
        let brand = self.brands().iter().find(|brand| brand.brand == id);
        text(brand.map_or(id, |brand| &brand.name))
    }

    fn counts_stories(&self) -> bool {
        self.view.benchmark.count == "stories"
    }

    fn list_of_others(&self) -> String {
        let others: Vec<String> =
            self.brands().iter().filter(|brand| brand.role != "own").map(|brand| text(&brand.name)).collect();
        if others.is_empty() || self.own().is_empty() {
            return String::new();
        }
        let beside = self.face.say("Beside", "À côté de\u{a0}:");
        format!("<p class=\"scope\">{beside} {}</p>\n", self.face.list(&others))
    }

    /// A count of stories or mentions in words.
    fn stories_of(&self, number: u64) -> String {
        self.face.counted(number, ["story", "stories"], ["histoire", "histoires"])
    }

    fn mentions_of(&self, number: u64) -> String {
        self.face.counted(number, ["mention", "mentions"], ["mention", "mentions"])
    }

    /// A section, if there is something in it.
    fn section(&self, id: &str, title: &str, body: &str) -> String {
        if body.is_empty() {
            return String::new();
        }
        format!(
            "<section id=\"{id}\" aria-labelledby=\"{id}-h\">\n<h2 id=\"{id}-h\">{title}</h2>\n{body}</section>\n"
        )
    }
}
