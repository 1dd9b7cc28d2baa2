-- One row per customer and open launch of the decision week, as if the launch stood in the mailer that week, or in the
-- placement that the channel showed most of late where it logs what it shows. Customers are those of the last twelve
-- weeks, in the location that they visited in most of them, and in its channel.
{% set decision_week = asked_week() %}
with

open_launches as (select * from {{ ref('int_open_launches') }}),

launch_channels as (select * from {{ ref('int_launch_channels') }}),

visits as (select * from {{ ref('int_visits') }}),

impressions as (select * from {{ ref('int_impressions') }}),

{{ response_histories(decision_week) }}

{{ candidate_places(decision_week) }},

shown as (
    select
        open_launches.decision_week as week,
        homes.customer_number,
        homes.channel,
        open_launches.product_number,
        {{ candidate_placement() }}
    from open_launches
    inner join launch_channels on open_launches.product_number = launch_channels.product_number
    inner join homes on launch_channels.channel = homes.channel
    left join usual_placements on homes.channel = usual_placements.channel
    where open_launches.decision_week = {{ decision_week }}
),

final as (
    select
        shown.week as decision_week,
        customers.customer_id,
        products.product_id,
        shown.channel,
        shown.placement,
        shown.week as known_on,
        {{ response_columns() }}
    from shown
    {{ response_joins() }}
)

select * from final
