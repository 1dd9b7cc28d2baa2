-- One row per product. The *_key columns only join tables of one build: their numbers move as the product master
-- grows, so no feature and no sampling reads them. Where ids are whole numbers they were allotted in that order, and
-- `listing_number` holds it.
with

raw_products as (select * from {{ source('raw', 'raw_products') }}),

final as (
    select
        product_id,
        {{ id_number('product_id') }} as product_number,
        title,
        category_1,
        category_2,
        category_3,
        brand,
        seller_id,
        embedding,
        dense_rank() over (order by category_1, category_2) as category_2_key,
        dense_rank() over (order by category_1, category_2, category_3) as category_3_key,
        dense_rank() over (order by category_1, category_2, category_3, seller_id) as line_key,
        case when seller_id is not null then dense_rank() over (order by seller_id) end as seller_key,
        case when attributes is not null then dense_rank() over (order by attributes) end as attributes_key,
        case when cast({{ id_number('product_id') }} as varchar) = product_id then {{ id_number('product_id') }} end
            as listing_number,
        {{ is_demand('category_1') }} as is_demand
    from raw_products
)

select * from final
