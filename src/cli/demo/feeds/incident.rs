//! The demo's bad day: a battery recall that breaks in one French article, is copied, and is talked about
//! in both languages within two hours. Everything and everyone is made up.

/// An item of the incident.
pub(super) struct Post {
    /// The path of the feed it appears in.
    pub feed: &'static str,
    pub minutes_ago: i64,
    pub author: &'static str,
    pub title: &'static str,
    pub text: String,
}

/// Oldest first: 29 items, 13 stories.
pub(super) fn posts() -> Vec<Post> {
    let mut posts = recall_in_french();
    posts.extend(recall_in_english());
    posts.extend(fire_in_french());
    posts.extend(fire_in_english());
    posts.extend(reactions());
    posts.sort_by_key(|post| -post.minutes_ago);
    posts
}

const COURRIER: &str = "/le-courrier.xml";
const ECHO: &str = "/echo-des-rues.atom";
const GUIDON: &str = "/guidon-libre.atom";
const VELOTAF: &str = "/forum-velotaf.xml";
const HARBOUR: &str = "/harbour-post.xml";
const LEDGER: &str = "/metro-ledger.json";
const WHEELS: &str = "/two-wheels-daily.xml";
const SPOKES: &str = "/spokes-board.json";

fn post(
    feed: &'static str,
    minutes_ago: i64,
    author: &'static str,
    title: &'static str,
    text: impl Into<String>,
) -> Post {
    Post { feed, minutes_ago, author, title, text: text.into() }
}

const RECALL_FR: &str = "Le fabricant de vélos électriques Lumora rappelle douze mille batteries de ses modèles Aube et \
Cargo 7, après trois départs de feu en une semaine. Un défaut de soudure peut provoquer une surchauffe dangereuse pendant la \
charge, reconnaît l’entreprise dans un courrier adressé à ses revendeurs. Les clients sont priés de ne plus recharger leur \
vélo et de déposer la batterie dans un magasin. Aucun blessé grave n’est à déplorer, mais un appartement a été détruit à \
Annecy. La répression des fraudes a ouvert une enquête. « Nous présentons nos excuses », écrit la directrice générale, \
Solène Vasseur, qui promet un échange gratuit sous trois semaines.";

fn recall_in_french() -> Vec<Post> {
    vec![
        post(
            COURRIER,
            104,
            "Agathe Lormeau",
            "Lumora rappelle 12 000 batteries après trois départs de feu",
            RECALL_FR,
        ),
        post(
            ECHO,
            93,
            "avec agence",
            "Vélos électriques : Lumora rappelle 12 000 batteries",
            format!("{RECALL_FR} (Avec agence.)"),
        ),
        post(
            GUIDON,
            88,
            "Basile",
            "Rappel de batteries chez Lumora : l’essentiel",
            format!("Je relaie, c’est important. {RECALL_FR}"),
        ),
        post(
            VELOTAF,
            81,
            "pignon_fixe",
            "[Rappel] Lumora Aube et Cargo 7",
            format!("Lu dans Le Courrier : {RECALL_FR}"),
        ),
        post(
            COURRIER,
            52,
            "Agathe Lormeau",
            "Lumora rappelle 12 000 batteries après trois départs de feu (mis à jour)",
            format!("{RECALL_FR} Mis à jour : un numéro vert est ouvert jusqu’à vingt heures."),
        ),
        post(
            ECHO,
            47,
            "édition Savoie",
            "Annecy : un appartement détruit, Lumora rappelle 12 000 batteries",
            format!("{RECALL_FR} À Annecy, les pompiers sont restés sur place une partie de la nuit."),
        ),
    ]
}

const RECALL_EN: &str = "French e-bike maker Lumora is recalling twelve thousand batteries of its Aube and Cargo 7 models \
after three fires in one week. A faulty weld can cause dangerous overheating while charging, the company admitted in a letter \
to dealers. Owners are told to stop charging at once and to return the battery to a shop. Nobody was seriously injured, but a \
flat was destroyed in Annecy. French consumer authorities have opened an investigation. Chief executive Solène Vasseur \
apologised and promised a free replacement within three weeks.";

fn recall_in_english() -> Vec<Post> {
    vec![
        post(HARBOUR, 86, "Wire report", "Lumora recalls 12,000 e-bike batteries after fires", RECALL_EN),
        post(
            LEDGER,
            79,
            "Staff and wire",
            "E-bike fires: Lumora recalls 12,000 batteries",
            format!("{RECALL_EN} The Ledger has asked the company how many were sold here."),
        ),
        post(
            WHEELS,
            74,
            "Imogen Hale",
            "Stop charging your Lumora: 12,000 batteries recalled",
            format!("Please pass this on. {RECALL_EN}"),
        ),
        post(
            SPOKES,
            71,
            "granny_gear",
            "Lumora battery recall (Aube, Cargo 7)",
            format!("From the Harbour Post: {RECALL_EN}"),
        ),
        post(
            HARBOUR,
            44,
            "Wire report",
            "Lumora recall: helpline opens after e-bike fires",
            format!("{RECALL_EN} A helpline is open until eight this evening."),
        ),
        post(
            LEDGER,
            39,
            "Evening edition",
            "What we know about the Lumora battery recall",
            format!("{RECALL_EN} Dealers said they had been given no spare parts yet."),
        ),
    ]
}

const FIRE_FR: &str = "« J’ai entendu un sifflement, puis tout le couloir était noir. » Yannick, trente-quatre ans, chargeait \
son Lumora Aube dans l’entrée quand la batterie a pris feu. Il raconte une fumée toxique, une fuite pieds nus avec sa fille, et \
la colère : il avait signalé une odeur de brûlé au service client de Lumora dix jours plus tôt, sans obtenir de réponse. Son \
avocate annonce une plainte pour mise en danger.";

fn fire_in_french() -> Vec<Post> {
    vec![
        post(
            COURRIER,
            61,
            "Agathe Lormeau",
            "« Tout le couloir était noir » : un client de Lumora raconte",
            FIRE_FR,
        ),
        post(
            ECHO,
            57,
            "avec Le Courrier",
            "Batterie en feu à Annecy : un client de Lumora porte plainte",
            format!("{FIRE_FR} Contactée, l’entreprise n’a pas répondu."),
        ),
        post(
            GUIDON,
            50,
            "Basile",
            "Le témoignage qui accable Lumora",
            format!("À lire jusqu’au bout. {FIRE_FR}"),
        ),
    ]
}

const FIRE_EN: &str = "Fire crews across the county have been warned about Lumora batteries after a terrible blaze in a \
Bristol stairwell on Sunday night. Station officer Dervla Quinn said the pack of a Cargo 7 had “failed violently” while \
plugged in, and urged residents never to charge an e-bike on an escape route. Two people were treated for smoke. The service \
said it had written to Lumora in the spring about an earlier incident and was worried that nothing had been done.";

fn fire_in_english() -> Vec<Post> {
    vec![
        post(HARBOUR, 55, "Callum Reyes", "Fire service warned Lumora in spring, officer says", FIRE_EN),
        post(
            LEDGER,
            48,
            "Wire report",
            "Lumora battery blamed for Bristol stairwell blaze",
            format!("{FIRE_EN} Lumora declined to comment."),
        ),
        post(
            SPOKES,
            42,
            "towpath_tom",
            "Fire service had warned Lumora already",
            format!("Worth reading in full: {FIRE_EN}"),
        ),
    ]
}

const BOYCOTT_FR: &str = "L’association Roue libre appelle au boycott des magasins Lumora tant que l’entreprise n’aura pas \
publié la liste complète des numéros de série. Elle dénonce un rappel trop tardif, un numéro vert saturé et des vendeurs \
« envoyés au feu sans consigne ». Un rassemblement est prévu samedi devant la boutique de Nantes.";

const SHELVES_EN: &str = "Two retail chains have pulled every Lumora from their shelves. In an internal memo seen by this \
paper, one of them calls the recall “a mess” and tells staff to refuse returned batteries, because the shops have no safe place \
to keep them. Lumora shares no figures on how many packs have come back so far.";

fn reactions() -> Vec<Post> {
    vec![
        post(
            VELOTAF,
            68,
            "marie_tandem",
            "Ma batterie Lumora a chauffé aussi",
            "La mienne était brûlante mardi, j’ai cru que c’était normal. Honnêtement j’ai peur de la laisser dans la cave \
             de l’immeuble. Chez Lumora personne ne décroche, c’est scandaleux.",
        ),
        post(
            VELOTAF,
            36,
            "cote_a_douze",
            "Remboursement Lumora : quelqu’un a obtenu quelque chose ?",
            "Trois semaines sans vélo et aucun prêt prévu. Je demande le remboursement du Cargo 7, pas un bon d’achat. Très \
             déçu de Lumora, j’avais convaincu deux collègues d’en prendre un.",
        ),
        post(COURRIER, 33, "Hugo Tessandier", "Une association appelle au boycott de Lumora", BOYCOTT_FR),
        post(
            ECHO,
            29,
            "avec agence",
            "Rappel de batteries : appel au boycott de Lumora",
            format!("{BOYCOTT_FR} (Avec agence.)"),
        ),
        post(
            GUIDON,
            22,
            "Basile",
            "Lumora, un silence de trop",
            "J’ai aimé cette marque. Mais se taire dix jours quand une batterie sent le brûlé, c’est une faute, et envoyer un \
             courrier aux revendeurs avant de prévenir les familles en est une deuxième. La confiance est cassée.",
        ),
        post(
            SPOKES,
            64,
            "left_pedal_missing",
            "Smoke from my Aube last week",
            "Posted here on Thursday and was told it was dust on the charger. It was not dust. The Lumora pack is in a bucket of \
             sand in the garden now and I feel sick about where it used to stand.",
        ),
        post(
            SPOKES,
            31,
            "hub_dynamo",
            "Lumora helpline: an hour of music, then cut off",
            "Tried four times. The serial number page is down as well. Worst support I have ever dealt with, and this is about \
             a fire hazard, not a squeaky brake.",
        ),
        post(
            WHEELS,
            26,
            "Imogen Hale",
            "How to find the serial number of a Lumora battery",
            "Slide the pack out, turn it over, and look for the ten characters under the bar code. Packs that begin with LB4 \
             belong to the recall. Lumora asks owners to tape the contacts before carrying them.",
        ),
        post(
            SPOKES,
            18,
            "second_chainring",
            "Leaving Lumora, looking at Velkano",
            "I cancelled my order this morning. The Velkano Vento has a certified pack and the shop lets me charge it there. \
             Shame about Lumora, but I will not sleep above that thing.",
        ),
        post(LEDGER, 24, "Priya Anand", "Retailers pull Lumora bikes from shelves", SHELVES_EN),
        post(
            HARBOUR,
            15,
            "Wire report",
            "Lumora bikes pulled from shops after battery fires",
            format!("{SHELVES_EN} The Harbour Post has contacted the company."),
        ),
    ]
}
