-- One row per launch, Monday that looks at it and channel. A candidate is looked at on each Monday on which it is open,
-- a product that began unannounced on that of its first sale alone.
with

open_launches as (select * from {{ ref('int_open_launches') }}),

launch_channels as (select * from {{ ref('int_launch_channels') }}),

first_sales as (select * from {{ ref('int_first_sales') }}),

channels as (select * from {{ ref('stg_channels') }}),

announced as (
    select
        open_launches.decision_week,
        open_launches.launch_week,
        launch_channels.product_number,
        launch_channels.channel,
        launch_channels.channel_number,
        launch_channels.planned_week,
        launch_channels.earliest_week,
        launch_channels.latest_week,
        launch_channels.planned_price,
        launch_channels.is_mandatory,
        true as is_announced
    from open_launches
    inner join launch_channels on open_launches.product_number = launch_channels.product_number
),

unannounced as (
    select
        first_sales.first_week as decision_week,
        first_sales.first_week as launch_week,
        first_sales.product_number,
        channels.channel,
        channels.channel_number,
        first_sales.first_week as planned_week,
        first_sales.first_week as earliest_week,
        first_sales.first_week as latest_week,
        first_sales.first_price as planned_price,
        false as is_mandatory,
        false as is_announced
    from first_sales
    inner join channels on first_sales.first_week >= channels.first_week
),

final as (
    select * from announced
    union all
    select * from unannounced
)

select * from final
