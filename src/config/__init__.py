"""How the product is put together: settings, addresses, web and job processes."""
