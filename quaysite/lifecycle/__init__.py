"""Changes to the site's own tables: one module for each noun."""
