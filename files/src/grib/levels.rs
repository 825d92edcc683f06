//! Names of vertical levels and of kinds of data.

/// Codes of edition 1, as ECMWF calls them.
const FIRST: &[(u8, &str)] = &[
    (1, "surface"),
    (2, "cloudBase"),
    (3, "cloudTop"),
    (4, "isothermZero"),
    (5, "adiabaticCondensation"),
    (6, "maxWind"),
    (7, "tropopause"),
    (8, "nominalTop"),
    (9, "seaBottom"),
    (100, "isobaricInhPa"),
    (101, "isobaricLayer"),
    (102, "meanSea"),
    (103, "heightAboveSea"),
    (104, "heightAboveSeaLayer"),
    (105, "heightAboveGround"),
    (106, "heightAboveGroundLayer"),
    (107, "sigma"),
    (108, "sigmaLayer"),
    (109, "hybrid"),
    (110, "hybridLayer"),
    (111, "depthBelowLand"),
    (112, "depthBelowLandLayer"),
    (113, "theta"),
    (114, "thetaLayer"),
    (115, "pressureFromGround"),
    (116, "pressureFromGroundLayer"),
    (117, "potentialVorticity"),
    (160, "depthBelowSea"),
    (200, "entireAtmosphere"),
    (201, "entireOcean"),
    (210, "isobaricInPa"),
    (211, "oceanWave"),
    (212, "oceanMixedLayer"),
];

/// Codes of edition 2 for a surface alone.
const SECOND: &[(u8, &str)] = &[
    (1, "surface"),
    (2, "cloudBase"),
    (3, "cloudTop"),
    (4, "isothermZero"),
    (5, "adiabaticCondensation"),
    (6, "maxWind"),
    (7, "tropopause"),
    (8, "nominalTop"),
    (9, "seaBottom"),
    (10, "atmosphere"),
    (20, "isothermal"),
    (100, "isobaricInhPa"),
    (101, "meanSea"),
    (102, "heightAboveSea"),
    (103, "heightAboveGround"),
    (104, "sigma"),
    (105, "hybrid"),
    (106, "depthBelowLand"),
    (107, "theta"),
    (108, "pressureFromGround"),
    (109, "potentialVorticity"),
    (111, "eta"),
    (114, "snow"),
    (118, "hybridHeight"),
    (119, "hybridPressure"),
    (151, "soil"),
    (152, "seaIce"),
    (160, "depthBelowSea"),
    (162, "lakeBottom"),
    (166, "mixingLayer"),
    (168, "oceanModel"),
    (174, "iceTopOnWater"),
    (177, "indefiniteSoilDepth"),
];

/// Codes of edition 1 that give the two boundaries of a layer.
pub(super) fn is_layer(code: u8) -> bool {
    matches!(code, 101 | 104 | 106 | 108 | 110 | 112 | 114 | 116)
}

/// Name of a type of level of edition 1.
pub(super) fn first_edition(code: u8) -> String {
    named(FIRST, code)
}

/// Name of a type of level of edition 2: that of its surface, or of the layer between two.
pub(super) fn second_edition(first: u8, second: u8) -> String {
    let name = named(SECOND, first);
    match second {
        8 if first == 1 => "entireAtmosphere".into(),
        _ if second == first && first >= 100 => format!("{name}Layer"),
        _ => name,
    }
}

fn named(names: &[(u8, &str)], code: u8) -> String {
    let known = names.iter().find(|(c, _)| *c == code);
    known.map_or_else(|| format!("level_{code}"), |(_, name)| (*name).into())
}

/// Abbreviation of a type of field of ECMWF's archive.
pub(super) fn data_type(code: u16) -> Option<&'static str> {
    Some(match code {
        2 => "an",
        9 => "fc",
        10 => "cf",
        11 => "pf",
        17 => "em",
        18 => "es",
        _ => return None,
    })
}
