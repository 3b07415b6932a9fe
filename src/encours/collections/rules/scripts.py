"""What to say on the telephone: the usual words by language, and facts put where they are named."""

import re
from collections.abc import Mapping

# a name in braces that stands for a fact of the account
VARIABLES = ("customer", "contact", "amount", "count", "days", "user", "company")
_NAMED = re.compile(r"\{(\w+)\}")
_USUAL = {
    "fr": """Bonjour, {user} de {company}. Puis-je parler à {contact}, de la comptabilité fournisseurs ?

Je vous appelle au sujet de votre compte : {amount} sont échus, la plus ancienne facture depuis {days} jours.

1. Avez-vous bien reçu ces factures ? Manque-t-il un bon de commande, un accord ?
2. Y a-t-il un désaccord ? Sur quelle facture, de quel montant ?
3. Sinon, quel jour le règlement part-il, et de quel montant ?

Je récapitule ce que nous avons convenu et je vous l’écris. Merci, bonne journée.""",
    "en": """Hello, this is {user} from {company}. May I speak to {contact}, in accounts payable?

I am calling about your account: {amount} is overdue, the oldest invoice for {days} days.

1. Did you receive these invoices? Is an order number or an approval missing?
2. Is anything contested? Which invoice, and how much of it?
3. If not, on which day will the payment leave, and for how much?

Let me sum up what we agreed; I will send it to you in writing. Thank you, goodbye.""",
}


def usual_script(language: str) -> str:
    """The words that ship with the product, in English where the language has none."""
    return _USUAL.get(language, _USUAL["en"])


def spoken(text: str, facts: Mapping[str, str]) -> str:
    """The script with its facts: "{amount} in all" becomes "1,200.00 EUR in all"; an unknown name stays as written."""
    return _NAMED.sub(lambda named: facts.get(named.group(1), named.group(0)), text)


def unknown_names(text: str) -> list[str]:
    """The names in braces that stand for nothing, in the order they are written, each once."""
    return [name for name in dict.fromkeys(_NAMED.findall(text)) if name not in VARIABLES]
