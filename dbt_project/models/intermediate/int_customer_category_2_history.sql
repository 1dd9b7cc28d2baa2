-- One row per customer, category_2 and span of weeks: what the customer bought of it in all weeks before each of them.
{{ customer_group_history('category_2_key', ['units', 'net_cents', 'gross_cents'], ['units']) }}
