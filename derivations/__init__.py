"""What is true: a language for statements about densities, a LaTeX reader for it, an engine to decide it."""
