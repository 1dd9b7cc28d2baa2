{{ config(materialized='view') }}

-- One row per delivered promotion and week that it touches.
with

raw_promotions as not materialized (select * from {{ source('raw', 'raw_promotions') }}),

products as not materialized (select * from {{ ref('stg_products') }}),

spans as not materialized (
    select
        products.product_number,
        raw_promotions.channel,
        raw_promotions.location_id,
        {{ monday('raw_promotions.starts_on') }} as first_week,
        {{ monday('raw_promotions.ends_on') }} as last_week,
        raw_promotions.placement,
        raw_promotions.display_code,
        raw_promotions.mailer_code,
        {{ is_mailer('raw_promotions.placement') }} as has_mailer,
        {{ is_display('raw_promotions.placement') }} as has_display,
        raw_promotions.announced_on
    from raw_promotions
    inner join products on raw_promotions.product_id = products.product_id
    where products.is_demand
),

-- Most spans lie in one week; unnesting those too would triple the cost.
within_one_week as (
    select
        product_number,
        channel,
        location_id,
        placement,
        display_code,
        mailer_code,
        has_mailer,
        has_display,
        announced_on,
        first_week as week
    from spans
    where first_week = last_week
),

over_several_weeks as (
    select
        product_number,
        channel,
        location_id,
        placement,
        display_code,
        mailer_code,
        has_mailer,
        has_display,
        announced_on,
        {{ mondays('first_week', 'last_week') }} as week
    from spans
    where first_week < last_week
),

final as (
    select * from within_one_week
    union all
    select * from over_several_weeks
)

select * from final
