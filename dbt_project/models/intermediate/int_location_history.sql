-- One row per location and span of weeks: its visits, what they offered, and how much of it was bought in the twelve
-- weeks before each of them.
with

weekly as (
    select
        location_number,
        week,
        sum(visits) as visits,
        sum(opportunities) as opportunities,
        sum(purchases) as purchases
    from {{ ref('int_customer_visit_weeks') }}
    group by location_number, week
),

{{ history_spans(['location_number'], [], ['visits', 'opportunities', 'purchases']) }}
