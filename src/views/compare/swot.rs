//! The four fields, drawn from evidence: what people praise and blame in us and in them.

use std::collections::{HashMap, HashSet};

use super::portrait::example;
use super::{PointView, SwotView};
use crate::model::{Brand, Role, SentimentLabel};
use crate::stats::terms;
use crate::store::Told;

/// Points in each field.
const SHOWN: usize = 5;

/// `None` without an own brand among those compared.
pub(super) fn swot(brands: &[&Brand], told: &[Vec<Told>]) -> Option<SwotView> {
    let own: Vec<&str> =
        brands.iter().filter(|b| b.role == Role::Own).map(|brand| brand.id.as_str()).collect();
    if own.is_empty() {
        return None;
    }
    let of = |ours: bool| -> Vec<(&Brand, &Told)> {
        let sides = brands.iter().zip(told).filter(|(brand, _)| (brand.role == Role::Own) == ours);
        sides.flat_map(|(brand, told)| told.iter().map(move |told| (*brand, told))).collect()
    };
    let (us, them) = (of(true), of(false));
    let names: Vec<&str> = brands.iter().flat_map(|brand| brand.names()).collect();
    Some(SwotView {
        brands: own.iter().map(|id| (*id).to_owned()).collect(),
        strengths: points(&us, SentimentLabel::Positive, &names),
        weaknesses: points(&us, SentimentLabel::Negative, &names),
        opportunities: points(&them, SentimentLabel::Negative, &names),
        threats: points(&them, SentimentLabel::Positive, &names),
    })
}

/// A story of one tone: the mentions of it that were read, and the one to read.
struct Story<'a> {
    brand: &'a Brand,
    told: &'a Told,
    mentions: u64,
}

/// Words that set what is said in this tone apart from all else said of the same brands.
fn points(said: &[(&Brand, &Told)], tone: SentimentLabel, names: &[&str]) -> Vec<PointView> {
    let mut stories: Vec<Story<'_>> = Vec::new();
    let mut others: Vec<&str> = Vec::new();
    let mut places: HashMap<(&str, &str, bool), usize> = HashMap::new();
    for (brand, told) in said {
        let toned = told.tone == Some(tone);
        let key = (brand.id.as_str(), told.story.as_str(), toned);
        match places.get(&key) {
            Some(place) if toned => stories[*place].mentions += 1,
            Some(_) => {}
            None => {
                places.insert(key, stories.len());
                match toned {
                    true => stories.push(Story { brand, told, mentions: 1 }),
                    false => others.push(&told.title),
                }
            }
        }
    }
    let of = stories.iter().map(|story| story.mentions).sum();
    let texts: Vec<&str> = stories.iter().map(|story| story.told.title.as_str()).collect();
    let point = |term: terms::Term| {
        let here = || term.texts.iter().map(|text| &stories[*text]);
        let mut by_brand: HashMap<&str, u64> = HashMap::new();
        here().for_each(|story| *by_brand.entry(story.brand.id.as_str()).or_default() += story.mentions);
        let most = by_brand.iter().max_by_key(|(id, mentions)| (**mentions, std::cmp::Reverse(**id)))?;
        let told = here()
            .filter(|story| story.brand.id.as_str() == *most.0)
            .max_by_key(|story| (story.told.copies, story.told.at))?;
        Some(PointView {
            theme: term.spelling.clone(),
            brand: told.brand.id.to_string(),
            mentions: here().map(|story| story.mentions).sum(),
            of,
            stories: term.texts.len() as u64,
            example: example(told.told),
        })
    };
    // Words of one and the same stories make one point.
    let mut seen: HashSet<Vec<usize>> = HashSet::new();
    let mut terms = terms::weigh(&texts, &others, names, 4 * SHOWN);
    terms.retain(|term| seen.insert(term.texts.clone()));
    terms.into_iter().filter_map(point).take(SHOWN).collect()
}
