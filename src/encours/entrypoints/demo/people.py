"""Our side of the demo: the group, its two companies and the people who sign in."""

from dataclasses import dataclass, field

from encours.entrypoints.demo import identity

GROUP = "Valtorane Équipement"
# printed at every start: whoever can read the screen may sign in, which is what a demo is for
PASSWORD = "encours-a-essayer"  # noqa: S105 - made up, printed at every start
DOMAIN = "valtorane.example"


@dataclass(frozen=True, slots=True)
class Company:
    """One legal company of the group."""

    code: str
    name: str
    details: dict[str, object] = field(hash=False)


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who signs in, with a role."""

    first_name: str
    last_name: str
    role: str
    title: str
    own_portfolio_only: bool = False
    language: str = "fr"

    @property
    def name(self) -> str:
        """First and last name."""
        return f"{self.first_name} {self.last_name}"

    @property
    def email(self) -> str:
        """The address to sign in with, and to write from."""
        return identity.mailbox(self.first_name, self.last_name, at=DOMAIN)


_MENTIONS = {
    "penalty_mention": "En cas de retard, pénalités au taux de la BCE majoré de 10 points et indemnité forfaitaire"
    " pour frais de recouvrement de 40 € (art. L441-10 et D441-5 du code de commerce).",
    "discount_mention": "Pas d’escompte pour paiement anticipé, sauf accord écrit.",
}
COMPANIES: tuple[Company, ...] = (
    Company(
        code="01",
        name="Valtorane Équipement",
        details={
            "legal_form": "SAS",
            "siren": "041872300",
            "rcs_city": "Brévigné-le-Vieux",
            "capital_minor": 85_000_000,
            "street": "12 parc d’activités du Grand-Chêne",
            "postcode": "35990",
            "city": "Brévigné-le-Vieux",
            "email": f"comptabilite-clients@{DOMAIN}",
            "phone": "02 61 91 40 00",
            "default_terms": "45",
            **_MENTIONS,
        },
    ),
    Company(
        code="02",
        name="Valtorane Services",
        details={
            "legal_form": "SARL",
            "siren": "041872417",
            "rcs_city": "Brévigné-le-Vieux",
            "capital_minor": 12_000_000,
            "street": "14 parc d’activités du Grand-Chêne",
            "postcode": "35990",
            "city": "Brévigné-le-Vieux",
            "email": f"comptabilite-clients@{DOMAIN}",
            "phone": "02 61 91 40 20",
            "default_terms": "30",
            **_MENTIONS,
        },
    ),
)
CFO = Person("Hélène", "Cardaillon", "cfo", "Directrice administrative et financière")
CREDIT_MANAGER = Person("Mathieu", "Delaubriac", "credit_manager", "Credit manager")
COLLECTORS = (
    Person("Maëlle", "Quintrec", "collector", "Chargée de recouvrement"),
    Person("Karim", "Belhadjar", "collector", "Chargé de recouvrement"),
    Person("Solène", "Marzin", "collector", "Chargée de recouvrement"),
)
SALES_ADMINISTRATION = Person("Laurence", "Aubertel", "adv", "Administration des ventes")
SALES = (
    Person("Bastien", "Guerlédic", "sales", "Commercial Ouest", own_portfolio_only=True),
    Person("Anaïs", "Hirtzmann", "sales", "Commerciale Est et export", own_portfolio_only=True),
)
AUDITOR = Person("Denis", "Pellavoine", "auditor", "Commissaire aux comptes")
ADMINISTRATOR = Person("Rémi", "Sorgues", "admin", "Responsable informatique")
# in the order in which a visitor would try them
EVERYBODY: tuple[Person, ...] = (
    *COLLECTORS[:1],
    CREDIT_MANAGER,
    CFO,
    *COLLECTORS[1:],
    SALES_ADMINISTRATION,
    *SALES,
    AUDITOR,
    ADMINISTRATOR,
)
