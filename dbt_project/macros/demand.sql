{# Whether what is sold of a category is demand; fuel, coupons and store supplies, say, are not. #}
{% macro is_demand(category) -%}
    {%- set excluded = [] -%}
    {%- for name in var('excluded_categories') -%}
        {%- do excluded.append("'" ~ name | replace("'", "''") ~ "'") -%}
    {%- endfor -%}
    {%- if excluded -%} {{ category }} not in ({{ excluded | join(', ') }}) {%- else -%} true {%- endif -%}
{%- endmacro %}
