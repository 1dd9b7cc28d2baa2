"""What we say: frames of one decision week turned into one HTML page, one Markdown text, one terminal summary.

`inputs` is what a report is made of, `facts` the figures it quotes, `sections` what it claims about them
(claim, chart, table, caveat), `page`, `markdown` and `summary` the three ways to say it. Which frames are
read, and where the page is put, is orchestration's affair.
"""
