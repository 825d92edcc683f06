//! Slow and obvious twins of the fast walks: sample by sample, by definition, any
//! number of dimensions. They agree to the bit.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a suite that cannot go on should say so"
)]

#[path = "../../tests/suite/common/coders.rs"]
#[allow(dead_code, reason = "the twins need some of the doubles")]
mod coders;

use coders::{Double, Rule, echo, quantise, scene, trust};
use foresz_predictors::{Registry, Sample, Spec};

const SHAPES: [&[usize]; 19] = [
    &[1],
    &[2],
    &[3],
    &[5],
    &[40],
    &[1, 1],
    &[1, 8],
    &[8, 1],
    &[2, 2],
    &[3, 3],
    &[7, 10],
    &[16, 33],
    &[2, 3, 5],
    &[7, 1, 9],
    &[9, 8, 7],
    &[3, 4, 5, 6],
    &[1, 5, 1, 5],
    &[2, 3, 4, 3, 2],
    &[2, 1, 3, 2, 2, 3, 2, 2],
];

// --- Geometry, the slow way. ---

/// All coordinates of a field, in raster order.
fn places(shape: &[usize]) -> Vec<Vec<usize>> {
    shape.iter().fold(vec![Vec::new()], |places, &n| {
        let longer = |place: Vec<usize>| {
            (0..n).map(move |c| {
                let mut place = place.clone();
                place.push(c);
                place
            })
        };
        places.into_iter().flat_map(longer).collect()
    })
}

fn offset(shape: &[usize], place: &[usize]) -> usize {
    place.iter().zip(shape).fold(0, |at, (c, n)| at * n + c)
}

/// The coded value `back` steps before `place`; zero outside the field.
fn behind<T: Sample>(coder: &Double<T>, shape: &[usize], place: &[usize], back: &[usize]) -> T {
    let source: Option<Vec<usize>> = place
        .iter()
        .zip(back)
        .map(|(c, b)| c.checked_sub(*b))
        .collect();
    source.map_or(T::ZERO, |source| coder.canvas[offset(shape, &source)])
}

// --- Lorenzo. ---

#[derive(Debug, Clone, Copy)]
struct Lorenzo {
    order: usize,
    dims: usize,
}

impl Lorenzo {
    fn spec(self) -> String {
        format!("lorenzo:order={},dims={}", self.order, self.dims)
    }

    /// Coefficient of z^k in (1 − z)^order.
    fn binomial(self, k: usize) -> f64 {
        [[1.0, -1.0, 0.0], [1.0, -2.0, 1.0]][self.order - 1][k]
    }

    /// Steps back along each dimension, at most `order` along those that are used.
    fn steps(self, dims: usize) -> Vec<Vec<usize>> {
        let unused = dims.saturating_sub(self.dims);
        let reach: Vec<usize> = (0..dims)
            .map(|d| if d < unused { 1 } else { self.order + 1 })
            .collect();
        places(&reach)
    }

    fn weight(self, back: &[usize]) -> f64 {
        -back.iter().map(|k| self.binomial(*k)).product::<f64>()
    }

    /// `x − Π (1 − z)^order x`, term by term.
    fn by_definition<T: Sample>(
        self,
        steps: &[Vec<usize>],
        coder: &Double<T>,
        shape: &[usize],
        place: &[usize],
    ) -> T {
        steps[1..].iter().fold(T::ZERO, |sum, back| {
            let weight = T::from_f64(self.weight(back));
            sum + weight * behind(coder, shape, place, back)
        })
    }

    /// The same in the order that is written in the stream's contract: rows above
    /// are added up first, then differenced along the row, then the row itself.
    fn in_order<T: Sample>(
        self,
        steps: &[Vec<usize>],
        coder: &Double<T>,
        shape: &[usize],
        place: &[usize],
    ) -> T {
        let outer = shape.len() - 1;
        let column = place[outer];
        let rows = steps.iter().skip(1).filter(|back| back[outer] == 0);
        let above = |k: usize| {
            rows.clone().fold(T::ZERO, |sum, back| {
                let weight = T::from_f64(self.weight(back));
                let mut back = back.clone();
                back[outer] = k;
                let outside = place.iter().zip(&back).any(|(c, b)| b > c);
                if outside {
                    sum
                } else {
                    sum + weight * behind(coder, shape, place, &back)
                }
            })
        };
        let west = |k: usize| {
            let mut back = vec![0; shape.len()];
            back[outer] = k;
            if k > column {
                T::ZERO
            } else {
                behind(coder, shape, place, &back)
            }
        };
        let two = T::from_f64(2.0);
        if self.order == 1 {
            let partial = above(0) - above(1);
            (partial + T::ZERO * west(2)) + T::ONE * west(1)
        } else {
            let partial = above(0) - two * above(1) + above(2);
            (partial + -T::ONE * west(2)) + two * west(1)
        }
    }
}

const LORENZOS: [Lorenzo; 6] = [
    Lorenzo { order: 1, dims: 8 },
    Lorenzo { order: 2, dims: 8 },
    Lorenzo { order: 1, dims: 1 },
    Lorenzo { order: 2, dims: 1 },
    Lorenzo { order: 1, dims: 2 },
    Lorenzo { order: 2, dims: 3 },
];

// --- Spline. ---

#[derive(Debug, Clone, Copy)]
struct Spline {
    cubic: bool,
    levels: usize,
    alpha: f64,
    beta: f64,
}

impl Spline {
    fn spec(self) -> String {
        let kernel = if self.cubic { "cubic" } else { "linear" };
        let Spline {
            levels,
            alpha,
            beta,
            ..
        } = self;
        format!("spline:kernel={kernel},levels={levels},alpha={alpha},beta={beta}")
    }

    /// As many levels as asked for, but no more than leave one sample.
    fn levels_for(self, shape: &[usize]) -> usize {
        let longest = *shape.iter().max().unwrap();
        let most = (0..64).find(|l| 1 << l >= longest).unwrap();
        self.levels.min(most)
    }

    fn tighten(self, level: usize) -> f64 {
        (0..level).fold(1.0, |f, _| f * self.alpha).min(self.beta)
    }

    fn code<T: Sample>(self, coder: &mut Double<T>, shape: &[usize]) {
        let levels = self.levels_for(shape);
        self.code_coarsest(coder, shape, levels);
        for level in (0..levels).rev() {
            for d in 0..shape.len() {
                self.code_pass(coder, shape, level, d);
            }
        }
    }

    /// First-order Lorenzo over the coarsest grid, taken as rows under rows.
    fn code_coarsest<T: Sample>(self, coder: &mut Double<T>, shape: &[usize], level: usize) {
        let on_grid = |place: &Vec<usize>| place.iter().all(|c| c % (1 << level) == 0);
        let all: Vec<usize> = places(shape)
            .iter()
            .filter(|p| on_grid(p))
            .map(|p| offset(shape, p))
            .collect();
        let columns = shape[shape.len() - 1].div_ceil(1 << level);
        for (i, &at) in all.iter().enumerate() {
            let (row, column) = (i / columns, i % columns);
            let value = |r: usize, c: usize| coder.canvas[all[r * columns + c]];
            let partial = match (row, column) {
                (0, _) => T::ZERO,
                (_, 0) => value(row - 1, 0),
                _ => value(row - 1, column) - value(row - 1, column - 1),
            };
            let west = |k: usize| {
                if k > column {
                    T::ZERO
                } else {
                    value(row, column - k)
                }
            };
            let guess = (partial + T::ZERO * west(2)) + T::ONE * west(1);
            coder.sample(at, guess, self.tighten(level));
        }
    }

    /// Samples whose coordinate `d` is odd, those before any, those after even.
    fn code_pass<T: Sample>(self, coder: &mut Double<T>, shape: &[usize], level: usize, d: usize) {
        let step = 1 << level;
        let turn = |place: &Vec<usize>| {
            place.iter().enumerate().all(|(k, c)| match k.cmp(&d) {
                std::cmp::Ordering::Less => c % step == 0,
                std::cmp::Ordering::Equal => c % (2 * step) == step,
                std::cmp::Ordering::Greater => c % (2 * step) == 0,
            })
        };
        for place in places(shape).into_iter().filter(turn) {
            let neighbour = |k: isize| {
                let c = place[d].checked_add_signed(k * step as isize)?;
                let mut there = place.clone();
                there[d] = c;
                (c < shape[d]).then(|| coder.canvas[offset(shape, &there)])
            };
            let around = [-3, -1, 1, 3].map(neighbour);
            let guess = self.between(around);
            coder.sample(offset(shape, &place), guess, self.tighten(level));
        }
    }

    fn between<T: Sample>(self, around: [Option<T>; 4]) -> T {
        let n = T::from_f64;
        let parabola = |a: T, b: T, c: T| (b * n(0.75) - a * n(0.125)) + c * n(0.375);
        match around {
            [_, None, _, _] => unreachable!("an odd sample has one before it"),
            [None, Some(b), None, _] => b,
            [Some(a), Some(b), None, _] => b + (b - a) * n(0.5),
            [Some(a), Some(b), Some(c), Some(d)] if self.cubic => {
                ((b + c) * n(0.5625)) - ((a + d) * n(0.0625))
            }
            [Some(a), Some(b), Some(c), None] if self.cubic => parabola(a, b, c),
            [None, Some(b), Some(c), Some(d)] if self.cubic => parabola(d, c, b),
            [_, Some(b), Some(c), _] => (b + c) * n(0.5),
        }
    }
}

const SPLINES: [Spline; 6] = [
    spline(true, 1, 1.0, 4.0),
    spline(true, 2, 1.0, 4.0),
    spline(true, 12, 1.5, 3.0),
    spline(false, 1, 1.0, 4.0),
    spline(false, 3, 1.25, 2.0),
    spline(false, 12, 2.0, 64.0),
];

const fn spline(cubic: bool, levels: usize, alpha: f64, beta: f64) -> Spline {
    Spline {
        cubic,
        levels,
        alpha,
        beta,
    }
}

// --- The comparison. ---

/// Rough values that no arithmetic keeps exact.
fn rough<T: Sample>(shape: &[usize]) -> Vec<T> {
    let mut state = 88_172_645_463_325_252u64;
    let mut next = |i: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        T::from_f64((state >> 40) as f64 / 1e6 + i as f64 * 0.037 - 8.0)
    };
    (0..shape.iter().product()).map(&mut next).collect()
}

/// Small whole numbers, with which sums are exact in any order.
fn whole<T: Sample>(shape: &[usize]) -> Vec<T> {
    let value = |i: usize| T::from_f64(((i * i * 7 + i * 13) % 101) as f64 - 50.0);
    (0..shape.iter().product()).map(value).collect()
}

fn walked<T: Sample>(spec: &str, shape: &[usize], originals: &[T], rule: Rule<T>) -> Double<T> {
    let spec: Spec = spec.parse().unwrap();
    let pipeline = Registry::default().build(&spec).unwrap();
    let scene = scene(shape);
    let point = T::point(&*pipeline.point);
    let side = point.learn(originals, &scene).unwrap();
    let mut coder = Double::new(shape, originals, rule);
    point.walk(&side, &scene, &mut coder).unwrap();
    coder.assert_complete(&format!("{spec} on {shape:?}"));
    coder
}

fn assert_twins<T: Sample>(what: &str, fast: &Double<T>, slow: &Double<T>) {
    slow.assert_complete(what);
    for (i, (a, b)) in fast.canvas.iter().zip(&slow.canvas).enumerate() {
        assert_eq!(
            a.to_bits64(),
            b.to_bits64(),
            "{what}, sample {i}: {a} and {b}"
        );
    }
}

/// Samples of the coder, each predicted by `guess`, in raster order.
fn raster<T: Sample>(
    shape: &[usize],
    mut coder: Double<T>,
    guess: impl Fn(&Double<T>, &[usize]) -> T,
) -> Double<T> {
    for place in places(shape) {
        let prediction = guess(&coder, &place);
        coder.sample(offset(shape, &place), prediction, 1.0);
    }
    coder
}

/// With whole numbers every sum is exact, so the order of terms does not matter.
fn vanishing_difference<T: Sample>(lorenzo: Lorenzo, shape: &[usize]) {
    let originals = whole::<T>(shape);
    let steps = lorenzo.steps(shape.len());
    let fast = walked(&lorenzo.spec(), shape, &originals, trust_most);
    let coder = Double::new(shape, &originals, trust_most);
    let slow = raster(shape, coder, |c, p| {
        lorenzo.by_definition(&steps, c, shape, p)
    });
    assert_eq!(fast.canvas, slow.canvas, "{lorenzo:?} on {shape:?}");
}

/// Values become what they were predicted to be, but every seventh is kept, and so is
/// one whose prediction grows too large for exact sums.
fn trust_most<T: Sample>(original: T, prediction: T, _: f64) -> T {
    let kept = original.to_f64() as i64 % 7 == 0 || prediction.abs() > T::from_f64(1000.0);
    if kept { original } else { prediction }
}

#[test]
fn lorenzo_is_the_vanishing_difference_of_its_definition() {
    for lorenzo in LORENZOS {
        for shape in SHAPES {
            vanishing_difference::<f32>(lorenzo, shape);
            vanishing_difference::<f64>(lorenzo, shape);
        }
    }
}

fn lorenzo_twins<T: Sample>() {
    for lorenzo in LORENZOS {
        for shape in SHAPES {
            let steps = lorenzo.steps(shape.len());
            for (name, rule) in [
                ("echo", echo as Rule<T>),
                ("bins", quantise),
                ("trust", trust),
            ] {
                let originals = rough::<T>(shape);
                let fast = walked(&lorenzo.spec(), shape, &originals, rule);
                let coder = Double::new(shape, &originals, rule);
                let slow = raster(shape, coder, |c, p| lorenzo.in_order(&steps, c, shape, p));
                assert_twins(&format!("{lorenzo:?} on {shape:?}, {name}"), &fast, &slow);
            }
        }
    }
}

#[test]
fn lorenzo_row_by_row_is_lorenzo_sample_by_sample() {
    lorenzo_twins::<f32>();
    lorenzo_twins::<f64>();
}

fn spline_twins<T: Sample>() {
    for spline in SPLINES {
        for shape in SHAPES {
            for (name, rule) in [("echo", echo as Rule<T>), ("bins", quantise)] {
                let originals = rough::<T>(shape);
                let fast = walked(&spline.spec(), shape, &originals, rule);
                let mut slow = Double::new(shape, &originals, rule);
                spline.code(&mut slow, shape);
                assert_twins(&format!("{spline:?} on {shape:?}, {name}"), &fast, &slow);
            }
        }
    }
}

#[test]
fn spline_row_by_row_is_spline_sample_by_sample() {
    spline_twins::<f32>();
    spline_twins::<f64>();
}

#[test]
fn zero_predicts_zero() {
    for shape in SHAPES {
        let fast = walked::<f32>("zero", shape, &rough(shape), trust);
        assert!(fast.canvas.iter().all(|x| x.to_bits() == 0));
    }
}

#[test]
fn polynomials_are_interpolated_exactly() {
    let cubic = |i: isize| Some(((i - 3) * i * (i + 5)) as f64);
    let parabola = |i: isize| Some(((i - 3) * i) as f64);
    let line = |i: isize| Some((3 * i - 8) as f64);
    let [smooth, straight] = [spline(true, 1, 1.0, 4.0), spline(false, 1, 1.0, 4.0)];
    for i in -20..20 {
        let around = |f: &dyn Fn(isize) -> Option<f64>| [-3, -1, 1, 3].map(|k| f(i + k));
        assert_eq!(Some(smooth.between(around(&cubic))), cubic(i));
        assert_eq!(Some(straight.between(around(&line))), line(i));
        let [a, b, c, d] = around(&parabola);
        assert_eq!(Some(smooth.between([a, b, c, None])), parabola(i));
        assert_eq!(Some(smooth.between([None, b, c, d])), parabola(i));
        let [a, b, c, _] = around(&line);
        assert_eq!(Some(smooth.between([None, b, c, None])), line(i));
        assert_eq!(Some(smooth.between([a, b, None, None])), line(i));
        assert_eq!(smooth.between([None, b, None, None]), b.unwrap());
    }
}
