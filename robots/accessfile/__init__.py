"""Access as code: what a namespace holds as a file, and the file made true again."""
