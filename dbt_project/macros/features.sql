{# Share off the shelf price of money that was paid; NULL when nothing was sold. One division of whole cents. #}
{% macro discount(paid, shelf) -%}
    cast(({{ shelf }} - {{ paid }}) * 100 as bigint) / nullif(cast({{ shelf }} * 100 as bigint), 0)
{%- endmacro %}


{# Whole weeks of a trailing window that its channel has lived through. #}
{% macro weeks_of(weeks) -%}
    least({{ weeks }}, (listed.week - channel_starts.first_week) // 7 + 1)
{%- endmacro %}
