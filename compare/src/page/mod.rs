//! The page: one file, no scripts or styles from elsewhere.

#![expect(
    clippy::format_push_string,
    reason = "a page is made once, and writes that cannot fail would hide it behind checks"
)]

mod chart;
mod codes;
mod fields;
mod figures;
mod html;
mod record;

use super::results::Results;
use super::standing::Standings;
use super::summary;
use super::table::Table;
use super::tables;
use html::escaped;

const STYLE: &str = include_str!("style.css");
const SCRIPT: &str = include_str!("script.js");

const PARTS: [(&str, &str); 7] = [
    ("conclusion", "Conclusion"),
    ("rates", "Rates and distortion"),
    ("errors", "Errors"),
    ("causes", "Why"),
    ("fields", "Field by field"),
    ("all", "Every case"),
    ("record", "How to make this again"),
];

/// The whole page: one HTML file that needs no other.
pub fn of(results: &Results) -> String {
    let standings = Standings::new(results);
    let tables = tables::all(results);
    let find = |id: &str| tables.iter().find(|table| table.id == id);
    let mut page = head(results);
    let mut part = |id: &str, content: &[String]| {
        let name = PARTS
            .iter()
            .find(|(part, _)| *part == id)
            .map_or("", |(_, name)| name);
        page += &format!("<section id={id}><h2>{name}</h2>\n");
        content.iter().for_each(|piece| page += piece);
        page += "</section>\n";
    };
    part("conclusion", &conclusion(results, find("ratios")));
    part(
        "rates",
        &[
            section(find("backends")),
            figures::legend(&standings),
            figures::gains(&standings),
            figures::ratios(results, &standings),
        ],
    );
    part(
        "errors",
        &[
            section(find("quality")),
            section(find("wind")),
            figures::distributions(&standings),
            figures::autocorrelations(&standings),
        ],
    );
    let causes = [
        section(find("why")),
        codes::figures(&standings),
        section(find("choices")),
    ];
    part("causes", &causes);
    part("fields", &[fields::all(results, &standings)]);
    let cases = [
        section(find("failures")),
        section(Some(&tables::cases(results))),
    ];
    part("all", &cases);
    part("record", &[record::of(results)]);
    page += &format!("<script>\n{SCRIPT}</script>\n</body>\n</html>\n");
    page
}

/// All before the first part.
fn head(results: &Results) -> String {
    let title = match &results.fields[..] {
        [one] => format!("foresz compare: {}", one.name),
        many => format!("foresz compare: {} fields", many.len()),
    };
    let mut head = format!(
        "<!doctype html>\n<html lang=en>\n<head>\n<meta charset=utf-8>\n\
         <meta name=viewport content=\"width=device-width, initial-scale=1\">\n\
         <title>{title}</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n<header><h1>{title}</h1>\
         <button type=button id=theme>light / dark</button><button type=button id=print>print</button></header>\n<nav>",
        title = escaped(&title)
    );
    for (id, name) in PARTS {
        head += &format!("<a href=\"#{id}\">{name}</a>");
    }
    head + "</nav>\n"
}

fn conclusion(results: &Results, ratios: Option<&Table>) -> Vec<String> {
    let mut said = "<ul class=said>\n".to_owned();
    for sentence in summary::sentences(results) {
        said += &format!("<li>{}</li>\n", escaped(&sentence));
    }
    said += "</ul>\n";
    vec![said, section(ratios)]
}

fn section(table: Option<&Table>) -> String {
    table.map_or(String::new(), |table| {
        format!("<h3>{}</h3>\n{}", escaped(&table.title), html::table(table))
    })
}

/// A figure with what it shows and how it was made.
fn figure(title: &str, says: &str, content: &str) -> String {
    let (title, says) = (escaped(title), escaped(says));
    format!("<h3>{title}</h3>\n<p class=note>{says}</p>\n<figure>{content}</figure>\n")
}
