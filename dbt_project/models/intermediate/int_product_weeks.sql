-- One row per product and week from its first sale on: what it sold anywhere in the weeks up to that one.
with

panel as (select * from {{ ref('int_weekly_panel') }}),

final as (
    select
        product_number,
        week,
        is_listed,
        cast(sum(units) over (
            partition by product_number order by week rows between 11 preceding and current row
        ) as bigint) as units_12,
        cast(sum(units) over (
            partition by product_number order by week rows between 25 preceding and current row
        ) as bigint) as units_26
    from panel
    where channel = 'all'
)

select * from final
where is_listed
