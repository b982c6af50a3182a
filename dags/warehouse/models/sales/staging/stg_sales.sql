select
    transaction_id,
    customer_id,
    country,
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
from {{ source('staging_sales', 'sales') }}
