//! Values behind a forecast that was not the encoder's: what can be said of them.

use foresz_predictors::{Sample, Scene};

/// Where values are not those that the encoder saw.
pub(crate) struct Drifted {
    /// The first frame of which that may be so.
    pub(crate) frame: usize,
    /// How far from the originals they are at most; infinite if nothing is known.
    pub(crate) bound: f64,
    /// What was wrong.
    pub(crate) reason: String,
}

/// Moves the values of a frame and of all after it into the range of the originals, and
/// says how far from those they can be.
pub(super) fn tame<T: Sample>(
    values: &mut [T],
    scene: &Scene,
    frame: usize,
    range: Option<(T, T)>,
) -> f64 {
    let (Some((lowest, highest)), Some(time)) = (range, scene.time) else {
        return f64::INFINITY;
    };
    let inner: usize = scene.shape[time + 1..].iter().product();
    let mut bound = 0.0;
    for series in values.chunks_exact_mut(scene.shape[time] * inner) {
        for x in &mut series[frame * inner..] {
            // Nothing that is no number passes.
            *x = if *x > lowest { *x } else { lowest };
            *x = if *x < highest { *x } else { highest };
            let below = x.to_f64() - lowest.to_f64();
            let above = highest.to_f64() - x.to_f64();
            let most = if below > above { below } else { above };
            bound = if most > bound { most } else { bound };
        }
    }
    // Differences were rounded once.
    bound.next_up()
}

#[cfg(test)]
mod tests {
    use super::*;
    use foresz_predictors::Place;

    #[test]
    fn values_stay_within_the_range_from_that_frame_on() {
        let scene = Scene {
            shape: vec![2, 3, 2],
            time: Some(1),
            periodic: false,
            bound: 0.1,
            share: 1.0,
            place: Place::default(),
        };
        let mut values = [
            9.0f32,
            -9.0,
            0.5,
            f32::NAN,
            7.0,
            1.0, // the other half
            9.0,
            9.0,
            -8.0,
            1.5,
            1.0,
            1.0,
        ];
        let bound = tame(&mut values, &scene, 1, Some((0.0, 2.0)));
        assert_eq!(bound, 2.0f64.next_up());
        assert_eq!(
            values,
            [
                9.0, -9.0, 0.5, 0.0, 2.0, 1.0, //
                9.0, 9.0, 0.0, 1.5, 1.0, 1.0
            ]
        );
        let mut values = [1.0f32; 12];
        assert_eq!(
            tame(&mut values, &scene, 2, Some((0.0, 2.0))),
            1.0f64.next_up()
        );
        assert_eq!(tame(&mut values, &scene, 0, None), f64::INFINITY);
    }
}
