-- Customers as they are known now (no history).
select
    customer_id,
    country,
    currency as home_currency,
    first_purchase_on,
    updated_at
from {{ ref('stg_customers') }}
