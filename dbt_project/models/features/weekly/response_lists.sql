-- One row per product that was promoted where and when a sampled visit was made: all that the visit chose from, so that
-- models can be ranked over whole lists. Visits are those of the four weeks before the decision week in which something
-- promoted was bought, as many of each week, drawn by a digest of who, where and when. Lists that were logged are no
-- whole ones: they hold what a policy chose to show.
{% set decision_week = asked_week() %}
with

opportunities as (select * from {{ ref('int_opportunities') }}),

purchases as (select * from {{ ref('int_purchases') }}),

promoted as not materialized (select * from {{ ref('int_promoted') }}),

placements as (select * from {{ ref('stg_placements') }}),

locations as (select * from {{ ref('stg_locations') }}),

{{ response_histories() }}

chosen_from as (
    select distinct
        customer_number,
        location_number,
        channel,
        week
    from opportunities
    where is_purchased and week >= {{ decision_week }} - 28 and week < {{ decision_week }}
),

visits as (
    select
        concat_ws('|', customers.customer_id, locations.location_id, chosen_from.week) as list_id,
        chosen_from.customer_number,
        chosen_from.location_number,
        chosen_from.channel,
        chosen_from.week
    from chosen_from
    inner join customers on chosen_from.customer_number = customers.customer_number
    inner join locations on chosen_from.location_number = locations.location_number
    qualify row_number() over (partition by chosen_from.week order by md5(list_id)) <= {{ var('lists_a_week') }}
),

-- Several placements of a product in a location are one opportunity.
listed as (
    select
        visits.list_id,
        promoted.product_number,
        min(placements.placement_key) as first_placement_key,
        max(placements.placement_key) as last_placement_key
    from visits
    inner join promoted on visits.location_number = promoted.location_number and visits.week = promoted.week
    inner join placements
        on promoted.placement = placements.placement
        and promoted.display_code is not distinct from placements.display_code
        and promoted.mailer_code is not distinct from placements.mailer_code
    where promoted.week >= {{ decision_week }} - 28 and promoted.week < {{ decision_week }}
    group by visits.list_id, promoted.product_number
),

shown as (
    select
        visits.list_id,
        visits.customer_number,
        listed.product_number,
        visits.location_number,
        visits.channel,
        visits.week,
        first_placements.has_mailer or last_placements.has_mailer as has_mailer,
        first_placements.has_display or last_placements.has_display as has_display,
        least(first_placements.display_code, last_placements.display_code) as display_code,
        least(first_placements.mailer_code, last_placements.mailer_code) as mailer_code,
        purchases.product_number is not null as is_purchased
    from listed
    inner join visits on listed.list_id = visits.list_id
    inner join placements as first_placements on listed.first_placement_key = first_placements.placement_key
    inner join placements as last_placements on listed.last_placement_key = last_placements.placement_key
    left join purchases
        on visits.customer_number = purchases.customer_number
        and listed.product_number = purchases.product_number
        and visits.location_number = purchases.location_number
        and visits.week = purchases.week
),

final as (
    select
        {{ decision_week }} as decision_week,
        shown.list_id,
        customers.customer_id,
        products.product_id,
        shown.channel,
        shown.week,
        shown.week + 7 as known_on,
        product_history.product_number is null as is_cold,
        cast(shown.is_purchased as integer) as is_purchased,
        {{ response_columns() }}
    from shown
    {{ response_joins() }}
)

select * from final
