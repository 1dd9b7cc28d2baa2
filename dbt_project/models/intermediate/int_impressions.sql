-- One row per logged impression with what the customer did about it in the impression's own week. An action belongs to
-- one impression: that of its own request, else the last one of the product in its session. A purchase in another
-- request of the session belongs to an impression that was clicked or put into the cart before it, so that what was
-- merely scrolled past earns none; before a channel logs either, the last impression answers for it. Before a channel's
-- first logged click, whether one was made is unknown.
with

events as not materialized (select * from {{ ref('stg_events') }}),

impressions as (
    select *
    from events
    where event_type = 'impression'
),

actions as (
    select *
    from events
    where event_type in ('click', 'cart', 'purchase')
),

channels as (
    select
        channel,
        min(week) filter (where event_type = 'click') as first_click_week,
        min(week) filter (where event_type in ('click', 'cart')) as first_touch_week
    from actions
    group by channel
),

pairs as (
    select
        actions.event_id as action_id,
        actions.event_type,
        actions.occurred_at,
        actions.week,
        actions.channel,
        impressions.event_id,
        impressions.occurred_at as shown_at,
        coalesce(impressions.request_id = actions.request_id, false) as is_own_request
    from actions
    inner join impressions
        on actions.customer_number = impressions.customer_number
        and actions.product_number = impressions.product_number
        and actions.week = impressions.week
        and actions.occurred_at >= impressions.occurred_at
        and (actions.request_id = impressions.request_id or actions.session_id = impressions.session_id)
),

touches as (
    select
        event_id,
        event_type,
        occurred_at
    from pairs
    where event_type in ('click', 'cart')
    qualify row_number() over (partition by action_id order by is_own_request desc, shown_at desc, event_id asc) = 1
),

touched as (
    select
        event_id,
        min(occurred_at) as touched_at,
        bool_or(event_type = 'click') as is_clicked
    from touches
    group by event_id
),

bought as (
    select pairs.event_id
    from pairs
    inner join channels on pairs.channel = channels.channel
    left join touched on pairs.event_id = touched.event_id and pairs.occurred_at >= touched.touched_at
    where
        pairs.event_type = 'purchase'
        and (
            pairs.is_own_request
            or touched.event_id is not null
            or pairs.week < coalesce(channels.first_touch_week, date '9999-12-27')
        )
    qualify row_number() over (
        partition by pairs.action_id
        order by pairs.is_own_request desc, pairs.shown_at desc, pairs.event_id asc
    ) = 1
),

answers as (
    select distinct event_id
    from bought
),

final as (
    select
        impressions.event_id,
        impressions.customer_number,
        impressions.product_number,
        impressions.channel,
        impressions.placement,
        impressions.request_id,
        impressions.position,
        impressions.propensity,
        impressions.week,
        {{ is_mailer('impressions.placement') }} as has_mailer,
        {{ is_display('impressions.placement') }} as has_display,
        case when impressions.week >= channels.first_click_week then coalesce(touched.is_clicked, false) end
            as is_clicked,
        answers.event_id is not null as is_purchased
    from impressions
    left join channels on impressions.channel = channels.channel
    left join touched on impressions.event_id = touched.event_id
    left join answers on impressions.event_id = answers.event_id
)

select * from final
