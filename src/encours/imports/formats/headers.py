"""Which canonical field a column is, from what French and English exports write above it."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from encours.core.text import fold_words
from encours.imports.formats.problems import FieldsMissing, KindUnknown

KINDS = ("customers", "contacts", "invoices", "payments", "bank")

# kind -> field -> (French headings, English headings), all folded; the order of fields decides who takes a column first
_HEADINGS: dict[str, dict[str, tuple[str, str]]] = {
    "customers": {
        "number": (
            "n client|no client|num client|numero client|numero de client|code client|ref client|reference client"
            "|compte client|compte auxiliaire|code tiers|compte tiers|numero tiers|numero|code|compte|matricule",
            "customer number|customer no|customer code|account number|account no|client number|client code|number"
            "|code|account code|customer account",
        ),
        "external_id": (
            "id client|identifiant|identifiant client|id externe",
            "customer id|external id|id|client id|account id",
        ),
        "name": (
            "nom|raison sociale|nom client|nom du client|client|societe|denomination|denomination sociale|intitule"
            "|tiers|nom tiers|libelle|designation",
            "name|customer name|company|company name|client name|account name|customer|legal name",
        ),
        "legal_form": ("forme juridique|forme", "legal form|company type"),
        "siren": ("siren|n siren|no siren|numero siren", "company registration number|registration number"),
        "siret": ("siret|n siret|no siret|numero siret", ""),
        "vat_number": (
            "tva|n tva|no tva|numero tva|numero de tva|tva intracommunautaire|n tva intracommunautaire|tva intracom"
            "|n tva intracom|numero tva intracommunautaire|identifiant tva",
            "vat|vat number|vat no|vat id|tax id|tax number",
        ),
        "naf_code": ("naf|code naf|ape|code ape|code naf ape", "nace|nace code"),
        "street": (
            "adresse|rue|adresse 1|adresse1|voie|adresse de facturation",
            "street|address|address 1|address1|address line 1|billing address",
        ),
        "postcode": ("code postal|cp|c p", "zip|zip code|zipcode|postcode|postal code|post code"),
        "city": ("ville|commune|localite", "city|town"),
        "country": ("pays|code pays", "country|country code"),
        "language": ("langue|code langue", "language|lang|locale"),
        "email": (
            "e mail|mail|email|courriel|adresse mail|adresse e mail|adresse email|mail comptabilite"
            "|email comptabilite|email facturation|mail relance|email relance",
            "e mail|email|email address|mail|accounting email|billing email|contact email",
        ),
        "phone": (
            "telephone|tel|tel 1|n telephone|numero de telephone|portable|mobile",
            "phone|telephone|phone number|tel",
        ),
        "iban": ("iban|rib|compte bancaire", "iban|bank account|bank account number"),
        "terms": (
            "conditions|conditions de paiement|condition de paiement|conditions de reglement|condition de reglement"
            "|delai|delai de paiement|delai de reglement|delai paiement|delai reglement|jours|delai jours"
            "|delai de paiement jours|delai de reglement jours|echeance",
            "terms|payment terms|payment days|net days|days|credit days|credit terms",
        ),
        "is_natural_person": ("particulier|personne physique", "natural person|is natural person|individual|consumer"),
        "dunning_block": (
            "blocage relance|relance bloquee|ne pas relancer|exclu relance",
            "dunning block|no dunning|dunning blocked|do not chase",
        ),
        "notes": ("commentaire|commentaires|observations|remarques|notes|note", "comment|comments|notes|note|remarks"),
        "credit_limit": (
            "plafond|plafond d encours|plafond encours|plafond de credit|encours autorise|encours maximum|encours max"
            "|limite de credit|limite credit|limite d encours|autorisation d encours",
            "credit limit|credit line|credit limit amount",
        ),
        "collector": (
            "charge de recouvrement|chargee de recouvrement|recouvreur|gestionnaire|gestionnaire de compte|suivi par",
            "collector|collector email|credit controller|followed by",
        ),
        "sales_rep": (
            "commercial|commerciale|vendeur|representant|nom commercial|mail commercial",
            "sales rep|sales representative|salesperson|sales person|sales owner",
        ),
        "success_owner": (
            "charge de clientele|chargee de clientele|responsable client|customer success",
            "success owner|customer success|customer success manager|customer success owner|csm|cs owner",
        ),
    },
    "contacts": {
        "customer": (
            "n client|no client|num client|numero client|code client|ref client|compte client|code tiers|client"
            "|id client|compte auxiliaire|compte tiers",
            "customer id|customer number|customer code|customer no|account number|customer|client id|account",
        ),
        "customer_name": ("raison sociale|nom client|societe|nom du client", "customer name|company|company name"),
        "first_name": ("prenom|prenom contact", "first name|firstname|given name"),
        "last_name": ("nom de famille|nom contact", "last name|lastname|surname|family name"),
        "name": (
            "nom|contact|nom du contact|interlocuteur|nom complet|nom prenom|nom et prenom",
            "name|contact|contact name|full name",
        ),
        "role": (
            "fonction|role|service|type de contact|type contact|poste|qualite",
            "role|job title|title|function|position|contact type",
        ),
        "email": (
            "e mail|mail|email|courriel|adresse mail|adresse e mail|adresse email",
            "e mail|email|email address|mail|contact email",
        ),
        "phone": ("telephone|tel|portable|mobile|n telephone", "phone|telephone|phone number|mobile|tel"),
        "language": ("langue|code langue", "language|lang"),
        "is_primary": ("principal|contact principal|par defaut", "primary|is primary|main contact|default"),
    },
    "invoices": {
        "number": (
            "numero de facture|n facture|no facture|num facture|numero facture|facture|n de facture|numero de piece"
            "|n piece|no piece|numero piece|piece|numero|numero document|n document|ref piece|reference piece"
            "|code facture|ref facture",
            "invoice number|invoice no|invoice|document number|number|doc number|invoice num|bill number|document no"
            "|invoice ref",
        ),
        "external_id": (
            "id facture|identifiant facture|id externe|identifiant",
            "invoice id|external id|id|document id",
        ),
        "customer": (
            "n client|no client|num client|numero client|numero de client|code client|ref client|reference client"
            "|compte client|compte auxiliaire|code tiers|compte tiers|id client|client|tiers|n tiers"
            "|identifiant client",
            "customer id|customer number|customer no|customer code|account number|client id|client code|customer"
            "|account|debtor|customer account",
        ),
        "customer_name": (
            "nom client|nom du client|raison sociale|societe|nom|denomination|intitule|nom tiers|intitule tiers"
            "|libelle tiers",
            "customer name|client name|company|company name|name|debtor name",
        ),
        "kind": (
            "type|type de piece|type piece|type document|type de document|nature|type facture|type de facture",
            "kind|type|document type|doc type|invoice type",
        ),
        "issue_date": (
            "date de facture|date facture|date d emission|date emission|date de facturation|date facturation"
            "|date piece|date de piece|date|emise le|date document|date du document",
            "invoice date|issue date|issued on|document date|date|billing date|posting date|issued|date issued",
        ),
        "due_date": (
            "date d echeance|date echeance|echeance|date de reglement prevue|date limite de paiement|a payer avant"
            "|echeance le|date limite|date ech|ech",
            "due date|due on|due|maturity date|payment due date|due by",
        ),
        "currency": ("devise|code devise|monnaie", "currency|currency code|curr|ccy"),
        "net": (
            "montant ht|ht|total ht|montant hors taxes|montant hors taxe",
            "net|net amount|amount excl tax|subtotal|amount excluding tax|net total",
        ),
        "tax": ("montant tva|tva|total tva|montant taxes|taxes|taxe", "tax|vat|tax amount|vat amount|total tax"),
        "gross": (
            "montant ttc|ttc|total ttc|montant toutes taxes comprises|montant total|montant|total|montant facture"
            "|montant de la facture|net a payer|montant initial|montant devise",
            "gross|gross amount|total|total amount|amount|invoice amount|amount incl tax|total incl tax"
            "|original amount|gross total|amount including tax",
        ),
        "open": (
            "reste a payer|restant du|reste du|solde|montant ouvert|solde du|restant|solde facture|montant restant"
            "|reste a regler|montant restant du|non regle|reliquat|encours|montant du|solde restant",
            "open amount|open|balance|amount due|outstanding|outstanding amount|remaining|remaining amount"
            "|balance due|open balance|amount open|unpaid amount",
        ),
        "paid": (
            "montant regle|regle|montant paye|paye|deja regle|acomptes regles|montant encaisse",
            "paid|paid amount|amount paid|settled amount",
        ),
        "settled_date": (
            "date de reglement|date reglement|date de paiement|date paiement|reglee le|payee le|regle le"
            "|date d encaissement|date solde|date reglement effectif",
            "settled date|paid date|payment date|paid on|settlement date|date paid|clearing date|settled on",
        ),
        "reference": (
            "reference structuree|reference de paiement|reference rf|reference",
            "reference|payment reference|structured reference|creditor reference",
        ),
        "order_number": (
            "n commande|no commande|numero de commande|numero commande|bon de commande|commande|ref commande"
            "|votre reference|reference commande",
            "order number|purchase order|po number|po|order no|order|customer reference",
        ),
        "related_number": (
            "facture d origine|facture origine|facture liee|facture rattachee|avoir sur facture",
            "related invoice|original invoice|credited invoice|related number",
        ),
        "disputed": ("litige|en litige|conteste|contestee|bloque litige", "disputed|dispute|in dispute"),
        "dunning_block": ("blocage relance|relance bloquee|ne pas relancer", "dunning block|no dunning"),
        "terms": (
            "conditions|conditions de paiement|conditions de reglement|delai|delai de paiement|delai de reglement"
            "|mode de reglement",
            "terms|payment terms|payment days",
        ),
        "instalment": (
            "n echeance|no echeance|numero d echeance|numero echeance|rang echeance|tranche",
            "instalment|installment|instalment number|installment number",
        ),
        "instalment_amount": (
            "montant echeance|montant de l echeance|montant tranche",
            "instalment amount|installment amount|amount of instalment",
        ),
    },
    "payments": {
        "payment": (
            "n reglement|no reglement|numero de reglement|numero reglement|id reglement|n paiement|numero de paiement"
            "|id paiement|reglement|paiement|n encaissement|numero d encaissement|ref reglement|reference reglement"
            "|reference paiement|numero de piece|n piece",
            "payment id|payment number|payment no|receipt number|receipt id|receipt no|transaction id"
            "|payment reference|payment ref|payment|receipt",
        ),
        "customer": (
            "n client|no client|num client|numero client|numero de client|code client|ref client|compte client"
            "|compte auxiliaire|code tiers|compte tiers|id client|client|tiers",
            "customer id|customer number|customer no|customer code|account number|client id|client code|customer"
            "|account|debtor",
        ),
        "customer_name": (
            "nom client|nom du client|raison sociale|societe|nom",
            "customer name|client name|company|name",
        ),
        "date": (
            "date de reglement|date reglement|date de paiement|date paiement|date d encaissement|date encaissement"
            "|date de valeur|date|regle le|paye le|encaisse le|date operation|date d operation|date comptable",
            "payment date|booked on|paid on|received on|date|value date|receipt date|booking date|date received"
            "|paid date|settled date|transaction date|received date",
        ),
        "invoice": (
            "n facture|no facture|num facture|numero facture|numero de facture|facture|id facture|facture reglee"
            "|ref facture|piece|n de facture",
            "invoice id|invoice number|invoice no|invoice|document number|applied to|invoice ref",
        ),
        "amount": (
            "montant|montant regle|montant paye|montant encaisse|montant du reglement|montant reglement"
            "|montant du paiement|montant affecte|credit|total|montant impute",
            "amount|payment amount|paid amount|amount paid|amount received|applied amount|allocated amount|received"
            "|total",
        ),
        "deduction": (
            "deduction|retenue|escompte|ecart|remise|deductions|montant escompte|ecart de reglement",
            "deduction|discount|cash discount|deductions|write off|discount taken",
        ),
        "currency": ("devise|code devise|monnaie", "currency|currency code|curr|ccy"),
        "method": (
            "mode|mode de reglement|mode reglement|mode de paiement|moyen de paiement",
            "method|payment method|payment type|mode",
        ),
        "payer_name": ("emetteur|payeur|donneur d ordre|nom emetteur", "payer|payer name|remitter|debtor name"),
        "payer_iban": ("iban|iban emetteur|iban payeur", "iban|payer iban|debtor iban"),
        "reference": (
            "reference|libelle|libelle operation|communication|motif",
            "reference|remittance|description|remittance information|memo|label",
        ),
    },
    "bank": {
        "date": (
            "date comptable|date de comptabilisation|date operation|date d operation|date de l operation|date"
            "|date ecriture|date d execution|date de l operation local|date de l operation utc|date de reglement"
            "|date de transaction|date de creation",
            "booking date|posting date|posted date|date|transaction date|entry date|effective date|completed date"
            "|date completed utc|created utc|created|date posted|created at|charge date|payment date|arrival date"
            "|settlement date",
        ),
        "value_date": (
            "date de valeur|date valeur|valeur|date de la valeur local|date de la valeur utc",
            "value date|available on utc|value",
        ),
        "gross": ("montant brut|brut|avant commission", "gross|gross amount"),
        "fee": (
            "frais|commission|commissions|montant commission|frais de transaction",
            "fee|fees|fee amount|transaction fee|transaction fees",
        ),
        "net": ("montant net|net|apres commission", "net"),
        "debit": (
            "debit|montant debit|debits|sortie|sorties|depense|depenses|retrait|retraits",
            "debit|debit amount|debits|withdrawal|withdrawals|paid out|money out|amount debit",
        ),
        "credit": (
            "credit|montant credit|credits|entree|entrees|recette|recettes|versement|versements",
            "credit|credit amount|credits|deposit|deposits|paid in|money in|amount credit",
        ),
        "amount": (
            "montant|montant operation|montant de l operation|montant du mouvement|somme|montant total ttc|montant ttc",
            "amount|transaction amount|net amount|booked amount|amount in account currency|total amount",
        ),
        # what went out counts positive, as card statements have it; only a mapping says so
        "amount_inverse": ("", ""),
        "side": (
            "sens|d c|sens d c|debit credit|sens de l operation",
            "d c|c d|dc|side|debit credit|credit debit|dr cr|cr dr|credit debit indicator|direction",
        ),
        "balance": (
            "solde|solde apres operation|solde courant|solde progressif|nouveau solde",
            "balance|running balance|account balance|balance after|closing balance",
        ),
        "currency": ("devise|code devise|monnaie|devise du compte", "currency|currency code|ccy|curr|account currency"),
        "original_amount": (
            "montant devise|montant en devise|montant d origine|contre valeur|montant total ttc local",
            "amount currency|original amount|foreign amount|orig amount|customer facing amount",
        ),
        "original_currency": (
            "devise d origine|devise origine|devise local",
            "original currency|foreign currency|orig currency|customer facing currency",
        ),
        "name": (
            "tiers|contrepartie|nom contrepartie|nom de la contrepartie|nom du tiers|beneficiaire|emetteur"
            "|donneur d ordre|nom du donneur d ordre|nom|nom du client|client",
            "partner name|counterparty|counterparty name|partner|payee|payer|beneficiary|name|merchant|customer name"
            "|customers company name|customer",
        ),
        "iban": (
            "iban contrepartie|iban de la contrepartie|compte contrepartie|iban du tiers|iban emetteur"
            "|iban donneur d ordre|rib tiers",
            "counterparty iban|counterparty account|partner iban|payer iban|bank account|account of counterparty",
        ),
        "text": (
            "libelle|libelle operation|libelle de l operation|libelle simplifie|libelle complet|motif|communication"
            "|nature de l operation|description",
            "label|description|details|memo|narrative|transaction description|remittance information|payment reference"
            "|text|purpose|particulars|payment description|payments description",
        ),
        "more": (
            "detail|details|detail de l operation|libelle complementaire|informations complementaires|commentaire"
            "|informations",
            "detail|additional information|extra details|notes|note|comment",
        ),
        "reference": (
            "reference|ref|numero operation|numero d operation|n operation|reference operation|n de piece"
            "|reference banque|identifiant|identifiant de la transaction",
            "reference|transaction id|balance transaction id|operation number|transaction reference|bank reference|id"
            "|ref",
        ),
        "end_to_end": (
            "reference de bout en bout|reference client|ref client",
            "end to end id|endtoend id|end to end reference|customer reference|charge id|source id",
        ),
        "account": (
            "compte|n compte|numero de compte|compte bancaire|n de compte|iban|iban du compte",
            "account|account number|own account|account iban|iban",
        ),
        "code": (
            "type|type d operation|type operation|code operation|categorie|methode de paiement",
            "type|transaction type|category|reporting category|transaction code|resources type",
        ),
        "status": ("statut|etat|etat de l operation|statut de l operation", "status|state|transaction status"),
    },
}

# one of each group must be there
REQUIRED: dict[str, list[tuple[str, ...]]] = {
    "customers": [("number", "external_id"), ("name",)],
    "contacts": [("customer", "customer_name"), ("email", "phone")],
    "invoices": [
        ("number", "external_id"),
        ("customer", "customer_name"),
        ("issue_date",),
        ("gross", "net", "instalment_amount"),
    ],
    "payments": [("customer", "invoice", "customer_name"), ("date",), ("amount",)],
    "bank": [("date",), ("amount", "amount_inverse", "debit", "credit", "gross")],
}
# these alone tell a kind from the others
_TELLING: dict[str, set[str]] = {
    "customers": {
        "siren",
        "siret",
        "vat_number",
        "postcode",
        "city",
        "street",
        "legal_form",
        "naf_code",
        "terms",
        "iban",
        "name",
    },
    "contacts": {"first_name", "last_name", "role", "is_primary", "email"},
    "invoices": {
        "number",
        "issue_date",
        "due_date",
        "gross",
        "open",
        "net",
        "tax",
        "kind",
        "instalment_amount",
        "settled_date",
    },
    "payments": {"payment", "date", "amount", "deduction", "method", "payer_name", "payer_iban", "invoice"},
    "bank": {"debit", "credit", "balance", "value_date", "side", "gross", "fee", "net"},
}
# columns that only the export of a bank or a payment provider has together
_BANK_ONLY = ({"debit", "credit"}, {"balance"}, {"gross", "fee", "net"}, {"value_date", "text"})
_VAGUE = frozenset(
    [
        "numero",
        "code",
        "compte",
        "nom",
        "client",
        "societe",
        "libelle",
        "date",
        "montant",
        "total",
        "name",
        "number",
        "id",
        "customer",
        "company",
        "amount",
        "reference",
        "type",
        "nature",
        "solde",
        "tiers",
        "account",
        "iban",
        "e",
        "mail",
        "email",
        "adresse",
        "telephone",
        "tel",
        "phone",
        "language",
        "langue",
        "devise",
        "currency",
    ]
)
_INSTALMENT = re.compile(
    r"(?:(due date|date d echeance|date echeance|echeance|date)|(amount|montant|montant echeance|instalment amount)"
    r"|(open amount|solde|reste a payer)) ?(\d{1,2})"
)
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_DOTTED = re.compile(r"\b(?:[^\W\d_]\.){2,}")
_UNIT = re.compile(r" (?:en )?(?:eur|euros?)$")


def heading(text: str) -> str:
    """A heading as it is compared: "N° Client" -> "n client", "InvoiceDate" -> "invoice date", "TTC (€)" -> "ttc"."""
    bare = _DOTTED.sub(lambda found: found[0].replace(".", ""), text.replace("\ufeff", ""))
    words = fold_words(_CAMEL.sub(" ", bare.replace("n°", "n ").replace("N°", "N ").replace("º", " ")))
    return _UNIT.sub("", words) or words


@dataclass(frozen=True, slots=True)
class Columns:
    """Where the fields of a kind stand: field -> column; `ignored` names the columns nothing was taken from."""

    kind: str
    places: Mapping[str, int]
    ignored: tuple[str, ...]
    is_french: bool
    instalments: tuple[tuple[int, int, int | None], ...] = ()  # due date, amount, open amount
    names_customer_id: bool = False
    names_document_id: bool = False

    def missing(self) -> list[str]:
        """What the kind needs and the file lacks."""
        return [
            " / ".join(group)
            for group in REQUIRED[self.kind]
            if not any(name in self.places for name in group)
            and not (self.instalments and "instalment_amount" in group)
        ]


def fields_of(kind: str) -> tuple[str, ...]:
    """The fields that a file of the kind may have."""
    return tuple(_HEADINGS.get(kind, {}))


def _lists(kind: str) -> list[tuple[str, dict[str, int], dict[str, int]]]:
    return [
        (
            name,
            {text: rank for rank, text in enumerate(french.split("|")) if text},
            {text: rank for rank, text in enumerate(english.split("|")) if text},
        )
        for name, (french, english) in _HEADINGS[kind].items()
    ]


_LISTS = {kind: _lists(kind) for kind in KINDS}
_FRENCH_ONLY = {text for kind in KINDS for _, french, _ in _LISTS[kind] for text in french} - {
    text for kind in KINDS for _, _, english in _LISTS[kind] for text in english
}
_ENGLISH_ONLY = {text for kind in KINDS for _, _, english in _LISTS[kind] for text in english} - {
    text for kind in KINDS for _, french, _ in _LISTS[kind] for text in french
}


def columns_of(header: Sequence[str], kind: str, *, mapping: Mapping[str, str] | None = None) -> Columns:
    """The fields a header names, read as one kind; a learnt mapping (field -> heading) comes before the known words."""
    folded = [heading(text) for text in header]
    places: dict[str, int] = {}
    for name, text in (mapping or {}).items():
        if name in _HEADINGS[kind] and text in header:
            places[name] = list(header).index(text)
    instalments = _instalments(folded) if kind == "invoices" else ()
    taken = set(places.values()) | {place for row in instalments for place in row if place is not None}
    wanted = sorted(
        (min(french.get(text, 99), english.get(text, 99)), order, index, name)
        for order, (name, french, english) in enumerate(_LISTS[kind])
        for index, text in enumerate(folded)
        if text in french or text in english
    )
    # a column whose heading is the first choice of a field goes there before vaguer claims are heard
    for _, _, index, name in wanted:
        if name not in places and index not in taken:
            places[name] = index
            taken.add(index)
    is_french = sum(text in _FRENCH_ONLY for text in folded) > sum(text in _ENGLISH_ONLY for text in folded)
    if kind == "bank":
        _read_reference_as_text(folded, places, taken)
    return Columns(
        kind=kind,
        places=places,
        ignored=tuple(text for index, text in enumerate(header) if index not in taken and text.strip()),
        is_french=is_french,
        instalments=instalments,
        names_customer_id="customer" in places
        and folded[places["customer"]].endswith((" id", "id client", "identifiant client")),
        names_document_id="invoice" in places and folded[places["invoice"]] in {"invoice id", "id facture"},
    )


def _read_reference_as_text(folded: Sequence[str], places: dict[str, int], taken: set[int]) -> None:
    """Where a bank's export has no text, its "Référence" is what the payer wrote; the movement's own number follows."""
    if "text" in places or folded[places.get("reference", 0)] not in {"reference", "ref"}:
        return
    places["text"] = places.pop("reference")
    names = ("transaction id", "identifiant de la transaction", "identifiant", "id", "numero d operation")
    own = next((folded.index(name) for name in names if name in folded and folded.index(name) not in taken), None)
    if own is not None:
        places["reference"] = own
        taken.add(own)


def _instalments(folded: Sequence[str]) -> tuple[tuple[int, int, int | None], ...]:
    found: dict[int, dict[str, int]] = {}
    for index, text in enumerate(folded):
        if match := _INSTALMENT.fullmatch(text):
            part = "due" if match[1] else "amount" if match[2] else "open"
            found.setdefault(int(match[4]), {})[part] = index
    complete = [(number, parts) for number, parts in sorted(found.items()) if {"due", "amount"} <= parts.keys()]
    return tuple((parts["due"], parts["amount"], parts.get("open")) for _, parts in complete)


def _score(columns: Columns, header: Sequence[str]) -> int:
    score = 3 * len(columns.instalments)
    for name, index in columns.places.items():
        weight = 1 if heading(header[index]) in _VAGUE else 3
        score += weight * 2 if name in _TELLING[columns.kind] else weight
    return score


def guess_kind(header: Sequence[str]) -> str | None:
    """The kind whose needs the header meets best, or None: a number, a date, a due date and an amount make invoices."""
    candidates = []
    for order, kind in enumerate(("invoices", "payments", "contacts", "customers")):
        columns = columns_of(header, kind)
        if not columns.missing():
            candidates.append((_score(columns, header), -order, kind))
    best = max(candidates)[2] if candidates else None
    return "bank" if _is_bank(header, best) else best


def _is_bank(header: Sequence[str], best: str | None) -> bool:
    """Whether the header is a bank's: it has what only banks export, and names no invoice."""
    bank = columns_of(header, "bank")
    if bank.missing() or best == "invoices":
        return False
    if best is None:
        return "text" in bank.places or "name" in bank.places or "reference" in bank.places
    names_invoice = "invoice" in columns_of(header, "payments").places
    return not names_invoice and any(group <= bank.places.keys() for group in _BANK_ONLY)


def recognised(header: Sequence[str]) -> int:
    """How many cells of a row read like headings, so that the header row is found under a title."""
    known = {text for kind in KINDS for _, french, english in _LISTS[kind] for text in (*french, *english)}
    return sum(heading(text) in known for text in header if text.strip())


def columns_for(header: Sequence[str], *, kind: str | None, mapping: Mapping[str, str] | None = None) -> Columns:
    """The columns of a header, its kind guessed unless told; refuses what lacks what the kind needs."""
    chosen = kind or guess_kind(header)
    if chosen is None:
        raise KindUnknown(header=", ".join(header)[:300])
    columns = columns_of(header, chosen, mapping=mapping)
    if missing := columns.missing():
        raise FieldsMissing(kind=chosen, fields=", ".join(missing), header=", ".join(header)[:300])
    return columns
