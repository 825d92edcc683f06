//! A command line cut into words, so that no shell has to run.

/// The words of `line`. Quotes and backslashes mean what they mean to a shell; nothing
/// else does.
pub(super) fn words(line: &str) -> Result<Vec<String>, &'static str> {
    // On Windows it stands between folders.
    let escape = if cfg!(windows) { None } else { Some('\\') };
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut quote = None;
    let mut letters = line.chars();
    while let Some(letter) = letters.next() {
        match quote {
            Some(open) if open == letter => quote = None,
            None if letter == '"' || letter == '\'' => {
                quote = Some(letter);
                word.get_or_insert_default();
            }
            None if letter.is_whitespace() => words.extend(word.take()),
            _ if Some(letter) == escape && quote != Some('\'') => {
                let next = letters.next().ok_or("it ends in a backslash")?;
                let word = word.get_or_insert_default();
                if quote.is_some() && !"\"\\$`".contains(next) {
                    word.push(letter);
                }
                word.push(next);
            }
            _ => word.get_or_insert_default().push(letter),
        }
    }
    if quote.is_some() {
        return Err("a quote is not closed");
    }
    words.extend(word);
    if words.first().is_none_or(String::is_empty) {
        return Err("it names no program");
    }
    Ok(words)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_those_of_a_shell() {
        for (line, expected) in [
            ("python sidecar.py", vec!["python", "sidecar.py"]),
            ("  a\t b  ", vec!["a", "b"]),
            (
                "'my model/run' \"--name=a b\"",
                vec!["my model/run", "--name=a b"],
            ),
            ("a'b c'd \"\" ''", vec!["ab cd", "", ""]),
            ("a \"it's\" '\"'", vec!["a", "it's", "\""]),
            (
                "a $HOME `x` * ~ #",
                vec!["a", "$HOME", "`x`", "*", "~", "#"],
            ),
        ] {
            assert_eq!(words(line).unwrap(), expected, "{line}");
        }
    }

    #[cfg(not(windows))]
    #[test]
    fn backslashes_escape() {
        for (line, expected) in [
            (r"a\ b", vec!["a b"]),
            (r#""a\"b\\c\d""#, vec![r#"a"b\c\d"#]),
            (r"'a\b'", vec![r"a\b"]),
        ] {
            assert_eq!(words(line).unwrap(), expected, "{line}");
        }
        assert!(words("a \\").is_err());
    }

    #[test]
    fn what_is_no_command_is_refused() {
        for line in ["", "   ", "'open", "\"open", "''", "\"\" a"] {
            assert!(words(line).is_err(), "{line}");
        }
    }
}
