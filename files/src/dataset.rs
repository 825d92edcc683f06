//! What a file says of itself, without the values.

use crate::values::{Kind, Values};

/// Dimensions, variables and attributes, in the order of the file.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Dataset {
    /// What variables extend along.
    pub dimensions: Vec<Dimension>,
    /// Attributes of the whole.
    pub attributes: Vec<Attribute>,
    /// Coordinates as well as data.
    pub variables: Vec<Variable>,
}

/// Something to extend along.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dimension {
    /// Its name; unique in a data set.
    pub name: String,
    /// How many places there are; 0 is possible where it is unlimited.
    pub length: usize,
    /// Whether more can be added.
    pub unlimited: bool,
}

/// A name and what it stands for.
#[derive(Debug, Clone, PartialEq)]
pub struct Attribute {
    /// Unique among its siblings.
    pub name: String,
    /// Texts are [`Values::Char`] unless the file tells both apart.
    pub value: Values,
}

/// A variable, as it is stored: packed if it is packed.
#[derive(Debug, Clone, PartialEq)]
pub struct Variable {
    /// Its name; unique in a data set, `group/name` where there are groups.
    pub name: String,
    /// Type of its values.
    pub kind: Kind,
    /// Its dimensions, slowest first, counted in the data set.
    pub dimensions: Vec<usize>,
    /// Units, fill values, packing and whatever else there is.
    pub attributes: Vec<Attribute>,
}

impl Dataset {
    /// Lengths along the dimensions of a variable.
    pub fn shape(&self, variable: &Variable) -> Vec<usize> {
        let length = |d: &usize| self.dimensions[*d].length;
        variable.dimensions.iter().map(length).collect()
    }

    /// Names of the dimensions of a variable.
    pub fn dims(&self, variable: &Variable) -> Vec<&str> {
        let name = |d: &usize| self.dimensions[*d].name.as_str();
        variable.dimensions.iter().map(name).collect()
    }

    /// Where the variable of that name is.
    pub fn position(&self, name: &str) -> Option<usize> {
        self.variables.iter().position(|v| v.name == name)
    }
}

impl Variable {
    /// What an attribute of that name stands for.
    pub fn attribute(&self, name: &str) -> Option<&Values> {
        find(&self.attributes, name)
    }
}

fn find<'a>(attributes: &'a [Attribute], name: &str) -> Option<&'a Values> {
    let found = attributes.iter().find(|a| a.name == name)?;
    Some(&found.value)
}
