-- One row per product and span of weeks: how often it was bought where it was promoted in the weeks before each of
-- them, in the mailer and in all.
with

promoted_weeks as (select * from {{ ref('int_promoted_weeks') }}),

weekly as (
    select
        product_number,
        week,
        sum(opportunities) as opportunities,
        sum(purchases) as purchases,
        coalesce(sum(opportunities) filter (has_mailer), 0) as mailer_opportunities,
        coalesce(sum(purchases) filter (has_mailer), 0) as mailer_purchases
    from promoted_weeks
    group by product_number, week
),

{% set counts = ['opportunities', 'purchases', 'mailer_opportunities', 'mailer_purchases'] %}
{{ history_spans(['product_number'], ['opportunities', 'purchases'], counts, [4, 12]) }}
