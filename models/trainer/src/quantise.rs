//! Weights in one or two bytes, with a scale per output channel.

use candle_core::Tensor;

use crate::error::Result;
use crate::layer::Parameter;
use crate::settings::WeightFormat;

/// A weight is `levels · scales[channel]`.
pub(crate) struct Quantised {
    /// Whole numbers.
    pub(crate) levels: Vec<f32>,
    pub(crate) scales: Vec<f32>,
}

/// `None` for what stays as it is: offsets are few and count for much.
pub(crate) fn quantise(parameter: &Parameter, format: WeightFormat) -> Result<Option<Quantised>> {
    let most = match format {
        WeightFormat::F32 => return Ok(None),
        WeightFormat::I16 => 32767.0,
        WeightFormat::I8 => 127.0,
    };
    let dims = parameter.var.dims();
    let Some(channels) = dims.last().copied().filter(|_| dims.len() > 1) else {
        return Ok(None);
    };
    let values = parameter.values()?;
    let mut scales = vec![0.0_f32; channels];
    for row in values.chunks_exact(channels) {
        for (scale, x) in scales.iter_mut().zip(row) {
            *scale = scale.max(x.abs() / most);
        }
    }
    let level = |(i, x): (usize, &f32)| {
        let scale = scales[i % channels];
        let level = if scale > 0.0 {
            (x / scale).round()
        } else {
            0.0
        };
        level.clamp(-most, most)
    };
    let levels = values.iter().enumerate().map(level).collect();
    Ok(Some(Quantised { levels, scales }))
}

/// Makes every weight what it will be once stored.
pub(crate) fn snap(parameters: &[Parameter], format: WeightFormat) -> Result<()> {
    for parameter in parameters {
        if let Some(Quantised { levels, scales }) = quantise(parameter, format)? {
            let value = |(i, level): (usize, &f32)| level * scales[i % scales.len()];
            let values: Vec<f32> = levels.iter().enumerate().map(value).collect();
            let dims = parameter.var.dims();
            parameter
                .var
                .set(&Tensor::from_vec(values, dims, parameter.var.device())?)?;
        }
    }
    Ok(())
}
