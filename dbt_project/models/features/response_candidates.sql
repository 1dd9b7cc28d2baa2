{{
    config(
        materialized='incremental',
        incremental_strategy='delete+insert',
        unique_key='decision_week',
        on_schema_change='fail',
        pre_hook="{{ delete_decision_week(this) }}"
    )
}}

-- One row per customer and open launch of the decision week, as if the launch stood in the mailer that week. Customers
-- are those of the last twelve weeks, in the channel of the location that they visited in most of them.
{% set decision_week = "date '" ~ (var('decision_week') or '1970-01-05') ~ "'" %}
with

open_launches as (select * from {{ ref('int_open_launches') }}),

launch_channels as (select * from {{ ref('int_launch_channels') }}),

visits as (select * from {{ ref('int_visits') }}),

{{ response_histories(decision_week) }}

recent_visits as (
    select
        customer_number,
        location_number,
        channel,
        count(*) as weeks
    from visits
    where week >= {{ decision_week }} - 84 and week < {{ decision_week }}
    group by customer_number, location_number, channel
),

home_channels as (
    select
        customer_number,
        channel
    from recent_visits
    qualify row_number() over (partition by customer_number order by weeks desc, location_number asc) = 1
),

shown as (
    select
        open_launches.decision_week as week,
        home_channels.customer_number,
        home_channels.channel,
        open_launches.product_number,
        false as has_display,
        true as has_mailer,
        '{{ var("candidate_display_code") }}' as display_code,
        '{{ var("candidate_mailer_code") }}' as mailer_code
    from open_launches
    inner join launch_channels on open_launches.product_number = launch_channels.product_number
    inner join home_channels on launch_channels.channel = home_channels.channel
    where open_launches.decision_week = {{ decision_week }}
),

final as (
    select
        shown.week as decision_week,
        customers.customer_id,
        products.product_id,
        shown.channel,
        'mailer' as placement,
        shown.week as known_on,
        {{ response_columns() }}
    from shown
    {{ response_joins() }}
)

select * from final
