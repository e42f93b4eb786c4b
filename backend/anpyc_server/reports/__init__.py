"""Reports: a page of Markdown with figures, tables and runs in it, published as one file of HTML.

They are made of what the resources answer, and stand above them."""
