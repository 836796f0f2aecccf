"""What a check says: claims that may be refuted, the judge that makes outcomes of them, the name of a known mistake."""
