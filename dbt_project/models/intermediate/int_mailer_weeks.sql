-- One row per week for which a mailer was announced by its Monday: how many products it held, and over the mean of the
-- twelve weeks before. The mean is of the weeks that had one; the first has none.
with

planned_mailers as (select * from {{ ref('int_planned_mailers') }}),

counted as (
    select
        target_week as week,
        count(*) as mailers
    from planned_mailers
    where channel = 'all' and known_on <= target_week
    group by target_week
),

final as (
    select
        counted.week,
        counted.mailers,
        counted.mailers / avg({{ exact('earlier.mailers') }}) as breadth
    from counted
    left join counted as earlier on earlier.week between counted.week - 84 and counted.week - 7
    group by counted.week, counted.mailers
)

select * from final
