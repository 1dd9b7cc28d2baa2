-- One row per product that began to sell without having been announced: its first week, and the shelf price of it.
-- The first weeks of the data are left out, since what sells in them has sold before.
with

listed_weeks as (select * from {{ ref('int_listed_weeks') }}),

candidates as (select * from {{ ref('stg_launch_candidates') }}),

channels as (select * from {{ ref('stg_channels') }}),

opening as (
    select min(first_week) as week
    from channels
),

final as (
    select
        listed_weeks.product_number,
        listed_weeks.week as first_week,
        cast(round(listed_weeks.shelf_price_e4 / 10000, 2) as decimal(18, 2)) as first_price
    from listed_weeks
    cross join opening
    left join candidates
        on listed_weeks.product_number = candidates.product_number
        and listed_weeks.week >= candidates.known_on
    where
        listed_weeks.week = listed_weeks.first_week
        and listed_weeks.week >= opening.week + 7 * {{ var('settled_weeks') }}
        and candidates.product_number is null
)

select * from final
