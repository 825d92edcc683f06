//! Random numbers that depend on a seed alone.

/// The `SplitMix64` generator. Every purpose and every epoch has a stream of its own, so
/// that training goes on after a kill as if nothing had happened.
pub(crate) struct Random {
    state: u64,
}

/// What random numbers are drawn for.
#[derive(Clone, Copy)]
pub(crate) enum Purpose {
    /// Weights at the start.
    Weights,
    /// Everything in an epoch: the order of samples, noise, projections.
    Epoch(usize),
    /// Noise on what is validated on, the same in every epoch.
    Validation,
}

impl Random {
    const STRIDE: u64 = 0x9e37_79b9_7f4a_7c15;

    pub(crate) fn new(seed: u64, purpose: Purpose) -> Self {
        let stream = match purpose {
            Purpose::Weights => 0,
            Purpose::Validation => 1,
            Purpose::Epoch(epoch) => epoch as u64 + 2,
        };
        let state = scatter(seed.wrapping_mul(Self::STRIDE)) ^ scatter(stream.wrapping_add(1));
        Random { state }
    }

    fn bits(&mut self) -> u64 {
        self.state = self.state.wrapping_add(Self::STRIDE);
        scatter(self.state)
    }

    /// Uniform, 0 ≤ x < 1.
    pub(crate) fn unit(&mut self) -> f64 {
        (self.bits() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// Uniform, −1 ≤ x < 1.
    pub(crate) fn signed(&mut self) -> f64 {
        2.0 * self.unit() - 1.0
    }

    /// One of `0..n`; n is not 0.
    pub(crate) fn below(&mut self, n: usize) -> usize {
        ((self.unit() * n as f64) as usize).min(n - 1)
    }

    /// Normal, by Box and Muller.
    pub(crate) fn normal(&mut self) -> f64 {
        let radius = (-2.0 * (1.0 - self.unit()).ln()).sqrt();
        radius * (std::f64::consts::TAU * self.unit()).cos()
    }

    pub(crate) fn shuffle<T>(&mut self, items: &mut [T]) {
        for i in (1..items.len()).rev() {
            items.swap(i, self.below(i + 1));
        }
    }
}

/// Scatters the bits of one integer.
fn scatter(value: u64) -> u64 {
    let a = (value ^ (value >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let b = (a ^ (a >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    b ^ (b >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_of_a_normal() {
        let mut random = Random::new(3, Purpose::Weights);
        let drawn: Vec<f64> = (0..20_000).map(|_| random.normal()).collect();
        let mean = drawn.iter().sum::<f64>() / 20_000.0;
        let square = drawn.iter().map(|x| x * x).sum::<f64>() / 20_000.0;
        assert!(mean.abs() < 0.02 && (square - 1.0).abs() < 0.04);
    }

    #[test]
    fn a_shuffle_keeps_everything() {
        let mut items: Vec<usize> = (0..50).collect();
        Random::new(1, Purpose::Epoch(4)).shuffle(&mut items);
        assert_ne!(items[..5], [0, 1, 2, 3, 4]);
        items.sort_unstable();
        assert_eq!(items, (0..50).collect::<Vec<_>>());
    }
}
