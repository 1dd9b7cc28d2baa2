-- One row per kind of placement that promotions name. The key numbers them in an order that puts display before mailer
-- before both, so that the first and last key of several placements say together what they show.
with

raw_promotions as (select * from {{ source('raw', 'raw_promotions') }}),

kinds as (
    select distinct
        placement,
        display_code,
        mailer_code,
        {{ is_mailer('placement') }} as has_mailer,
        {{ is_display('placement') }} as has_display
    from raw_promotions
),

final as (
    select
        cast(
            row_number() over (order by has_mailer, has_display, display_code, mailer_code, placement) as integer
        ) as placement_key,
        *
    from kinds
)

select * from final
