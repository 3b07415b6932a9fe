"""E-invoices: CII, UBL, and either within a PDF (Factur-X, ZUGFeRD)."""
