{#
    What was known of each launch on the Monday that looks at it: one row per decision week, launch and channel. Those
    that were announced and those that were not are two tables, and both call this, so that their features cannot differ.
#}
{% macro launch_features(is_announced) -%}
with

views as (select * from {{ ref('int_launch_views') }}),

products as (select * from {{ ref('stg_products') }}),

planned_mailers as (select * from {{ ref('int_planned_mailers') }}),

panel as (select * from {{ ref('int_weekly_panel') }}),

group_weeks as (select * from {{ ref('int_group_weeks') }}),

launch_history as (select * from {{ ref('int_launch_history') }}),

analogues as (select * from {{ ref('int_launch_analogues') }}),

neighbours as (select * from {{ ref('int_launch_neighbours') }}),

promotions as (select * from {{ ref('int_launch_promotions') }}),

launches as (
    select
        views.*,
        products.product_id,
        products.title,
        products.category_1,
        products.category_2,
        products.category_3,
        products.brand,
        products.seller_id,
        products.category_2_key,
        products.category_3_key,
        products.seller_key
    from views
    inner join products on views.product_number = products.product_number
    where {{ '' if is_announced else 'not ' }}views.is_announced
),

mailers as (
    select
        launches.decision_week,
        launches.product_number,
        launches.channel,
        count(*) as mailer_weeks,
        count(*) filter (planned_mailers.target_week = launches.launch_week) as mailer_at_launch
    from launches
    inner join planned_mailers
        on launches.product_number = planned_mailers.product_number
        and launches.channel = planned_mailers.channel
        and launches.decision_week >= planned_mailers.known_on
        and planned_mailers.target_week between launches.launch_week and launches.launch_week + 49
    group by launches.decision_week, launches.product_number, launches.channel
),

shelf_prices as (
    select
        products.category_2_key,
        panel.week,
        median(panel.shelf_price_e4) as median_e4
    from panel
    inner join products on panel.product_number = products.product_number
    where panel.channel_number = 0 and panel.is_listed
    group by products.category_2_key, panel.week
),

final as (
    select
        launches.decision_week,
        launches.product_id,
        launches.channel,
        launches.decision_week{{ '' if is_announced else ' + 7' }} as known_on,
        launches.planned_week,
        launches.earliest_week,
        launches.latest_week,
        launches.is_mandatory,
        launches.title,
        launches.category_1,
        launches.category_2,
        launches.category_3,
        launches.brand,
        launches.seller_id,
        cast(launches.is_announced as double) as is_announced,
        (launches.launch_week - launches.decision_week) / 7 as weeks_to_launch,
        cast(launches.planned_price as double) as planned_price,
        launches.planned_price * 10000 / nullif(shelf_prices.median_e4, 0) as price_position,
        cast(coalesce(mailers.mailer_weeks, 0) as double) as mailer_weeks,
        cast(coalesce(mailers.mailer_at_launch, 0) as double) as mailer_at_launch,
        category_2.units_13 / nullif(category_2.listed_13, 0) as category_2_velocity,
        category_3.units_13 / nullif(category_3.listed_13, 0) as category_3_velocity,
        seller.units_13 / nullif(seller.listed_13, 0) as seller_velocity,
        cast(coalesce(seller.listed_products, 0) as double) as seller_products,
        cast(coalesce(category_3.listed_products, 0) as double) as category_3_products,
        launched_1.units_8 / launched_1.launches as launch_units_category_1,
        launched_2.units_8 / launched_2.launches as launch_units_category_2,
        launched_seller.units_8 / launched_seller.launches as launch_units_seller,
        cast(coalesce(launched_2.launches, 0) as double) as launches_category_2,
        cast(analogues.line_launches as double) as line_launches,
        cast(coalesce(analogues.line_recent, 0) as double) as line_recent,
        {%- for scope in ['type', 'line', 'twin'] %}
        cast(coalesce(analogues.{{ scope }}_products, 0) as double) as {{ scope }}_products,
        analogues.{{ scope }}_mean,
        analogues.{{ scope }}_max,
        analogues.{{ scope }}_near_price,
        {%- endfor %}
        analogues.type_alike,
        cast(neighbours.later_products as double) as later_products,
        neighbours.later_share,
        neighbours.neighbour_velocity,
        neighbours.neighbour_recent,
        cast(coalesce(promotions.mailer_weeks_8, 0) as double) as mailed_weeks_before,
        cast(coalesce(promotions.display_weeks_8, 0) as double) as display_weeks_before,
        cast(coalesce(promotions.promoted_weeks, 0) as double) as promoted_weeks_before,
        cast(promotions.weeks_since_promotion as double) as weeks_since_promotion
    from launches
    left join mailers
        on launches.decision_week = mailers.decision_week
        and launches.product_number = mailers.product_number
        and launches.channel = mailers.channel
    {%- for table in ['analogues', 'neighbours', 'promotions'] %}
    left join {{ table }}
        on launches.decision_week = {{ table }}.decision_week
        and launches.product_number = {{ table }}.product_number
    {%- endfor %}
    left join shelf_prices
        on launches.category_2_key = shelf_prices.category_2_key
        and launches.decision_week - 7 = shelf_prices.week
    {%- for level in ['category_2', 'category_3', 'seller'] %}
    left join group_weeks as {{ level }}
        on {{ level }}.level = '{{ level }}'
        and launches.{{ level }}_key = {{ level }}.group_key
        and launches.channel_number = {{ level }}.channel_number
        and launches.decision_week - 7 = {{ level }}.week
    {%- endfor %}
    {%- for name, level, key in [
        ('launched_1', 'category_1', 'category_1'),
        ('launched_2', 'category_2', 'category_2_key'),
        ('launched_seller', 'seller', 'seller_key')
    ] %}
    left join launch_history as {{ name }}
        on {{ name }}.level = '{{ level }}'
        and cast(launches.{{ key }} as varchar) = {{ name }}.group_key
        and launches.channel_number = {{ name }}.channel_number
        and launches.decision_week between {{ name }}.valid_from and {{ name }}.valid_until
    {%- endfor %}
)

select * from final
{%- endmacro %}
