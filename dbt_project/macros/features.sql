{# Share off the shelf price of money that was paid; NULL when nothing was sold. One division of whole cents. #}
{% macro discount(paid_cents, shelf_cents) -%}
    ({{ shelf_cents }} - {{ paid_cents }}) / nullif({{ shelf_cents }}, 0)
{%- endmacro %}


{#
    A whole number as a double. Its sums are exact, in any order, up to 2^53, and cost far less than the 128 bits that
    DuckDB sums whole numbers in.
#}
{% macro exact(whole) -%}
    cast({{ whole }} as double)
{%- endmacro %}


{#
    Counts of several flags over one window of at most 63 rows: six bits a flag, so one sum counts them all. The flag
    at `place` is read back by `flag_count`.
#}
{% macro packed_flags(flags) -%}
    {%- for flag in flags -%}
        cast({{ flag }} as integer) * {{ 64 ** loop.index0 }}{{ ' + ' if not loop.last }}
    {%- endfor -%}
{%- endmacro %}


{% macro flag_count(packed, place) -%}
    cast(cast({{ packed }} as bigint) // {{ 64 ** place }} % 64 as double)
{%- endmacro %}


{# Whole weeks of a trailing window that its channel has lived through. #}
{% macro weeks_of(weeks) -%}
    least({{ weeks }}, (listed.week - open_channels.first_week) // 7 + 1)
{%- endmacro %}


{# Cosine between two embeddings of one length; NULL where there is none, or one is all zeros. #}
{% macro cosine(one, other) -%}
    case
        when len({{ one }}) = len({{ other }})
            and list_inner_product({{ one }}, {{ one }}) > 0
            and list_inner_product({{ other }}, {{ other }}) > 0
            then list_cosine_similarity({{ one }}, {{ other }})
    end
{%- endmacro %}
