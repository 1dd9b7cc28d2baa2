-- One row per launch and Monday that looks at it: what the listed products like it sold by then. A product is of the
-- same type when it shares the category_3, of the same line when it shares the seller too, and a twin when it also
-- shares the attributes. The nearer its price, the more it speaks; a price that is unknown speaks as one far away.
-- Where products have embeddings, those of its type also speak by the cosine between them.
-- What is added up are whole numbers, so that no sum depends on the order of its rows.
with

views as (select * from {{ ref('int_launch_views') }}),

products as (select * from {{ ref('stg_products') }}),

product_weeks as (select * from {{ ref('int_product_weeks') }}),

launches as (
    select
        views.decision_week,
        views.product_number,
        views.is_announced,
        views.launch_week,
        max(ln(cast(nullif(views.planned_price, 0) as double))) as log_price,
        any_value(products.category_3_key) as category_3_key,
        any_value(products.seller_key) as seller_key,
        any_value(products.attributes_key) as attributes_key,
        any_value(products.embedding) as embedding
    from views
    inner join products on views.product_number = products.product_number
    group by views.decision_week, views.product_number, views.is_announced, views.launch_week
),

listed as (
    select
        product_weeks.week + 7 as decision_week,
        products.category_3_key,
        products.seller_key,
        products.attributes_key,
        products.embedding,
        ln(cast(nullif(product_weeks.shelf_price_e4, 0) as double) / 10000) as log_price,
        product_weeks.week - product_weeks.first_week < 28 as is_recent,
        round(100 * product_weeks.units_13 / least((product_weeks.week - product_weeks.first_week) // 7 + 1, 13))
            as velocity_e2
    from product_weeks
    inner join products on product_weeks.product_number = products.product_number
    where product_weeks.is_listed
),

pairs as (
    select
        launches.decision_week,
        launches.product_number,
        listed.is_recent,
        listed.velocity_e2,
        greatest(
            1,
            round(1000000 * exp(-coalesce(abs(listed.log_price - launches.log_price), 2) / {{ var('price_kernel') }}))
        ) as weight_e6,
        round(
            1000000
            * exp(
                ({{ cosine('listed.embedding', 'launches.embedding') }} - 1) / {{ var('embedding_kernel') }}
            )
        ) as alike_e6,
        coalesce(listed.seller_key = launches.seller_key, false) as is_line,
        coalesce(listed.seller_key = launches.seller_key and listed.attributes_key = launches.attributes_key, false)
            as is_twin
    from launches
    inner join listed
        on launches.decision_week = listed.decision_week
        and launches.category_3_key = listed.category_3_key
),

-- What is announced counts what is announced beside it: of the others nothing is known in their first week.
siblings as (
    select
        decision_week,
        product_number,
        count(*) over (
            partition by decision_week, category_3_key, seller_key, launch_week, is_announced
        ) - 1 as line_launches
    from launches
),

spoken as (
    select
        decision_week,
        product_number,
        {%- for scope, condition in [('type', 'true'), ('line', 'is_line'), ('twin', 'is_twin')] %}
        count(*) filter ({{ condition }}) as {{ scope }}_products,
        avg(velocity_e2) filter ({{ condition }}) / 100 as {{ scope }}_mean,
        max(velocity_e2) filter ({{ condition }}) / 100 as {{ scope }}_max,
        sum(weight_e6 * velocity_e2) filter ({{ condition }})
        / nullif(sum(weight_e6) filter ({{ condition }}), 0)
        / 100 as {{ scope }}_near_price,
        {%- endfor %}
        sum(alike_e6 * velocity_e2) / nullif(sum(alike_e6), 0) / 100 as type_alike,
        count(*) filter (is_line and is_recent) as line_recent
    from pairs
    group by decision_week, product_number
),

final as (
    select
        siblings.decision_week,
        siblings.product_number,
        siblings.line_launches,
        {%- for scope in ['type', 'line', 'twin'] %}
        spoken.{{ scope }}_products,
        spoken.{{ scope }}_mean,
        spoken.{{ scope }}_max,
        spoken.{{ scope }}_near_price,
        {%- endfor %}
        spoken.type_alike,
        spoken.line_recent
    from siblings
    left join spoken
        on siblings.decision_week = spoken.decision_week
        and siblings.product_number = spoken.product_number
)

select * from final
