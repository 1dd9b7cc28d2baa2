-- One row per launch and Monday that looks at it, where ids are numbers: how its own lies among those of the listed
-- products, and what the twenty on either side sell. Numbers are allotted in order, so they tell how new a product is.
with

views as (select * from {{ ref('int_launch_views') }}),

products as (select * from {{ ref('stg_products') }}),

product_weeks as (select * from {{ ref('int_product_weeks') }}),

channels as (select * from {{ ref('stg_channels') }}),

opening as (
    select min(first_week) as week
    from channels
),

launches as (
    select distinct
        decision_week,
        product_number
    from views
),

looked_at as (
    select distinct decision_week
    from launches
),

numbers as (
    select
        product_weeks.week + 7 as decision_week,
        products.listing_number,
        products.product_number,
        false as is_launch,
        round(10000 * product_weeks.units_13 / least((product_weeks.week - product_weeks.first_week) // 7 + 1, 13))
            as velocity_e4,
        {{ exact("product_weeks.week - product_weeks.first_week < 56
            and product_weeks.first_week >= opening.week + 7 * " ~ var('settled_weeks')) }} as is_recent
    from product_weeks
    cross join opening
    inner join products on product_weeks.product_number = products.product_number
    inner join looked_at on product_weeks.week + 7 = looked_at.decision_week
    where product_weeks.is_listed and products.listing_number is not null
    union all
    select
        launches.decision_week,
        products.listing_number,
        products.product_number,
        true as is_launch,
        0 as velocity_e4,
        0 as is_recent
    from launches
    inner join products on launches.product_number = products.product_number
    where products.listing_number is not null
),

-- Running sums of whole numbers cost a tenth of sums over a moving frame, and lose nothing when one is taken from
-- another.
running as (
    select
        decision_week,
        listing_number,
        product_number,
        is_launch,
        sum({{ exact('not is_launch') }}) over by_number as products,
        sum(velocity_e4) over by_number as velocity_e4,
        sum(is_recent) over by_number as recent,
        sum({{ exact('not is_launch') }}) over by_week as last_products,
        sum(velocity_e4) over by_week as last_velocity_e4,
        sum(is_recent) over by_week as last_recent
    from numbers
    window
        by_number as (partition by decision_week order by listing_number, is_launch rows unbounded preceding),
        by_week as (partition by decision_week)
),

placed as (
    select
        decision_week,
        product_number,
        is_launch,
        products,
        last_products,
        coalesce(lead(products, 20) over by_number, last_products)
        - lag(products, 21, 0) over by_number as beside_products,
        coalesce(lead(velocity_e4, 20) over by_number, last_velocity_e4)
        - lag(velocity_e4, 21, 0) over by_number as beside_velocity_e4,
        coalesce(lead(recent, 20) over by_number, last_recent)
        - lag(recent, 21, 0) over by_number as beside_recent
    from running
    window by_number as (partition by decision_week order by listing_number, is_launch)
),

final as (
    select
        decision_week,
        product_number,
        last_products - products as later_products,
        (last_products - products) / nullif(last_products, 0) as later_share,
        beside_velocity_e4 / nullif(beside_products, 0) / 10000 as neighbour_velocity,
        beside_recent / nullif(beside_products, 0) as neighbour_recent
    from placed
    where is_launch
)

select * from final
