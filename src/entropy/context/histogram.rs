//! Histograms of tokens: counted per context, shared by contexts alike, scaled to
//! the precision of rANS.

use std::iter::StepBy;
use std::ops::Range;

use super::rans::{PRECISION, TOTAL};
use foresz_predictors::Plane;

use super::lanes::{BUCKET_SIZES, CONTEXT_OF, CONTEXTS, REFINEMENTS};
use super::scene::Group;
use crate::bytes::{Reader, put_number};
use crate::entropy::token::{NO_TOKEN, TOKENS, information};
use crate::error::{Result, Section, corrupt};

/// No more histograms than this: their decoding tables should stay in cache.
const MOST_CLUSTERS: usize = 40;
/// So many histograms are compared in pairs; more where there are codes enough to
/// make up for the time.
const COMPARED: usize = 32;
const COMPARED_IF_LARGE: usize = 128;
const LARGE: u32 = 200_000;
/// What joining neighbours may cost, as a part of the whole.
const CHEAP: f64 = 1e-5;
/// By how much that is raised as long as too many are left, and how often at most: no
/// join costs more than a bit per code.
const RAISE: f64 = 3.0;
const MOST_RAISES: usize = 40;
/// Bits that a histogram's entry takes, about.
const ENTRY_BITS: f64 = 6.0;

/// How often each token occurs in each context.
pub(super) struct Counts {
    contexts: Vec<Tally>,
}

/// Counts of one context or cluster, only as long as needed.
#[derive(Clone, Default)]
struct Tally {
    counts: Vec<u32>,
    total: u32,
}

impl Tally {
    fn add(&mut self, other: &Tally) {
        if self.counts.len() < other.counts.len() {
            self.counts.resize(other.counts.len(), 0);
        }
        self.counts
            .iter_mut()
            .zip(&other.counts)
            .for_each(|(a, b)| *a += b);
        self.total += other.total;
    }

    /// Bits of all its tokens and of itself.
    fn cost(&self) -> f64 {
        let used = |n: &&u32| **n > 0;
        let bits: f64 = self
            .counts
            .iter()
            .filter(used)
            .map(|n| information(*n))
            .sum();
        information(self.total) - bits + ENTRY_BITS * self.counts.iter().filter(used).count() as f64
    }

    /// The cost of this and another as one.
    fn cost_with(&self, other: &Tally) -> f64 {
        let (long, short) = if self.counts.len() >= other.counts.len() {
            (self, other)
        } else {
            (other, self)
        };
        let total = self.total + other.total;
        let (mut bits, mut entries) = (0.0, 0);
        for (i, a) in long.counts.iter().enumerate() {
            let n = a + short.counts.get(i).copied().unwrap_or(0);
            if n > 0 {
                bits += information(n);
                entries += 1;
            }
        }
        information(total) - bits + ENTRY_BITS * f64::from(entries)
    }
}

impl Counts {
    /// Counts the tokens of planes, of which the contexts within their groups are known.
    pub(super) fn of(planes: &[Plane], tokens: &[u8], contexts: &[u8]) -> Self {
        let planes = planes.iter().filter(|p| !p.is_empty());
        let last = planes.clone().map(|p| Group::of(p).index() + 1).max();
        let largest = tokens
            .iter()
            .fold(0, |m, &t| if t == NO_TOKEN { m } else { m.max(t) });
        let width = usize::from(largest) + 1;
        let mut table = vec![0u32; last.unwrap_or(0) * CONTEXTS * width];
        let mut rest = (tokens, contexts);
        for plane in planes {
            let own = rest.0.iter().zip(rest.1).take(plane.len());
            let first = Group::of(plane).index() * CONTEXTS;
            for (&token, &context) in own {
                if token != NO_TOKEN {
                    table[(first + usize::from(context)) * width + usize::from(token)] += 1;
                }
            }
            rest = (&rest.0[plane.len()..], &rest.1[plane.len()..]);
        }
        let tally = |counts: &[u32]| {
            let used = counts
                .iter()
                .rposition(|n| *n > 0)
                .map_or(0, |last| last + 1);
            Tally {
                counts: counts[..used].to_vec(),
                total: counts.iter().sum(),
            }
        };
        Counts {
            contexts: table.chunks_exact(width).map(tally).collect(),
        }
    }

    /// How many groups there are.
    pub(super) fn groups(&self) -> usize {
        self.contexts.len() / CONTEXTS
    }

    /// Bits that the tokens will take, about: as if all groups shared their histograms,
    /// and each two buckets.
    pub(super) fn estimate_bits(&self) -> f64 {
        let mut shared = vec![Tally::default(); CONTEXTS / 2];
        for (i, tally) in self
            .contexts
            .iter()
            .enumerate()
            .filter(|(_, t)| t.total > 0)
        {
            let (bucket, refinement) = (i % CONTEXTS / REFINEMENTS, i % REFINEMENTS);
            shared[bucket / 2 * REFINEMENTS + refinement].add(tally);
        }
        shared.iter().map(Tally::cost).sum()
    }
}

/// Which histogram each context uses, and the histograms.
pub(super) struct Clusters {
    map: Vec<u8>,
    frequencies: Vec<[u16; TOKENS]>,
}

impl Clusters {
    /// Merges contexts as long as that makes the whole smaller, or there are too many.
    pub(super) fn new(counts: &Counts) -> Self {
        let (mut tallies, mut map) = join_neighbours(&counts.contexts);
        merge_pairs(&mut tallies, &mut map);
        let frequencies = tallies.iter().map(scale).collect();
        Clusters { map, frequencies }
    }

    /// The histogram of each context of a group.
    pub(super) fn map(&self, group: Group) -> &[u8] {
        &self.map[group.index() * CONTEXTS..][..CONTEXTS]
    }

    /// For each group, the histogram of each bucket and size of W.
    pub(super) fn tables(&self) -> Vec<[u8; BUCKET_SIZES]> {
        let table = |map: &[u8]| CONTEXT_OF.map(|context| map[usize::from(context)]);
        self.map.chunks_exact(CONTEXTS).map(table).collect()
    }

    pub(super) fn frequencies(&self) -> &[[u16; TOKENS]] {
        &self.frequencies
    }

    pub(super) fn write(&self, out: &mut Vec<u8>) {
        put_number(out, self.frequencies.len() as u64);
        if self.frequencies.len() > 1 {
            out.extend_from_slice(&self.map);
        }
        for frequencies in &self.frequencies {
            let used = frequencies
                .iter()
                .rposition(|f| *f > 0)
                .map_or(0, |last| last + 1);
            put_number(out, used as u64);
            frequencies[..used]
                .iter()
                .for_each(|f| put_number(out, u64::from(*f)));
        }
    }

    /// Reads what [`Clusters::write`] wrote for that many contexts.
    pub(super) fn read(bytes: &[u8], contexts: usize) -> Result<Self> {
        let mut reader = Reader::new(bytes, Section::Codes);
        let number = reader.count(MOST_CLUSTERS, "histograms")?;
        let map = if number > 1 {
            reader.take(contexts)?.to_vec()
        } else {
            vec![0; contexts]
        };
        if map.iter().any(|c| usize::from(*c) >= number.max(1)) {
            return corrupt(
                Section::Codes,
                "a context refers to a histogram that is not there",
            );
        }
        let frequencies = (0..number)
            .map(|_| read_frequencies(&mut reader))
            .collect::<Result<Vec<_>>>()?;
        reader.finish()?;
        if number == 0 && contexts > 0 {
            // Nothing but holes: any histogram serves.
            let mut one = [0; TOKENS];
            one[0] = TOTAL as u16;
            return Ok(Clusters {
                map,
                frequencies: vec![one],
            });
        }
        Ok(Clusters { map, frequencies })
    }
}

fn read_frequencies(reader: &mut Reader) -> Result<[u16; TOKENS]> {
    let mut frequencies = [0; TOKENS];
    let used = reader.count(TOKENS, "tokens")?;
    let mut sum = 0;
    for f in &mut frequencies[..used] {
        *f = reader.count(TOTAL as usize, "as a frequency")? as u16;
        sum += u32::from(*f);
    }
    if sum == TOTAL {
        Ok(frequencies)
    } else {
        corrupt(
            Section::Codes,
            format!("a histogram adds up to {sum}, not {TOTAL}"),
        )
    }
}

/// Contexts that follow each other differ least: each joins the one before in its
/// run if that costs next to nothing, until few enough are left to compare all pairs.
/// The three refinements of the buckets make three runs per group, and nothing joins
/// beyond its run: as many as there are runs have to do. Contexts that never occur
/// join any.
fn join_neighbours(contexts: &[Tally]) -> (Vec<Tally>, Vec<u8>) {
    let costs: Vec<f64> = contexts.iter().map(Tally::cost).collect();
    let total: u32 = contexts.iter().map(|t| t.total).sum();
    let few = if total > LARGE {
        COMPARED_IF_LARGE
    } else {
        COMPARED
    };
    let is_used = |mut run: Run| run.any(|context| contexts[context].total > 0);
    let few = few.max(
        runs(contexts.len())
            .filter(|run| is_used(run.clone()))
            .count(),
    );
    let mut price = costs.iter().sum::<f64>() * CHEAP;
    for _ in 0..MOST_RAISES {
        let joined = join_below(contexts, &costs, price);
        if joined.0.len() <= few {
            return joined;
        }
        price *= RAISE;
    }
    join_below(contexts, &costs, f64::INFINITY)
}

/// Contexts of one group and refinement, by their buckets.
type Run = StepBy<Range<usize>>;

fn runs(contexts: usize) -> impl Iterator<Item = Run> {
    let groups = (0..contexts).step_by(CONTEXTS);
    groups.flat_map(|group| {
        let first = group..group + REFINEMENTS;
        first.map(move |first| (first..group + CONTEXTS).step_by(REFINEMENTS))
    })
}

fn join_below(contexts: &[Tally], costs: &[f64], price: f64) -> (Vec<Tally>, Vec<u8>) {
    let mut tallies: Vec<Tally> = Vec::new();
    let mut map = vec![0; contexts.len()];
    for run in runs(contexts.len()) {
        let mut last: Option<(usize, f64)> = None;
        for context in run {
            let tally = &contexts[context];
            if tally.total == 0 {
                continue;
            }
            let joined = last.map(|(i, own)| (i, own, tallies[i].cost_with(tally)));
            let (i, cost) = match joined {
                Some((i, own, both))
                    if both - own - costs[context] < price
                        || tallies.len() > usize::from(u8::MAX) =>
                {
                    tallies[i].add(tally);
                    (i, both)
                }
                _ => {
                    tallies.push(tally.clone());
                    (tallies.len() - 1, costs[context])
                }
            };
            map[context] = i.min(usize::from(u8::MAX)) as u8;
            last = Some((i, cost));
        }
    }
    (tallies, map)
}

/// Merges the best pair again and again, until that makes nothing smaller: one less each
/// time.
fn merge_pairs(tallies: &mut Vec<Tally>, map: &mut [u8]) {
    let costs = |tallies: &[Tally]| -> Vec<f64> { tallies.iter().map(Tally::cost).collect() };
    let mut own = costs(tallies);
    let gain =
        |own: &[f64], t: &[Tally], i: usize, j: usize| own[i] + own[j] - t[i].cost_with(&t[j]);
    let mut gains: Vec<Vec<f64>> = (0..tallies.len())
        .map(|i| (0..i).map(|j| gain(&own, tallies, i, j)).collect())
        .collect();
    loop {
        let all = gains
            .iter()
            .enumerate()
            .flat_map(|(i, row)| row.iter().enumerate().map(move |(j, g)| (i, j, *g)));
        let Some((i, j, best)) = all.max_by(|a, b| a.2.total_cmp(&b.2)) else {
            return;
        };
        if best <= 0.0 && tallies.len() <= MOST_CLUSTERS {
            return;
        }
        // j < i: i goes, the last takes its place.
        let gone = tallies.swap_remove(i);
        own.swap_remove(i);
        tallies[j].add(&gone);
        own[j] = tallies[j].cost();
        let last = tallies.len();
        for c in map.iter_mut() {
            *c = if usize::from(*c) == i {
                j as u8
            } else if usize::from(*c) == last {
                i as u8
            } else {
                *c
            };
        }
        let moved = gains.pop().unwrap_or_default();
        if i < last {
            gains[i] = moved[..i].to_vec();
            (i + 1..last).for_each(|k| gains[k][i] = moved[k]);
        }
        for k in 0..last {
            if k < j {
                gains[j][k] = gain(&own, tallies, j, k);
            } else if k > j {
                gains[k][j] = gain(&own, tallies, k, j);
            }
        }
    }
}

/// Frequencies that add up to [`TOTAL`], none of a token that occurs being 0.
fn scale(tally: &Tally) -> [u16; TOKENS] {
    let mut frequencies = [0u16; TOKENS];
    let total = u64::from(tally.total.max(1));
    let mut left = i64::from(TOTAL);
    for (f, &n) in frequencies
        .iter_mut()
        .zip(&tally.counts)
        .filter(|(_, n)| **n > 0)
    {
        *f = (((u64::from(n) << PRECISION) + total / 2) / total).max(1) as u16;
        left -= i64::from(*f);
    }
    // The largest ones take or give what rounding left. They do not run out: there are
    // fewer tokens than TOTAL, so one is above 1 as long as there is too much.
    while left != 0 {
        let (at, most) = frequencies
            .iter()
            .enumerate()
            .max_by_key(|(_, f)| **f)
            .map_or((0, 0), |(i, f)| (i, *f));
        let change = if left > 0 {
            left
        } else {
            left.max(-i64::from(most / 4).max(1))
        };
        frequencies[at] = (i64::from(most) + change) as u16;
        left -= change;
    }
    frequencies
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_run_of_every_group_can_be_in_use() {
        for spread in [1, 3, 40] {
            // Each run has tokens of its own, so that joining any of them costs.
            let context = |i: usize| {
                let run = i / CONTEXTS * REFINEMENTS + i % REFINEMENTS;
                let mut counts = vec![0; run + 1];
                counts[run] = (1 + i % spread) as u32;
                let total = counts[run];
                Tally { counts, total }
            };
            let contexts: Vec<Tally> = (0..Group::COUNT * CONTEXTS).map(context).collect();
            let (tallies, map) = join_neighbours(&contexts);
            assert!(tallies.len() <= MOST_CLUSTERS, "{}", tallies.len());
            assert!(map.iter().all(|c| usize::from(*c) < tallies.len()));
            let mut out = Vec::new();
            Clusters::new(&Counts { contexts }).write(&mut out);
            Clusters::read(&out, Group::COUNT * CONTEXTS).unwrap();
        }
    }

    #[test]
    fn frequencies_add_up_whatever_the_counts() {
        for counts in [
            vec![1],
            vec![1; TOKENS],
            vec![1_000_000, 1],
            vec![3, 0, 0, 5],
            [vec![1 << 30], vec![1; 249]].concat(),
        ] {
            let total = counts.iter().sum();
            let scaled = scale(&Tally {
                counts: counts.clone(),
                total,
            });
            assert_eq!(scaled.iter().map(|f| u32::from(*f)).sum::<u32>(), TOTAL);
            assert!(
                counts
                    .iter()
                    .zip(&scaled)
                    .all(|(n, f)| (*n > 0) == (*f > 0))
            );
        }
    }
}
