-- One row per category_2 and span of weeks: how often what was promoted of it was bought in the weeks before each of
-- them.
{{ group_response_history('category_2_key') }}
