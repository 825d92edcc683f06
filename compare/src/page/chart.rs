//! Charts as inline SVG.

use super::html::escaped;

/// How an axis maps numbers to places.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Axis {
    low: f64,
    high: f64,
    logarithmic: bool,
}

impl Axis {
    /// Spans the numbers; with logarithms those above 0. None if there are none.
    pub(super) fn over(values: impl Iterator<Item = f64>, logarithmic: bool) -> Option<Self> {
        let usable = values.filter(|x| x.is_finite() && (!logarithmic || *x > 0.0));
        let start = (f64::INFINITY, f64::NEG_INFINITY);
        let (low, high) = usable.fold(start, |(low, high), x| (low.min(x), high.max(x)));
        (low <= high).then(|| {
            let (low, high) = match (logarithmic, low == high) {
                (true, true) => (low / 2.0, high * 2.0),
                (true, false) => {
                    let room = (high / low).powf(0.04);
                    (low / room, high * room)
                }
                (false, true) => (low - 1.0, high + 1.0),
                (false, false) => (low - (high - low) * 0.04, high + (high - low) * 0.04),
            };
            Axis {
                low,
                high,
                logarithmic,
            }
        })
    }

    /// From 0 to 1 along the axis.
    fn part(&self, x: f64) -> f64 {
        if self.logarithmic {
            (x / self.low).ln() / (self.high / self.low).ln()
        } else {
            (x - self.low) / (self.high - self.low)
        }
    }

    /// Numbers worth a line, about `wanted` of them.
    fn ticks(&self, wanted: usize) -> Vec<f64> {
        if self.logarithmic && self.high / self.low > 8.0 {
            let decades = (self.high / self.low).log10();
            let steps: &[f64] = match decades / wanted as f64 {
                d if d > 0.6 => &[1.0],
                d if d > 0.3 => &[1.0, 3.0],
                _ => &[1.0, 2.0, 5.0],
            };
            let every = (decades / wanted as f64).ceil().max(1.0) as i32;
            let (first, last) = (
                self.low.log10().floor() as i32,
                self.high.log10().ceil() as i32,
            );
            let exponents = (first..=last).filter(|e| e.rem_euclid(every) == 0);
            let ticks = exponents.flat_map(|e| steps.iter().map(move |s| s * 10f64.powi(e)));
            return ticks
                .filter(|x| *x >= self.low && *x <= self.high)
                .collect();
        }
        let rough = (self.high - self.low) / wanted as f64;
        let scale = 10f64.powf(rough.log10().floor());
        let steps = [1.0, 2.0, 5.0, 10.0].map(|s| s * scale);
        let step = steps.into_iter().find(|s| *s >= rough).unwrap_or(rough);
        let first = (self.low / step).ceil() as i64;
        let last = (self.high / step).floor() as i64;
        (first..=last).map(|k| k as f64 * step).collect()
    }
}

/// Where a chart draws, in SVG's units.
pub(super) struct Frame {
    pub(super) width: f64,
    pub(super) height: f64,
    pub(super) left: f64,
    pub(super) bottom: f64,
    pub(super) top: f64,
    pub(super) right: f64,
}

/// Axes with a title and what is drawn between them.
pub(super) struct Chart {
    frame: Frame,
    x: Axis,
    y: Axis,
    svg: String,
}

impl Chart {
    pub(super) fn new(frame: Frame, title: &str, x: Axis, y: Axis) -> Self {
        let svg = format!(
            "<svg class=chart viewBox=\"0 0 {} {}\" role=img><title>{}</title>",
            frame.width,
            frame.height,
            escaped(title)
        );
        Chart { frame, x, y, svg }
    }

    pub(super) fn place_x(&self, x: f64) -> f64 {
        let span = self.frame.width - self.frame.left - self.frame.right;
        self.frame.left + span * self.x.part(x)
    }

    pub(super) fn place_y(&self, y: f64) -> f64 {
        let span = self.frame.height - self.frame.top - self.frame.bottom;
        self.frame.height - self.frame.bottom - span * self.y.part(y)
    }

    pub(super) fn grid_x(&mut self, label: &str, ticks: usize) {
        let bottom = self.frame.height - self.frame.bottom;
        for tick in self.x.ticks(ticks) {
            let (x, top) = (self.place_x(tick), self.frame.top);
            self.svg += &format!("<path class=grid d=\"M{x:.1} {top:.1}V{bottom:.1}\"/>");
            let y = bottom + 13.0;
            self.svg += &text(x, y, "middle", "soft", &short(tick));
        }
        let (x, y) = (
            (self.frame.left + self.frame.width - self.frame.right) / 2.0,
            bottom + 28.0,
        );
        self.svg += &text(x, y, "middle", "soft", label);
    }

    pub(super) fn grid_y(&mut self, label: &str, ticks: usize) {
        let right = self.frame.width - self.frame.right;
        for tick in self.y.ticks(ticks) {
            let (left, y) = (self.frame.left, self.place_y(tick));
            self.svg += &format!("<path class=grid d=\"M{left:.1} {y:.1}H{right:.1}\"/>");
            self.svg += &text(left - 5.0, y + 4.0, "end", "soft", &short(tick));
        }
        self.svg += &text(2.0, 11.0, "start", "soft", label);
    }

    /// A row of a chart whose vertical axis are names.
    pub(super) fn name_row(&mut self, y: f64, name: &str) {
        let (left, right) = (self.frame.left, self.frame.width - self.frame.right);
        let place = self.place_y(y);
        self.svg += &format!("<path class=grid d=\"M{left:.1} {place:.1}H{right:.1}\"/>");
        self.svg += &text(left - 6.0, place + 4.0, "end", "", name);
    }

    /// A line through points, each with what it is.
    pub(super) fn line(
        &mut self,
        k: usize,
        points: &[(f64, f64)],
        tell: impl Fn(f64, f64) -> String,
    ) {
        let places: Vec<String> = points
            .iter()
            .map(|(x, y)| format!("{:.1} {:.1}", self.place_x(*x), self.place_y(*y)))
            .collect();
        self.svg += &open(k);
        if places.len() > 1 {
            self.svg += &format!("<path class=way d=\"M{}\"/>", places.join("L"));
        }
        for (x, y) in points {
            self.svg += &dot(k, self.place_x(*x), self.place_y(*y), &tell(*x, *y));
        }
        self.svg += "</g>";
    }

    /// A line without dots.
    pub(super) fn way(&mut self, class: &str, points: &[(f64, f64)]) {
        let places: Vec<String> = points
            .iter()
            .map(|(x, y)| format!("{:.1} {:.1}", self.place_x(*x), self.place_y(*y)))
            .collect();
        if places.len() > 1 {
            self.svg += &format!("<path {class} d=\"M{}\"/>", places.join("L"));
        }
    }

    /// Something that was drawn already.
    pub(super) fn put(&mut self, svg: &str) {
        self.svg += svg;
    }

    /// Opens a group of what belongs to a contender.
    pub(super) fn group(&mut self, k: usize) {
        self.svg += &open(k);
    }

    pub(super) fn end_group(&mut self) {
        self.svg += "</g>";
    }

    /// A bar from 0.
    pub(super) fn bar(&mut self, from: f64, to: f64, height: f64, tell: &str) {
        let (left, right) = (self.place_x(from), self.place_x(to));
        let (top, bottom) = (self.place_y(height), self.place_y(0.0));
        let (width, tall) = ((right - left - 0.6).max(0.3), (bottom - top).max(0.0));
        self.svg += &format!(
            "<rect class=bar x={left:.1} y={top:.1} width={width:.1} height={tall:.1}><title>{}</title></rect>",
            escaped(tell)
        );
    }

    pub(super) fn finish(mut self) -> String {
        let Frame { left, top, .. } = self.frame;
        let (right, bottom) = (
            self.frame.width - self.frame.right,
            self.frame.height - self.frame.bottom,
        );
        self.svg += &format!("<path class=axis d=\"M{left} {top}V{bottom}H{right}\"/></svg>");
        self.svg
    }
}

/// A contender's colour, dashes and dots: eight colours, then anew with other dashes.
fn open(k: usize) -> String {
    format!(
        "<g class=\"series l{} d{}\" data-series={k}>",
        k % 8,
        k / 8 % 4
    )
}

pub(super) fn dot(k: usize, x: f64, y: f64, tell: &str) -> String {
    let tell = escaped(tell);
    match k / 8 % 4 {
        0 => format!("<circle class=dot cx={x:.1} cy={y:.1} r=3.4><title>{tell}</title></circle>"),
        1 => {
            let (x, y) = (x - 3.0, y - 3.0);
            format!(
                "<rect class=dot x={x:.1} y={y:.1} width=6 height=6><title>{tell}</title></rect>"
            )
        }
        2 => format!(
            "<path class=dot d=\"M{x:.1} {:.1}l4 7h-8z\"><title>{tell}</title></path>",
            y - 4.2
        ),
        _ => format!(
            "<path class=dot d=\"M{x:.1} {:.1}l4 4l-4 4l-4 -4z\"><title>{tell}</title></path>",
            y - 4.0
        ),
    }
}

/// A piece of a legend.
pub(super) fn key(k: usize) -> String {
    let dot = dot(k, 13.0, 6.0, "");
    let (colour, dashes) = (k % 8, k / 8 % 4);
    format!(
        "<svg viewBox=\"0 0 26 12\" aria-hidden=true><g class=\"series l{colour} d{dashes}\">\
         <path class=way d=\"M1 6H25\"/>{dot}</g></svg>"
    )
}

fn text(x: f64, y: f64, anchor: &str, class: &str, words: &str) -> String {
    let words = escaped(words);
    format!("<text x={x:.1} y={y:.1} text-anchor={anchor} class=\"{class}\">{words}</text>")
}

/// A number on an axis.
fn short(x: f64) -> String {
    if x == 0.0 {
        return "0".into();
    }
    if !(1e-2..1e5).contains(&x.abs()) {
        return format!("{x:.0e}");
    }
    let rounded = format!("{x:.4}");
    rounded
        .trim_end_matches('0')
        .trim_end_matches('.')
        .to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_round_and_inside() {
        let axis = Axis::over([0.3, 47.0].into_iter(), false).unwrap();
        assert_eq!(axis.ticks(5), [0.0, 20.0, 40.0]);
        let axis = Axis::over([0.9, 1200.0].into_iter(), true).unwrap();
        assert_eq!(axis.ticks(4), [1.0, 10.0, 100.0, 1000.0]);
        assert_eq!(Axis::over([f64::NAN, -1.0].into_iter(), true), None);
        assert!(Axis::over([2.0].into_iter(), true).is_some());
    }

    #[test]
    fn numbers_on_axes_are_short() {
        let shown = [0.0, 10.0, 0.25, 1e-5, 2e6, -3.0].map(short);
        assert_eq!(shown, ["0", "10", "0.25", "1e-5", "2e6", "-3"]);
    }
}
