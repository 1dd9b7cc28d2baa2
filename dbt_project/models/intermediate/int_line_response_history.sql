-- One row per line and span of weeks: how often what was promoted of it was bought in the weeks before each of
-- them.
{{ group_response_history('line_key') }}
