"""What we insist on: promises turned into checks, and the words a broken one is reported in.

`suites` turns a contract into a Great Expectations suite; `validate` runs it over a frame; `summary`
does the same where a table is too large for a frame; `rules` hold what one row cannot show: volume,
drift, and tables against one another. Wiring a verdict to an asset is orchestration's affair.
"""
