{#
    CTEs `homes` and `usual_placements`: customers of the twelve weeks before a Monday, each in the location that he
    visited in most of them, and the placement that each channel showed most of late where it logs what it shows.
    They read the CTEs `visits` and `impressions`.
#}
{% macro candidate_places(week) -%}
recent_visits as (
    select
        customer_number,
        location_number,
        channel,
        count(*) as weeks
    from visits
    where week >= {{ week }} - 84 and week < {{ week }}
    group by customer_number, location_number, channel
),

homes as (
    select
        customer_number,
        location_number,
        channel
    from recent_visits
    qualify row_number() over (partition by customer_number order by weeks desc, location_number asc) = 1
),

usual_placements as (
    select
        channel,
        placement
    from impressions
    where week >= {{ week }} - 84 and week < {{ week }}
    group by channel, placement
    qualify row_number() over (partition by channel order by count(*) desc, placement asc) = 1
)
{%- endmacro %}


{#
    Where a candidate is scored: in the placement of `usual_placements`, which is in no location, as logged impressions
    are; or as if it stood in the mailer that week, where the customer shops.
#}
{% macro candidate_placement() -%}
    case when usual_placements.placement is null then homes.location_number end as location_number,
        coalesce(usual_placements.placement, 'mailer') as placement,
        coalesce({{ is_display('usual_placements.placement') }}, false) as has_display,
        coalesce({{ is_mailer('usual_placements.placement') }}, true) as has_mailer,
        coalesce(usual_placements.placement, '{{ var("candidate_display_code") }}') as display_code,
        case when usual_placements.placement is null then '{{ var("candidate_mailer_code") }}' end as mailer_code
{%- endmacro %}
