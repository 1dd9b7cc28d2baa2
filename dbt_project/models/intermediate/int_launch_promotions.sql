-- One row per launch and Monday that looks at it of which a promotion had run by then: the weeks in which one did.
with

views as (select * from {{ ref('int_launch_views') }}),

promoted as (select * from {{ ref('int_promoted_channels') }}),

launches as (
    select distinct
        decision_week,
        product_number
    from views
),

final as (
    select
        launches.decision_week,
        launches.product_number,
        count(*) filter (promoted.is_mailer and promoted.week >= launches.decision_week - 56) as mailer_weeks_8,
        count(*) filter (promoted.is_display and promoted.week >= launches.decision_week - 56) as display_weeks_8,
        count(*) as promoted_weeks,
        (launches.decision_week - min(promoted.week)) // 7 as weeks_since_promotion
    from launches
    inner join promoted
        on launches.product_number = promoted.product_number
        and launches.decision_week > promoted.week
    where promoted.channel_number = 0
    group by launches.decision_week, launches.product_number
)

select * from final
