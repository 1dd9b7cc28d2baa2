-- One row per impression or sampled opportunity, with what was known before its week; an opportunity has no place in a
-- list, and nobody logged a click. Where an impression was shown
-- counts as the code of its display, so that a home page and a search are told apart.
with

opportunities as (select * from {{ ref('int_opportunities') }}),

impressions as (select * from {{ ref('int_impressions') }}),

locations as (select * from {{ ref('stg_locations') }}),

{{ response_histories() }}

shown as (
    select
        null as event_id,
        customer_number,
        product_number,
        location_number,
        channel,
        week,
        case when has_display and has_mailer then 'display_and_mailer' when has_mailer then 'mailer' else 'display' end
            as placement,
        has_display,
        has_mailer,
        display_code,
        mailer_code,
        null as request_id,
        null as position,
        null as propensity,
        null as is_clicked,
        is_purchased
    from opportunities
    union all
    select
        event_id,
        customer_number,
        product_number,
        null as location_number,
        channel,
        week,
        placement,
        has_display,
        has_mailer,
        placement as display_code,
        null as mailer_code,
        request_id,
        position,
        propensity,
        is_clicked,
        is_purchased
    from impressions
),

final as (
    select
        coalesce(
            shown.event_id,
            concat_ws('|', customers.customer_id, locations.location_id, shown.week, products.product_id)
        ) as impression_id,
        customers.customer_id,
        products.product_id,
        shown.channel,
        locations.location_id,
        shown.placement,
        shown.request_id,
        shown.week,
        shown.week + 7 as known_on,
        shown.event_id is null as is_proxy,
        product_history.product_number is null as is_cold,
        cast(
            case when shown.event_id is null and not shown.is_purchased then {{ var('negative_rate') }} else 1 end
            as double
        ) as sampling_weight,
        cast(shown.position as double) as position,
        cast(shown.propensity as double) as propensity,
        cast(shown.is_clicked as integer) as is_clicked,
        cast(shown.is_purchased as integer) as is_purchased,
        {{ response_columns() }}
    from shown
    {{ response_joins() }}
    left join locations on shown.location_number = locations.location_number
)

select * from final
