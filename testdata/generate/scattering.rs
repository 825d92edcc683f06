//! Images of small-angle scattering, as a detector behind a sample of many equal particles
//! would see them if it never missed a count.
//!
//! A sphere, a sphere with a shell, an ellipsoid or a box of random size, and a random
//! orientation where it has one. What is stored is the eighth root of the intensity
//! relative to the beam's centre: a stand-in for the logarithm under which such images
//! are looked at.

use std::f64::consts::TAU;

use super::numbers::{Random, cos_turns, greater, sin_turns, to_unit};

/// Sizes of a particle differ by so much, each way: it fills the zeros between rings.
const SPREAD: f64 = 0.12;
/// Sizes that are averaged over, from the smallest to the largest, and their weights.
const SIZES: [(f64, f64); 7] = [
    (-1.0, 0.5),
    (-0.667, 0.778),
    (-0.333, 0.944),
    (0.0, 1.0),
    (0.333, 0.944),
    (0.667, 0.778),
    (1.0, 0.5),
];
/// The largest wave number times the smallest and the largest length.
const LEAST_EXTENT: f64 = 3.0;
const MOST_EXTENT: f64 = 24.0;

/// One image; `index` counts the images of a seed.
pub(crate) fn image(seed: u64, index: usize, ny: usize, nx: usize) -> Vec<f64> {
    let mut random = Random::new(seed, index as u64);
    let mut unit = || to_unit(random.bits());
    let mut length = || LEAST_EXTENT + (MOST_EXTENT - LEAST_EXTENT) * unit();
    let (long, short) = (length(), length());
    let particle = match (4.0 * unit()) as usize {
        0 => Particle::Ball { radius: long },
        1 => Particle::Shell {
            radius: long,
            inner: long * (0.3 + 0.6 * unit()),
            contrast: 2.0 * unit() - 1.0,
        },
        2 => Particle::Ellipsoid { long, short },
        _ => Particle::Box { long, short },
    };
    let turn = unit();
    let (east, north) = (cos_turns(turn), sin_turns(turn));
    let background = 1e-6 * (1.0 + 30.0 * unit());
    let center = |n: usize| (n as f64 - 1.0) / 2.0;
    let half = greater(center(ny.max(nx)), 1.0);
    let weights: f64 = SIZES.iter().map(|(_, weight)| weight).sum();
    let pixel = |cell: usize| {
        let y = ((cell / nx) as f64 - center(ny)) / half;
        let x = ((cell % nx) as f64 - center(nx)) / half;
        let (along, across) = (x * east + y * north, y * east - x * north);
        let intensity = SIZES.iter().fold(0.0, |sum, (off, weight)| {
            let scale = 1.0 + SPREAD * off;
            let amplitude = particle.amplitude(scale * along, scale * across);
            sum + weight * amplitude * amplitude
        });
        (intensity / weights + background).sqrt().sqrt().sqrt()
    };
    (0..ny * nx).map(pixel).collect()
}

enum Particle {
    Ball {
        radius: f64,
    },
    /// A core that scatters otherwise than what surrounds it.
    Shell {
        radius: f64,
        inner: f64,
        contrast: f64,
    },
    Ellipsoid {
        long: f64,
        short: f64,
    },
    Box {
        long: f64,
        short: f64,
    },
}

impl Particle {
    /// What is scattered at a wave number, in parts of what goes straight on.
    fn amplitude(&self, along: f64, across: f64) -> f64 {
        let wave = (along * along + across * across).sqrt();
        match *self {
            Self::Ball { radius } => ball(radius * wave),
            Self::Shell {
                radius,
                inner,
                contrast,
            } => {
                let part = inner / radius;
                let share = contrast * part * part * part;
                (ball(radius * wave) + share * ball(inner * wave)) / (1.0 + share)
            }
            Self::Ellipsoid { long, short } => {
                let (a, b) = (long * along, short * across);
                ball((a * a + b * b).sqrt())
            }
            Self::Box { long, short } => sinc(long * along) * sinc(short * across),
        }
    }
}

fn ball(x: f64) -> f64 {
    // Closer to zero the difference below loses its digits.
    if x < 1e-2 {
        return 1.0 - x * x / 10.0;
    }
    let turns = x / TAU;
    3.0 * (sin_turns(turns) - x * cos_turns(turns)) / (x * x * x)
}

fn sinc(x: f64) -> f64 {
    if x.abs() < 1e-4 {
        return 1.0 - x * x / 6.0;
    }
    sin_turns(x / TAU) / x
}
