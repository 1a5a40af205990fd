"""A request becomes an explained list."""
