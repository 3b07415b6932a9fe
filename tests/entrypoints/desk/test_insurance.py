"""Credit insurance on the desk: the policy and the covers, the days beside the others, what was declared."""

from encours.credit.models import InsuranceCover, InsurancePolicy
from encours.recovery.models import InsurerDeclaration
from tests.cast import Company
from tests.entrypoints.desk.conftest import Books, Desk, seated

POLICY = {
    "what": "policy", "policy-insurer_name": "Assurcrédit", "policy-policy_number": "7781",
    "policy-declare_days": "60", "policy-claim_days": "150",
}  # fmt: skip


def said(books: Books, **more: str) -> dict[str, str]:
    return {"policy-from_date": books.day(-400).isoformat(), **POLICY, **more}


def covered(books: Books, **more: str) -> dict[str, str]:
    start = {"what": "cover", "cover-customer": "C001", "cover-is_covered": "yes", "cover-amount": "1 000,00"}
    return {**start, "cover-from_date": books.day(-400).isoformat(), "cover-why": "Agrément 12", **more}


def test_a_policy_and_a_cover_put_days_among_the_deadlines_until_declared(company: Company, books: Books):
    desk = seated(company, role="credit_manager")
    assert "Assurance-crédit" in desk.get("/settings/insurance").content.decode()
    assert desk.post("/settings/insurance", said(books)).status_code == 302
    assert desk.post("/settings/insurance", covered(books)).status_code == 302
    page = desk.get("/settings/insurance").content.decode()
    assert "Agrément 12" in page
    assert "1\u202f200,00" in page  # owed: 2 700.00 less 500.00, of which 1 200.00 beyond the cover
    assert "déclarer l’impayé" in desk.get("/deadlines").content.decode()
    panel = desk.get("/customers/C001/recovery").content.decode()
    assert "Garanti par Assurcrédit 7781 jusqu’à" in panel
    assert "Dit à l’assureur" in panel
    answer = desk.post(
        "/customers/C001/recovery/insurer",
        {"kind": "insurer_notice", "day": books.today.isoformat(), "reference": "S1"},
    )
    assert answer.status_code == 302
    made = InsurerDeclaration.objects.get()
    assert [line["document_number"] for line in made.lines] == ["FA-1"]
    panel = desk.get("/customers/C001/recovery").content.decode()
    assert "Impayé déclaré à l’assureur" in panel
    assert "déclarer l’impayé" not in panel
    desk.post(f"/customers/C001/recovery/insurer/{made.pk}/withdraw", {"why": "erreur"})
    assert "déclarer l’impayé" in desk.get("/customers/C001/recovery").content.decode()


def test_says_what_is_wrong_and_to_whom_it_is_not_given(company: Company, books: Books, desk: Desk):
    manager = seated(company, role="credit_manager")
    answer = manager.post("/settings/insurance", said(books, **{"policy-claim_days": "30"}))
    assert answer.status_code == 422
    assert "pas avant la déclaration" in answer.content.decode()
    assert manager.post("/settings/insurance", covered(books, **{"cover-customer": "nobody"})).status_code == 422
    assert manager.post("/customers/C001/recovery/insurer", {"kind": "x", "day": "?"}).status_code in (302, 422)
    collector = seated(company, role="collector")
    collector.post("/settings/insurance", said(books))
    assert collector.post("/settings/insurance/end").status_code == 403
    assert not InsurancePolicy.objects.exists()
    assert not InsuranceCover.objects.exists()
    sales = seated(company, role="sales")
    assert sales.post("/customers/C001/recovery/insurer", {"kind": "insurer_notice"}).status_code == 403
