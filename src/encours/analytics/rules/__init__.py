"""Pure rules of ageing and KPIs: frozen values in, figures out."""
