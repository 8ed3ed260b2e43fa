//! What is wrong with a source, in the language of the reader.
//!
//! Health is stored as it was told, in English, and programs read it so. What vigie said itself is put into French piece
//! by piece; what a server or a system said stays as it is.

use std::borrow::Cow;

use crate::model::Tongue;

/// The note of a source's health, or the reason of a failure.
pub fn cause(note: &str, tongue: Tongue) -> Cow<'_, str> {
    match tongue {
        Tongue::English => Cow::Borrowed(note),
        Tongue::French => Cow::Owned(in_french(note)),
    }
}

/// A source's state, as the manual names it.
pub fn state(state: &str, tongue: Tongue) -> &str {
    match (tongue, state) {
        (Tongue::French, "new") => "nouvelle",
        (Tongue::French, "silent") => "muette",
        (Tongue::French, "moved") => "a déménagé",
        (Tongue::French, "throttled") => "demande de patienter",
        (Tongue::French, "blocked") => "refusée",
        (Tongue::French, "broken") => "en panne",
        (Tongue::French, "gone") => "disparue",
        (Tongue::French, "disabled") => "désactivée",
        (_, state) => state,
    }
}

/// A piece begins at the start, or behind one of these; those that French sets off are given as it writes them.
const BEFORE: [(&str, &str); 7] =
    [("; ", " ; "), (": ", " : "), (", ", ", "), (" (", " ("), ("` ", "` "), (") ", ") "), ("> ", "> ")];

fn in_french(note: &str) -> String {
    let mut out = String::with_capacity(note.len() * 2);
    let mut rest = note;
    loop {
        let said = PIECES
            .iter()
            .filter_map(|(english, french)| Some((english, french, matched(english, rest)?)))
            .max_by_key(|(english, ..)| english.len());
        let is_said = said.is_some();
        if let Some((english, french, (numbers, behind))) = said {
            let mut numbers = numbers.iter();
            for part in french.split_inclusive('#') {
                out.push_str(part.trim_end_matches('#'));
                if part.ends_with('#') {
                    out.push_str(numbers.next().copied().unwrap_or_default());
                }
            }
            rest = behind;
            if english.ends_with(' ') {
                continue;
            }
        }
        let next = BEFORE.iter().filter_map(|(mark, french)| Some((rest.find(mark)?, mark, french)));
        let Some((at, mark, french)) = next.min_by_key(|(at, ..)| *at) else {
            out.push_str(rest);
            return out;
        };
        out.push_str(&rest[..at]);
        out.push_str(if is_said && at == 0 { french } else { mark });
        rest = &rest[at + mark.len()..];
    }
}

/// Whether a text begins with a piece, in which `#` stands for digits: those, and what comes behind it.
fn matched<'a>(piece: &str, text: &'a str) -> Option<(Vec<&'a str>, &'a str)> {
    let mut numbers = Vec::new();
    let mut rest = text;
    for (place, literal) in piece.split('#').enumerate() {
        if place > 0 {
            let end = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
            let (number, behind) = rest.split_at(end);
            if number.is_empty() {
                return None;
            }
            numbers.push(number);
            rest = behind;
        }
        rest = rest.strip_prefix(literal)?;
    }
    let whole_word = !rest.starts_with(char::is_alphanumeric) || piece.ends_with(' ');
    whole_word.then_some((numbers, rest))
}

const PIECES: &[(&str, &str)] = &[
    ("broken: ", "en panne : "),
    ("blocked: ", "refusée : "),
    ("throttled: ", "demande de patienter : "),
    ("gone: ", "disparue : "),
    // Asking.
    ("asked to wait # s before the next request", "demande d’attendre # s avant la prochaine requête"),
    ("asked to wait", "demande d’attendre"),
    ("not asked", "pas interrogée"),
    ("its host wants to be left alone for # s more", "son serveur veut rester tranquille # s de plus"),
    ("refused: ", "refusé : "),
    ("the address", "l’adresse"),
    (
        "is not on the public internet; if it is meant, write `allow_private = true` for the source, or \
         `--allow-private` for an address",
        "n’est pas sur l’internet public ; si c’est voulu, écrivez `allow_private = true` pour la source, ou \
         `--allow-private` pour une adresse",
    ),
    ("is not http or https", "n’est ni http ni https"),
    ("is not ws or wss", "n’est ni ws ni wss"),
    ("the address does not begin with wss://", "l’adresse ne commence pas par wss://"),
    ("a redirect to an unreadable address", "une redirection vers une adresse illisible"),
    ("a redirect from https to http", "une redirection de https vers http"),
    ("redirected more than # times", "redirigée plus de # fois"),
    ("the answer is encoded as", "la réponse est codée en"),
    ("which was not asked for", "ce qui n’était pas demandé"),
    ("server answered #", "réponse du serveur : #"),
    ("bad request)", "requête incorrecte)"),
    ("wants a login)", "demande un identifiant)"),
    ("forbidden)", "interdit)"),
    (
        "not found; it may come back, so it is asked for again",
        "introuvable ; elle peut revenir, elle est donc redemandée",
    ),
    ("refused for legal reasons)", "refusée pour des raisons légales)"),
    ("internal error)", "erreur interne)"),
    ("bad gateway)", "passerelle en défaut)"),
    ("gateway timeout)", "passerelle sans réponse à temps)"),
    ("taken down by its publisher", "retirée par son éditeur"),
    ("no whole answer within", "pas de réponse complète en"),
    ("could not connect", "connexion impossible"),
    ("the request failed", "la requête a échoué"),
    ("Connection refused", "connexion refusée"),
    ("no public address", "pas d’adresse publique"),
    ("connection closed before message completed", "connexion fermée avant la fin de la réponse"),
    ("no such host, or no network", "hôte inconnu, ou pas de réseau"),
    ("Network is unreachable", "réseau inaccessible"),
    ("No route to host", "aucun chemin vers le serveur"),
    // The document.
    ("nothing new since", "rien de nouveau depuis le"),
    ("moved for good to", "a déménagé pour de bon à"),
    ("write that address into feeds.toml", "écrivez cette adresse dans feeds.toml"),
    ("the answer is larger than # bytes", "la réponse dépasse # octets"),
    ("the answer broke off", "la réponse s’est interrompue"),
    ("what had come was read", "ce qui était arrivé a été lu"),
    ("and what had come holds no entry", "et ce qui était arrivé ne contient aucune entrée"),
    ("what is older is still being read", "ce qui est plus ancien est encore en cours de lecture"),
    (
        "tags that do not match were closed where they must end",
        "des balises sans vis-à-vis ont été fermées là où elles doivent finir",
    ),
    ("markup that is no XML was read as text", "du balisage qui n’est pas du XML a été lu comme du texte"),
    (
        "too much of the markup is no XML; reading stopped",
        "trop de balisage n’est pas du XML ; la lecture s’est arrêtée",
    ),
    (
        "the document ends inside an entry, which was left out",
        "le document s’arrête au milieu d’une entrée, laissée de côté",
    ),
    (
        "elements nested deeper than # were passed over",
        "des éléments imbriqués à plus de # niveaux ont été sautés",
    ),
    (
        "more than # entries; the others were left out",
        "plus de # entrées ; les autres ont été laissées de côté",
    ),
    ("control characters were left out", "des caractères de contrôle ont été retirés"),
    ("declared as ", "déclaré en "),
    ("read as UTF-8", "lu en UTF-8"),
    ("which it is", "ce qu’il est"),
    ("some bytes were no valid ", "certains octets ne sont pas du "),
    (
        "not valid UTF-8; the other bytes were read as windows-1252",
        "pas de l’UTF-8 valide ; les autres octets ont été lus en windows-1252",
    ),
    ("an HTML page that advertises no feed", "une page HTML qui n’annonce aucun flux"),
    ("an HTML page", "une page HTML"),
    ("that advertises no feed", "qui n’annonce aucun flux"),
    ("that is no feed", "qui n’est pas un flux"),
    ("a JSON answer that is no feed", "une réponse JSON qui n’est pas un flux"),
    ("it advertises ", "elle annonce "),
    ("neither XML, HTML nor JSON; it begins with", "ni XML, ni HTML, ni JSON ; cela commence par"),
    ("an OPML list of feeds", "une liste de flux OPML"),
    ("a sitemap", "un plan de site"),
    ("an XML document", "un document XML"),
    ("a JSON answer", "une réponse JSON"),
    ("neither a feed nor valid JSON", "ni un flux ni du JSON valide"),
    (
        "items that are no objects were left out",
        "des éléments qui ne sont pas des objets ont été laissés de côté",
    ),
    ("not valid JSON, what came before was kept", "pas du JSON valide, ce qui précède a été gardé"),
    // Streams.
    ("open at", "ouverte chez"),
    ("the server closed the stream", "le serveur a fermé le flux"),
    ("the stream broke off", "le flux s’est interrompu"),
    ("no sign of life for # s", "aucun signe de vie depuis # s"),
    ("a message larger than # bytes", "un message de plus de # octets"),
    ("what the server sent is no stream of texts", "ce que le serveur a envoyé n’est pas un flux de textes"),
    (
        "the server speaks another protocol than WebSocket",
        "le serveur parle un autre protocole que WebSocket",
    ),
    (
        "the server answered with a document, not a stream",
        "le serveur a répondu par un document, pas par un flux",
    ),
];

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::fetch::{Cut, FetchError};
    use crate::sources::{Document, Limits, in_a_line, parse};

    #[track_caller]
    fn check(note: &str, french: &str) {
        assert_eq!(cause(note, Tongue::French), french);
        assert_eq!(cause(note, Tongue::English), note);
    }

    #[test]
    fn failures_are_told_in_french_and_numbers_kept() {
        check(
            &FetchError::Status(404).to_string(),
            "réponse du serveur : 404 (introuvable ; elle peut revenir, elle est donc redemandée)",
        );
        check(
            &FetchError::RateLimited { after: Some(Duration::from_secs(90)) }.to_string(),
            "demande d’attendre 90 s avant la prochaine requête",
        );
        check(&FetchError::TooManyRedirects(10).to_string(), "redirigée plus de 10 fois");
        check(&FetchError::Gone.to_string(), "retirée par son éditeur (410 Gone)");
        check(
            "broken: could not connect: Connection refused (os error 111)",
            "en panne : connexion impossible : connexion refusée (os error 111)",
        );
        check(
            &Cut::TooLarge { limit_bytes: 15_000_000 }.problem().message,
            "la réponse dépasse 15000000 octets ; ce qui était arrivé a été lu",
        );
        check(
            "`acme`: refused: `10.0.0.1` is not on the public internet; if it is meant, write `allow_private = true` \
             for the source, or `--allow-private` for an address",
            "`acme`: refusé : `10.0.0.1` n’est pas sur l’internet public ; si c’est voulu, écrivez `allow_private \
             = true` pour la source, ou `--allow-private` pour une adresse",
        );
    }

    #[test]
    fn documents_that_are_no_feeds_are_told_in_french() {
        let told = |body: &str, french: &str| {
            let document = Document {
                bytes: body.as_bytes(),
                content_type: None,
                base_url: Some("https://acme.example/"),
            };
            let problems = parse(document, &Limits::default()).problems;
            check(&in_a_line(&problems).unwrap(), french);
        };
        told(
            "<!doctype html><html><head><title>Not found: gone</title></head></html>",
            "une page HTML (“Not found: gone”) qui n’annonce aucun flux",
        );
        told("<opml></opml>", "une liste de flux OPML");
        told("<note></note>", "un document XML <note> qui n’est pas un flux");
    }

    #[test]
    fn what_others_said_stays_as_it_is() {
        check("it said: gone fishing", "it said: gone fishing");
    }
}
