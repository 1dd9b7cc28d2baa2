-- One row per group of products, channel and completion week: the launches completed by then.
with

completed as (select * from {{ ref('int_completed_launches') }}),

products as (select * from {{ ref('stg_products') }}),

completed_weeks as (
    {% for level, key in [('category_1', 'category_1'), ('category_2', 'category_2_key'), ('seller', 'seller_key')] %}
    select
        '{{ level }}' as level,
        cast(products.{{ key }} as varchar) as group_key,
        completed.channel_number,
        completed.completed_on,
        count(*) as launches,
        sum(completed.units_8) as units_8
    from completed
    inner join products on completed.product_number = products.product_number
    group by products.{{ key }}, completed.channel_number, completed.completed_on
    {{ 'union all' if not loop.last }}
    {% endfor %}
),

final as (
    select
        level,
        group_key,
        channel_number,
        completed_on as valid_from,
        lead(completed_on, 1, date '9999-12-27') over by_week - 7 as valid_until,
        cast(sum(launches) over by_week as bigint) as launches,
        sum(units_8) over by_week as units_8
    from completed_weeks
    window by_week as (
        partition by level, group_key, channel_number order by completed_on rows unbounded preceding
    )
)

select * from final
