{#
    A number for an id: the id itself where it is a plain whole number, else 63 bits of its md5. A pure function of
    the id, so it never changes, and unique for all practical purposes (tests on the dimensions make sure).
#}
{% macro id_number(id) -%}
    case
        when try_cast({{ id }} as bigint) >= 0 and cast(try_cast({{ id }} as bigint) as varchar) = {{ id }}
            then try_cast({{ id }} as bigint)
        else cast(md5_number_upper({{ id }}) // 2 as bigint)
    end
{%- endmacro %}


{#
    Bucket of one side of a (location, week) pair. Integer arithmetic below 2^63 is the same on every engine and at
    any number of threads; md5 costs twelve times as much and `hash()` may change with a version.
#}
{% macro sampling_bucket(number, location_number, week) -%}
    (
        (
            {{ number }} % 2147483647 * 48271
            + {{ location_number }} % 2147483647 * 69621
            + date_diff('week', date '1970-01-05', {{ week }}) * 16807
        ) % 2147483647 * 39373 % 2147483647
    ) % {{ var('negative_rate') }}
{%- endmacro %}
