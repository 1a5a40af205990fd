"""What every program needs: errors, settings, logging, progress, jobs, files."""
