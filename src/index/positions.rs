//! Words that stand together: which documents of a segment hold a phrase or a nearness, exactly.
//!
//! Tantivy's own phrases know one term per place and a slop that forgives order. Ours have, at each place, a
//! word that may match as written or by stem, or any word that begins so; so the next document that holds
//! all the words is found first, then their positions in it are read and compared. Whoever wants the newest
//! twenty of a million pays for the documents up to the twentieth.

use std::cmp::{Ordering, Reverse};
use std::collections::BinaryHeap;
use std::collections::binary_heap::PeekMut;

use tantivy::index::SegmentReader;
use tantivy::postings::{Postings, SegmentPostings, TermInfo};
use tantivy::schema::{Field, IndexRecordOption};
use tantivy::{DocId, DocSet, Result, TERMINATED, Term};

use super::schema::{Form, Mark};

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

/// The documents of a segment that hold it, found one after the other as they are asked for; deleted ones among them.
pub fn documents(spot: &Spot, segment: &SegmentReader) -> Result<Together> {
    let mut together = Together { cursor: open(spot, segment, false)?, doc: TERMINATED };
    together.settle(0);
    Ok(together)
}

/// The documents that hold a [`Spot`]. No position is read beyond the document one stopped at.
pub struct Together {
    cursor: Cursor,
    doc: DocId,
}

impl Together {
    /// Goes to the first document from `from` on that holds it.
    fn settle(&mut self, from: DocId) {
        self.doc = self.cursor.seek(from);
        while self.doc != TERMINATED && !self.cursor.holds(self.doc) {
            self.doc = self.cursor.seek(self.doc + 1);
        }
    }
}

impl DocSet for Together {
    fn advance(&mut self) -> DocId {
        if self.doc != TERMINATED {
            self.settle(self.doc + 1);
        }
        self.doc
    }

    fn seek(&mut self, target: DocId) -> DocId {
        if self.doc < target {
            self.settle(target);
        }
        self.doc
    }

    fn doc(&self) -> DocId {
        self.doc
    }

    fn size_hint(&self) -> u32 {
        u32::try_from(self.cursor.cost()).unwrap_or(u32::MAX)
    }
}

/// Positions of the first and last word of a match.
type Extent = (u32, u32);

/// A [`Spot`] that goes through the documents of a segment.
enum Cursor {
    Sequence { places: Vec<PlaceCursor>, slop: u32 },
    Written { places: Vec<PlaceCursor>, marks: Vec<(Mark, PlaceCursor)> },
    Near { left: Box<Cursor>, right: Box<Cursor>, distance: u32, ordered: bool },
    Any(Vec<Cursor>),
}

/// One place: its terms, those that stand at the earliest document first.
#[derive(Default)]
struct PlaceCursor {
    terms: BinaryHeap<Reverse<Standing>>,
    documents: u64,
    positions: Vec<u32>,
    buffer: Vec<u32>,
}

/// A term at a document; never at the end.
struct Standing(SegmentPostings);

/// `among_words`: tokens as written are to be placed among the words.
fn open(spot: &Spot, segment: &SegmentReader, among_words: bool) -> Result<Cursor> {
    let all = |places: &[Place], alone: bool| {
        let opened = places.iter().map(|place| open_place(place, segment, alone));
        opened.collect::<Result<Vec<_>>>()
    };
    Ok(match spot {
        Spot::Sequence { places, slop } => {
            Cursor::Sequence { places: all(places, places.len() == 1 && !among_words)?, slop: *slop }
        }
        Spot::Written { places, field } => Cursor::Written {
            places: all(places, places.len() == 1 && !among_words)?,
            marks: if among_words { open_marks(*field, segment)? } else { Vec::new() },
        },
        Spot::Near { left, right, distance, ordered } => Cursor::Near {
            left: Box::new(open(left, segment, true)?),
            right: Box::new(open(right, segment, true)?),
            distance: *distance,
            ordered: *ordered,
        },
        Spot::Any(spots) => {
            Cursor::Any(spots.iter().map(|spot| open(spot, segment, among_words)).collect::<Result<_>>()?)
        }
    })
}

/// `alone`: nothing stands beside it, and no position will be asked for.
fn open_place(place: &Place, segment: &SegmentReader, alone: bool) -> Result<PlaceCursor> {
    let option = if alone { IndexRecordOption::Basic } else { IndexRecordOption::WithFreqsAndPositions };
    let mut opened = PlaceCursor::default();
    match place {
        Place::Terms(terms) => {
            for term in terms {
                let inverted = segment.inverted_index(term.field())?;
                if let Some(info) = inverted.get_term_info(term)? {
                    opened.add(inverted.read_postings_from_terminfo(&info, option)?, &info);
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
                if Form::is_word(term) {
                    opened.add(inverted.read_postings_from_terminfo(info, option)?, info);
                }
            }
        }
    }
    Ok(opened)
}

fn open_marks(field: Field, segment: &SegmentReader) -> Result<Vec<(Mark, PlaceCursor)>> {
    let inverted = segment.inverted_index(field)?;
    let mut marks = Vec::new();
    let mut stream = inverted.terms().range().ge(Mark::FIRST).lt(Mark::END).into_stream()?;
    while let Some((term, info)) = stream.next() {
        if let Some(mark) = std::str::from_utf8(term).ok().and_then(Mark::read) {
            let mut place = PlaceCursor::default();
            let option = IndexRecordOption::WithFreqsAndPositions;
            place.add(inverted.read_postings_from_terminfo(info, option)?, info);
            marks.push((mark, place));
        }
    }
    Ok(marks)
}

impl Cursor {
    /// About how many documents would have to be read.
    fn cost(&self) -> u64 {
        match self {
            Cursor::Sequence { places, .. } | Cursor::Written { places, .. } => {
                places.iter().map(|place| place.documents).min().unwrap_or(0)
            }
            Cursor::Near { left, right, .. } => left.cost().min(right.cost()),
            Cursor::Any(spots) => spots.iter().map(Cursor::cost).sum(),
        }
    }

    /// The first document from `target` on that holds all its words, anywhere. Targets never fall.
    fn seek(&mut self, target: DocId) -> DocId {
        match self {
            Cursor::Sequence { places, .. } | Cursor::Written { places, .. } => {
                if places.is_empty() {
                    return TERMINATED;
                }
                meet(target, |target| places.iter_mut().map(|place| place.seek(target)).max())
            }
            Cursor::Near { left, right, .. } => {
                meet(target, |target| Some(left.seek(target)).max(Some(right.seek(target))))
            }
            Cursor::Any(spots) => spots.iter_mut().map(|spot| spot.seek(target)).min().unwrap_or(TERMINATED),
        }
    }

    /// Whether the words of a document that holds all of them stand as they should.
    fn holds(&mut self, doc: DocId) -> bool {
        match self {
            Cursor::Sequence { places, .. } | Cursor::Written { places, .. } if places.len() == 1 => {
                places[0].doc() == doc
            }
            Cursor::Any(spots) => spots.iter_mut().any(|spot| spot.holds(doc)),
            Cursor::Sequence { places, slop } => follow(places, doc, *slop),
            _ => !self.extents(doc).is_empty(),
        }
    }

    /// Where it stands in a document at or behind which all its parts are.
    fn extents(&mut self, doc: DocId) -> Vec<Extent> {
        match self {
            Cursor::Sequence { places, slop } => sequences(&all_of(places, doc), *slop),
            Cursor::Written { places, marks } => {
                let tokens = sequences(&all_of(places, doc), 0);
                if tokens.is_empty() {
                    return Vec::new();
                }
                let mut here = Vec::new();
                for (mark, place) in marks {
                    place.seek(doc);
                    here.extend(place.positions(doc).iter().map(|&at| (at, *mark)));
                }
                tokens.into_iter().map(|extent| among_words(extent, &here)).collect()
            }
            Cursor::Near { left, right, distance, ordered } => {
                near(&left.extents(doc), &right.extents(doc), *distance, *ordered)
            }
            Cursor::Any(spots) => {
                let mut found: Vec<Extent> = spots.iter_mut().flat_map(|spot| spot.extents(doc)).collect();
                found.sort_unstable();
                found.dedup();
                found
            }
        }
    }
}

/// The first document from `target` on at which all stand; `seek` moves each of them and answers the furthest.
fn meet(mut target: DocId, mut seek: impl FnMut(DocId) -> Option<DocId>) -> DocId {
    loop {
        let furthest = seek(target).unwrap_or(TERMINATED);
        if furthest == target || furthest == TERMINATED {
            return furthest;
        }
        target = furthest;
    }
}

impl PlaceCursor {
    fn add(&mut self, postings: SegmentPostings, info: &TermInfo) {
        self.documents += u64::from(info.doc_freq);
        if postings.doc() != TERMINATED {
            self.terms.push(Reverse(Standing(postings)));
        }
    }

    fn doc(&self) -> DocId {
        self.terms.peek().map_or(TERMINATED, |Reverse(first)| first.0.doc())
    }

    /// The first document from `target` on that holds one of its terms.
    fn seek(&mut self, target: DocId) -> DocId {
        while let Some(mut first) = self.terms.peek_mut() {
            if first.0.0.doc() >= target {
                break;
            }
            if first.0.0.seek(target) == TERMINATED {
                PeekMut::pop(first);
            }
        }
        self.doc()
    }

    /// Where its terms stand in the document it is at, rising; nothing if that is another one than `doc`.
    fn positions(&mut self, doc: DocId) -> &[u32] {
        self.positions.clear();
        // The heap's order is that of documents, so those of one document need not follow each other in it.
        if self.doc() == doc && self.terms.len() <= FEW {
            // Nothing moves, so the order stays.
            let mut terms = std::mem::take(&mut self.terms).into_vec();
            for Reverse(Standing(postings)) in terms.iter_mut().filter(|term| term.0.0.doc() == doc) {
                let sorted = self.positions.is_empty();
                postings.positions(&mut self.buffer);
                self.positions.extend_from_slice(&self.buffer);
                if !sorted {
                    self.positions.sort_unstable();
                    self.positions.dedup();
                }
            }
            self.terms = terms.into();
        } else if self.doc() == doc {
            let mut here = Vec::new();
            while let Some(first) = self.terms.peek_mut()
                && first.0.0.doc() == doc
            {
                here.push(PeekMut::pop(first));
            }
            for Reverse(Standing(postings)) in &mut here {
                postings.positions(&mut self.buffer);
                self.positions.extend_from_slice(&self.buffer);
            }
            if here.len() > 1 {
                self.positions.sort_unstable();
                self.positions.dedup();
            }
            self.terms.extend(here);
        }
        &self.positions
    }
}

/// Terms of a place, up to which to look at each is faster than to keep them in order.
const FEW: usize = 16;

impl PartialEq for Standing {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Standing {}

impl PartialOrd for Standing {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Standing {
    fn cmp(&self, other: &Self) -> Ordering {
        self.0.doc().cmp(&other.0.doc())
    }
}

/// Whether there is a way to take one position of each place, rising, with at most `slop` unused ones in between. From
/// each start on, the earliest of those that follow lead furthest.
fn follow(places: &mut [PlaceCursor], doc: DocId, slop: u32) -> bool {
    for place in &mut *places {
        place.positions(doc);
    }
    let Some((first, rest)) = places.split_first() else { return false };
    let room = rest.len() as u32 + slop;
    first.positions.iter().any(|&start| {
        let mut at = start;
        rest.iter().all(|place| {
            let next = place.positions.iter().find(|&&position| position > at);
            next.is_some_and(|&position| {
                at = position;
                position - start <= room
            })
        })
    })
}

/// The positions of each place.
fn all_of(places: &mut [PlaceCursor], doc: DocId) -> Vec<Vec<u32>> {
    places.iter_mut().map(|place| place.positions(doc).to_vec()).collect()
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
