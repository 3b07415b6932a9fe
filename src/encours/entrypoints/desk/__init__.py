"""Staff screens: one module per room."""
