-- One row per customer, line and span of weeks: in how many weeks before each of them the customer bought of it, and in
-- which last.
{{ customer_group_history('line_key') }}
