//! A field of a message: what its header says.

use crate::grib::bytes::Span;
use crate::grib::ccsds::Coder;
use crate::grib::complex::Groups;
use crate::grib::packing::Packing;

/// One field at one time on one level.
#[derive(Debug, Clone)]
pub(super) struct Field {
    pub(super) edition: u8,
    pub(super) centre: u16,
    pub(super) sub_centre: u16,
    pub(super) code: Code,
    pub(super) level: Level,
    /// Seconds since 1970 to the time at which its forecast or analysis began.
    pub(super) time: i64,
    /// Seconds from there to the time it is valid at, or to the end of what it sums up.
    pub(super) step: i64,
    /// How it sums up time: `instant`, `accum`, `avg`.
    pub(super) step_type: &'static str,
    /// Analysis or forecast, as ECMWF abbreviates it.
    pub(super) data_type: Option<&'static str>,
    /// Member of an ensemble, and how many there are.
    pub(super) member: Option<[i64; 2]>,
    /// Its grid, counted among those of the file.
    pub(super) grid: usize,
    /// Vertical coordinates that the header holds.
    pub(super) vertical: usize,
    pub(super) packing: Packing,
    pub(super) method: Method,
    pub(super) bitmap: Option<Span>,
    pub(super) data: Span,
}

/// Which quantity it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Code {
    /// By a number in a table of a centre, as edition 1 has it.
    Table { table: u8, number: u8 },
    /// By a triple and, for some, by the surface and the statistics, as edition 2 has it.
    Triple {
        triple: [u8; 3],
        surfaces: [Surface; 2],
        process: Option<u8>,
    },
}

/// A surface as edition 2 has it: its type and a scaled value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Surface {
    pub(super) kind: u8,
    pub(super) factor: i64,
    pub(super) value: u32,
}

/// Where in the vertical a field is.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Level {
    /// As ECMWF calls its type: `isobaricInhPa`.
    pub(super) kind: String,
    pub(super) value: f64,
}

/// How numbers are stored.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Method {
    /// All of one width.
    Simple,
    /// In groups of different widths.
    Complex(Groups),
    /// By an entropy coder.
    Ccsds(Coder),
    /// As floating-point numbers of IEEE 754.
    Ieee,
}

impl Field {
    /// Whether all its values are the reference; groups may still have bits of their own.
    pub(super) fn is_constant(&self) -> bool {
        self.packing.bits == 0 && !matches!(self.method, Method::Complex(_))
    }

    /// Whether its values need double precision.
    pub(super) fn is_wide(&self) -> bool {
        match self.method {
            Method::Ieee => self.packing.bits > 32,
            _ => self.packing.bits > 24,
        }
    }
}

impl Method {
    /// As ECMWF calls it.
    pub(super) fn name(self) -> &'static str {
        match self {
            Method::Simple => "grid_simple",
            Method::Complex(_) => "grid_complex",
            Method::Ccsds(_) => "grid_ccsds",
            Method::Ieee => "grid_ieee",
        }
    }
}
