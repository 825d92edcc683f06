//! What the axes of a file tell learned models: when frames are valid, and where they lie.

use std::ops::Range;

use foresz_files::Source;
use foresz_forecast::FORECAST;
use foresz_predictors::Spec;

use super::clock::{Clock, times};
use super::places::{LATITUDES, LONGITUDES, axis};
use super::plan::VariablePlan;
use crate::error::{Result, invalid};
use crate::options::{Choose, Options, time_dimension};

/// Axes of a variable, as far as they are told.
#[derive(Debug, Default)]
pub(crate) struct Axes {
    clock: Option<Clock>,
    /// Attribute, dimension and even coordinates.
    places: Vec<(&'static str, usize, Vec<f64>)>,
}

impl Axes {
    /// Those of a variable of a source, if a model that is asked for may want to know them.
    /// Uneven times are an error where a model was asked for by name.
    pub(crate) fn of(
        options: &Options,
        plan: &VariablePlan,
        position: usize,
        source: &mut dyn Source,
    ) -> Result<Self> {
        let forecasts = |spec: &Spec| spec.parts.iter().any(|part| part.name == FORECAST);
        let named = matches!(&options.choose, Choose::Spec(spec) if forecasts(spec));
        let mut axes = Axes::default();
        if !plan.is_asked_for || !(named || options.offers.iter().any(forecasts)) {
            return Ok(axes);
        }
        let dataset = source.dataset().clone();
        let variable = &dataset.variables[position];
        let names: Vec<String> = dataset.dims(variable).into_iter().map(Into::into).collect();
        let time = time_dimension(&names, names.len()).ok().flatten();
        if let Some(d) = time
            && let Some((about, times)) = times(&dataset, variable.dimensions[d])
            && let Some(numbers) = axis(source, &dataset, about, variable.dimensions[d])
        {
            let name = &dataset.variables[about].name;
            match Clock::new(d, &times, &numbers) {
                Ok(clock) => axes.clock = Some(clock),
                Err(why) if named => {
                    let variable = &variable.name;
                    return invalid(format!(
                        "{variable}: a learned model needs even steps of time, and {name} {why}"
                    ));
                }
                Err(_) => {}
            }
        }
        let frame = (0..names.len()).rev().filter(|d| Some(*d) != time);
        for (d, wanted) in frame.zip([LONGITUDES, LATITUDES]) {
            axes.places
                .extend(wanted.along(source, &dataset, variable, d));
        }
        Ok(axes)
    }

    /// Says in the attributes of a piece what the axes say there.
    pub(crate) fn tell(&self, mut options: Options, piece: &[Range<usize>]) -> Options {
        let mut told: Vec<(&str, String)> = Vec::new();
        if let Some(clock) = &self.clock {
            told.extend(clock.start(piece).map(|start| ("start", start)));
            told.extend(clock.step().map(|step| ("step", step)));
        }
        for (key, d, numbers) in &self.places {
            let part = &numbers[piece[*d].clone()];
            if let ([first, .., last], true) = (part, part.len() > 1) {
                told.push((key, format!("{first}:{last}")));
            }
        }
        for (key, value) in told {
            if options.attributes.iter().all(|(known, _)| known != key) {
                options = options.attribute(key, value);
            }
        }
        options
    }
}

#[cfg(test)]
mod tests {
    use foresz_files::{Attribute, Dataset, Dimension, Kind, Memory, Values, Variable};

    use super::super::{Bounds, Coder, DatasetReader, Recipe, View};
    use super::*;
    use crate::bound::Bound;
    use crate::field::decompress::Decompressor;

    /// Some hours of a field of 6 × 8, in days since 2020.
    fn series(hours: &[f64]) -> Memory {
        let dimension = |name: &str, length| Dimension {
            name: name.into(),
            length,
            unlimited: false,
        };
        let variable = |name: &str, kind, dimensions: &[usize], units: &str| Variable {
            name: name.into(),
            kind,
            dimensions: dimensions.into(),
            attributes: vec![Attribute {
                name: "units".into(),
                value: Values::text(units),
            }],
        };
        let (n, rows, columns) = (hours.len(), 6, 8);
        let dataset = Dataset {
            dimensions: vec![
                dimension("time", n),
                dimension("lat", rows),
                dimension("lon", columns),
            ],
            attributes: Vec::new(),
            variables: vec![
                variable("v", Kind::F32, &[0, 1, 2], "1/s"),
                variable("time", Kind::F64, &[0], "days since 2020-01-01"),
                variable("lat", Kind::F64, &[1], "degrees_north"),
                variable("lon", Kind::F32, &[2], "degrees_east"),
            ],
        };
        let values = vec![
            Values::F32((0..n * rows * columns).map(|k| (k as f32).sqrt()).collect()),
            Values::F64(hours.iter().map(|h| h / 24.0).collect()),
            Values::F64((0..rows).map(|i| 50.0 - 0.5 * i as f64).collect()),
            Values::F32((0..columns).map(|j| ((355 + j) % 360) as f32).collect()),
        ];
        Memory::new(dataset, values).unwrap()
    }

    fn compressed(hours: &[f64], spec: &str) -> Result<Vec<u8>> {
        // Two pieces along time.
        let recipes = [Recipe {
            bounds: Bounds::Along {
                dimension: 0,
                runs: vec![
                    (5, Bound::Absolute(0.1)),
                    (hours.len(), Bound::Absolute(0.2)),
                ],
            },
            ..Recipe::new("v", Bound::Lossless)
        }];
        let options = Options::new(Bound::Lossless).threads(1).predictor(spec)?;
        let mut stream = Vec::new();
        Coder::new(&recipes, options).compress(&mut series(hours), &mut stream)?;
        Ok(stream)
    }

    #[test]
    fn models_are_told_when_and_where_each_piece_lies() {
        let hours: Vec<f64> = (0..12).map(f64::from).collect();
        let stream = compressed(&hours, "forecast:model=flow-filter+raster").unwrap();
        let reader = DatasetReader::open(&stream).unwrap();
        let told = |piece: usize, key: &str| {
            let attributes = &reader.streams(0).unwrap()[piece].attributes;
            let found = attributes.iter().find(|(k, _)| k == key);
            found.map(|(_, value)| value.clone()).unwrap_or_default()
        };
        assert_eq!(told(0, "start"), "2020-01-01T00:00:00");
        assert_eq!(told(1, "start"), "2020-01-01T05:00:00");
        for piece in [0, 1] {
            assert_eq!(told(piece, "step"), "1h");
            assert_eq!(told(piece, "latitudes"), "50:47.5");
            assert_eq!(told(piece, "longitudes"), "355:362");
        }
        let all = [0..12, 0..6, 0..8];
        let decoder = Decompressor::default();
        reader.read(0, &all, View::Stored, &decoder).unwrap();
        // Others do without.
        let stream = compressed(&hours, "raster").unwrap();
        let reader = DatasetReader::open(&stream).unwrap();
        assert!(reader.streams(0).unwrap()[0].attributes.is_empty());
    }

    #[test]
    fn models_want_the_steps_that_they_know() {
        let spec = "forecast:model=flow-filter+raster";
        let two: Vec<f64> = (0..12).map(|h| 2.0 * f64::from(h)).collect();
        let wrong = compressed(&two, spec).unwrap_err().to_string();
        assert!(wrong.contains("7200 s"), "{wrong}");
        let mut gap: Vec<f64> = (0..12).map(f64::from).collect();
        gap[11] = 20.0;
        let wrong = compressed(&gap, spec).unwrap_err().to_string();
        assert!(
            wrong.contains("time advances by 10h from 2020-01-01T10:00:00"),
            "{wrong}"
        );
        assert!(compressed(&gap, "raster").is_ok());
    }
}
