-- One row per product, channel and week that was counted. One count with stock is enough to have been in stock.
with

raw_inventory as (select * from {{ source('raw', 'raw_inventory') }}),

products as (select * from {{ ref('stg_products') }}),

locations as (select * from {{ ref('stg_locations') }}),

counts as (
    select
        products.product_number,
        coalesce(locations.channel, raw_inventory.channel, 'shop') as channel,
        {{ business_date(
            'raw_inventory.counted_at', "coalesce(locations.time_zone, '" ~ var('shop_time_zone') ~ "')"
        ) }} as counted_on,
        raw_inventory.on_hand_units
    from raw_inventory
    inner join products on raw_inventory.product_id = products.product_id
    left join locations on raw_inventory.location_id = locations.location_id
),

final as (
    select
        product_number,
        channel,
        {{ monday('counted_on') }} as week,
        bool_or(on_hand_units > 0) as was_in_stock
    from counts
    group by product_number, channel, {{ monday('counted_on') }}
)

select * from final
