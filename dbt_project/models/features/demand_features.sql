-- One row per listed product, channel (or 'all') and week, with what was known at that week's end. Windows run over
-- whole numbers and divide once, so that the figures do not depend on the order or the number of threads; the rows of
-- unlisted weeks are left out only after the windows, which would else reach back too far.
{% set series = 'partition by product_number, channel_number order by week' -%}
with

panel as (select * from {{ ref('int_weekly_panel') }}),

products as (select * from {{ ref('stg_products') }}),

group_weeks as (select * from {{ ref('int_group_weeks') }}),

open_channels as (select * from {{ ref('int_open_channels') }}),

rolling as (
    select
        product_number,
        channel_number,
        week,
        first_week,
        is_listed,
        is_planned,
        product_units_13,
        demand_units,
        is_mailer,
        is_display,
        shelf_price_e4,
        net_cents,
        gross_cents,
        lag(demand_units, 1) over by_week as units_2,
        lag(demand_units, 2) over by_week as units_3,
        lag(demand_units, 3) over by_week as units_4,
        max(case when units > 0 then week end) over by_week as last_sold_week,
        row_number() over by_week as weeks_known,
        sum(demand_units) over last_4 as sum_4,
        sum(demand_units) over last_8 as sum_8,
        sum(demand_units) over last_26 as sum_26,
        sum(demand_units) over last_13 as sum_13,
        sum(demand_units * demand_units) over last_13 as squares_13,
        max(demand_units) over last_13 as max_13,
        sum({{ exact('customers') }}) over last_13 as customers_13,
        sum(case when is_mailer then demand_units else 0 end) over last_13 as mailer_units_13,
        sum({{ exact('shelf_price_e4') }}) over last_13 as prices_13,
        sum({{ exact('net_cents') }}) over last_13 as net_13,
        sum({{ exact('gross_cents') }}) over last_13 as gross_13,
        sum(
            {{ packed_flags(['units > 0', 'is_mailer', 'is_display', 'shelf_price_e4 is not null']) }}
        ) over last_13 as flags_13
    from panel
    window
        by_week as ({{ series }} rows unbounded preceding),
        last_4 as ({{ series }} rows between 3 preceding and current row),
        last_8 as ({{ series }} rows between 7 preceding and current row),
        last_13 as ({{ series }} rows between 12 preceding and current row),
        last_26 as ({{ series }} rows between 25 preceding and current row)
),

listed as (
    select
        *,
        least(weeks_known, 13) as weeks_13,
        {{ flag_count('flags_13', 0) }} as sold_13,
        {{ flag_count('flags_13', 1) }} as mailers_13,
        {{ flag_count('flags_13', 2) }} as displays_13,
        {{ flag_count('flags_13', 3) }} as priced_weeks_13
    from rolling
    where is_listed
),

final as (
    select
        products.product_id,
        open_channels.channel,
        listed.week,
        listed.week + 7 as known_on,
        listed.is_planned,
        cast(listed.sum_26 as integer) as units_26,
        products.category_2_key,
        products.category_3_key,
        products.line_key,
        products.category_1,
        products.category_2,
        products.brand,
        listed.demand_units as units_1,
        listed.units_2,
        listed.units_3,
        listed.units_4,
        listed.sum_4 / least(listed.weeks_known, 4) as units_mean_4,
        listed.sum_8 / least(listed.weeks_known, 8) as units_mean_8,
        listed.sum_13 / listed.weeks_13 as units_mean_13,
        listed.sum_26 / least(listed.weeks_known, 26) as units_mean_26,
        sqrt(listed.weeks_13 * listed.squares_13 - listed.sum_13 * listed.sum_13) / listed.weeks_13 as units_std_13,
        listed.max_13 as units_max_13,
        listed.sold_13 / listed.weeks_13 as sold_share_13,
        (listed.week - listed.last_sold_week) / 7 as weeks_since_sale,
        (listed.week - listed.first_week) / 7 as age_weeks,
        listed.customers_13 / listed.weeks_13 as customers_mean_13,
        cast(listed.is_mailer as double) as mailer_1,
        cast(listed.is_display as double) as display_1,
        listed.mailers_13 / listed.weeks_13 as mailer_share_13,
        listed.displays_13 / listed.weeks_13 as display_share_13,
        listed.mailer_units_13 / nullif(listed.mailers_13, 0) as mailer_units_mean_13,
        (listed.sum_13 - listed.mailer_units_13) / nullif(listed.weeks_13 - listed.mailers_13, 0)
            as quiet_units_mean_13,
        listed.shelf_price_e4 / 10000 as shelf_price,
        listed.shelf_price_e4 * listed.priced_weeks_13 / nullif(listed.prices_13, 0) as price_ratio_13,
        {{ discount('listed.net_cents', 'listed.gross_cents') }} as discount_1,
        {{ discount('listed.net_13', 'listed.gross_13') }} as discount_13,
        group_weeks.units_4 / {{ weeks_of('4') }} as category_units_mean_4,
        group_weeks.units_13 / {{ weeks_of('13') }} as category_units_mean_13,
        listed.sum_13 / nullif(listed.product_units_13, 0) as channel_share_13
    from listed
    inner join products on listed.product_number = products.product_number
    inner join open_channels on listed.channel_number = open_channels.channel_number
    left join group_weeks
        on group_weeks.level = 'category_2'
        and products.category_2_key = group_weeks.group_key
        and listed.channel_number = group_weeks.channel_number
        and listed.week = group_weeks.week
)

select * from final
