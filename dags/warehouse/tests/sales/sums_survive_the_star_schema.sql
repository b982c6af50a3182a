-- Rows and money per currency and day are the same in the star schema as in what was loaded.
with loaded as (
    select sale_date, currency, count(*) as row_count, sum(amount) as amount, sum(amount_eur) as amount_eur
    from {{ source('staging_sales', 'sales') }}
    group by all
),

served as (
    select date_day as sale_date, currency, count(*) as row_count, sum(amount) as amount, sum(amount_eur) as amount_eur
    from {{ ref('fct_sales') }}
    inner join {{ ref('dim_date') }} on sale_date = date_day
    inner join {{ ref('dim_customer') }} using (customer_id)
    group by all
)

select *
from loaded
full outer join served using (sale_date, currency)
where loaded.row_count is distinct from served.row_count
    or loaded.amount is distinct from served.amount
    or loaded.amount_eur is distinct from served.amount_eur
