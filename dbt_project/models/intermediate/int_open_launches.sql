-- One row per decision week and candidate that is announced, unsold and not too late by then.
with

candidates as (select * from {{ ref('stg_launch_candidates') }}),

channels as (select * from {{ ref('stg_channels') }}),

listed_weeks as (select * from {{ ref('int_listed_weeks') }}),

first_sales as (
    select
        product_number,
        min(first_week) as week
    from listed_weeks
    group by product_number
),

known_weeks as (
    select
        min(first_week) as first_week,
        max(last_week) as last_week
    from channels
),

decision_weeks as (
    select {{ mondays('first_week + 7', 'last_week + 7') }} as decision_week
    from known_weeks
),

final as (
    select
        decision_weeks.decision_week,
        candidates.product_number,
        candidates.planned_week,
        greatest(candidates.planned_week, decision_weeks.decision_week) as launch_week
    from decision_weeks
    inner join candidates
        on decision_weeks.decision_week >= candidates.known_on
        and decision_weeks.decision_week <= greatest(candidates.planned_week, candidates.latest_week)
    left join first_sales on candidates.product_number = first_sales.product_number
    where coalesce(first_sales.week >= decision_weeks.decision_week, true)
)

select * from final
