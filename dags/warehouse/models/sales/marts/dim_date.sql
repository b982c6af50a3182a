-- Every day from the first sale to the last, with or without sales.
with span as (
    select min(sale_date) as first_day, max(sale_date) as last_day
    from {{ ref('stg_sales') }}
),

days as (
    select cast(unnest(generate_series(first_day, last_day, interval 1 day)) as date) as date_day
    from span
    where first_day is not null
)

select
    date_day,
    extract(year from date_day)::integer as year,
    extract(quarter from date_day)::integer as quarter,
    extract(month from date_day)::integer as month,
    extract(day from date_day)::integer as day_of_month,
    extract(isodow from date_day)::integer as iso_weekday,
    extract(week from date_day)::integer as iso_week,
    extract(isoyear from date_day)::integer as iso_year,
    extract(isodow from date_day) >= 6 as is_weekend
from days
