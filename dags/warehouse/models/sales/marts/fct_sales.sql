-- One row per sale; amounts in the currency of the sale and in EUR at the rate of `rate_date`.
select
    transaction_id,
    customer_id,
    sale_date,
    purchased_at,
    quantity,
    amount,
    currency,
    rate,
    rate_date,
    amount_eur,
    updated_at,
    interval_start,
    run_id,
    release
from {{ ref('stg_sales') }}
