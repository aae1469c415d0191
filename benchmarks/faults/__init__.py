"""A site under load while something breaks: no wrong answer, and soon right again."""
