-- One row per product, channel (or 'all'), target week and Monday from which more was known of it. A row says all that
-- was known by then, so a reader takes the last one that it may know; a mailer that is announced later than a launch
-- makes a second row and leaves the first as it was.
with

planned_mailers as (select * from {{ ref('int_planned_mailers') }}),

launch_channels as (select * from {{ ref('int_launch_channels') }}),

products as (select * from {{ ref('stg_products') }}),

-- A planned price holds in the launch week and the seven after it.
launch_prices as (
    select
        product_number,
        channel,
        planned_price,
        known_on,
        {{ mondays('planned_week', 'planned_week + 49') }} as target_week
    from launch_channels
    where planned_price is not null
),

planned_prices as (
    select
        product_number,
        channel,
        target_week,
        planned_price,
        known_on
    from launch_prices
    union all
    select distinct
        product_number,
        'all' as channel,
        target_week,
        planned_price,
        known_on
    from launch_prices
),

announcements as (
    select
        product_number,
        channel,
        target_week,
        known_on
    from planned_mailers
    union
    select
        product_number,
        channel,
        target_week,
        known_on
    from planned_prices
),

final as (
    select
        products.product_id,
        announcements.channel,
        announcements.target_week,
        announcements.known_on,
        cast(planned_mailers.product_number is not null as double) as planned_mailer,
        planned_mailers.mailer_code,
        cast(planned_prices.planned_price as double) as planned_price
    from announcements
    inner join products on announcements.product_number = products.product_number
    left join planned_mailers
        on announcements.product_number = planned_mailers.product_number
        and announcements.channel = planned_mailers.channel
        and announcements.target_week = planned_mailers.target_week
        and announcements.known_on >= planned_mailers.known_on
    left join planned_prices
        on announcements.product_number = planned_prices.product_number
        and announcements.channel = planned_prices.channel
        and announcements.target_week = planned_prices.target_week
        and announcements.known_on >= planned_prices.known_on
)

select * from final
