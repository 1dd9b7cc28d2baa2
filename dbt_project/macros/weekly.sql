{# The Monday that weekly models are made for; without one, a day before all data. #}
{% macro asked_week() -%}
    date '{{ var('decision_week') or '1970-01-05' }}'
{%- endmacro %}

{# Empties a decision week before it is filled again, so that a week that now has fewer rows keeps none of the old. #}
{% macro delete_decision_week(relation) -%}
    {%- if execute and var('decision_week') and load_relation(relation) is not none -%}
        delete from {{ relation }} where decision_week = date '{{ var("decision_week") }}'
    {%- else -%}
        select 1
    {%- endif -%}
{%- endmacro %}
