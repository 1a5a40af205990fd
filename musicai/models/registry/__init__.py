"""Model versions on disk: saved, verified, activated, compared."""
