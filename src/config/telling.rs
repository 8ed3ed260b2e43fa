//! Notifiers, and the digests they are sent.

use std::path::PathBuf;

use super::check::{Names, known};
use super::problem::Report;
use super::raw::Section;
use super::values;
use crate::model::{
    Channel, Digest, DigestId, EmailConfig, Encryption, Every, Login, NotifierConfig, NotifierId, Quiet,
    Secret, WebhookConfig, WebhookFormat,
};

const KINDS: [(&str, Kind); 4] = [
    ("desktop", Kind::Desktop),
    ("email", Kind::Email),
    ("webhook", Kind::Webhook),
    ("command", Kind::Command),
];

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Desktop,
    Email,
    Webhook,
    Command,
}

impl Kind {
    /// Keys that only a notifier of this kind looks at.
    fn keys(self) -> &'static [&'static str] {
        match self {
            Kind::Desktop => &[],
            Kind::Email => {
                &["host", "port", "encryption", "user", "password_env", "password_file", "from", "to"]
            }
            Kind::Webhook => &["format", "url_env", "url_file", "secret_env", "secret_file"],
            Kind::Command => &["argv"],
        }
    }
}

/// `None` for a notifier that is wrong.
pub(super) fn notifier(report: &mut Report<'_>, section: &Section<'_>) -> Option<NotifierConfig> {
    let id = section.quietly("id");
    section.required(report, "kind", "\"desktop\"");
    let kind = section.choice(report, "kind", &KINDS);
    let quiet = section.parsed(report, "quiet", values::hours);
    if let Some(kind) = kind {
        let others = KINDS.iter().filter(|(_, other)| *other != kind);
        for (name, key) in others.flat_map(|(name, other)| other.keys().iter().map(move |key| (name, key))) {
            if section.has(key) {
                let message = format!("{}: `{key}` does nothing in a notifier of this kind", section.name);
                report.warning(
                    &section.key_place(key),
                    message,
                    format!("drop the line, or is it a `{name}`?"),
                );
            }
        }
    }
    let channel = match kind? {
        Kind::Desktop => Some(Channel::Desktop),
        Kind::Command => command(report, section),
        Kind::Webhook => webhook(report, section).map(Channel::Webhook),
        Kind::Email => email(report, section).map(Channel::Email),
    };
    let quiet = quiet.map(|(from, until)| Quiet { from, until });
    Some(NotifierConfig { id: NotifierId::new(id?), channel: channel?, quiet })
}

fn command(report: &mut Report<'_>, section: &Section<'_>) -> Option<Channel> {
    let argv = section.strings(report, "argv").unwrap_or_default();
    if argv.is_empty() {
        let message = format!("{}: it names no program", section.name);
        report.error(&section.place_of("argv"), message, "add `argv = [\"program\", \"argument\"]`");
        return None;
    }
    Some(Channel::Command { argv: argv.into_iter().map(|text| text.value).collect() })
}

fn webhook(report: &mut Report<'_>, section: &Section<'_>) -> Option<WebhookConfig> {
    let formats = WebhookFormat::ALL.map(|format| (format.as_str(), format));
    let format = match section.has("format") {
        true => section.choice(report, "format", &formats),
        false => Some(WebhookFormat::Json),
    };
    let url = secret(report, section, "url");
    if url.is_none() && !section.has("url_env") && !section.has("url_file") {
        let message = format!("{}: it has no address", section.name);
        let help = "put the address into an environment variable or a file, since who knows it can write to \
                    you, and add `url_env = \"NAME\"` or `url_file = \"PATH\"`";
        report.error(&section.place, message, help);
    }
    let secret = secret(report, section, "secret");
    let signs = matches!(format, None | Some(WebhookFormat::Json | WebhookFormat::Ntfy));
    if secret.is_some() && !signs {
        let key = if section.has("secret_env") { "secret_env" } else { "secret_file" };
        let message = format!("{}: `{key}` does nothing in this format", section.name);
        report.warning(
            &section.key_place(key),
            message,
            "drop the line: only `json` and `ntfy` have a secret",
        );
    }
    Some(WebhookConfig { format: format?, url: url?, secret })
}

fn email(report: &mut Report<'_>, section: &Section<'_>) -> Option<EmailConfig> {
    let host = section.required(report, "host", "\"mail.example.org\"").map(|text| text.value);
    let port = section.integer(report, "port", 1..65_536).and_then(|port| u16::try_from(port).ok());
    let encryptions =
        [("tls", Encryption::Tls), ("starttls", Encryption::StartTls), ("none", Encryption::None)];
    let stated = section.choice(report, "encryption", &encryptions);
    let local = host.as_deref().is_some_and(is_loopback);
    let encryption = stated.unwrap_or(match port {
        Some(465) => Encryption::Tls,
        _ if local => Encryption::None,
        _ => Encryption::StartTls,
    });
    let port = port.unwrap_or(match encryption {
        Encryption::Tls => 465,
        Encryption::StartTls => 587,
        Encryption::None => 25,
    });
    let user = section.filled(report, "user").map(|text| text.value);
    let password = secret(report, section, "password");
    match (&user, &password) {
        (Some(_), None) if !section.has("password_env") && !section.has("password_file") => {
            let message = format!("{}: `user` has no password", section.name);
            let help = "add `password_env = \"NAME\"` or `password_file = \"PATH\"`";
            report.error(&section.key_place("user"), message, help);
        }
        (None, Some(_)) => {
            let message = format!("{}: there is a password, but no `user`", section.name);
            report.error(&section.place, message, "add `user = \"…\"`");
        }
        (Some(_), Some(_)) if encryption == Encryption::None && !local => {
            let message = format!("{}: the password is sent in the open", section.name);
            report.warning(&section.place_of("encryption"), message, "write `encryption = \"starttls\"`");
        }
        _ => {}
    }
    let from = section.required(report, "from", "\"vigie@example.org\"");
    let to = match section.has("to") {
        true => section.strings(report, "to").unwrap_or_default(),
        false => Vec::new(),
    };
    if to.is_empty() {
        let message = format!("{}: it names nobody to write to", section.name);
        report.error(&section.place_of("to"), message, "add `to = [\"me@example.org\"]`");
    }
    for address in from.iter().chain(&to).filter(|text| !is_mail_address(&text.value)) {
        let message = format!("{}: `{}` is no mail address", section.name, address.value);
        let help = "write `name@example.org` or `Name <name@example.org>`";
        report.error(&address.place, message, help);
    }
    Some(EmailConfig {
        host: host?,
        port,
        encryption,
        login: user.zip(password).map(|(user, password)| Login { user, password }),
        from: from?.value,
        to: to.into_iter().map(|text| text.value).collect(),
    })
}

/// `<key>_env` or `<key>_file`.
fn secret(report: &mut Report<'_>, section: &Section<'_>, key: &str) -> Option<Secret> {
    let (variable, file) = (format!("{key}_env"), format!("{key}_file"));
    let from_variable = section.filled(report, &variable);
    let from_file = section.filled(report, &file);
    if section.has(&variable) && section.has(&file) {
        let message = format!("{}: it has both `{variable}` and `{file}`", section.name);
        report.error(&section.key_place(&file), message, "keep one");
    }
    if let Some(text) = from_variable.as_ref().filter(|text| text.value.contains(['=', '/', ':', ' '])) {
        let message = format!(
            "{}: `{variable}` is the name of an environment variable, not what it holds",
            section.name
        );
        let help = format!("write a name such as `VIGIE_{}`, and set that", key.to_uppercase());
        report.error(&text.place, message, help);
    }
    from_variable
        .map(|text| Secret::Variable(text.value.trim().to_owned()))
        .or(from_file.map(|text| Secret::File(PathBuf::from(text.value))))
}

fn is_loopback(host: &str) -> bool {
    match url::Host::parse(host) {
        Ok(url::Host::Domain(name)) => name == "localhost",
        Ok(url::Host::Ipv4(address)) => address.is_loopback(),
        Ok(url::Host::Ipv6(address)) => address.is_loopback(),
        Err(_) => host == "::1",
    }
}

fn is_mail_address(text: &str) -> bool {
    let text = text.trim();
    let address = match text.strip_suffix('>') {
        Some(named) => named.rsplit_once('<').map(|(_, address)| address),
        None => Some(text),
    };
    let good =
        |part: &str| !part.is_empty() && !part.contains(|c: char| c.is_whitespace() || "<>@,;\"".contains(c));
    let parts = address.and_then(|address| address.split_once('@'));
    parts.is_some_and(|(name, domain)| good(name) && good(domain)) && !text.contains(char::is_control)
}

pub(super) fn digest(
    report: &mut Report<'_>,
    section: &Section<'_>,
    names: &Names,
    notifiers: &[NotifierConfig],
) -> Option<Digest> {
    let id = section.quietly("id");
    section.required(report, "every", "\"week\"");
    let weekly = section.choice(report, "every", &[("day", false), ("week", true)]);
    let at = section.parsed(report, "at", values::moment);
    if let (Some((Some(_), _)), Some(false)) = (&at, weekly) {
        let message = format!("{}: a daily digest comes every day", section.name);
        report.error(&section.place_of("at"), message, "write the time alone, such as `at = \"08:00\"`");
    }
    let notify = match section.strings(report, "notify") {
        Some(texts) => {
            let ids = known(report, section, "notifier", texts, &names.notifiers);
            ids.into_iter().map(NotifierId::new).collect()
        }
        None => notifiers.iter().map(|notifier| notifier.id.clone()).collect::<Vec<_>>(),
    };
    if notify.is_empty() {
        let message = format!("{}: nobody is told", section.name);
        report.warning(&section.place_of("notify"), message, "name a notifier: `notify = [\"mail\"]`");
    }
    let (weekday, time) = at.unwrap_or((None, values::MORNING));
    let every = match weekly? {
        true => Every::Week(weekday.unwrap_or(jiff::civil::Weekday::Monday)),
        false => Every::Day,
    };
    Some(Digest { id: DigestId::new(id?), every, at: time, notify })
}
