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


{# The bit of a location in its word: a whole number of 127 bits, the widest that holds no sign. #}
{% macro location_bit(place) -%}
    (cast(1 as hugeint) << cast({{ place }} % 100 as integer))
{%- endmacro %}
