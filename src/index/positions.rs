//! Words that stand together: which documents of a segment hold a phrase or a nearness, exactly.
//!
//! Tantivy's own phrases know one term per place and a slop that forgives order. Ours have, at each place, a
//! word that may match as written or by stem, or any word that begins so; so the documents that hold
//! all the words are found first, then their positions are read and compared.

use std::sync::Arc;

use tantivy::index::{InvertedIndexReader, SegmentReader};
use tantivy::postings::{Postings, SegmentPostings, TermInfo};
use tantivy::schema::{Field, IndexRecordOption};
use tantivy::{DocId, DocSet, Result, Term};

use super::schema::Mark;

/// What stands at one place: one of several terms, or any that begins so.
#[derive(Clone, Debug)]
pub enum Place {
    Terms(Vec<Term>),
    Prefix(Field, String),
}

/// What is looked for within one part of a document.
#[derive(Clone, Debug)]
pub enum Spot {
    /// In this order, with at most `slop` other words between them in all; an empty one is nowhere.
    Sequence {
        places: Vec<Place>,
        slop: u32,
    },
    /// Consecutive tokens as written, of this field.
    Written {
        places: Vec<Place>,
        field: Field,
    },
    /// Either side, where the end or start of the other is at most `distance` away, without overlap.
    Near {
        left: Box<Spot>,
        right: Box<Spot>,
        distance: u32,
        ordered: bool,
    },
    Any(Vec<Spot>),
}

/// The documents of a segment that hold it, ascending; deleted ones among them.
pub fn documents(spot: &Spot, segment: &SegmentReader) -> Result<Vec<DocId>> {
    let opened = open(spot, segment)?;
    let candidates = opened.candidates(None)?;
    if opened.needs_no_positions() {
        return Ok(candidates);
    }
    let mut read = opened.read(&candidates, false)?;
    Ok(candidates.into_iter().filter(|&doc| !read.extents(doc).is_empty()).collect())
}

/// Positions of the first and last word of a match.
type Extent = (u32, u32);

/// A [`Spot`] whose terms were looked up in a segment.
enum Opened {
    Sequence { places: Vec<OpenPlace>, slop: u32 },
    Written { places: Vec<OpenPlace>, marks: Vec<(Mark, OpenPlace)> },
    Near { left: Box<Opened>, right: Box<Opened>, distance: u32, ordered: bool },
    Any(Vec<Opened>),
}

struct OpenPlace {
    terms: Vec<(Arc<InvertedIndexReader>, TermInfo)>,
}

fn open(spot: &Spot, segment: &SegmentReader) -> Result<Opened> {
    Ok(match spot {
        Spot::Sequence { places, slop } => Opened::Sequence {
            places: places.iter().map(|place| open_place(place, segment)).collect::<Result<_>>()?,
            slop: *slop,
        },
        Spot::Written { places, field } => Opened::Written {
            places: places.iter().map(|place| open_place(place, segment)).collect::<Result<_>>()?,
            marks: open_marks(*field, segment)?,
        },
        Spot::Near { left, right, distance, ordered } => Opened::Near {
            left: Box::new(open(left, segment)?),
            right: Box::new(open(right, segment)?),
            distance: *distance,
            ordered: *ordered,
        },
        Spot::Any(spots) => Opened::Any(spots.iter().map(|spot| open(spot, segment)).collect::<Result<_>>()?),
    })
}

fn open_place(place: &Place, segment: &SegmentReader) -> Result<OpenPlace> {
    let mut found = Vec::new();
    match place {
        Place::Terms(terms) => {
            for term in terms {
                let inverted = segment.inverted_index(term.field())?;
                if let Some(info) = inverted.get_term_info(term)? {
                    found.push((inverted, info));
                }
            }
        }
        Place::Prefix(field, prefix) => {
            let inverted = segment.inverted_index(*field)?;
            let mut stream = inverted.terms().range().ge(prefix).into_stream()?;
            while let Some((term, info)) = stream.next() {
                if !term.starts_with(prefix.as_bytes()) {
                    break;
                }
                found.push((Arc::clone(&inverted), info.clone()));
            }
        }
    }
    Ok(OpenPlace { terms: found })
}

fn open_marks(field: Field, segment: &SegmentReader) -> Result<Vec<(Mark, OpenPlace)>> {
    let inverted = segment.inverted_index(field)?;
    let mut marks = Vec::new();
    let mut stream = inverted.terms().range().ge(Mark::FIRST).lt(Mark::END).into_stream()?;
    while let Some((term, info)) = stream.next() {
        if let Some(mark) = std::str::from_utf8(term).ok().and_then(Mark::read) {
            marks.push((mark, OpenPlace { terms: vec![(Arc::clone(&inverted), info.clone())] }));
        }
    }
    Ok(marks)
}

impl Opened {
    fn needs_no_positions(&self) -> bool {
        match self {
            Opened::Sequence { places, .. } | Opened::Written { places, .. } => places.len() == 1,
            Opened::Near { .. } => false,
            Opened::Any(spots) => spots.iter().all(Opened::needs_no_positions),
        }
    }

    /// About how many documents would have to be read.
    fn cost(&self) -> u64 {
        match self {
            Opened::Sequence { places, .. } | Opened::Written { places, .. } => {
                places.iter().map(OpenPlace::cost).min().unwrap_or(0)
            }
            Opened::Near { left, right, .. } => left.cost().min(right.cost()),
            Opened::Any(spots) => spots.iter().map(Opened::cost).sum(),
        }
    }

    /// The documents (among `within`) that hold all its words, anywhere.
    fn candidates(&self, within: Option<&[DocId]>) -> Result<Vec<DocId>> {
        match self {
            Opened::Sequence { places, .. } | Opened::Written { places, .. } => {
                let mut cheapest_first: Vec<&OpenPlace> = places.iter().collect();
                cheapest_first.sort_by_key(|place| place.cost());
                let mut found: Option<Vec<DocId>> = None;
                for place in cheapest_first {
                    found = Some(place.documents(found.as_deref().or(within))?);
                }
                Ok(found.unwrap_or_default())
            }
            Opened::Near { left, right, .. } => {
                let (first, second) = if left.cost() <= right.cost() { (left, right) } else { (right, left) };
                second.candidates(Some(&first.candidates(within)?))
            }
            Opened::Any(spots) => {
                let mut found = Vec::new();
                for spot in spots {
                    found.extend(spot.candidates(within)?);
                }
                found.sort_unstable();
                found.dedup();
                Ok(found)
            }
        }
    }

    /// `among_words`: tokens as written are to be placed among the words.
    fn read(&self, candidates: &[DocId], among_words: bool) -> Result<Read> {
        let all = |places: &[OpenPlace]| {
            places.iter().map(|place| place.positions(candidates)).collect::<Result<_>>()
        };
        Ok(match self {
            Opened::Sequence { places, slop } => Read::Sequence { places: all(places)?, slop: *slop },
            Opened::Written { places, marks } => {
                let marks = if among_words { marks.as_slice() } else { &[] };
                let marks = marks.iter().map(|(mark, place)| Ok((*mark, place.positions(candidates)?)));
                Read::Written { places: all(places)?, marks: marks.collect::<Result<_>>()? }
            }
            Opened::Near { left, right, distance, ordered } => Read::Near {
                left: Box::new(left.read(candidates, true)?),
                right: Box::new(right.read(candidates, true)?),
                distance: *distance,
                ordered: *ordered,
            },
            Opened::Any(spots) => {
                let read = spots.iter().map(|spot| spot.read(candidates, among_words));
                Read::Any(read.collect::<Result<_>>()?)
            }
        })
    }
}

impl OpenPlace {
    fn cost(&self) -> u64 {
        self.terms.iter().map(|(_, info)| u64::from(info.doc_freq)).sum()
    }

    fn documents(&self, within: Option<&[DocId]>) -> Result<Vec<DocId>> {
        let mut found = Vec::new();
        for (inverted, info) in &self.terms {
            let mut postings = inverted.read_postings_from_terminfo(info, IndexRecordOption::Basic)?;
            match within {
                None => {
                    while postings.doc() != tantivy::TERMINATED {
                        found.push(postings.doc());
                        postings.advance();
                    }
                }
                Some(within) => {
                    found.extend(within.iter().copied().filter(|&doc| stands_at(&mut postings, doc)));
                }
            }
        }
        found.sort_unstable();
        found.dedup();
        Ok(found)
    }

    fn positions(&self, candidates: &[DocId]) -> Result<Positions> {
        let mut found = Vec::new();
        let mut buffer = Vec::new();
        for (inverted, info) in &self.terms {
            let option = IndexRecordOption::WithFreqsAndPositions;
            let mut postings = inverted.read_postings_from_terminfo(info, option)?;
            for &doc in candidates {
                if stands_at(&mut postings, doc) {
                    postings.positions(&mut buffer);
                    found.extend(buffer.iter().map(|&position| (doc, position)));
                }
            }
        }
        found.sort_unstable();
        found.dedup();
        Ok(Positions { found, next: 0 })
    }
}

fn stands_at(postings: &mut SegmentPostings, doc: DocId) -> bool {
    if postings.doc() < doc {
        postings.seek(doc);
    }
    postings.doc() == doc
}

/// The positions of all candidates, read in their order.
enum Read {
    Sequence { places: Vec<Positions>, slop: u32 },
    Written { places: Vec<Positions>, marks: Vec<(Mark, Positions)> },
    Near { left: Box<Read>, right: Box<Read>, distance: u32, ordered: bool },
    Any(Vec<Read>),
}

struct Positions {
    found: Vec<(DocId, u32)>,
    next: usize,
}

impl Positions {
    /// Documents are asked for in ascending order.
    fn of(&mut self, doc: DocId) -> Vec<u32> {
        let rest = &self.found[self.next..];
        let start = rest.partition_point(|&(other, _)| other < doc);
        let here: Vec<u32> = rest[start..]
            .iter()
            .take_while(|&&(other, _)| other == doc)
            .map(|&(_, position)| position)
            .collect();
        self.next += start + here.len();
        here
    }
}

impl Read {
    fn extents(&mut self, doc: DocId) -> Vec<Extent> {
        match self {
            Read::Sequence { places, slop } => sequences(&all_of(places, doc), *slop),
            Read::Written { places, marks } => {
                let tokens = sequences(&all_of(places, doc), 0);
                let marks: Vec<(u32, Mark)> = marks
                    .iter_mut()
                    .flat_map(|(mark, at)| at.of(doc).into_iter().map(|at| (at, *mark)))
                    .collect();
                tokens.into_iter().map(|extent| among_words(extent, &marks)).collect()
            }
            Read::Near { left, right, distance, ordered } => {
                near(&left.extents(doc), &right.extents(doc), *distance, *ordered)
            }
            Read::Any(spots) => {
                let mut found: Vec<Extent> = spots.iter_mut().flat_map(|spot| spot.extents(doc)).collect();
                found.sort_unstable();
                found.dedup();
                found
            }
        }
    }
}

/// The positions of each place; every one is asked, so that each moves on.
fn all_of(places: &mut [Positions], doc: DocId) -> Vec<Vec<u32>> {
    places.iter_mut().map(|place| place.of(doc)).collect()
}

/// The words that tokens as written stand for.
fn among_words((first, last): Extent, marks: &[(u32, Mark)]) -> Extent {
    let words_before = |token: u32| {
        let (mut before, mut usual) = (0, token);
        for &(at, mark) in marks {
            if let Mark::Step(words) = mark
                && at <= token
            {
                before += words;
                usual -= u32::from(at > 0);
            }
        }
        before + usual
    };
    let covered = marks.iter().find_map(|&(at, mark)| match mark {
        Mark::Covers(words) if at == last => Some(words),
        _ => None,
    });
    let start = words_before(first);
    let end = words_before(last) + covered.unwrap_or(1);
    (start, start.max(end.saturating_sub(1)))
}

/// All ways to take one position of each place, rising, with at most `slop` unused ones in between, by
/// where they start and end.
fn sequences(places: &[Vec<u32>], slop: u32) -> Vec<Extent> {
    let Some((first, rest)) = places.split_first() else { return Vec::new() };
    let mut found = Vec::new();
    for &start in first {
        let furthest = start.saturating_add(rest.len() as u32).saturating_add(slop);
        let mut ends = vec![start];
        for place in rest {
            let Some(&earliest) = ends.first() else { break };
            ends = place.iter().copied().filter(|&at| at > earliest && at <= furthest).collect();
        }
        found.extend(ends.into_iter().map(|end| (start, end)));
    }
    found
}

fn near(left: &[Extent], right: &[Extent], distance: u32, ordered: bool) -> Vec<Extent> {
    let follows = |first: Extent, second: Extent| second.0 > first.1 && second.0 - first.1 <= distance;
    let are_near = |a: Extent, b: Extent| follows(a, b) || (!ordered && follows(b, a));
    let lefts = left.iter().copied().filter(|&a| right.iter().any(|&b| are_near(a, b)));
    let rights = right.iter().copied().filter(|&b| left.iter().any(|&a| are_near(a, b)));
    lefts.chain(rights).collect()
}
