"""What draws by lot share on the desk: the form that starts one, and what is told of one."""

from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy

from encours.analytics.rules.effect import Effect
from encours.collections.actions import holdouts as actions
from encours.collections.holdout_models import SHARE_MAX_PERMILLE, Draw
from encours.entrypoints.forms import DeskForm


def share_field(*, percent: int, **words: Any) -> forms.DecimalField:
    """How many the lot draws; what that means for them (`label`, `help_text`) differs from draw to draw."""
    return forms.DecimalField(
        min_value=Decimal("0.1"),
        max_value=Decimal(SHARE_MAX_PERMILLE) / 10,
        decimal_places=1,
        initial=Decimal(percent),
        **words,
    )


class DrawForm(DeskForm):
    """What each draw asks, beside its own `share`: how long the effect is looked for, and what is to be learnt."""

    wide = frozenset({"why"})
    horizon_days = forms.IntegerField(
        label=gettext_lazy("Look for the effect over, in days"),
        min_value=1,
        max_value=actions.HORIZON_DAYS_MAX,
        initial=30,
    )
    why = forms.CharField(label=gettext_lazy("What you want to learn"), max_length=300)

    def asked(self) -> dict[str, Any]:
        """What was filled in, as the actions take it."""
        said = self.cleaned_data
        return {
            "share_permille": int(said["share"] * 10),
            "horizon_days": said["horizon_days"],
            "why": said["why"],
        }


def told_of(draw: Draw, effect: Effect, *, done: str, spared: str) -> dict[str, Any]:
    """What the card of a draw shows (`desk/scenarios/_draw.html`); `done` and `spared` name its sides."""
    gained = effect.gained_days or 0
    return {
        "draw": draw,
        "effect": effect,
        "is_gain": effect.is_shown and gained > 0,
        "is_loss": effect.is_shown and gained < 0,
        "share_percent": draw.share_permille / 10,
        "sides": ((done, effect.written_to), (spared, effect.kept_aside)),
    }
