-- One row per customer, category_3 and span of weeks: what the customer bought of it in all weeks before each of them.
{{ customer_group_history('category_3_key', ['units', 'gross_cents'], ['units', 'bought_weeks']) }}
