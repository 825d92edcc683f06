//! What training makes small.

use candle_core::{D, Tensor};

use crate::error::Result;
use crate::random::Random;

/// Parts of the squared error as it is, and less its neighbours: a smooth error costs a
/// coder little, since it is foreseen by what is decoded before it. Measured in
/// `models/recipes/linear_filter.py`.
const SMOOTH: f64 = 0.3;
const ROUGH: f64 = 2.0;

/// Directions in which latents are compared with a normal distribution.
const DIRECTIONS: usize = 64;

pub(crate) fn mean_square(residual: &Tensor) -> Result<Tensor> {
    Ok(residual.sqr()?.mean_all()?)
}

/// Of a residual `[samples, rows, columns]`, or with more dimensions before the rows.
pub(crate) fn rough(residual: &Tensor) -> Result<Tensor> {
    let (rows, columns) = (residual.dim(D::Minus2)?, residual.dim(D::Minus1)?);
    let smooth = mean_square(residual)?;
    if rows < 2 || columns < 2 {
        return Ok(smooth);
    }
    let part = |down: usize, right: usize| {
        residual
            .narrow(D::Minus2, down, rows - 1)?
            .narrow(D::Minus1, right, columns - 1)
    };
    let neighbours = ((part(1, 0)? + part(0, 1)?)? * 0.5)?;
    let rough = mean_square(&(part(1, 1)? - neighbours)?)?;
    Ok(((smooth * SMOOTH)? + (rough * ROUGH)?)?)
}

/// The squared sliced Wasserstein distance of latents `[samples, latents]` to a normal
/// distribution: along random directions, sorted values against sorted values.
///
/// Kolouri, Pope, Martin, Rohde: *Sliced Wasserstein auto-encoders*, 2019.
pub(crate) fn sliced_wasserstein(latents: &Tensor, random: &mut Random) -> Result<Tensor> {
    let (samples, count) = latents.dims2()?;
    let device = latents.device();
    let mut directions = Vec::with_capacity(DIRECTIONS * count);
    for _ in 0..DIRECTIONS {
        let direction: Vec<f64> = (0..count).map(|_| random.normal()).collect();
        let length = direction
            .iter()
            .map(|x| x * x)
            .sum::<f64>()
            .sqrt()
            .max(1e-12);
        directions.extend(direction.iter().map(|x| (x / length) as f32));
    }
    let directions = Tensor::from_vec(directions, (DIRECTIONS, count), device)?;
    let seen = directions.matmul(&latents.t()?)?;
    let (seen, _) = seen.sort_last_dim(true)?;
    // Along a unit direction a normal distribution is normal.
    let mut wanted = Vec::with_capacity(DIRECTIONS * samples);
    for _ in 0..DIRECTIONS {
        let mut drawn: Vec<f32> = (0..samples).map(|_| random.normal() as f32).collect();
        drawn.sort_by(f32::total_cmp);
        wanted.extend(drawn);
    }
    let wanted = Tensor::from_vec(wanted, (DIRECTIONS, samples), device)?;
    mean_square(&(seen - wanted)?)
}

/// The mean absolute value of latents `[samples, latents]`, or of their differences
/// along the list.
pub(crate) fn sparsity(latents: &Tensor, differences: bool) -> Result<Tensor> {
    let count = latents.dim(1)?;
    let what = if differences && count > 1 {
        (latents.narrow(1, 1, count - 1)? - latents.narrow(1, 0, count - 1)?)?
    } else {
        latents.clone()
    };
    Ok(what.abs()?.mean_all()?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Purpose;
    use candle_core::Device;

    fn scalar(tensor: Result<Tensor>) -> f32 {
        tensor.unwrap().to_scalar().unwrap()
    }

    #[test]
    fn a_smooth_error_counts_little() {
        let constant = Tensor::ones((1, 4, 5), candle_core::DType::F32, &Device::Cpu).unwrap();
        assert!((scalar(rough(&constant)) - 0.3).abs() < 1e-6);
        let signs: Vec<f32> = (0..20)
            .map(|i| if (i / 5 + i % 5) % 2 == 0 { 1.0 } else { -1.0 })
            .collect();
        let board = Tensor::from_vec(signs, (1, 4, 5), &Device::Cpu).unwrap();
        assert!((scalar(rough(&board)) - 8.3).abs() < 1e-5);
    }

    #[test]
    fn normal_latents_are_near_and_others_far() {
        let mut random = Random::new(2, Purpose::Validation);
        let normal: Vec<f32> = (0..512 * 4).map(|_| random.normal() as f32).collect();
        let latents = Tensor::from_vec(normal, (512, 4), &Device::Cpu).unwrap();
        let near = scalar(sliced_wasserstein(&latents, &mut random));
        let far = scalar(sliced_wasserstein(&(latents + 1.0).unwrap(), &mut random));
        assert!(near < 0.05 && far > 0.5, "{near} {far}");
    }

    #[test]
    fn differences_of_equal_latents_are_sparse() {
        let latents = Tensor::from_vec(vec![3.0_f32, 3.0, 3.0, 1.0], (1, 4), &Device::Cpu).unwrap();
        assert!((scalar(sparsity(&latents, false)) - 2.5).abs() < 1e-6);
        assert!((scalar(sparsity(&latents, true)) - 2.0 / 3.0).abs() < 1e-6);
    }
}
