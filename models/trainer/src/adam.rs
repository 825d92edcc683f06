//! The optimiser: Adam, with a limit on the length of a step's gradient.
//!
//! Our own because a training that was killed goes on with the very same moments, which
//! candle's keeps to itself.

use candle_core::Tensor;
use candle_core::backprop::GradStore;

use crate::error::Result;
use crate::layer::Parameter;

const FIRST: f64 = 0.9;
const SECOND: f64 = 0.999;
const TINY: f64 = 1e-8;
/// Longer gradients are shortened to this: one bad batch is not to undo an epoch.
const LONGEST: f64 = 1.0;

pub(crate) struct Adam {
    parameters: Vec<Parameter>,
    pub(crate) first: Vec<Tensor>,
    pub(crate) second: Vec<Tensor>,
    pub(crate) steps: usize,
}

impl Adam {
    pub(crate) fn new(parameters: &[Parameter]) -> Result<Self> {
        let zeros = || -> Result<Vec<Tensor>> {
            let zero = |p: &Parameter| Ok(p.var.zeros_like()?);
            parameters.iter().map(zero).collect()
        };
        Ok(Adam {
            parameters: parameters.to_vec(),
            first: zeros()?,
            second: zeros()?,
            steps: 0,
        })
    }

    /// One step; false, with nothing changed, if the gradient is not a number.
    pub(crate) fn step(&mut self, gradients: &GradStore, rate: f64) -> Result<bool> {
        let mut square = 0.0;
        for gradient in self.parameters.iter().filter_map(|p| gradients.get(&p.var)) {
            square += f64::from(gradient.sqr()?.sum_all()?.to_scalar::<f32>()?);
        }
        let length = square.sqrt();
        if !length.is_finite() {
            return Ok(false);
        }
        let shorten = (LONGEST / length.max(LONGEST)).min(1.0);
        self.steps += 1;
        let unbiased = |decay: f64| 1.0 - decay.powi(self.steps as i32);
        let rate = rate * unbiased(SECOND).sqrt() / unbiased(FIRST);
        for (i, parameter) in self.parameters.iter().enumerate() {
            let Some(gradient) = gradients.get(&parameter.var) else {
                continue;
            };
            // Gradients know how they were made. Moments are sums of all that ever were: with
            // them every batch would stay in memory.
            let gradient = (gradient.detach() * shorten)?;
            self.first[i] = ((&self.first[i] * FIRST)? + (&gradient * (1.0 - FIRST))?)?;
            let square = (gradient.sqr()? * (1.0 - SECOND))?;
            self.second[i] = ((&self.second[i] * SECOND)? + square)?;
            let change = (&self.first[i] / (self.second[i].sqrt()? + TINY)?)?;
            let value = (parameter.var.as_tensor() - (change * rate)?)?;
            parameter.var.set(&value)?;
        }
        Ok(true)
    }
}

#[cfg(test)]
mod tests {
    use candle_core::{Device, Var};

    use super::*;

    #[test]
    fn moments_forget_how_they_came_about() {
        let var = Var::from_slice(&[1.0f32, -2.0], (1, 2), &Device::Cpu).unwrap();
        let parameter = Parameter {
            name: "w".into(),
            var: var.clone(),
        };
        let mut adam = Adam::new(&[parameter]).unwrap();
        for _ in 0..3 {
            let product = var.matmul(&var.t().unwrap()).unwrap();
            let gradients = product.sum_all().unwrap().backward().unwrap();
            assert!(adam.step(&gradients, 0.1).unwrap());
            assert!(!adam.first[0].track_op() && !adam.second[0].track_op());
        }
    }
}
