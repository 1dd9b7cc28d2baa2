"""The SQL that turns The Complete Journey's files into the raw tables, one statement a table.

`$transactions`, `$products`, `$promotions` and `$demographics` are the paths of its Parquet files. The
reader that runs these, and the facts they rest on, live in `complete_journey.py`.

Week k of the data starts on Monday 2017-01-02 + 7 (k - 2) days. A line is accepted when it has units
and a known product; both tests are spelled once, in `ACCEPTED` and `REASON`.
"""

_MONDAY = "date '2017-01-02' + 7 * (week - 2)::integer"
_CENTS = "decimal(18, 2)"
_GROSS = f"sales_value::{_CENTS} + retail_disc::{_CENTS} + coupon_match_disc::{_CENTS}"

ACCEPTED = """
    select lines.* from read_parquet($transactions, file_row_number = true) as lines
    semi join read_parquet($products) as products using (product_id)
    where quantity <> 0
"""

SALES = f"""
    with accepted as ({ACCEPTED})
    select
        basket_id::varchar as order_id,
        row_number() over (partition by basket_id order by file_row_number) as line_no,
        product_id::varchar as product_id,
        store_id::varchar as location_id,
        household_id::varchar as customer_id,
        transaction_timestamp as sold_at,
        quantity as units,
        sales_value::{_CENTS} as net_revenue,
        {_GROSS} as gross_revenue,
        'USD' as currency
    from accepted
    order by file_row_number
"""

REJECTED = """
    with judged as (
        select
            lines.*,
            case
                when lines.quantity = 0 then 'units are 0'
                when products.product_id is null
                    then 'product_id ''' || lines.product_id || ''' is not in raw_products'
            end as reason
        from read_parquet($transactions, file_row_number = true) as lines
        left join read_parquet($products) as products on lines.product_id = products.product_id
    )
    select
        'transactions.parquet' as source_file,
        file_row_number + 1 as line,
        'raw_sales' as table_name,
        reason,
        concat_ws(',', '[customer]', store_id, basket_id, product_id, quantity, sales_value, retail_disc,
                  coupon_disc, coupon_match_disc, week, transaction_timestamp) as redacted_text
    from judged
    where reason is not null
    order by line
"""

PRODUCTS = """
    select
        product_id::varchar as product_id,
        concat_ws(' ', coalesce(product_type, product_category, department), package_size) as title,
        department as category_1,
        product_category as category_2,
        product_type as category_3,
        brand,
        manufacturer_id::varchar as seller_id,
        case when package_size is not null
            then json_object('package_size', package_size)::varchar end as attributes
    from read_parquet($products)
    order by product_id
"""

# Tiers are read off weeks 2 to 9 alone: whole-year volumes would tell every earlier week about its future.
LOCATIONS = f"""
    with stores as (
        select store_id from read_parquet($transactions)
        union
        select store_id from read_parquet($promotions)
    ),
    covered as (
        select distinct store_id from read_parquet($promotions) where week between 2 and 9
    ),
    accepted as ({ACCEPTED}),
    volumes as (
        select accepted.store_id, sum(accepted.quantity)::bigint as units
        from accepted
        join read_parquet($products) as products using (product_id)
        semi join covered using (store_id)
        where accepted.week between 2 and 9
            and not list_contains($excluded_categories, products.department)
        group by accepted.store_id
    ),
    ranked as (
        select
            store_id,
            sum(units) over (order by units desc, store_id rows unbounded preceding) - units as units_of_larger,
            sum(units) over () as units_of_all
        from volumes
    )
    select
        stores.store_id::varchar as location_id,
        case when 2 * ranked.units_of_larger < ranked.units_of_all
            then 'stores_large' else 'stores_small' end as channel,
        'America/New_York' as time_zone
    from stores
    left join ranked using (store_id)
    order by stores.store_id
"""

CUSTOMERS = """
    with customers as (
        select household_id from read_parquet($transactions)
        union
        select household_id from read_parquet($demographics)
    )
    select
        customers.household_id::varchar as customer_id,
        case when segments.household_id is not null then json_object(
            'age', age, 'income', income, 'home_ownership', home_ownership, 'marital_status', marital_status,
            'household_size', household_size, 'household_comp', household_comp, 'kids_count', kids_count
        )::varchar end as segments
    from customers
    left join read_parquet($demographics) as segments using (household_id)
    order by customers.household_id
"""

PROMOTIONS = f"""
    select
        product_id::varchar as product_id,
        store_id::varchar as location_id,
        {_MONDAY} as starts_on,
        {_MONDAY} + 6 as ends_on,
        case
            when mailer_location = '0' then 'display'
            when display_location = '0' then 'mailer'
            else 'display_and_mailer'
        end as placement,
        display_location as display_code,
        mailer_location as mailer_code
    from read_parquet($promotions)
"""

# A third store lies between the lowest and the highest: the exact test at a third of the cost of
# count(distinct store_id) over 14 million rows. The place in the mailer is the same in all stores in 99 of 100
# products and weeks; where it is not, the one of most stores is the plan's.
PLANNED_MAILERS = f"""
    with mailed as (
        select product_id, week, store_id, mailer_location as code
        from read_parquet($promotions)
        where mailer_location <> '0'
    ),
    ranges as (
        select
            product_id, week,
            min(store_id) as lowest, max(store_id) as highest,
            min(code) as first_code, max(code) as last_code
        from mailed
        group by product_id, week
        having min(store_id) < max(store_id)
    ),
    planned as (
        select ranges.product_id, ranges.week, ranges.first_code, ranges.last_code
        from ranges
        semi join mailed
            on ranges.product_id = mailed.product_id
            and ranges.week = mailed.week
            and mailed.store_id > ranges.lowest
            and mailed.store_id < ranges.highest
    ),
    counted as (
        select product_id, week, code, count(distinct store_id) as stores
        from mailed
        semi join (select product_id, week from planned where first_code < last_code) as disputed
            using (product_id, week)
        group by product_id, week, code
    ),
    settled as (
        select product_id, week, code
        from counted
        qualify row_number() over (partition by product_id, week order by stores desc, code) = 1
    )
    select
        planned.product_id::varchar as product_id,
        {_MONDAY} as starts_on,
        {_MONDAY} + 6 as ends_on,
        'mailer' as placement,
        coalesce(settled.code, planned.first_code) as mailer_code,
        {_MONDAY} - $announced_days_before::integer as announced_on
    from planned
    left join settled using (product_id, week)
    order by week, planned.product_id
"""

LAUNCH_CANDIDATES = f"""
    with accepted as ({ACCEPTED}),
    launches as (
        select accepted.product_id, min(accepted.week) as week
        from accepted
        join read_parquet($products) as products using (product_id)
        anti join (
            select product_id from read_parquet($promotions) where week < $first_launch_week
        ) as promoted_before using (product_id)
        where accepted.product_id > $newest_known_product_id
            and not list_contains($excluded_categories, products.department)
        group by accepted.product_id
        having min(accepted.week) >= $first_launch_week
    ),
    first_weeks as (
        select product_id, week, quantity, {_GROSS} as gross_revenue
        from accepted
        semi join launches using (product_id, week)
    ),
    prices as (
        select product_id, sum(gross_revenue)::decimal(18, 2) / sum(quantity)::bigint as shelf_price
        from first_weeks
        where gross_revenue > 0
        group by product_id
    )
    select
        launches.product_id::varchar as product_id,
        {_MONDAY} as planned_week,
        {_MONDAY} as earliest_week,
        {_MONDAY} + $latest_days_after::integer as latest_week,
        round(prices.shelf_price, 2) as planned_price,
        false as is_mandatory,
        {_MONDAY} - $announced_days_before::integer as announced_on
    from launches
    left join prices using (product_id)
    order by launches.product_id
"""
