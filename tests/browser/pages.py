"""Every staff page that a browser visits to be looked over by axe, in both widths and both themes."""

# address, and a word that proves the page is the right one (in French)
PAGES: list[tuple[str, str]] = [
    ("/customers", "Clients"),
    ("/customers/C001", "Acme"),
    ("/customers/C001/payments", "RG-1"),
    ("/customers/C001/documents", "FA-2"),
    ("/customers/C001/disputes", "Litiges"),
    ("/items", "Postes ouverts"),
    ("/ageing", "Balance âgée"),
    ("/ageing/items?column=overdue&currency=EUR", "FA-1"),
    ("/dashboard", "Pilotage"),
    ("/kpis", "Indicateurs"),
    ("/kpis/add_weighted", "FA-2"),
    ("/go?q=acme", "Acme"),
    ("/more", "Plus"),
]
