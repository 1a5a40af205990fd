"""The pages about the person's own Spotify account."""
