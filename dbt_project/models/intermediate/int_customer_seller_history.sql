-- One row per customer, seller and span of weeks: what the customer bought of it in all weeks before each of them.
{{ customer_group_history('seller_key', ['units']) }}
