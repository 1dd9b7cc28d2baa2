{#
    As-of values are kept as spans of weeks instead of being searched for: a span begins on the Monday after a sale
    and ends on the Monday of the next one, and a plain hash join finds the one that holds a week.
#}
{% macro valid_until(window, valid_from) -%}
    lead({{ valid_from }}, 1, date '9999-12-27') over {{ window }} - 7
{%- endmacro %}


{# The condition that a span of `history` holds a week. #}
{% macro holds(history, week) -%}
    {{ week }} between {{ history }}.valid_from and {{ history }}.valid_until
{%- endmacro %}


{#
    The last CTEs of a history: spans of weeks with what the CTE `weekly` adds up to before each of them. It has one row
    per `keys` and week, and whole numbers as doubles, whose sums are exact in any order. A week enters on the Monday
    after it and leaves a window when that has passed it by, so a silent one falls to zero.

    Columns of a span: first_week, last_week and weeks of all weeks before it; each name of `always` summed over all of
    them, each name of `lately` over the trailing weeks of `windows`, as `name_12`, and the last known value of each name
    of `latest`.
#}
{% macro history_spans(keys, always=[], lately=[], windows=[12], latest=[]) -%}
changes as (
    select
        {{ keys | join(', ') }},
        week + 7 as valid_from,
        week,
        1 as weeks,
        {%- for name in latest + always %}
        {{ name }},
        {%- endfor %}
        {%- for name in lately %}
        {%- for length in windows %}
        {{ name }} as {{ name }}_{{ length }},
        {%- endfor %}
        {%- endfor %}
    from weekly
    {%- for length in windows if lately %}
    union all
    select
        {{ keys | join(', ') }},
        week + 7 * {{ length + 1 }} as valid_from,
        null as week,
        0 as weeks,
        {%- for name in latest %}
        null as {{ name }},
        {%- endfor %}
        {%- for name in always %}
        0 as {{ name }},
        {%- endfor %}
        {%- for name in lately %}
        {%- for other in windows %}
        {{ '-' ~ name if other == length else '0' }} as {{ name }}_{{ other }},
        {%- endfor %}
        {%- endfor %}
    from weekly
    {%- endfor %}
),

by_change as (
    select
        {{ keys | join(', ') }},
        valid_from,
        max(week) as week,
        {{ exact('sum(weeks)') }} as weeks,
        {%- for name in latest %}
        max({{ name }}) as {{ name }},
        {%- endfor %}
        {%- for name in always %}
        {{ exact('sum(' ~ name ~ ')') }} as {{ name }},
        {%- endfor %}
        {%- for name in lately %}
        {%- for length in windows %}
        {{ exact('sum(' ~ name ~ '_' ~ length ~ ')') }} as {{ name }}_{{ length }},
        {%- endfor %}
        {%- endfor %}
    from changes
    group by {{ keys | join(', ') }}, valid_from
),

final as (
    select
        {{ keys | join(', ') }},
        valid_from,
        {{ valid_until('by_week', 'valid_from') }} as valid_until,
        min(week) over by_week as first_week,
        max(week) over by_week as last_week,
        sum(weeks) over by_week as weeks,
        {%- for name in latest %}
        last_value({{ name }} ignore nulls) over by_week as {{ name }},
        {%- endfor %}
        {%- for name in always %}
        sum({{ name }}) over by_week as {{ name }},
        {%- endfor %}
        {%- for name in lately %}
        {%- for length in windows %}
        sum({{ name }}_{{ length }}) over by_week as {{ name }}_{{ length }},
        {%- endfor %}
        {%- endfor %}
    from by_change
    window by_week as (partition by {{ keys | join(', ') }} order by valid_from rows unbounded preceding)
)

select * from final
{%- endmacro %}


{#
    What each customer bought of each group of products, by span of weeks: `units`, `net_cents` or `gross_cents` of all
    weeks before, as `always` names them, and as `lately` does those of the trailing twelve, `bought_weeks` among them.
#}
{% macro customer_group_history(group_key, always=[], lately=[]) -%}
with

purchases as (select * from {{ ref('int_purchases') }}),

products as (select * from {{ ref('stg_products') }}),

weekly as (
    select
        purchases.customer_number,
        products.{{ group_key }},
        purchases.week,
        1.0::double as bought_weeks,
        {%- for name in always %}
        sum({{ exact('purchases.' ~ name) }}) as {{ name }},
        {%- endfor %}
    from purchases
    inner join products on purchases.product_number = products.product_number
    where products.{{ group_key }} is not null
    group by purchases.customer_number, products.{{ group_key }}, purchases.week
),

{{ history_spans(['customer_number', group_key], always, lately) }}
{%- endmacro %}


{# Opportunities of each group of products and how many were bought, by span of weeks. #}
{% macro group_response_history(group_key) -%}
with

promoted_weeks as (select * from {{ ref('int_promoted_weeks') }}),

products as (select * from {{ ref('stg_products') }}),

weekly as (
    select
        products.{{ group_key }},
        promoted_weeks.week,
        sum(promoted_weeks.opportunities) as opportunities,
        sum(promoted_weeks.purchases) as purchases
    from promoted_weeks
    inner join products on promoted_weeks.product_number = products.product_number
    where products.{{ group_key }} is not null
    group by products.{{ group_key }}, promoted_weeks.week
),

{{ history_spans([group_key], [], ['opportunities', 'purchases']) }}
{%- endmacro %}


{# Rows of a history, of one week when it is given. #}
{% macro spans(history, week) -%}
    (select * from {{ history }}{% if week %} where {{ week }} between valid_from and valid_until{% endif %})
{%- endmacro %}
