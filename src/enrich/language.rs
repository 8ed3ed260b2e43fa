//! Which language a text is in.
//!
//! whichlang knows sixteen languages by their letter groups and always answers, even to three letters or
//! a brand's name. So it is one voice of three, and in a short text worth less than a word of the second:
//! common words (the, les, und), which tell a headline's language when its nouns do not. The third is what
//! the feed says of itself.

use std::collections::HashMap;
use std::sync::LazyLock;

use crate::model::Language;
use crate::text::tokens;

/// Bytes that are looked at: more say nothing new.
const ENOUGH_BYTES: usize = 400;
/// In texts of fewer words the claim weighs more.
const SHORT_WORDS: usize = 6;
/// Texts of fewer letters (a name, a number and a unit) have no letter groups to tell them by.
const FEW_LETTERS: usize = 10;
/// The votes below which nobody knows.
const LEAST_VOTES: f32 = 0.8;

/// `claimed` is what the feed says of itself, a prior that a clear text overrules.
pub fn detect(text: &str, claimed: Option<&str>) -> Language {
    let claimed = claimed.and_then(primary_subtag);
    let head = &text[..text.floor_char_boundary(ENOUGH_BYTES)];
    let prose = without_handles(head);
    let words = tokens::words(&prose);
    let words: Vec<&str> = words
        .iter()
        .map(|token| token.word.as_ref())
        .filter(|word| word.chars().any(char::is_alphabetic))
        .collect();
    // Scripts without spaces: two signs are about a word.
    let signs = prose.chars().filter(|&c| c > '\u{370}' && c.is_alphabetic()).count();
    let length = words.len().max(signs / 2);
    let mut votes: Vec<(&str, f32)> = Vec::new();
    let mut vote = |code, weight| match votes.iter_mut().find(|(known, _)| *known == code) {
        Some((_, sum)) => *sum += weight,
        None => votes.push((code, weight)),
    };
    if let Some(code) = &claimed {
        // A language that letter groups cannot tell has only the claim to speak for it.
        let told = CODES.iter().any(|(_, known)| known == code);
        vote(
            code,
            match (told, length < SHORT_WORDS) {
                (false, _) => 3.0,
                (true, true) => 1.5,
                (true, false) => 1.0,
            },
        );
    }
    for word in &words {
        for (code, weight) in COMMON_WORDS.get(word).into_iter().flatten() {
            vote(code, *weight);
        }
    }
    vote("fr", 0.5 * elisions(&prose) as f32);
    if !words.is_empty() {
        // A sign of another script says more than a Latin letter.
        let letters = words.iter().map(|word| word.chars().count()).sum::<usize>() + 2 * signs;
        let certainty = match letters < FEW_LETTERS {
            true => 0.4,
            false => (0.9 + 0.1 * length.saturating_sub(4) as f32).min(4.0),
        };
        let guess = whichlang::detect_language(&prose);
        let code = CODES.iter().find(|(language, _)| *language == guess);
        vote(code.map_or("", |(_, code)| code), certainty);
    }
    let best = votes.iter().max_by(|a, b| a.1.total_cmp(&b.1));
    match best {
        Some((code, sum)) if *sum >= LEAST_VOTES => Language::from_code(Some(code)),
        _ => Language::Unknown,
    }
}

/// The languages whichlang tells, by ISO 639-1 code.
const CODES: [(whichlang::Lang, &str); 16] = {
    use whichlang::Lang;
    [
        (Lang::Ara, "ar"),
        (Lang::Cmn, "zh"),
        (Lang::Deu, "de"),
        (Lang::Eng, "en"),
        (Lang::Fra, "fr"),
        (Lang::Hin, "hi"),
        (Lang::Ita, "it"),
        (Lang::Jpn, "ja"),
        (Lang::Kor, "ko"),
        (Lang::Nld, "nl"),
        (Lang::Por, "pt"),
        (Lang::Rus, "ru"),
        (Lang::Spa, "es"),
        (Lang::Swe, "sv"),
        (Lang::Tur, "tr"),
        (Lang::Vie, "vi"),
    ]
};

/// Words that one language uses much more than others do, folded; a word of several counts a part for each.
/// Those of French and English were chosen by how often each stands in news, posts and public writing of one
/// and not of the other, names and words of a trade left out.
const LISTS: [(&str, &str); 7] = [
    (
        "en",
        "the of and to is are was were for with that this it its he she you we they his her their from by \
         as at be been has have had not but what how why who when will would can could after before over \
         into about new says said your our my all more than out up off i if or an just don on in do so no \
         us get here which one also first there two last some against other years may back like next make \
         best company only them today set day made most being while any many take going should because go \
         down second very told million way good such home see news still him well called think since much \
         where number use during say through then expected those even between play big great old did right \
         under half both need help used another know months final according put already these based own \
         really move future using life away left better making took however days found give opening same \
         cut lead far came times despite past again every without few real saying given held ahead does \
         likely might little ever coming become yet getting never later less following lost share until \
         offer earlier whether working yesterday able full went latest figures although doing small must \
         higher keep each behind believe having thing giant weeks further among something everyone always \
         enough possibly means things taken shows hope launched different once young family wanted huge \
         killed sold asked rise fall falls rises hits gets makes takes goes wants needs buy sell shares \
         market price prices deal launch launches announces raises cuts recall outage customers week month \
         year people world time government business report work me am let got look looks looking feel love \
         hate please thanks thank lol ok yes watch morning night tonight tomorrow friend friends happy mr \
         now game three win group won show high team games line end added free four country five firm \
         record united companies around third too system brown announced cup japan south man early biggest \
         executive leader city ve seen house find foreign talks playing taking cost howard increase return \
         least side awards recent almost countries hard released meeting women law interest control \
         analysts due award jobs low job winning children spending played claims beat street head red close \
         release thought current demand mark billion done phones personal agreed tory reports fans ll call \
         comes largest across temporary late official try running saw november others investment forward \
         meet costs problems led anyone warned talk north rules space isn didn doesn wasn couldn aren",
    ),
    (
        "fr",
        "le la les des du une un et est sont dans pour sur avec qui que ne pas plus par au aux ce cette ces \
         son sa ses il elle nous vous ils leur mais ou je tu on sans entre apres avant chez comme quand ca \
         etre avoir fait tres tout tous deux contre depuis selon votre notre mon ma mes y a de en se si \
         meme bien ete etait ont leurs temps faire chaque afin permet peut ainsi autres faciliter aussi \
         ensemble aujourd hui plusieurs nombre sein fin fois va peu encore trop deja notamment moins donc \
         jour jours mois toujours mieux jeunes suis vers jamais mettre vie ans toutes toute soit demande \
         nouvelle nouvelles premier premiere avons sera seront soir sous besoin annee bon bonne cela \
         probleme problemes egalement differents rien dont niveau prise alors lors souvent doit faut veut \
         dire dit cet cours partie mal ceux avait aime reste certains certaines font partir cote suivre \
         grande grand grands grandes quelques pres enfin voir ici comprendre pays prendre devant affaire \
         parfois doivent trouve trouver parle pendant rendre savoir trois travail travaux vraiment quoi \
         aller lieu nouveau nouveaux pourquoi difficile enfants eux quel quelle quels quelles parce vont \
         lien commun semaine beaucoup connaitre ayant aurait tellement gens pourrait autant passer \
         maintenant merci oui non tes moi toi lui rue ville hausse baisse prix entreprise entreprises \
         salaries travers grace malgre face annonce lance veulent peuvent voici voila hier demain matin \
         nuit heures milliards millions jusqu lorsque puisque aucun aucune autour aupres celui celle celles \
         quatre cinq dix homme femme femmes hommes monde ligne rappel panne clients usagers sante securite \
         mort morts blesses accuse devrait etaient avaient jai cest super belle beau vite mdr ptdr donnees \
         mise fr personnes outils acces utilisateurs emploi equipe aides projets comment etc ministere \
         besoins permettant politique developpement demarches produits permettre ameliorer compte recherche \
         manque qualite francais offre dossiers nationale elles permis demandes reseau equipes controle \
         autre demarche citoyens personne competences terrain difficultes aider energie repondre \
         disposition eau pouvoir dossier pratiques analyse passe li assurer oeuvre logement activite \
         exemple systeme maniere tant utilisation partenaires ecologique changement taux partage mis \
         apprentissage gouvernement vu risque approche loi api vise propose mesure creer metiers \
         connaissance echanges etape eleves nombreux missions resultats processus durable reduire terme \
         indicateurs politiques strategie proposer differentes retour espace simplifier matiere rapport \
         valeur usager directement amelioration effet reseaux sujet rapidement utilisateur operateurs \
         realiser ministre existe reponse moyens activites gagner developper vue donne construire metier \
         ouverture retours disponibles difficulte accompagne offres choix actuellement adresse communaute \
         rendez premiers energies francaise droits serait logements beneficiaires reglementation etude \
         generale entretiens fonctionnalites comptes nombreuses departement enquete particulier elus droit \
         principaux donner organismes crise tester efficacite porte cout etablissements lancement reel \
         meilleure regarde vos bilan disponible carte acceder etant titre collectivite forte utilise aura \
         necessaires ministeres accelerer bord cree",
    ),
    (
        "es",
        "el la los las de del y en un una que es por para con no se su sus al lo como mas pero le ya o este \
         esta si porque son entre cuando muy sin sobre tambien me hasta hay donde quien desde todo nos uno \
         ni contra ese yo hoy fue ha tras estoy estan estamos tengo tiene tienen puede pueden hacer hace \
         hacen hecho ser soy eres somos era eran habia han he has ahora siempre nunca nada algo alguien \
         gracias bueno buena buenos buenas dias noche noches mejor peor mucho mucha muchos muchas poco otra \
         otro otros otras vez veces anos ano dia hombre mujer vida mundo gobierno segun mientras durante \
         antes despues aqui ahi alli asi aunque cual cuales cada nuestro nuestra nuestros mi mis tu tus te \
         ti les esa esos esas estos estas esto eso aquel ellos ellas ella nosotros usted ustedes ver voy \
         vas vamos van quiero quiere creo dice dijo dicen solo tan tanto todos todas toda primer primera \
         nuevo nueva nuevos feliz amor jajaja jaja jeje espana presidente ciudad millones trabajo casa \
         gente cosas cosa favor tarde manana q xq pues",
    ),
    (
        "de",
        "der die das und ist nicht ein eine einen einem den dem des zu im in mit auf fur von sich auch es \
         an werden aus er hat dass sie nach wird bei noch wie ich du wir ihr mir mich so am oder aber vor \
         zur bis mehr durch uber nur war sind kann vom zum schon immer wieder sehr viel viele gut gute \
         guten heute morgen gestern jetzt hier dort da dann denn doch mal ja nein nichts alles alle kein \
         keine keinen meine mein meinen meiner dein deine sein seine seinen ihre ihren unser unsere euch \
         ihn ihm wenn weil ob was wer wo warum wollen will muss mussen soll sollen kannst konnen hatte \
         haben habe hast bin bist wurde wurden gibt geht macht machen kommt sagt neue neuen neuer neues \
         jahr jahre jahren tag tage zeit leben welt deutschland deutsche deutschen gegen ohne unter \
         zwischen wegen seit beim ins ans etwas ganz einfach eigentlich leider endlich gerade nun zwei drei \
         menschen millionen ab dieser diese dieses diesem frau mann kinder leute danke bitte schone uhr",
    ),
    (
        "it",
        "il lo la i gli le di del della dei delle e che in un una per con non si da al alla ai sono ha ma \
         come piu anche nel nella su dal dalla questo questa se ci mi ti o era essere dopo tra ho hanno \
         cosa tutti sul sulla nei contro sei siamo siete stato stata stati avere fare fatto fa detto dice \
         molto molta molti poco tutto tutta tutte sempre mai ancora gia adesso ora oggi ieri domani qui li \
         quando perche pero cosi bene male meglio grazie ciao buongiorno buona buono nuovo nuova nuovi \
         primo prima anni anno giorno giorni vita mondo governo italia italiani secondo senza sotto fino \
         agli dagli negli sulle sui alle dalle quello quella quelli questi queste suo sua suoi mio mia miei \
         tuo tua nostro loro lui lei noi voi chi quale quanto altri altro altra ogni proprio puo possono \
         deve devono vuole sta stanno euro uomo donna casa lavoro milioni mentre",
    ),
    (
        "nl",
        "de het een en van ik te dat die in is niet zijn op aan met voor er maar om hem dan zou of wat mijn \
         men dit zo door over ze bij ook tot je mij uit der daar naar heb hoe heeft hebben deze want nog \
         zal me zij nu geen wel meer na worden wordt was jij hij wij jullie hun haar ons onze niets iets \
         alles alle veel weinig goed goede beter mooi mooie leuk lekker vandaag morgen gisteren toen altijd \
         nooit al weer even gewoon echt heel erg kan kunnen moet moeten mag wil willen gaan gaat komt komen \
         doen doet maken maakt zeggen zegt werd ben bent waren had hadden kom weet nieuwe nieuw eerste jaar \
         dag dagen tijd leven wereld nederland nederlandse mensen tegen zonder tussen sinds onder binnen \
         tijdens omdat als waar wie waarom hier volgens twee drie miljoen euro ga jaren eens effe ff haha \
         gek mn zn idd dus toch jou",
    ),
    (
        "pt",
        "o a os as de do da dos das e em um uma que nao se na no nas nos por para com mais como mas ao foi \
         sua seu ele ela eu tem ja ou quando muito isso entre depois sem mesmo aos ter seus quem me esse \
         eles voce essa era pelo pela ate sobre apos voces sim sao estao esta estou tenho temos pode podem \
         fazer faz fazem feito ser sou somos foram eram havia agora sempre nunca nada algo alguem obrigado \
         obrigada bom boa bons dia dias noite melhor pior muita muitos muitas pouco outra outro outros vez \
         vezes anos ano homem mulher vida mundo governo segundo enquanto durante antes aqui ali assim \
         embora porque qual quais cada nosso nossa meu minha teu tua lhe isto aquilo aquele dela dele deles \
         novo nova novos primeiro primeira brasil portugal presidente cidade milhoes trabalho casa gente \
         coisas coisa tarde amanha hoje ontem tudo todos todas toda so tambem ainda la vai vao quero quer",
    ),
];

/// Whether one of seven languages uses a folded word much.
pub(super) fn is_common(word: &str) -> bool {
    COMMON_WORDS.contains_key(word)
}

static COMMON_WORDS: LazyLock<HashMap<&str, Vec<(&str, f32)>>> = LazyLock::new(|| {
    let mut words: HashMap<&str, Vec<(&str, f32)>> = HashMap::new();
    for (code, list) in LISTS {
        for word in list.split_whitespace() {
            words.entry(word).or_default().push((code, 1.0));
        }
    }
    for languages in words.values_mut() {
        let share = 1.0 / languages.len() as f32;
        languages.iter_mut().for_each(|(_, weight)| *weight = share);
    }
    words
});

/// The text without links, handles and tags, which have no language.
fn without_handles(text: &str) -> String {
    let is_word = |part: &&str| !part.starts_with(['@', '#']) && !part.contains("://");
    text.split_whitespace().filter(is_word).collect::<Vec<_>>().join(" ")
}

/// `fr` of `fr-CA`, in lower case; `None` if it is no language code.
fn primary_subtag(claimed: &str) -> Option<String> {
    let subtag = claimed.trim().split(['-', '_']).next()?.to_ascii_lowercase();
    let is_code = matches!(subtag.len(), 2 | 3) && subtag.bytes().all(|b| b.is_ascii_lowercase());
    (is_code && subtag != "und").then_some(subtag)
}

/// Words cut before an apostrophe as in French: l', d', qu'.
fn elisions(text: &str) -> usize {
    const CUT: [&str; 9] = ["l", "d", "s", "n", "j", "m", "t", "c", "qu"];
    let before_apostrophes = text.split(['\'', '’']).rev().skip(1);
    let cut = |before: &str| {
        let word = before.rsplit(|c: char| !c.is_alphanumeric()).next().unwrap_or("");
        CUT.iter().any(|elided| word.eq_ignore_ascii_case(elided))
    };
    before_apostrophes.filter(|before| cut(before)).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, claimed: Option<&str>, wanted: &str) {
        assert_eq!(detect(text, claimed).code().unwrap_or("?"), wanted, "{text}");
    }

    #[test]
    fn titles_are_told_without_a_claim() {
        for (language, titles) in [
            (
                "fr",
                &[
                    "La panne d’Acme dure depuis deux jours",
                    "Acme : les clients en colère",
                    "Rappel de produits chez Acme",
                    "Le patron d’Acme s’excuse",
                    "Test du nouveau casque Acme",
                    "Grève à la SNCF : trafic très perturbé ce mardi",
                    "Incendie dans une usine près de Lyon",
                    "Bourse : le CAC 40 termine en baisse",
                    "Pourquoi le prix de l’électricité augmente",
                    "Un accord a été trouvé cette nuit",
                    "Comment choisir son vélo électrique ?",
                    "Une faille de sécurité touche des millions de comptes",
                ][..],
            ),
            (
                "en",
                &[
                    "Acme is down again",
                    "Acme customers are furious",
                    "The outage at Acme lasted two days",
                    "Recall of Acme bikes after accidents",
                    "Why Acme raised its prices",
                    "Acme apologises for the data breach",
                    "Hands on with the new Acme headphones",
                    "Shares fall as Acme misses forecasts",
                    "What we know about the fire in Lyon",
                    "How to choose your electric bike",
                    "Markets close lower for a third day",
                    "Acme hires 200 people in Leeds",
                ],
            ),
            (
                "es",
                &[
                    "El presidente viaja a Madrid para firmar el acuerdo",
                    "Los precios suben otra vez en mayo",
                ],
            ),
            ("de", &["Der Streik bei der Bahn geht weiter", "Die Preise steigen im Mai wieder an"]),
            (
                "it",
                &["Il governo approva la riforma delle pensioni", "Gli italiani spendono di più per la casa"],
            ),
            ("nl", &["De prijzen van het gas stijgen weer", "Het kabinet wil een nieuwe wet voor boeren"]),
            (
                "pt",
                &[
                    "O governo anuncia um novo pacote para a economia",
                    "Os preços não param de subir no Brasil",
                ],
            ),
        ] {
            titles.iter().for_each(|title| check(title, None, language));
        }
    }

    #[test]
    fn what_says_nothing_is_as_claimed_or_unknown() {
        for text in ["", "…", "2026", "Acme", "https://example.org/les/des/une", "@les_des #une", "iPhone 15"]
        {
            check(text, None, "?");
            check(text, Some("fr-CA"), "fr");
            check(text, Some("EN_us"), "en");
        }
        check("", Some("français"), "?");
        check("", Some("und"), "?");
    }

    #[test]
    fn a_clear_text_overrules_the_claim() {
        check("The company said on Tuesday that the outage was over", Some("fr"), "en");
        check("Le groupe a annoncé mardi que la panne était terminée", Some("en"), "fr");
        check("Acme Velo 3000", Some("fr"), "fr");
        check("Spółka ogłosiła we wtorek koniec awarii", Some("pl"), "pl");
    }

    #[test]
    fn other_scripts_are_told() {
        check("今日は新しい製品を発表しました", None, "ja");
        check("Компания объявила о новом продукте", None, "ru");
    }
}
