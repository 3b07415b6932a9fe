"""Addresses of the customers' own pages; only the first has a secret in it, and it leads away at once."""

from django.urls import path

from encours.entrypoints.portal import account, acts

app_name = "customer_portal"
OF = "a/<str:handle>/"

urlpatterns = [
    path(OF, account.home, name="home"),
    path(f"{OF}invoices/<int:item_id>", account.item, name="item"),
    path(f"{OF}invoices/<int:item_id>.pdf", account.invoice_pdf, name="invoice_pdf"),
    path(f"{OF}paid", account.settled, name="settled"),
    path(f"{OF}exchanges", account.exchanges, name="exchanges"),
    path(f"{OF}who", account.who, name="who"),
    path(f"{OF}statement.pdf", account.statement_pdf, name="statement_pdf"),
    path(f"{OF}statement.xlsx", account.statement_sheet, name="statement_sheet"),
    path(f"{OF}language", account.language, name="language"),
    path(f"{OF}leave", account.leave, name="leave"),
    path(f"{OF}promise", acts.promise, name="promise"),
    path(f"{OF}contest", acts.contest, name="contest"),
    path(f"{OF}claims/<int:dispute_id>/withdraw", acts.withdraw, name="withdraw"),
    path(f"{OF}write", acts.write, name="write"),
    path(f"{OF}details", acts.details, name="details"),
    path("<str:secret>", account.open_link, name="open"),
]
