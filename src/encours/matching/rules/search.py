"""The search for one line that is not plain at first sight: quoted, mangled, announced, silent, in part."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from itertools import combinations, pairwise

from encours.matching.rules import advices, drafts, evidence, folding, payers, plainly, quotes
from encours.matching.rules.book import points_of
from encours.matching.rules.differences import shortfall, usual_rate
from encours.matching.rules.drafts import Draft
from encours.matching.rules.facts import Imputation, Line, Reason, Treatment
from encours.matching.rules.imputation import Debt, impute
from encours.matching.rules.payers import Payer
from encours.matching.rules.quotes import Quote
from encours.matching.rules.standing import Standing
from encours.matching.rules.sums import sums

UNQUOTED = -270  # a line in fifteen quotes nothing
SILENT_SUM = -400
UNKNOWN_NAMED = -500  # another document of ours is named, one that is not open
COMPLETED = -330  # some items quoted, others not
NETTED = -250
SURE_POINTS = 1_500
QUOTED_ENOUGH = 400  # beside such a quotation no silent sum is looked for
MOST_CUSTOMERS = 6
MOST_SAME_AMOUNT = 60
MOST_QUOTED = 12
MOST_SEARCHED = 400
ON_ACCOUNT = -700  # what nothing fits: the last thought
BELOW_ALL = 0


class Search:
    """The search for one line that is not plain at first sight."""

    def __init__(
        self,
        line: Line,
        standing: Standing,
        known: dict[int, Payer],
        whole: list[Quote],
        *,
        is_quick: bool,
    ) -> None:
        text = folding.plain(folding.unwrapped(line.text)[0])
        self.is_quick = is_quick
        self.is_postponed = False
        self.line, self.standing, self.text = line, standing, text
        self.book, self.shelf = standing.book, standing.shelf
        self.is_known_account = bool(known)
        self.payers = self._payers(known)
        self.whole = whole
        self.found: list[Draft] = []

    def _payers(self, known: dict[int, Payer]) -> dict[int, Payer]:
        """By account first; names and numbers add customers, or tell those of one account apart."""
        found = dict(known)
        if any(one.how == "told" for one in found.values()):
            return found
        numbered = payers.by_code(self.text, self.book, quotes.CLUSTER.finditer(self.text))
        if len(known) != 1:
            named: dict[int, Payer] = {}
            for field in ("counterparty_name", "ultimate_name"):
                name = getattr(self.line, field)
                if name:
                    named = _joined(named, payers.by_name(name, self.book, field))
            if not named or len(named) > 1:
                spoken = payers.by_words(self.text, self.book)
                narrowed = {one: spoken[one] for one in spoken if one in named}
                named = narrowed or _joined(named, spoken)
            if known:
                for one in named:
                    if one in found:
                        found[one] = found[one]._replace(points=found[one].points + 150)
            found = _joined(found, named)
        return _joined(found, numbered, both=True)

    def payer_of(self, customer_id: int) -> Payer:
        """How this customer's paying fits what the line shows of its payer."""
        payer = self.payers.get(customer_id)
        if payer is not None:
            return payer
        ours = self.book.customers.get(customer_id)
        for other in self.payers.values():
            theirs = self.book.customers.get(other.customer_id)
            if ours and theirs and payers.is_group(ours, theirs):
                return Payer(customer_id, "group", other.points + payers.GROUP, other.field, other.start, other.end)
        if self.is_known_account or self._is_named():
            return Payer(
                customer_id, "third_party", payers.THIRD_PARTY if self.is_known_account else payers.THIRD_PARTY // 2
            )
        return Payer(customer_id, "stranger", payers.OTHER_ACCOUNT if ours and ours.ibans else payers.STRANGER)

    def _is_named(self) -> bool:
        return any(one.how in ("name", "learnt_name", "number") and one.among <= 3 for one in self.payers.values())

    def drafts(self) -> list[Draft]:
        """All drafts, best first."""
        self._from_advice()
        quoted = self._quotes()
        sure = plainly.sure(self.line, self.standing, self.payers, quoted) if quoted and not self.line.advice else None
        if sure is not None and sure.kind in ("exact", "sum"):
            return [sure]
        self._from_quotes(quoted)
        if not any(
            one.points > SURE_POINTS - self.book.ln_customers and one.kind in ("exact", "sum") for one in self.found
        ):
            fuzzy = self._slips(quoted)
            if fuzzy:
                self._from_quotes([*quoted, *fuzzy])
            self._from_amounts()
            if quotes.is_cut_short(self.text, quoted, self.shelf):
                for one in self.found:
                    one.kind += "" if one.kind in ("exact", "sum", "rate") else "_cut"
            if quotes.names_unknown_document(self.text, self.shelf, quoted):
                for one in self.found:
                    one.points += 0 if one.quotes else UNKNOWN_NAMED
        self._doubt_parts()
        self._doubt_what_is_not_named(quoted)
        self._silent()
        nothing = evidence.NOT_OURS
        if self.payers:
            best = max(one.points for one in self.payers.values())
            nothing = max(nothing, best - self.book.ln_customers + evidence.NOT_AN_ITEM)
        return drafts.ranked(self.found, nothing, self.standing)

    def _doubt_parts(self) -> None:
        """A part of one item, where the amount is exactly another's: the wrong number may be quoted."""
        exact = {one.customer_id for one in self.found if one.kind in ("exact", "sum")}
        for one in self.found:
            if one.customer_id in exact and one.kind in ("partial", "several_partial", "far_over"):
                one.kind += "_doubted"

    def _doubt_what_is_not_named(self, quoted: Sequence[Quote]) -> None:
        """What is quoted nowhere, where another open document is named in full: the payer means that one."""
        named = {one.position for one in quoted if one.form in plainly.SURE_FORMS}
        for one in self.found:
            if named and not one.quotes and named.isdisjoint(position for position, _ in one.cash):
                one.kind += "" if one.kind.endswith("_doubted") else "_doubted"

    def _quotes(self) -> list[Quote]:
        found = list(self.whole)
        found += [
            one
            for one in quotes.partly_written(self.text, self.shelf, self.payers, self.whole)
            if self.standing.opens[one.position] and self._is_worth(one)
        ]
        found += [one for one in quotes.ordered(self.text, self.shelf) if self.standing.opens[one.position]]
        if not self.whole and self.line.structured_reference:
            structured = folding.plain(self.line.structured_reference)
            found += [
                one._replace(field="structured_reference")
                for one in quotes.partly_written(structured, self.shelf, self.payers, ())
                if self.standing.opens[one.position] and self._is_worth(one)
            ]
        return found

    def _is_worth(self, quote: Quote) -> bool:
        """A bare running number is looked at only where the payer or the amount agrees."""
        if quote.form not in ("bare", "padded") or self.shelf.items[quote.position].customer_id in self.payers:
            return True
        return self.standing.opens[quote.position] == self.line.amount_minor

    def _slips(self, quoted: Sequence[Quote]) -> list[Quote]:
        near: dict[int, None] = {}
        same = self.standing.of_amount(self.line.amount_minor, most=MOST_SAME_AMOUNT + 1)
        if len(same) <= MOST_SAME_AMOUNT:
            near.update(dict.fromkeys(same))
        for customer_id in self._likely_customers(quoted):
            near.update(dict.fromkeys(self.standing.account(customer_id)))
        return quotes.slipped(self.text, self.shelf, list(near), quoted) if near else []

    def _likely_customers(self, quoted: Sequence[Quote]) -> list[int]:
        scored = {one.customer_id: one.points for one in self.payers.values()}
        for quote in quoted:
            customer_id = self.shelf.items[quote.position].customer_id
            if quote.points > 700:
                scored[customer_id] = scored.get(customer_id, 0) + quote.points
        return sorted(scored, key=lambda one: (-scored[one], one))[:MOST_CUSTOMERS]

    # quoted documents

    def _from_quotes(self, quoted: Sequence[Quote]) -> None:
        by_customer: defaultdict[int, list[Quote]] = defaultdict(list)
        for quote in quoted:
            by_customer[self.shelf.items[quote.position].customer_id].append(quote)
        weights = {
            customer: self.payer_of(customer).points + sum(sorted((one.points for one in found), reverse=True)[:3])
            for customer, found in by_customer.items()
        }
        for customer in sorted(weights, key=lambda one: (-weights[one], one))[:MOST_CUSTOMERS]:
            self._from_customer_quotes(customer, by_customer[customer])

    def _from_customer_quotes(self, customer_id: int, quoted: list[Quote]) -> None:
        payer = self.payer_of(customer_id)
        tokens = _by_token(quoted)
        chosen = [self._best_reading(options) for options in tokens]
        chosen = list({one.position: one for one in reversed(chosen)}.values())[::-1]
        if not self._is_refund():
            self._exact_sets(payer, tokens)
        self._add_quoted(payer, chosen)
        for options in tokens:
            for one in options[:4]:
                if len(chosen) > 1 or one is not chosen[0]:
                    self._add_quoted(payer, [one])
        self._add_ranges(payer)
        self._complete(payer, chosen)

    def _is_refund(self) -> bool:
        return self.line.amount_minor < 0

    def _best_reading(self, options: list[Quote]) -> Quote:
        amount = self.line.amount_minor
        return max(
            options,
            key=lambda one: (
                one.points + (600 if self.standing.opens[one.position] == amount else 0),
                -one.position,
            ),
        )

    def _exact_sets(self, payer: Payer, tokens: list[list[Quote]]) -> None:
        """Among the readings of all that is quoted, those that add up to the cent; the fullest first."""
        flat = [one for options in tokens for one in options[:3]][:MOST_QUOTED]
        for count in range(len(flat), 1, -1):
            for chosen in combinations(flat, count):
                positions = {one.position for one in chosen}
                if (
                    len(positions) < count
                    or sum(self.standing.opens[one] for one in positions) != self.line.amount_minor
                ):
                    continue
                if _overlap(chosen):
                    continue
                self._add_quoted(payer, list(chosen))
                self._add_twins(payer, list(chosen), tokens)
                return

    def _add_twins(self, payer: Payer, chosen: list[Quote], tokens: list[list[Quote]]) -> None:
        """The same set by another reading of one place that is open for as much: rivals that nothing tells apart."""
        taken = {one.position for one in chosen}
        for place, one in enumerate(chosen):
            options = next((options for options in tokens if one in options), [])
            twins = [
                other
                for other in options
                if other.position not in taken
                and self.standing.opens[other.position] == self.standing.opens[one.position]
            ]
            for other in twins[:2]:
                self._add_quoted(payer, [*chosen[:place], other, *chosen[place + 1 :]])

    def _add_quoted(self, payer: Payer, chosen: Sequence[Quote]) -> None:
        positions = self._in_order([one.position for one in chosen])
        total = sum(self.standing.opens[one] for one in positions)
        if not positions or total * self.line.amount_minor <= 0:
            return
        draft = drafts.fitted(self.line, self.standing, payer, positions, chosen, text=self.text)
        draft.points += drafts.prior(payer, self.standing) + drafts.quoted_points(payer, chosen, self.standing)
        self.found.append(draft)

    def _in_order(self, positions: Iterable[int]) -> list[int]:
        items = self.shelf.items
        return sorted(set(positions), key=lambda one: (items[one].due_date, items[one].item_id))

    def _add_ranges(self, payer: Payer) -> None:
        found = quotes.ranged(self.text, self.shelf, {payer.customer_id})
        found = [one for one in found if self.standing.opens[one.position]]
        if len(found) > 1 and sum(self.standing.opens[one.position] for one in found) == self.line.amount_minor:
            draft = drafts.fitted(
                self.line, self.standing, payer, self._in_order([one.position for one in found]), found, text=""
            )
            draft.points += drafts.prior(payer, self.standing) + quotes.DIGIT * 4
            self.found.append(draft)

    def _complete(self, payer: Payer, chosen: Sequence[Quote]) -> None:
        """What is quoted and other items of the account, or credit notes, that make the amount exact."""
        positions = [one.position for one in chosen]
        rest = self.line.amount_minor - sum(self.standing.opens[one] for one in positions)
        account = self.standing.account(payer.customer_id)
        if not rest or self._is_refund() or len(account) > quotes.MOST_FUZZY:
            return
        others = [one for one in account if one not in positions]
        ways: Sequence[tuple[int, ...]] = [(one,) for one in others if self.standing.opens[one] == rest][:4]
        if not ways and rest > 0 and others and len(others) <= MOST_SEARCHED:
            found = sums([self.standing.opens[one] for one in others], rest)
            ways = [tuple(others[place] for place in one.places) for one in found if one.alternatives < 700]
        for way in ways:
            draft = drafts.fitted(self.line, self.standing, payer, self._in_order([*positions, *way]), chosen, text="")
            width = points_of(max(2, len(others)))
            code = "netted" if rest < 0 else "completed"
            draft.kind = code
            draft.points += (
                drafts.prior(payer, self.standing)
                + drafts.quoted_points(payer, chosen, self.standing)
                + (NETTED if rest < 0 else COMPLETED)
                - width * len(way)
            )
            draft.reasons.append(Reason(code, 0, {"count": len(way)}))
            self.found.append(draft)

    # announced apart

    def _from_advice(self) -> None:
        if not self.line.advice:
            return
        found = advices.advised(self.line, self.standing, list(self.payers))
        if not found:
            return
        customer_id = self.shelf.items[found[0][1]].customer_id
        payer = self.payer_of(customer_id)
        draft = advices.draft(self.line, self.standing, payer, found)
        if draft is not None:
            draft.points += drafts.prior(payer, self.standing) + advices.ADVISED + 200 * len(found)
            if len(found) < len(self.line.advice):
                draft.kind += "_cut"  # some of what is announced is not in the books
            self.found.append(draft)

    # nothing quoted

    def _silent(self) -> None:
        """A customer who is sure, and no word of what is paid: on account, or in the order the organisation chose."""
        if self._is_refund() or not self.payers or any(one.points > BELOW_ALL and one.quotes for one in self.found):
            return
        ordered = sorted(self.payers.values(), key=lambda one: (-one.points, one.customer_id))
        payer = ordered[0]
        if len(ordered) > 1 and ordered[1].points > payer.points - 300:
            return
        points = payer.points - self.book.ln_customers + ON_ACCOUNT
        self.found.append(drafts.unallocated(self.line, payer, points))
        if self.book.policy.imputation != Imputation.NONE:
            self._imputed(payer, points)

    def _imputed(self, payer: Payer, points: int) -> None:
        policy, items = self.book.policy, self.shelf.items
        debts = [
            Debt(one, items[one].item_date, items[one].due_date, self.standing.opens[one])
            for one in self.standing.account(payer.customer_id)
            if not items[one].is_claimed
        ]
        shares = impute(self.line.amount_minor, debts, paid_on=self.line.booking_date, imputation=policy.imputation)
        if shares:
            cash = tuple((one.item_id, one.principal_minor) for one in shares)
            code = "imputed" if policy.imputation == Imputation.LEGAL else "imputed_oldest"
            self.found.append(drafts.imputed(self.line, self.standing, payer, cash, points + 10, code))

    def _from_amounts(self) -> None:
        amount = self.line.amount_minor
        same = self.standing.of_amount(amount, most=MOST_SAME_AMOUNT + 1)
        if len(same) > MOST_SAME_AMOUNT:
            same = [
                one for customer_id in self.payers for one in self.standing.of_customer_and_amount(customer_id, amount)
            ]
        for position in same:
            self._add_silent(self.payer_of(self.shelf.items[position].customer_id), [position], UNQUOTED, "")
        if any(one.quotes and one.points > QUOTED_ENOUGH for one in self.found):
            return
        if self.is_quick:
            self.is_postponed = bool(self.payers)
            return
        exact = {self.shelf.items[one].customer_id for one in same}
        for customer_id in self._likely_customers(()):
            if customer_id not in exact:
                account = self.standing.account(customer_id)
                self._add_sums(self.payers[customer_id], account)
                self._add_short(self.payers[customer_id], account)

    def _add_silent(self, payer: Payer, positions: Sequence[int], points: int, kind: str) -> None:
        draft = drafts.fitted(self.line, self.standing, payer, positions, (), text=self.text)
        draft.points += drafts.prior(payer, self.standing) + points
        draft.kind = kind or draft.kind
        self.found.append(draft)

    def _add_sums(self, payer: Payer, account: list[int]) -> None:
        if self._is_refund() or len(account) < 2:
            return
        items = self.shelf.items
        day = self.line.booking_date
        amounts = [self.standing.opens[one] for one in account]
        due_count = sum(items[one].due_date <= day for one in account)
        width = points_of(len(account))
        for found in sums(amounts, self.line.amount_minor, due_count=due_count):
            chosen = [account[place] for place in found.places]
            self._add_silent(payer, chosen, SILENT_SUM - found.alternatives + width, found.kind)
            self.found[-1].reasons.append(Reason(f"sum_{found.kind}", 0, {"count": len(chosen)}))

    def _add_short(self, payer: Payer, account: list[int]) -> None:
        """One item less a usual rate or what the invoice allows."""
        if len(account) > MOST_SEARCHED:
            return
        amount, policy = self.line.amount_minor, self.book.policy
        habits = self.book.learnt.habits.get(payer.customer_id)
        for one in account:
            due = self.standing.opens[one]
            if not amount < due or (due - amount) * 10_000 > due * policy.discount_max_permyriad:
                continue
            item = self.shelf.items[one]
            if (
                item.discount_permyriad
                or habits
                or usual_rate(due, due - amount, 1, policy)
                or due - amount <= policy.tolerance_minor
            ):
                why = shortfall(self.line, [item], due, due - amount, text=self.text, policy=policy, habits=habits)
                if why.permyriad or why.treatment == Treatment.WRITE_OFF:
                    self._add_silent(payer, [one], UNQUOTED, "")


def _joined(one: dict[int, Payer], other: dict[int, Payer], *, both: bool = False) -> dict[int, Payer]:
    found = dict(one)
    for customer_id, payer in other.items():
        known = found.get(customer_id)
        if known is None:
            found[customer_id] = payer
        elif both:
            found[customer_id] = known._replace(points=max(known.points, payer.points) + 200)
        elif known.points < payer.points:
            found[customer_id] = payer
    return found


def _by_token(quoted: Sequence[Quote]) -> list[list[Quote]]:
    """The readings of each place of the text, in its order."""
    places: defaultdict[tuple[str, int], list[Quote]] = defaultdict(list)
    for one in sorted(quoted, key=lambda one: (-one.points, one.position)):
        place = next(
            (
                key
                for key, known in places.items()
                if key[0] == one.field and known[0].start < one.end and one.start < known[0].end
            ),
            (one.field, one.start),
        )
        places[place].append(one)
    return [places[place] for place in sorted(places)]


def _overlap(chosen: Collection[Quote]) -> bool:
    """Two readings of one place, unless it names one document with several instalments."""
    spans = sorted((one.field, one.start, one.end) for one in chosen)
    return any(
        left[0] == right[0] and right[1] < left[2] and left[1:] != right[1:] for left, right in pairwise(spans)
    ) or len(set(spans)) < len(spans)
