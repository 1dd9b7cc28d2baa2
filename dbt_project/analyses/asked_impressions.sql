-- Impressions of one week that somebody brought to be scored, with what was known before it. They stand in a temporary
-- table `asked_impressions`; `debut export-response` reads this query as dbt compiles it, so that what is asked and what
-- is learned from cannot differ. Rows of customers or products that the shop has never delivered are left out.
with

asked as (select * from asked_impressions),

locations as (select * from {{ ref('stg_locations') }}),

{{ response_histories('(select max(week) from asked_impressions)') }}

shown as (
    select
        asked.impression_id,
        customers.customer_number,
        products.product_number,
        locations.location_number,
        locations.channel,
        asked.week,
        asked.display_code <> '0' as has_display,
        asked.mailer_code <> '0' as has_mailer,
        asked.display_code,
        asked.mailer_code
    from asked
    inner join customers on asked.customer_id = customers.customer_id
    inner join products on asked.product_id = products.product_id
    left join locations on asked.location_id = locations.location_id
),

final as (
    select
        shown.impression_id,
        customers.customer_id,
        products.product_id,
        shown.channel,
        shown.week,
        product_history.product_number is null as is_cold,
        {{ response_columns() }}
    from shown
    {{ response_joins() }}
)

select * from final
