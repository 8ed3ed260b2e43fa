//! Secrets are read when they are needed, and kept nowhere.

use crate::model::Secret;

/// What a secret holds, without the white space around it.
///
/// # Errors
/// That there is none, in words that name its place and never what it holds.
pub(super) fn read(secret: &Secret) -> Result<String, String> {
    let held = match secret {
        Secret::Variable(name) => std::env::var(name)
            .map_err(|_| format!("the environment variable `{name}` is not set, or is no text")),
        Secret::File(path) => std::fs::read_to_string(path)
            .map_err(|error| format!("{} cannot be read: {error}", path.display())),
    };
    match held?.trim() {
        "" => Err(format!("{} is empty", place(secret))),
        text => Ok(text.to_owned()),
    }
}

/// Where it is found, for people.
pub(super) fn place(secret: &Secret) -> String {
    match secret {
        Secret::Variable(name) => format!("the environment variable `{name}`"),
        Secret::File(path) => path.display().to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_in_a_file_is_its_text_without_the_line_break() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("secret");
        let secret = Secret::File(path.clone());
        assert!(read(&secret).unwrap_err().contains("cannot be read"));
        std::fs::write(&path, "s3cret\n").unwrap();
        assert_eq!(read(&secret).as_deref(), Ok("s3cret"));
        std::fs::write(&path, " \n").unwrap();
        assert!(read(&secret).unwrap_err().ends_with("is empty"));
        let unset = Secret::Variable("VIGIE_NO_SUCH_VARIABLE".to_owned());
        assert!(read(&unset).unwrap_err().contains("`VIGIE_NO_SUCH_VARIABLE` is not set"));
    }
}
