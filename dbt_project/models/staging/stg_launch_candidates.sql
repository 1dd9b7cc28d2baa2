{{ config(materialized='view') }}

-- One row per launch candidate, usable from the first Monday on or after its announcement.
with

raw_launch_candidates as (select * from {{ source('raw', 'raw_launch_candidates') }}),

products as (select * from {{ ref('stg_products') }}),

final as (
    select
        products.product_number,
        {{ monday('raw_launch_candidates.planned_week') }} as planned_week,
        {{ monday('raw_launch_candidates.earliest_week') }} as earliest_week,
        {{ monday('raw_launch_candidates.latest_week') }} as latest_week,
        raw_launch_candidates.channels,
        raw_launch_candidates.planned_price,
        raw_launch_candidates.is_mandatory,
        {{ next_monday('raw_launch_candidates.announced_on') }} as known_on
    from raw_launch_candidates
    inner join products on raw_launch_candidates.product_id = products.product_id
    where products.is_demand
)

select * from final
