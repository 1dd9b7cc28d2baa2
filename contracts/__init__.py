"""What exists: every table of Debut, declared once.

Standard library only. What fills a table lives in the other rooms; they import from here and
never from one another.
"""
