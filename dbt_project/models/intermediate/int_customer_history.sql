-- One row per customer and span of weeks: visits, what they offered and what was bought in the twelve weeks before each
-- of them. A trial is a product that the customer had not bought before.
with

visit_weeks as (select * from {{ ref('int_customer_visit_weeks') }}),

product_history as (select * from {{ ref('int_customer_product_history') }}),

visited as (
    select
        customer_number,
        week,
        sum(baskets) as baskets,
        sum(units) as units,
        sum(visits) as visits,
        sum(opportunities) as opportunities,
        sum(purchases) as purchases
    from visit_weeks
    group by customer_number, week
),

chosen as (
    select
        customer_number,
        last_week as week,
        {{ exact('count(*)') }} as products,
        {{ exact('count(*) filter (weeks = 1)') }} as trials
    from product_history
    where valid_from = last_week + 7
    group by customer_number, last_week
),

weekly as (
    select
        visited.*,
        coalesce(chosen.products, 0) as products,
        coalesce(chosen.trials, 0) as trials
    from visited
    left join chosen
        on visited.customer_number = chosen.customer_number
        and visited.week = chosen.week
),

{% set counts = ['baskets', 'units', 'visits', 'opportunities', 'purchases', 'products', 'trials'] %}
{{ history_spans(['customer_number'], [], counts) }}
