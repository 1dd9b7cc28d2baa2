{# Rows whose key is not theirs alone. #}
{% test unique_key(model, columns) %}
select
    {{ columns | join(', ') }},
    count(*) as rows_with_key
from {{ model }}
group by {{ columns | join(', ') }}
having count(*) > 1
{% endtest %}


{# Rows with a missing value where one is required, or with a number out of its bounds; one scan for all of them. #}
{% test within_bounds(model, required, at_least, at_most) %}
select *
from {{ model }}
where
    {%- for name in required %}
    {{ name }} is null or
    {%- endfor %}
    {%- for name, bound in at_least.items() %}
    {{ name }} < {{ bound }} or
    {%- endfor %}
    {%- for name, bound in at_most.items() %}
    {{ name }} > {{ bound }} or
    {%- endfor %}
    false
{% endtest %}
