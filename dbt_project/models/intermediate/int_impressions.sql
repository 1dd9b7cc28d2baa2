-- One row per logged impression, and whether the customer bought the product after it in the same request or session.
with

events as not materialized (select * from {{ ref('stg_events') }}),

impressions as (
    select *
    from events
    where event_type = 'impression'
),

answers as (
    select distinct impressions.event_id
    from impressions
    inner join events as purchases
        on impressions.customer_number = purchases.customer_number
        and impressions.product_number = purchases.product_number
        and impressions.occurred_at <= purchases.occurred_at
        and (impressions.request_id = purchases.request_id or impressions.session_id = purchases.session_id)
    where purchases.event_type = 'purchase'
),

final as (
    select
        impressions.event_id,
        impressions.customer_number,
        impressions.product_number,
        impressions.channel,
        impressions.placement,
        impressions.week,
        {{ is_mailer('impressions.placement') }} as has_mailer,
        {{ is_display('impressions.placement') }} as has_display,
        answers.event_id is not null as is_purchased
    from impressions
    left join answers on impressions.event_id = answers.event_id
)

select * from final
