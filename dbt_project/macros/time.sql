{# Monday of the week of a day. #}
{% macro monday(day) -%}
    cast(date_trunc('week', {{ day }}) as date)
{%- endmacro %}


{# The first Monday on or after a day. #}
{% macro next_monday(day) -%}
    cast(date_trunc('week', {{ day }} + 6) as date)
{%- endmacro %}


{# Business date of a UTC moment: stored once, because a bare cast follows the session's time zone. #}
{% macro business_date(moment, time_zone) -%}
    cast(timezone({{ time_zone }}, timezone('UTC', {{ moment }})) as date)
{%- endmacro %}


{# Mondays from one to another, both included. #}
{% macro mondays(first, last) -%}
    cast(unnest(generate_series({{ first }}, {{ last }}, interval 7 days)) as date)
{%- endmacro %}
