//! What the demo's press and people write on an ordinary day. Everything and everyone is made up.
//!
//! In a text, `{b}` is a brand, `{m}` one of its models, `{c}` a town. An item is an opening, a detail and
//! a closing; the lists are of coprime lengths, so that no two items of a register share two of the three
//! (they would be near-duplicates).

/// How a group of people writes.
pub(super) struct Register {
    /// Title and first sentence.
    pub openings: &'static [(&'static str, &'static str)],
    pub details: &'static [&'static str],
    pub closings: &'static [&'static str],
    /// Items about none of the brands: title and text.
    pub others: &'static [(&'static str, &'static str)],
    pub towns: &'static [&'static str],
}

const TOWNS_FR: &[&str] = &["Nantes", "Lyon", "Grenoble", "Lille", "Strasbourg", "Rennes", "Annecy"];
const TOWNS_EN: &[&str] = &["Bristol", "Portland", "Leeds", "Dublin", "Cambridge", "Boulder", "Glasgow"];

pub(super) const PRESS_FR: Register = Register {
    openings: &[
        (
            "{b} ouvre un atelier à {c}",
            "{b} ouvre samedi un atelier de réparation à {c}, à deux pas de la gare.",
        ),
        (
            "Essai : le {m} de {b}, agréable et silencieux",
            "Après deux semaines sur les pavés de {c}, le {m} de {b} s’est montré agréable, silencieux et vraiment fiable.",
        ),
        (
            "{b} équipe les facteurs de {c}",
            "La Poste de {c} a choisi le {m} de {b} pour ses tournées en centre-ville.",
        ),
        (
            "Les livraisons de {b} prennent du retard",
            "Plusieurs magasins de {c} signalent des retards de livraison sur le {m} de {b}, et des clients déçus.",
        ),
        (
            "{b} recrute quarante mécaniciens",
            "{b} annonce quarante embauches entre {c} et son siège, surtout des mécaniciens.",
        ),
        (
            "Le {m} récompensé au Salon du cycle",
            "Le jury du Salon du cycle a distingué le {m} de {b}, une réussite saluée pour son élégance.",
        ),
        (
            "{c} subventionne l’achat d’un vélo électrique",
            "La mairie de {c} cite {b} parmi les marques retenues pour sa prime de trois cents euros.",
        ),
        (
            "{b} revoit ses prix à la hausse",
            "Le {m} de {b} coûtera quatre-vingts euros de plus au printemps, une mauvaise nouvelle pour les familles de {c}.",
        ),
        (
            "Chez {b}, le cadre se fabrique de nouveau en France",
            "Une ligne de soudure a redémarré près de {c} : {b} y produira les cadres du {m}.",
        ),
        (
            "Une association teste douze vélos de ville",
            "Dans le comparatif publié à {c}, le {m} de {b} obtient une très bonne note pour son freinage.",
        ),
        (
            "{b} s’associe à un loueur de {c}",
            "Cinquante {m} de {b} seront proposés à la semaine par un loueur de {c}.",
        ),
        (
            "Le {m} vu par une championne",
            "Invitée à {c}, l’ancienne pistarde Maud Kerlan a roulé sur le {m} de {b} et raconte sa sortie.",
        ),
        (
            "{b} publie son bilan carbone",
            "{b} a présenté à {c} un bilan carbone stable et des emballages allégés.",
        ),
        (
            "Un service client de {b} jugé trop lent",
            "Notre enquête à {c} décrit un service client de {b} lent, parfois injoignable, et des dossiers perdus.",
        ),
    ],
    details: &[
        "Le modèle pèse vingt-deux kilos avec son porte-bagages et ses garde-boue.",
        "La direction n’a pas souhaité préciser le montant de l’opération.",
        "Les premiers rendez-vous sont pris jusqu’à la fin du mois.",
        "Un habitué du quartier y voit « un signe que la ville change de rythme ».",
        "Selon la fédération, un vélo vendu sur quatre est désormais électrique.",
        "Les élus promettent en parallèle six kilomètres de pistes protégées.",
        "Le moteur, placé dans le pédalier, accepte les montées à douze pour cent.",
        "Il faudra compter trois heures pour une recharge complète sur une prise ordinaire.",
        "Les ouvriers ont fêté la nouvelle autour d’un café, casque encore sur la tête.",
        "La marque emploie aujourd’hui un peu plus de quatre cents personnes.",
        "Le catalogue complet sera visible en magasin dès la semaine prochaine.",
        "L’éclairage avant suffit pour rouler de nuit sur un chemin de halage.",
        "Un représentant du personnel dit attendre des engagements écrits.",
    ],
    closings: &[
        "Une réunion publique est prévue le mois prochain.",
        "Le conseil municipal en débattra lundi soir.",
        "La préfecture n’a pas fait de commentaire.",
        "Les chiffres définitifs seront connus à la rentrée.",
        "Nos lecteurs peuvent nous écrire pour raconter leur expérience.",
        "Le marché du cycle reste, lui, presque stable sur un an.",
        "Un second volet de cette série paraîtra jeudi.",
        "Les commerçants voisins suivent l’affaire avec curiosité.",
        "D’autres villes de la région se disent intéressées.",
    ],
    others: &[
        (
            "La piscine rouvre après deux ans de travaux",
            "Les nageurs retrouveront lundi un bassin repeint et des vestiaires neufs.",
        ),
        (
            "Un marché de nuit au bord du canal",
            "Vingt producteurs proposeront fromages, pains et cidres jusqu’à minuit.",
        ),
        (
            "Le pont des Tanneurs fermé une semaine",
            "Les joints de dilatation seront remplacés ; une déviation est en place.",
        ),
        (
            "Une exposition sur les phares bretons",
            "Cartes, lampes et carnets de gardiens sont réunis pour la première fois.",
        ),
        ("Les vendanges commencent tôt", "La chaleur d’août a avancé la récolte de dix jours."),
        (
            "Le bus 12 passera plus souvent",
            "Un départ toutes les huit minutes est promis aux heures de pointe.",
        ),
    ],
    towns: TOWNS_FR,
};

pub(super) const PEOPLE_FR: Register = Register {
    openings: &[
        (
            "Six mois avec mon {m}",
            "Six mois et deux mille kilomètres avec le {m} de {b} entre {c} et le boulot : je suis ravi, aucun souci.",
        ),
        (
            "{b} ou un autre pour emmener deux enfants ?",
            "On hésite entre {b} et une marque moins connue pour emmener deux enfants à l’école à {c}.",
        ),
        (
            "Bruit au pédalier sur le {m}",
            "Depuis la pluie de la semaine dernière à {c}, le pédalier de mon {m} de {b} grince, c’est pénible.",
        ),
        ("Quel antivol pour un {m} ?", "Je gare mon {b} {m} dehors à {c} : quel antivol prenez-vous ?"),
        (
            "Merci à l’atelier {b}",
            "Crevaison à sept heures du matin à {c}, l’atelier {b} m’a dépanné en dix minutes : accueil parfait, merci !",
        ),
        (
            "Autonomie réelle du {m}",
            "J’ai noté l’autonomie de mon {m} de {b} pendant un mois autour de {c}, voici mes chiffres.",
        ),
        (
            "SAV {b}, troisième relance",
            "Troisième mail au SAV {b} sans réponse, mon {m} est en panne à {c} depuis quinze jours et je suis déçu.",
        ),
        (
            "Monter un porte-bébé sur le {m}",
            "Quelqu’un a-t-il monté un porte-bébé sur un {m} de {b} ? Le revendeur de {c} ne sait pas.",
        ),
        (
            "Le {m} sous la neige",
            "Dix centimètres de neige à {c} ce matin et le {m} de {b} passe partout, excellent vélo d’hiver.",
        ),
        (
            "Occasion : {b} {m} de deux ans",
            "Je vends ou j’échange mon {b} {m}, visible à {c}, entretien suivi.",
        ),
        (
            "Selle du {m}, par quoi la remplacer ?",
            "La selle d’origine du {m} de {b} ne me convient pas sur mes trajets à {c}.",
        ),
        (
            "L’application {b} plante",
            "Depuis la mise à jour, l’application {b} plante au démarrage, impossible de voir la batterie du {m} ; très agaçant à {c} ce matin.",
        ),
        (
            "Rencontre des propriétaires de {b}",
            "On organise une balade {b} dimanche au départ de {c}, tous les {m} sont bienvenus.",
        ),
        (
            "Conseil taille pour un {m}",
            "Je mesure un mètre soixante-cinq, le vendeur de {c} me propose un {m} de {b} en taille S.",
        ),
    ],
    details: &[
        "Je roule par tous les temps, environ vingt kilomètres par jour.",
        "Photos dans le message suivant si ça intéresse quelqu’un.",
        "J’ai déjà serré tout ce qui pouvait se serrer.",
        "Le compteur affiche mille huit cents kilomètres.",
        "Ma voisine a le même en vert et n’a rien remarqué.",
        "Le budget est d’environ deux mille euros, prime comprise.",
        "La notice parle d’un contrôle tous les cinq cents kilomètres.",
        "Sur le plat je reste presque toujours en mode éco.",
        "Mon trajet comprend une côte assez longue en fin de parcours.",
        "J’ai gardé la facture et la carte de garantie.",
        "Le porte-bagages accepte mes deux sacoches sans toucher les talons.",
    ],
    closings: &[
        "Vos retours m’intéressent.",
        "Bonne route à tous.",
        "Je vous dirai ce que ça donne.",
        "On en reparle au printemps.",
        "Dites-moi si je me trompe de rubrique.",
        "À bientôt sur les pistes.",
        "Je précise que je ne travaille pas dans le vélo.",
        "Modérateurs, n’hésitez pas à déplacer.",
        "Édit : orthographe.",
    ],
    others: &[
        ("Vos gants d’hiver préférés ?", "Les miens prennent l’eau dès novembre, je cherche mieux."),
        ("Piste coupée quai sud", "Un camion de chantier barre la piste depuis mardi, prudence."),
        ("Dérailleur ou moyeu à vitesses ?", "Le débat éternel, mais je débute et j’aimerais comprendre."),
        ("Gilet jaune ou bretelles réfléchissantes", "Je trouve les bretelles plus commodes l’été."),
        ("Randonnée de trois jours le long du canal", "Qui connaît un camping ouvert en octobre ?"),
    ],
    towns: TOWNS_FR,
};

pub(super) const PRESS_EN: Register = Register {
    openings: &[
        (
            "{b} opens a repair shop in {c}",
            "{b} will open a repair shop in {c} on Saturday, a short walk from the station.",
        ),
        (
            "Review: the {b} {m} is a quiet pleasure",
            "Two weeks of commuting in {c} left us impressed: the {b} {m} is comfortable, quiet and a great climber.",
        ),
        (
            "Couriers in {c} switch to {b}",
            "A courier co-operative in {c} has leased sixty {m} bikes from {b}.",
        ),
        (
            "Delays leave {b} customers waiting",
            "Shops in {c} say the {b} {m} is weeks late, and frustrated customers are asking for refunds.",
        ),
        ("{b} hires forty mechanics", "{b} plans to hire forty mechanics, half of them in {c}."),
        (
            "City bike of the year: {m}",
            "The {b} {m} won the city category at the {c} cycle fair, praised for an excellent frame.",
        ),
        (
            "{c} extends its e-bike grant",
            "The {c} scheme covers bikes by {b} and nine other makers until June.",
        ),
        (
            "{b} raises prices again",
            "The {m} goes up by seventy pounds in spring, {b} told dealers in {c}, a disappointing move for families.",
        ),
        (
            "{b} brings welding back home",
            "Frames of the {m} will again be welded near {c}, {b} said on Tuesday.",
        ),
        (
            "Twelve commuter bikes compared",
            "In a test run around {c}, the {b} {m} earned a very good score for its brakes.",
        ),
        ("{b} and rail operator try folding racks", "Trains from {c} will carry racks that fit the {b} {m}."),
        (
            "A racer tries the {m}",
            "Former track champion Orla Finch took the {b} {m} round {c} and kept notes.",
        ),
        (
            "{b} publishes first climate report",
            "{b} presented flat emissions and lighter packaging at an event in {c}.",
        ),
        (
            "Helpline trouble at {b}",
            "Riders in {c} describe a slow, unhelpful {b} helpline and lost paperwork.",
        ),
    ],
    details: &[
        "The bike weighs forty-eight pounds with its rack and mudguards.",
        "Terms of the deal were not disclosed.",
        "Bookings are open until the end of the month.",
        "One regular called it a sign that the street is changing its pace.",
        "According to the trade body, one in four bikes sold is now electric.",
        "Councillors have promised six miles of protected lanes as well.",
        "Its mid-drive motor copes with hills of twelve per cent.",
        "A full charge takes three hours from an ordinary socket.",
        "Staff marked the day with coffee and a slow lap of the car park.",
        "The company now employs a little over four hundred people.",
        "The full range will be on display from next week.",
        "Its front light is bright enough for an unlit towpath.",
        "A union representative said she was waiting for it in writing.",
    ],
    closings: &[
        "A public meeting is planned for next month.",
        "The council will discuss it on Monday.",
        "The transport department did not comment.",
        "Final figures are due after the summer.",
        "Readers are invited to write in with their own experience.",
        "The wider cycle market is almost flat on the year.",
        "The second part of this series appears on Thursday.",
        "Neighbouring shopkeepers are watching with interest.",
        "Other towns in the region have asked for details.",
    ],
    others: &[
        (
            "Swimming pool reopens after two years",
            "Swimmers return on Monday to a repainted pool and new changing rooms.",
        ),
        (
            "Night market comes to the canal",
            "Twenty growers will sell cheese, bread and cider until midnight.",
        ),
        ("Tanners Bridge closed for a week", "Expansion joints are being replaced; a diversion is in place."),
        (
            "Lighthouse show opens at the museum",
            "Charts, lamps and keepers’ notebooks are shown together for the first time.",
        ),
        ("Early harvest after a warm August", "Growers started picking ten days ahead of last year."),
        ("Number 12 bus to run more often", "A bus every eight minutes is promised in the rush hour."),
    ],
    towns: TOWNS_EN,
};

pub(super) const PEOPLE_EN: Register = Register {
    openings: &[
        (
            "Six months on a {m}",
            "Six months and twelve hundred miles on my {b} {m} around {c}: I love it, not one problem.",
        ),
        (
            "{b} or something else for two kids?",
            "We are torn between {b} and a smaller maker for the school run in {c}.",
        ),
        (
            "Creaking bottom bracket on the {m}",
            "Since last week’s rain in {c} the bottom bracket of my {b} {m} creaks, and it is annoying.",
        ),
        ("Which lock for a {m}?", "My {b} {m} sleeps outside in {c}: which lock do you use?"),
        (
            "Thank you, {b} workshop",
            "Flat tyre at seven in the morning in {c}, and the {b} workshop fixed it in ten minutes. Wonderful people!",
        ),
        (
            "Real range of the {m}",
            "I logged the range of my {b} {m} for a month around {c}, here are the numbers.",
        ),
        (
            "{b} support, third attempt",
            "Third mail to {b} support without an answer, my {m} has been broken for two weeks in {c} and I am disappointed.",
        ),
        (
            "Fitting a child seat on the {m}",
            "Has anyone fitted a child seat on a {b} {m}? The dealer in {c} is not sure.",
        ),
        (
            "The {m} in snow",
            "Four inches of snow in {c} this morning and the {b} {m} went everywhere, brilliant winter bike.",
        ),
        (
            "For sale: two-year-old {b} {m}",
            "Selling or swapping my {b} {m}, can be seen in {c}, serviced every spring.",
        ),
        (
            "Replacing the saddle of the {m}",
            "The stock saddle of the {b} {m} does not suit me on my ride across {c}.",
        ),
        (
            "{b} app keeps crashing",
            "Since the update the {b} app crashes at start, so I cannot see the battery of my {m}. Awful timing in {c} today.",
        ),
        ("{b} owners’ ride", "We are planning a {b} ride from {c} on Sunday, every {m} is welcome."),
        ("Frame size for a {m}", "I am five foot five and the shop in {c} suggests a small {b} {m}."),
    ],
    details: &[
        "I ride in all weathers, about twelve miles a day.",
        "Pictures in the next post if anyone cares.",
        "I have tightened everything that can be tightened.",
        "The odometer says eleven hundred miles.",
        "My neighbour has the same one in green and noticed nothing.",
        "Budget is around two thousand, grant included.",
        "The manual mentions a check every three hundred miles.",
        "On the flat I stay in eco mode nearly all the time.",
        "There is one longish hill at the end of my route.",
        "I kept the receipt and the warranty card.",
        "The rack takes both panniers without touching my heels.",
    ],
    closings: &[
        "Curious what you think.",
        "Ride safe, everyone.",
        "Will report back.",
        "Let us talk again in spring.",
        "Tell me if this is the wrong board.",
        "See you on the path.",
        "For the record, I do not work in the trade.",
        "Mods, feel free to move this.",
        "Edit: spelling.",
    ],
    others: &[
        ("Best winter gloves?", "Mine leak from November on, looking for better."),
        ("South quay lane blocked", "A builder’s lorry has been parked across it since Tuesday, take care."),
        ("Derailleur or hub gears?", "The eternal question, but I am new and would like to understand."),
        ("Vest or reflective braces", "I find braces easier in summer."),
        ("Three days along the canal", "Does anyone know a campsite that is open in October?"),
    ],
    towns: TOWNS_EN,
};
