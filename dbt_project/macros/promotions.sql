{#
    What a placement shows. The shop's own words count as a display, unless they speak of mail; 'display_and_mailer'
    is both.
#}
{% macro is_mailer(placement) -%}
    {{ placement }} ilike '%mail%'
{%- endmacro %}


{% macro is_display(placement) -%}
    ({{ placement }} ilike '%display%' or {{ placement }} not ilike '%mail%')
{%- endmacro %}
