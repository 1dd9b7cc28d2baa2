-- One row per group of products, channel (or 0 for all) and week from the group's first listing on, with what was
-- wanted of it in the weeks up to that one. Silent weeks stay, as zeros. A group is a category_2, a category_3 or a
-- seller.
with

panel as (select * from {{ ref('int_weekly_panel') }}),

products as (select * from {{ ref('stg_products') }}),

listed as (
    select
        panel.channel_number,
        panel.week,
        panel.demand_units,
        products.category_2_key,
        products.category_3_key,
        products.seller_key
    from panel
    inner join products on panel.product_number = products.product_number
    where panel.is_listed
),

sold as materialized (
    {% for level in ['category_2', 'category_3', 'seller'] %}
    select
        '{{ level }}' as level,
        {{ level }}_key as group_key,
        channel_number,
        week,
        sum(demand_units) as units,
        count(*) as listed_products
    from listed
    group by {{ level }}_key, channel_number, week
    {{ 'union all' if not loop.last }}
    {% endfor %}
),

spans as (
    select
        level,
        group_key,
        channel_number,
        min(week) as first_week
    from sold
    group by level, group_key, channel_number
),

last_week as (
    select max(week) as week
    from sold
),

grid as (
    select
        spans.level,
        spans.group_key,
        spans.channel_number,
        {{ mondays('spans.first_week', 'last_week.week') }} as week
    from spans
    cross join last_week
),

dense as (
    select
        grid.level,
        grid.group_key,
        grid.channel_number,
        grid.week,
        coalesce(sold.units, 0) as units,
        coalesce(sold.listed_products, 0) as listed_products
    from grid
    left join sold
        on grid.level = sold.level
        and grid.group_key = sold.group_key
        and grid.channel_number = sold.channel_number
        and grid.week = sold.week
),

final as (
    select
        level,
        group_key,
        channel_number,
        week,
        listed_products,
        sum(units) over last_4 as units_4,
        sum(units) over last_12 as units_12,
        sum(units) over last_13 as units_13,
        cast(sum(listed_products) over last_13 as bigint) as listed_13
    from dense
    window
        last_4 as (
            partition by level, group_key, channel_number order by week rows between 3 preceding and current row
        ),
        last_12 as (
            partition by level, group_key, channel_number order by week rows between 11 preceding and current row
        ),
        last_13 as (
            partition by level, group_key, channel_number order by week rows between 12 preceding and current row
        )
)

select * from final
