"""Who gets in, as the page shows it: sessions, tokens, what was changed by whom."""
