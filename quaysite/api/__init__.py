"""The site's part of the API: people, sessions, site administration, OAuth."""
