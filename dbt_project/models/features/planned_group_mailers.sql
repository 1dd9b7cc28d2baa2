-- One row per group of products, channel (or 'all'), target week and Monday from which more mailers of it were known. A
-- row counts all that were announced by then, so a reader takes the last one that it may know.
with

planned_mailers as (select * from {{ ref('int_planned_mailers') }}),

products as (select * from {{ ref('stg_products') }}),

announced as (
    select
        planned_mailers.channel,
        planned_mailers.target_week,
        planned_mailers.known_on,
        products.category_2_key,
        products.category_3_key,
        products.line_key,
        0 as shop_key
    from planned_mailers
    inner join products on planned_mailers.product_number = products.product_number
    where products.is_demand
),

counted as (
    {%- for level in ['category_2', 'category_3', 'line', 'shop'] %}
    select
        '{{ level }}' as level,
        {{ level }}_key as group_key,
        channel,
        target_week,
        known_on,
        count(*) as mailers
    from announced
    group by {{ level }}_key, channel, target_week, known_on
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

final as (
    select
        level,
        cast(group_key as bigint) as group_key,
        channel,
        target_week,
        known_on,
        cast(
            sum(mailers) over (partition by level, group_key, channel, target_week order by known_on) as integer
        ) as mailers
    from counted
)

select * from final
