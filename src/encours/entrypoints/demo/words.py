"""The invented names: of families, towns and trades; none is meant to be anybody's."""

# trade, legal forms it takes, NAF code
TRADES: tuple[tuple[str, str, str], ...] = (
    ("Charpentes {}", "SARL SAS", "4391A"),
    ("Menuiserie {}", "SARL SAS", "4332A"),
    ("Imprimerie {}", "SAS SARL", "1812Z"),
    ("Transports {}", "SAS SARL", "4941A"),
    ("Métallerie {}", "SARL SAS", "2511Z"),
    ("Garage {}", "SARL EURL", "4520A"),
    ("Clinique {}", "SA SAS", "8610Z"),
    ("Hôtels {}", "SAS SA", "5510Z"),
    ("Conserverie {}", "SAS SA", "1039B"),
    ("Laiterie {}", "SCA SAS", "1051A"),
    ("Ateliers {}", "SARL SAS", "2562B"),
    ("Laboratoires {}", "SAS SA", "2120Z"),
    ("Carrosserie {}", "SARL EURL", "4520A"),
    ("Pépinières {}", "EARL SARL", "0130Z"),
    ("Plasturgie {}", "SAS SA", "2229A"),
    ("Fonderie {}", "SA SAS", "2451Z"),
    ("Brasserie {}", "SARL SAS", "1105Z"),
    ("Boulangeries {}", "SAS SARL", "1071C"),
    ("Chaudronnerie {}", "SAS SARL", "2529Z"),
    ("Logistique {}", "SAS SA", "5229B"),
    ("Nautique {}", "SARL SAS", "3012Z"),
    ("Scierie {}", "SARL SAS", "1610A"),
    ("Maçonnerie {}", "SARL EURL", "4399C"),
    ("Électricité {}", "SARL SAS", "4321A"),
    ("Thermique {}", "SAS SARL", "4322B"),
    ("Cartonnages {}", "SAS SA", "1721A"),
    ("Verrerie {}", "SA SAS", "2313Z"),
    ("Tissages {}", "SAS SA", "1320Z"),
    ("Agencement {}", "SARL SAS", "4332C"),
    ("Travaux publics {}", "SAS SA", "4211Z"),
)
# what public bodies are called; the place takes a town
PUBLIC_BODIES: tuple[tuple[str, str], ...] = (
    ("Commune de {}", "8411Z"),
    ("Centre hospitalier de {}", "8610Z"),
    ("Lycée professionnel de {}", "8532Z"),
    ("Communauté de communes de {}", "8411Z"),
    ("Office d’habitat de {}", "6820A"),
)
_FAMILIES = (
    "Aubressac Arvelin Avenol Baltrand Barvelle Bellomar Berquigny Blanvert Borvillac Boscarin Brelandre "
    "Brissandre Calmorin Cardevac Castrenoy Chanvelle Clairandre Combrelin Corvagnac Coudrevin Courtelande "
    "Dalmorey Darvieux Delbranche Doumesnac Drévallon Esclarmy Estrevin Falcombe Faverlin Ferrandal Flavigneul "
    "Fombrelle Forgeval Fourquevel Gavardin Gerbelin Glévarec Gorvello Grandrieux Guermandie Halvignac Hautremont "
    "Herbelinde Jarvellec Joncheval Kerambrun Kerdivel Kervagnat Labrévie Lambreval Lanvérec Larmandie Lescarvin "
    "Loctrévy Lormandel Lussandre Malbrissac Malvezin Marcourval Marvillac Mercandol Mirvallon Monteferrand "
    "Morcelande Morvagnes Navarelle Nerbignac Noirvallet Orcevaux Orgelande Ormandeau Oustrevel Pelvignac "
    "Penmarzin Percevaud Pontarvel Pradelange Quélarmin Quintrebal Rambreval Ravignol Rencastel Rivombre "
    "Rochandre Romavel Roquevaire Rouvrelin Sabrelande Salvergne Sarvigny Saubremont Sauvandre Serqueval "
    "Solvignac Soubrelle Tamarvel Tauvernac Terregaude Thévancourt Tournebel Trémarzec Trévignol Valbrenne "
    "Valcrest Vaudrelin Verbagnac Vergonde Vermillac Vignarel Villebreuse Virevaux Volnandre Yvernal Zavarin"
)
FAMILIES: tuple[str, ...] = tuple(_FAMILIES.split())
# postcode, town
TOWNS: tuple[tuple[str, str], ...] = (
    ("01990", "Montrevy-en-Plaine"),
    ("03970", "Saint-Clairgnat"),
    ("07980", "Aubespierre"),
    ("14980", "Port-Élion"),
    ("17990", "La Roquerelle"),
    ("21980", "Vaugency"),
    ("22980", "Lanvéoc-sur-Orse"),
    ("25990", "Pontarmel"),
    ("27980", "Bourg-Ancelin"),
    ("29990", "Kermarrouët"),
    ("31980", "Castelmauve"),
    ("33990", "Sainte-Orbe"),
    ("34980", "Valrousse"),
    ("35990", "Brévigné-le-Vieux"),
    ("37980", "Chenonval"),
    ("38990", "Les Avenières-d’Arc"),
    ("42980", "Forezine"),
    ("44980", "Saint-Malvran"),
    ("45990", "Orlemont"),
    ("49980", "Angevault"),
    ("50990", "Coutanville-Plage"),
    ("54980", "Lorvaux"),
    ("56990", "Port-Navarec"),
    ("59980", "Escaubrique"),
    ("60990", "Compiervil"),
    ("62980", "Artrecourt"),
    ("63990", "Clervigny"),
    ("64980", "Oloréa"),
    ("67990", "Hagenbourg"),
    ("68980", "Munsterwiller"),
    ("69990", "Lyonnay"),
    ("71980", "Mâconval"),
    ("72990", "Sarthebourg"),
    ("74980", "Annevoise"),
    ("76990", "Le Havrelin"),
    ("77980", "Meluncy"),
    ("80990", "Amiervilliers"),
    ("83980", "Toulverne"),
    ("84990", "Avignoret"),
    ("85980", "Sables-d’Orsenne"),
    ("86990", "Poitevigne"),
    ("87980", "Limorange"),
    ("91990", "Évrymont"),
    ("94980", "Crételine"),
)
FOREIGN_COMPANIES: tuple[tuple[str, str, str, str, str, str], ...] = (
    # name, country, currency, postcode, town, language
    ("Harrowmere Joinery Ltd", "GB", "GBP", "HX9 9ZZ", "Harrowmere", "en"),
    ("Penthwick Marine Ltd", "GB", "GBP", "PL9 9ZY", "Penthwick", "en"),
    ("Ostrander Millwork Inc.", "US", "USD", "99950", "Ostrander Falls", "en"),
    ("Calloway Ridge Cabinets LLC", "US", "USD", "99951", "Calloway Ridge", "en"),
    ("Belvaux Ateliers SA", "BE", "EUR", "9999", "Belvaux-la-Neuve", "fr"),
    ("Quarrendon Tools Ltd", "GB", "GBP", "QR9 9ZX", "Quarrendon", "en"),
)
_WOMEN = (
    "Agathe Amandine Anaïs Aurore Béatrice Camille Capucine Cécile Claire Delphine Élise Estelle Fanny Flavie "
    "Gaëlle Hélène Inès Isaure Joséphine Juliette Laurence Léonie Louise Lucie Maëlle Margaux Nadège Nolwenn "
    "Odile Pauline Romane Sandrine Solène Sylvie Valérie Zoé"
)
WOMEN: tuple[str, ...] = tuple(_WOMEN.split())
_MEN = (
    "Adrien Alban Antonin Arnaud Bastien Baptiste Cédric Clément Corentin Damien Denis Émile Étienne Fabrice "
    "Florian Gaspard Gilles Hugo Jérôme Joachim Julien Laurent Loïc Ludovic Marius Mathieu Nicolas Olivier Pascal "
    "Quentin Rémi Sacha Sylvain Théo Ulysse Valentin Xavier Yann"
)
MEN: tuple[str, ...] = tuple(_MEN.split())
ENGLISH_PEOPLE: tuple[str, ...] = (
    "Alice Thornbury",
    "Daniel Wexcombe",
    "Grace Hollander",
    "Owen Marlstone",
    "Ruth Pennick",
    "Samuel Garrowby",
)
_SURNAMES = (
    "Abrivel Ancelard Bardoual Belhomar Bodrevan Bourguelin Cadiravel Cambrelin Carvenec Chabrevault Clavereau "
    "Corbelain Coustelier Danglevin Dervaillac Dubrancourt Escarvel Fauconnel Ferrelin Floquevin Gadrevel "
    "Garnavault Gicquelard Grimaudel Guéravel Haubrecourt Hervaillon Jaubrelin Jouvenac Kerlazec Lacambrelle "
    "Langevault Leblancourt Lecarval Louvrelin Marchevel Mauvernay Moisevault Nivardel Ollivarec Orsevin "
    "Pagevault Perronel Pichavrel Quillerec Raguenevel Ribaudin Rossignac Saugevin Tanguerec Thibaudel Torcheval "
    "Vasselin Verdelhan Vidrecourt Yvonnec"
)
SURNAMES: tuple[str, ...] = tuple(_SURNAMES.split())
STREETS: tuple[str, ...] = (
    "rue des Tanneurs",
    "avenue de l’Industrie",
    "zone artisanale des Quatre-Vents",
    "route de la Vieille-Forge",
    "boulevard de la Gare",
    "chemin du Moulin-Neuf",
    "quai des Mariniers",
    "rue du Pressoir",
    "allée des Charmes",
    "place du Marché-aux-Grains",
    "rue de la Verrerie",
    "parc d’activités du Grand-Chêne",
)
# what our two companies sell: label, lowest and highest unit price in cents
GOODS: tuple[tuple[str, int, int], ...] = (
    ("Scie à format", 420_000, 980_000),
    ("Aspiration centralisée", 260_000, 640_000),
    ("Établi d’atelier", 48_000, 92_000),
    ("Lot d’outillage électroportatif", 31_000, 118_000),
    ("Rayonnage lourd, travée", 22_500, 64_000),
    ("Lames et fraises", 4_200, 19_500),
    ("Équipement de protection", 2_900, 11_800),
    ("Compresseur", 88_000, 310_000),
)
SERVICES: tuple[tuple[str, int, int], ...] = (
    ("Contrat d’entretien", 24_000, 96_000),
    ("Dépannage sur site", 18_500, 74_000),
    ("Location de machine, mois", 39_000, 165_000),
    ("Affûtage", 3_800, 14_600),
    ("Formation à la sécurité", 52_000, 128_000),
)
