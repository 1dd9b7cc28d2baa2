-- One row per customer, location and span of weeks: weeks of the twelve before each of them with a visit.
with

weekly as (
    select
        customer_number,
        location_number,
        week,
        visits
    from {{ ref('int_customer_visit_weeks') }}
),

{{ history_spans(['customer_number', 'location_number'], [], ['visits']) }}
