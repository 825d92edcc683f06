//! Attributes of files and variables, named as cfgrib names them.

use crate::dataset::Attribute;
use crate::grib::coordinates::{text, whole};
use crate::grib::field::{Field, Method};
use crate::grib::grid::Grid;
use crate::grib::parameters::Parameter;
use crate::values::Values;

/// Centres that data come from, mostly.
const CENTRES: &[(u16, &str, &str)] = &[
    (7, "kwbc", "US National Weather Service - NCEP"),
    (34, "rjtd", "Japanese Meteorological Agency - Tokyo"),
    (54, "cwao", "Canadian Meteorological Service - Montreal"),
    (74, "egrr", "U.K. Met Office - Exeter"),
    (78, "edzw", "Offenbach"),
    (85, "lfpw", "French Weather Service - Toulouse"),
    (
        98,
        "ecmf",
        "European Centre for Medium-Range Weather Forecasts",
    ),
];

/// Attributes of a file, as its first field has them.
pub(super) fn file(field: &Field) -> Vec<Attribute> {
    let mut attributes = vec![whole("GRIB_edition", i64::from(field.edition))];
    let centre = CENTRES.iter().find(|(code, ..)| *code == field.centre);
    match centre {
        Some((_, short, long)) => {
            attributes.push(text("GRIB_centre", short));
            attributes.push(text("GRIB_centreDescription", long));
        }
        None => attributes.push(whole("GRIB_centre", i64::from(field.centre))),
    }
    attributes.push(whole("GRIB_subCentre", i64::from(field.sub_centre)));
    attributes.push(text("Conventions", "CF-1.7"));
    if let Some((.., long)) = centre {
        attributes.push(text("institution", long));
    }
    attributes
}

/// Attributes of a variable, as its first field has them.
pub(super) fn variable(parameter: &Parameter, field: &Field, grid: &Grid) -> Vec<Attribute> {
    let mut attributes = Vec::new();
    if let Some(id) = parameter.id {
        attributes.push(whole("GRIB_paramId", i64::from(id)));
    }
    attributes.push(text("GRIB_shortName", &parameter.short));
    attributes.push(text("GRIB_cfVarName", &parameter.variable));
    if let Some(data_type) = field.data_type {
        attributes.push(text("GRIB_dataType", data_type));
    }
    let points = grid.points().unwrap_or(0) as i64;
    attributes.push(whole("GRIB_numberOfPoints", points));
    attributes.push(text("GRIB_typeOfLevel", &field.level.kind));
    attributes.push(text("GRIB_stepType", field.step_type));
    attributes.push(text("GRIB_gridType", &grid.kind));
    if let Some([_, total]) = field.member {
        attributes.push(whole("GRIB_totalNumber", total));
    }
    attributes.push(whole("GRIB_NV", field.vertical as i64));
    attributes.extend(grid.keys.iter().map(|(name, value)| Attribute {
        name: (*name).into(),
        value: value.clone(),
    }));
    attributes.push(Attribute {
        name: "GRIB_missingValue".into(),
        value: Values::F64(vec![f64::from(f32::MAX)]),
    });
    if let Some(name) = parameter.name {
        attributes.push(text("GRIB_name", name));
        attributes.push(text("long_name", name));
    }
    if let Some(units) = parameter.units {
        attributes.push(text("GRIB_units", units));
        attributes.push(text("units", units));
    }
    if let Some(standard) = parameter.standard {
        attributes.push(text("GRIB_cfName", standard));
        attributes.push(text("standard_name", standard));
    }
    attributes
}

/// Attributes that tell how values are packed: widths, and differences of neighbours.
pub(super) fn packing<'a>(fields: impl Iterator<Item = &'a Field> + Clone) -> Vec<Attribute> {
    let bits = fields.clone().map(|f| i64::from(f.packing.bits)).max();
    let packed = fields
        .clone()
        .filter(|f| !f.is_constant() && f.method != Method::Ieee);
    let steps = packed.map(|f| f.packing.step());
    let steps = steps.filter(|s| *s > 0.0 && s.is_finite());
    let finest = steps.clone().reduce(f64::min);
    let coarsest = steps.reduce(f64::max);
    let mut range: Vec<f64> = finest.into_iter().chain(coarsest).collect();
    range.dedup();
    let mut attributes = Vec::new();
    if let Some(first) = fields.clone().next() {
        attributes.push(text("GRIB_packingType", first.method.name()));
    }
    attributes.extend(bits.map(|b| whole("GRIB_bitsPerValue", b)));
    if !range.is_empty() {
        attributes.push(Attribute {
            name: "GRIB_packing_step".into(),
            value: Values::F64(range),
        });
    }
    attributes
}
